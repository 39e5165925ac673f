import { join, resolve } from "node:path";
import { Failure, usageFailure } from "../failure.ts";
import { listTree } from "../git/repository.ts";
import { retireBody } from "../report/archive-body.ts";
import type { ArchiveEntry } from "../skills/archive.ts";
import { hiddenCharacters } from "../skills/hidden-characters.ts";
import { nameProblems } from "../skills/skill-name.ts";
import { archiveChange, type ArchivePlan, type ArchiveStep } from "./archive-change.ts";
import { type CollectedResults, collectResults } from "./collected-results.ts";
import type { Context } from "./context.ts";
import { landChange, type Landed } from "./land-change.ts";
import { type LandingPlace, type LandingRequest, openLandingPlace } from "./landing-place.ts";
import { lastResults } from "./last-results.ts";
import { belowLibrary, evidencePathOf, type LibraryAt, skillFilesOf, skillPathOf } from "./library-at.ts";

export interface RetireRequest extends LandingRequest {
  name: string;
  /** Why, for whoever looks for the skill later. */
  reason: string;
  /** Results of an evaluation; `.overproof/results` beside the library when absent. */
  results?: string | undefined;
}

export interface RetireResult extends Landed {
  command: "retire";
  archived: ArchiveEntry[];
}

/** Characters of a reason. */
const longestReason = 2000;

/**
 * Takes a skill out of the tree, without another one in its place, on a branch with a pull request; the index says which
 * commit holds it. Throws `Failure`: 1 for a skill that cannot be put away, 2 for wrong input, 3 as `landChange`.
 */
export async function retire(request: RetireRequest, context: Context): Promise<RetireResult> {
  const { name } = request;
  const reason = request.reason.trim();
  requireSkillName(name);
  if (reason === "" || reason.length > longestReason || hiddenCharacters(reason).length > 0) {
    throw usageFailure(
      `A reason has 1 to ${longestReason.toLocaleString("en-US")} plain characters.`,
      "Say in a sentence why the skill goes, with --reason.",
    );
  }
  const place = await openLandingPlace(request, context);
  const results = await resultsFor(request.results, place);
  const plan = retirement(name, reason, place, results);
  const { landed, made } = await landChange(archiveChange(plan, place), place);
  return { command: "retire", ...landed, archived: made.entries };
}

/** Those that lie where `evaluate` leaves them are used where they can be; named ones have to be sound. */
async function resultsFor(
  named: string | undefined,
  { home, context }: LandingPlace,
): Promise<CollectedResults | undefined> {
  if (named !== undefined) return collectResults(resolve(context.cwd, named), context);
  try {
    return await collectResults(join(home.home, ".overproof", "results"), context);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    context.reporter.warning(`${error.message} The skill is retired without its last results.`);
    return undefined;
  }
}

/** Throws `Failure` (exit code 2) for what no skill can be called, such as a path. */
export function requireSkillName(name: string): void {
  if (nameProblems(name, 1).length === 0) return;
  throw usageFailure(
    `${JSON.stringify(name.slice(0, 100))} is no name of a skill.`,
    "Write the name alone: lower-case letters, digits and single hyphens.",
  );
}

function retirement(
  name: string,
  reason: string,
  place: LandingPlace,
  results: CollectedResults | undefined,
): ArchivePlan<ArchiveStep> {
  return {
    branch: `overproof/retire/${name}`,
    title: `Retire skill ${name}`,
    async make(at) {
      const path = skillPathOf(at, name);
      if (path === undefined) throw noSkill(at, name);
      const evidence = evidencePathOf(at, name);
      const [evidenceFile] = await listTree(at.repository, at.commit, [evidence]);
      const paths = skillFilesOf(at.files, path).map((file) => file.path);
      return {
        changes: [...paths, ...(evidenceFile ? [evidence] : [])].map((one) => ({ path: one, content: null })),
        retired: [
          {
            name,
            path: belowLibrary(at, path),
            survivors: [],
            reason,
            results: await lastResults({ name, path, commit: at.commit }, results, place),
          },
        ],
        restored: [],
      };
    },
    words({ changes }, entries) {
      const [entry] = entries;
      if (entry === undefined) throw new TypeError("A retired skill has an entry in the index.");
      return {
        body: retireBody(
          entry,
          changes.map(({ path }) => path),
        ),
        message: reason,
        trailers: [["Overproof-Supersedes", `${name}@${entry.commit}`]],
      };
    },
    isDone: (at) =>
      skillPathOf(at, name) === undefined && at.index.retired.some((entry) => entry.name === name),
    refusesTwice: true,
  };
}

function noSkill(at: LibraryAt, name: string): Failure {
  const known = at.index.retired.findLast((entry) => entry.name === name);
  const where = at.library === "" ? "the library" : at.library;
  if (known === undefined) {
    return usageFailure(`There is no skill ${name} in ${where}.`, "Run overproof list to see the names.");
  }
  return usageFailure(
    `${name} was retired on ${known.date.slice(0, 10)} already.`,
    `Run overproof history ${name} to see how, or overproof restore ${name} to bring it back.`,
  );
}
