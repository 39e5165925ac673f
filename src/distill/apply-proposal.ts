import { sha256 } from "../digest.ts";
import { Failure } from "../failure.ts";
import type { FileChange } from "../git/commit.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { compareClaims, type Draft, draftSkill } from "./draft.ts";
import { type EvidenceFile, parseEvidenceFile, type TraceEntry, writeEvidenceFile } from "./evidence-file.ts";
import { type Proposal, type ProposedSkill, skillNamePattern } from "./proposal.ts";
import { reconcile } from "./reconcile.ts";
import { type SkillFileBeside, skillFilePath } from "./skill-files.ts";
import { requireValidSkill } from "./valid-skill.ts";

/** The files of a library at one commit. Paths are relative to the repository, with slashes. */
export interface LibrarySnapshot {
  /** The library's folder, without a slash at its end; empty where the library is the whole repository. */
  library: string;
  /** Folder of the evidence files. */
  evidence: string;
  /** Text of a file; undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Paths of all SKILL.md files in the library. */
  skillPaths: readonly string[];
}

/** One skill of a proposal on top of a snapshot, and of what earlier ones in the proposal changed. */
export interface AppliedSkill {
  skill: ProposedSkill;
  draft: Draft;
  /** Path of the SKILL.md, relative to the repository. */
  path: string;
}

/** One skill as it will be, compared with how it was. */
export interface ReviewedSkill {
  name: string;
  path: string;
  draft: Draft;
  /** The traces that it learned from since. */
  traces: TraceEntry[];
  /** What this proposal does to it, in order; empty for a skill of an earlier one that waits on the same branch. */
  proposed: ProposedSkill[];
}

/** Folders below a scope that distilled skills go to. */
const kinds = ["evolved-improvement", "evolved-fix"];

const remedy = "Nothing was written. Run distill again to make a sound proposal.";

/**
 * Applies a proposal to a snapshot. The operations are applied again; the texts in the proposal are only compared,
 * never written. Throws `Failure` (exit code 1) for a path outside of the library, a text that its own operations
 * do not make, and a skill that lint refuses.
 */
export async function applyProposal(
  proposal: Proposal,
  snapshot: LibrarySnapshot,
): Promise<{ skills: AppliedSkill[]; changes: FileChange[]; after: LibrarySnapshot }> {
  const written = new Map<string, string>();
  const read = async (path: string): Promise<string | undefined> => written.get(path) ?? snapshot.read(path);
  const paths = new Set(snapshot.skillPaths);
  const skills: AppliedSkill[] = [];
  for (const skill of proposal.skills) {
    const path = pathInLibrary(skill, snapshot.library, paths);
    const evidencePath = evidencePathOf(snapshot, skill.name);
    const text = await read(path);
    const evidence = await readEvidence({ read }, evidencePath);
    const files = await filesBeside(skill, path, read);
    const draft = draftOn(skill, belowLibrary(snapshot.library, path), text, { evidence, files });
    if (draft.change === "unchanged") {
      skills.push({ skill, draft, path });
      continue;
    }
    requireOwnText(skill, draft, text, evidence);
    requireValidSkill({ name: skill.name, path, text: draft.text }, remedy);
    skills.push({ skill, draft, path });
    paths.add(path);
    written.set(path, draft.text);
    for (const file of draft.files) written.set(besidePath(path, file.path), file.content);
    written.set(evidencePath, writeEvidenceFile(draft.evidence));
  }
  const changes = [...written].map(([path, content]) => ({ path, content }));
  return { skills, changes, after: { ...snapshot, read, skillPaths: [...paths] } };
}

/**
 * What a reader sees: each skill as it is `after`, compared with `before`. `branchPaths` are the paths that the branch
 * changed already: skills of earlier proposals that wait there are part of it.
 */
export async function compareSkills(
  applied: readonly AppliedSkill[],
  after: LibrarySnapshot,
  before: LibrarySnapshot,
  branchPaths: readonly string[],
): Promise<ReviewedSkill[]> {
  const waiting = branchPaths
    .filter((path) => path.startsWith(`${after.evidence}/`) && path.endsWith(".json"))
    .map((path) => path.slice(after.evidence.length + 1, -".json".length))
    .filter((name) => skillNamePattern.test(name));
  const names = new Set([...applied.map(({ skill }) => skill.name), ...waiting]);
  const reviewed: ReviewedSkill[] = [];
  for (const name of names) {
    const own = applied.filter(({ skill }) => skill.name === name);
    const compared = await compareSkill(name, own, after, before);
    if (compared) reviewed.push(compared);
  }
  return reviewed;
}

async function compareSkill(
  name: string,
  own: readonly AppliedSkill[],
  after: LibrarySnapshot,
  before: LibrarySnapshot,
): Promise<ReviewedSkill | undefined> {
  const evidence = own.at(-1)?.draft.evidence ?? (await readEvidence(after, evidencePathOf(after, name)));
  const path = own.at(-1)?.path ?? (evidence && inLibrary(after.library, evidence.path));
  const text = path === undefined ? undefined : await after.read(path);
  if (evidence === undefined || path === undefined || text === undefined) return undefined;
  const oldText = await before.read(path);
  const old = await readEvidence(before, evidencePathOf(before, name));
  const claims =
    oldText === undefined
      ? []
      : reconcile(parseSkillFile(oldText, path).body, old?.claims ?? [], path).claims;
  const known = new Set(old?.traces.map((trace) => trace.sha256));
  return {
    name,
    path,
    draft: {
      change: oldText === undefined ? "added" : oldText === text ? "unchanged" : "changed",
      text,
      evidence,
      files: await changedFiles(evidence, path, after, before),
      refused: own.flatMap(({ draft }) => draft.refused),
      notes: own.flatMap(({ draft }) => draft.notes),
      ...compareClaims(claims, evidence.claims, "words"),
    },
    traces: evidence.traces.filter((trace) => !known.has(trace.sha256)),
    proposed: own.map(({ skill }) => skill),
  };
}

/** The files beside a skill that differ, those of earlier proposals that wait on the branch among them. */
async function changedFiles(
  { files = [] }: EvidenceFile,
  path: string,
  after: LibrarySnapshot,
  before: LibrarySnapshot,
): Promise<SkillFileBeside[]> {
  const changed: SkillFileBeside[] = [];
  for (const { path: own } of files) {
    if (!skillFilePath.test(own)) continue;
    const content = await after.read(besidePath(path, own));
    if (content === undefined || content === (await before.read(besidePath(path, own)))) continue;
    changed.push({ path: own, content });
  }
  return changed;
}

/** The files that a skill wants to have beside it, as they are. */
async function filesBeside(
  skill: ProposedSkill,
  path: string,
  read: LibrarySnapshot["read"],
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const file of skill.files) {
    const text = await read(besidePath(path, file.path));
    if (text !== undefined) files.set(file.path, text);
  }
  return files;
}

function besidePath(skillPath: string, path: string): string {
  return skillPath.replace(/SKILL\.md$/, path);
}

function inLibrary(library: string, path: string): string {
  return library === "" ? path : `${library}/${path}`;
}

function belowLibrary(library: string, path: string): string {
  return library === "" ? path : path.slice(library.length + 1);
}

function evidencePathOf(snapshot: LibrarySnapshot, name: string): string {
  return `${snapshot.evidence}/${name}.json`;
}

async function readEvidence(
  files: Pick<LibrarySnapshot, "read">,
  path: string,
): Promise<EvidenceFile | undefined> {
  const text = await files.read(path);
  const evidence = text === undefined ? undefined : parseEvidenceFile(text, path);
  if (evidence && !path.endsWith(`/${evidence.skill}.json`)) {
    throw new Failure(`${path} says that it belongs to the skill ${evidence.skill}.`, {
      remedy: "Restore it from git history.",
      exitCode: 1,
    });
  }
  return evidence;
}

function draftOn(
  skill: ProposedSkill,
  path: string,
  text: string | undefined,
  beside: { evidence: EvidenceFile | undefined; files: ReadonlyMap<string, string> },
): Draft {
  const { evidence, files } = beside;
  const digests = new Map(skill.traces.map((trace) => [`${trace.sha256.slice(0, 8)}:`, trace.sha256]));
  const foreign = skill.evidence.find(
    (item) => item.kind === "hand" || digests.get(/^[^:]*:/.exec(item.id)?.[0] ?? "") !== item.trace,
  );
  if (foreign)
    throw refused(`The evidence ${JSON.stringify(foreign.id)} is not of a trace that ${skill.name} names.`);
  if (skill.traces.some((trace) => (skill.author === "offline") !== (trace.model === "offline"))) {
    throw refused(`The proposal does not agree with itself about who wrote ${skill.name}.`);
  }
  if (text !== undefined && isSession(skill) && !evidence?.traces.some((trace) => trace.mode === "session")) {
    throw refused(`The library has another skill ${skill.name}, which no session was distilled into.`);
  }
  const known = new Set(evidence?.traces.map((trace) => trace.sha256));
  const isKnown = skill.traces.every((trace) => known.has(trace.sha256));
  if (text !== undefined && evidence && isKnown) return nothingNew(text, evidence);
  return draftSkill(
    {
      name: skill.name,
      path,
      answer: skill.answer,
      author: skill.author,
      evidence: skill.evidence,
      traces: skill.traces,
      metadata: skill.metadata,
      files: skill.files,
    },
    text === undefined ? undefined : { text, evidence, files },
  );
}

/** The same trace twice changes nothing, also where the branch has seen it and the proposal's maker has not. */
function nothingNew(text: string, evidence: EvidenceFile): Draft {
  const groups = { added: [], reworded: [], deprecated: [], confirmed: [] };
  return { change: "unchanged", text, evidence, files: [], ...groups, refused: [], notes: [] };
}

/**
 * Where the skill goes: to the distilled skill of its scope that has its name already, else to a new one there.
 * What lies elsewhere in the library belongs to somebody else.
 */
function pathInLibrary(skill: ProposedSkill, library: string, paths: ReadonlySet<string>): string {
  const places = isSession(skill)
    ? [`${skill.name}/SKILL.md`]
    : kinds.map((kind) => `${skill.scope}/${kind}/${skill.name}/SKILL.md`);
  if (!places.includes(skill.path)) {
    throw refused(
      `The proposal wants to write ${JSON.stringify(skill.path)}, which is no place for a distilled skill.`,
    );
  }
  const named = [...paths].find((path) => `/${path}`.endsWith(`/${skill.name}/SKILL.md`));
  const own = places.map((place) => inLibrary(library, place));
  if (named !== undefined && !own.includes(named)) {
    throw refused(`The library has another skill ${skill.name}, in ${named}.`);
  }
  return named ?? inLibrary(library, skill.path);
}

/** Skills of sessions lie directly in the library, where people put theirs. */
function isSession(skill: ProposedSkill): boolean {
  return skill.traces.every((trace) => trace.mode === "session");
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

function refused(problem: string): Failure {
  return new Failure(problem, { remedy, exitCode: 1 });
}
