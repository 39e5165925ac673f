import { Failure } from "../failure.ts";
import { readFileAt } from "../git/repository.ts";
import { applyOrganize, type OrganizeSnapshot } from "../organize/apply-organize.ts";
import type { MergedSkills } from "../organize/merged-skills.ts";
import type { NoLossProof, OrganizeProposal } from "../organize/organize-proposal.ts";
import { organizeBody, organizeTitle } from "../report/organize-body.ts";
import type { LedgerEntry } from "../organize/ledger.ts";
import {
  archiveChange,
  type ArchivePlan,
  type ArchiveStep,
  type MadeArchiveChange,
} from "./archive-change.ts";
import { believedProof } from "./believed-proof.ts";
import type { CollectedResults } from "./collected-results.ts";
import type { ChangedSkill } from "./distilled-change.ts";
import type { Change } from "./land-change.ts";
import type { LandingPlace } from "./landing-place.ts";
import { lastResults } from "./last-results.ts";
import { inLibrary, type LibraryAt } from "./library-at.ts";
import { snapshotAt } from "./library-snapshot.ts";

interface OrganizeStep extends ArchiveStep {
  ledger: LedgerEntry[];
  proof: NoLossProof;
  skills: ChangedSkill[];
}

/**
 * What `organize` proposes, as one commit: the superseded skills leave the tree, the survivors come, the index says
 * where the former are. Throws `Failure` (exit code 1) for an unproven proposal where the configuration asks for proof.
 */
export function organizedChange(
  proposal: OrganizeProposal,
  place: LandingPlace,
  results: CollectedResults | undefined,
): Change<MadeArchiveChange<OrganizeStep>> {
  const { config } = place;
  const survivors = proposal.merges.flatMap((merge) => merge.survivors);
  const sources = proposal.merges.flatMap((merge) => merge.sources);
  const plan: ArchivePlan<OrganizeStep> = {
    branch: `overproof/organize/${scopeWord(proposal.scopes)}`,
    title: organizeTitle(proposal),
    async make(at) {
      const applied = await applyOrganize(proposal, await organizeSnapshot(at, place));
      const { changes, archived, ledger } = applied;
      const proof = await proofOf(applied.merged, results, place);
      if (config.organize["require-proof"] && proof.state === "unproven") throw notProven(proof);
      const retired: OrganizeStep["retired"] = [];
      for (const skill of archived) {
        const { name, reason } = skill;
        const where = { name, path: inLibrary(at, skill.path), commit: at.commit };
        const last = await lastResults(where, results, place);
        retired.push({ ...skill, reason: reason.trim() === "" ? "Merged." : reason, results: last });
      }
      const placed = (
        { name, path }: { name: string; path: string },
        change: ChangedSkill["change"],
      ): ChangedSkill => ({ name, path: inLibrary(at, path), change });
      const skills = [
        ...survivors.map((skill) => placed(skill, "added")),
        ...sources.map((skill) => placed(skill, "removed")),
      ];
      return { changes, retired, restored: [], ledger, proof, skills };
    },
    words: ({ ledger, proof }, entries) => ({
      body: organizeBody({ ...proposal, proof }, ledger, entries),
      message: proposal.merges.map(mergeLine).join("\n"),
      trailers: entries.map(({ name, commit }) => ["Overproof-Supersedes", `${name}@${commit}`] as const),
    }),
    isDone(at) {
      const paths = new Set(at.files.map(({ path }) => path));
      const retired = new Set(at.index.retired.map(({ name }) => name));
      return (
        survivors.every(({ path }) => paths.has(inLibrary(at, path))) &&
        sources.every(({ path, name }) => !paths.has(inLibrary(at, path)) && retired.has(name))
      );
    },
    refusesTwice: false,
  };
  return archiveChange(plan, place);
}

/** Computed anew from the results: what the proposal says of its proof came from a job that ran a model. */
async function proofOf(
  merged: readonly MergedSkills[],
  results: CollectedResults | undefined,
  { config, context, home }: LandingPlace,
): Promise<NoLossProof> {
  if (results === undefined) return { state: "unproven", reason: "No results came with the proposal." };
  return believedProof(merged, results, { config, folder: home.home, cwd: context.cwd });
}

function notProven({ reason }: NoLossProof): Failure {
  return new Failure(`Nothing proves that this merge loses nothing: ${reason}`, {
    remedy: "Run organize with --evaluate, students and eval cases, or set organize.require-proof to false.",
    exitCode: 1,
  });
}

async function organizeSnapshot(
  at: LibraryAt,
  { repository, home }: LandingPlace,
): Promise<OrganizeSnapshot> {
  const paths = at.files.map(({ path }) => path);
  return {
    ...(await snapshotAt(repository, home, at.commit)),
    filesBelow: async (folder) => paths.filter((path) => path.startsWith(`${folder}/`)),
    readBytes: (path) => readFileAt(repository, at.commit, path),
  };
}

function mergeLine({ sources, survivors }: OrganizeProposal["merges"][number]): string {
  const names = (skills: readonly { name: string }[]): string => skills.map(({ name }) => name).join(", ");
  return `${names(sources)} -> ${names(survivors)}`;
}

/** What the branch is called: the only scope, else that they are several. */
function scopeWord(scopes: readonly string[]): string {
  const [only, ...others] = [...new Set(scopes)];
  if (only === undefined || others.length > 0) return "several";
  const word = only
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return word === "" ? "library" : word;
}
