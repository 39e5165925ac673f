import { sha256 } from "../digest.ts";
import { Failure } from "../failure.ts";
import type { FileChange } from "../git/commit.ts";
import { lintSkill } from "../skills/lint.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { compareClaims, type Draft, draftSkill } from "./draft.ts";
import { type EvidenceFile, parseEvidenceFile, writeEvidenceFile } from "./evidence-file.ts";
import type { Proposal, ProposedSkill } from "./proposal.ts";
import { reconcile } from "./reconcile.ts";

/** The files of a library at one commit. Paths are relative to the repository, with slashes. */
export interface LibrarySnapshot {
  /** The library's folder, without a slash at its end. */
  library: string;
  /** Folder of the evidence files. */
  evidence: string;
  /** Text of a file; undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Paths of all SKILL.md files in the library. */
  skillPaths: readonly string[];
}

export interface AppliedSkill {
  skill: ProposedSkill;
  draft: Draft;
  /** Path of the SKILL.md, relative to the repository. */
  path: string;
}

/** Folders below a scope that distilled skills go to. */
const kinds = ["evolved-improvement", "evolved-fix"];

/**
 * Applies a proposal to a snapshot. The operations are applied again; the texts in the proposal are only compared,
 * never written. Throws `Failure` (exit code 1) for a path outside of the library, a text that its own operations
 * do not make, and a skill that lint refuses.
 */
export async function applyProposal(
  proposal: Proposal,
  snapshot: LibrarySnapshot,
): Promise<{ skills: AppliedSkill[]; changes: FileChange[] }> {
  const written = new Map<string, string>();
  const read = async (path: string): Promise<string | undefined> => written.get(path) ?? snapshot.read(path);
  const skills: AppliedSkill[] = [];
  for (const skill of proposal.skills) {
    const path = pathInLibrary(proposal, skill, snapshot);
    const evidencePath = `${snapshot.evidence}/${skill.name}.json`;
    const text = await read(path);
    const evidenceText = await read(evidencePath);
    const evidence = evidenceText === undefined ? undefined : parseEvidenceFile(evidenceText, evidencePath);
    const draft = draftOn(skill, path.slice(snapshot.library.length + 1), text, evidence);
    requireOwnText(skill, draft, text, evidence);
    requireValid(skill, draft, path);
    skills.push({ skill, draft, path });
    if (draft.change === "unchanged") continue;
    written.set(path, draft.text);
    written.set(evidencePath, writeEvidenceFile(draft.evidence));
  }
  return { skills, changes: [...written].map(([path, content]) => ({ path, content })) };
}

/**
 * What a pull request shows: each skill as it will be, compared with the base branch. Earlier proposals that wait
 * on the same branch are part of it.
 */
export async function againstBase(
  skills: readonly AppliedSkill[],
  base: LibrarySnapshot,
): Promise<AppliedSkill[]> {
  const last = new Map(skills.map((applied) => [applied.skill.name, applied]));
  const reviewed: AppliedSkill[] = [];
  for (const { skill, draft, path } of last.values()) {
    const text = await base.read(path);
    const stored = await base.read(`${base.evidence}/${skill.name}.json`);
    const claims = stored === undefined ? [] : parseEvidenceFile(stored, path).claims;
    const before = text === undefined ? [] : reconcile(parseSkillFile(text, path).body, claims, path).claims;
    const change = text === undefined ? "added" : "changed";
    reviewed.push({
      skill,
      path,
      draft: { ...draft, change, ...compareClaims(before, draft.evidence.claims) },
    });
  }
  return reviewed;
}

function draftOn(
  skill: ProposedSkill,
  path: string,
  text: string | undefined,
  evidence: EvidenceFile | undefined,
): Draft {
  const trace = skill.evidence_file.traces.at(-1);
  if (!trace) throw refused(`The proposal names no trace for ${skill.name}.`);
  return draftSkill(
    {
      name: skill.name,
      path,
      answer: skill.answer,
      author: skill.author,
      evidence: skill.evidence,
      trace,
      metadata: skill.metadata,
    },
    text === undefined ? undefined : { text, evidence },
  );
}

/** Where the skill goes: to the file that has its name already, else where distilled skills of its scope lie. */
function pathInLibrary(proposal: Proposal, skill: ProposedSkill, snapshot: LibrarySnapshot): string {
  const named = snapshot.skillPaths.filter((path) => path.endsWith(`/${skill.name}/SKILL.md`));
  const wanted = `${snapshot.library}/${skill.path}`;
  if (named.length > 0) return named.includes(wanted) ? wanted : (named[0] ?? wanted);
  if (!kinds.some((kind) => skill.path === `${proposal.scope}/${kind}/${skill.name}/SKILL.md`)) {
    throw refused(
      `The proposal wants to write ${JSON.stringify(skill.path)}, which is no place for a distilled skill.`,
    );
  }
  return wanted;
}

/** On the very files it was made from, a proposal must give the texts that it shows. */
function requireOwnText(
  skill: ProposedSkill,
  draft: Draft,
  text: string | undefined,
  evidence: EvidenceFile | undefined,
): void {
  const base = {
    skill: text === undefined ? null : sha256(text),
    evidence: evidence === undefined ? null : sha256(JSON.stringify(evidence)),
  };
  const isSameBase = base.skill === skill.base.skill && base.evidence === skill.base.evidence;
  if (isSameBase && draft.text !== skill.text) {
    throw refused(`The text that the proposal shows for ${skill.name} is not what its operations make.`);
  }
}

function requireValid(skill: ProposedSkill, draft: Draft, path: string): void {
  const finding = lintSkill(draft.text, path, { folder: skill.name }).find(
    ({ severity }) => severity === "error",
  );
  if (finding)
    throw refused(`${path}:${finding.line} would break the rule ${finding.rule}: ${finding.message}`);
}

function refused(problem: string): Failure {
  return new Failure(problem, {
    remedy: "Nothing was written. Run distill again to make a sound proposal.",
    exitCode: 1,
  });
}
