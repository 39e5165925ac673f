import { basename, dirname } from "node:path/posix";
import { isDeepStrictEqual } from "node:util";
import { sha256 } from "../digest.ts";
import type { LibrarySnapshot } from "../distill/apply-proposal.ts";
import { parseEvidenceFile, writeEvidenceFile } from "../distill/evidence-file.ts";
import { Failure } from "../failure.ts";
import type { FileChange } from "../git/commit.ts";
import { assertSafePath } from "../git/path.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import type { CarriedFile } from "./carried-files.ts";
import { carryOut } from "./carry-out.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { MergedSkills } from "./merged-skills.ts";
import type { OrganizeProposal, ProposedMerge, ProposedSource, SurvivorFile } from "./organize-proposal.ts";
import { conflictBetween, isFixSkill, scopeOf } from "./scope.ts";
import type { SourceFile, SourceSkill } from "./skill-pieces.ts";
import type { Survivor } from "./survivor.ts";
import { survivorFolder } from "./survivor-place.ts";

/** A library at one commit, with the files beside its skills. Paths are relative to the repository, with slashes. */
export interface OrganizeSnapshot extends LibrarySnapshot {
  /** Every file below a folder, at any depth; links and submodules too. */
  filesBelow(folder: string): Promise<readonly string[]>;
  /** The bytes of a regular file; undefined for anything else. */
  readBytes(path: string): Promise<Uint8Array | undefined>;
}

/** A skill that leaves the tree. */
export interface SupersededSkill {
  name: string;
  /** Of its SKILL.md, relative to the library. */
  path: string;
  survivors: string[];
  reason: string;
}

export interface AppliedOrganize {
  /** Files to write, and with `content: null` to remove; the index of the archive is not among them. */
  changes: FileChange[];
  archived: SupersededSkill[];
  ledger: LedgerEntry[];
  /** Sources as the snapshot has them, with what takes their place. */
  merged: MergedSkills[];
}

/**
 * Applies a proposal of organize to a snapshot: the recorded operations are applied again to the sources, and what
 * that makes is compared with what the proposal shows. Throws `Failure` (exit code 1) where the library has changed
 * since, a path is not where its skill belongs, or a name is taken.
 */
export async function applyOrganize(
  proposal: OrganizeProposal,
  snapshot: OrganizeSnapshot,
): Promise<AppliedOrganize> {
  requireDistinct(proposal.merges.flatMap(({ sources }) => sources.map(({ name }) => name)));
  requireDistinct(proposal.merges.flatMap(({ survivors }) => survivors.map(({ name }) => name)));
  const changes: FileChange[] = [];
  const archived: SupersededSkill[] = [];
  const ledger: LedgerEntry[] = [];
  const merged: MergedSkills[] = [];
  for (const merge of proposal.merges) {
    const sources: SourceSkill[] = [];
    for (const source of merge.sources) sources.push(await sourceAt(source, snapshot));
    requirePlaces(merge, sources);
    for (const { name, path } of merge.survivors) await requireFree(name, path, snapshot);
    const done = carryOut(sources, merge);
    for (const [index, survivor] of done.survivors.entries()) {
      requireShown(survivor, merge, index);
      changes.push(...survivorChanges(survivor, snapshot));
    }
    ledger.push(...done.ledger);
    merged.push({ kind: merge.kind, sources, survivors: done.survivors });
    const survivors = merge.survivors.map(({ name }) => name);
    for (const source of sources) {
      changes.push(...removals(source, snapshot));
      archived.push({ name: source.name, path: source.path, survivors, reason: merge.reason });
    }
  }
  if (!isDeepStrictEqual(ledger, proposal.ledger)) {
    throw refused("The ledger that the proposal shows is not what its operations make.");
  }
  for (const { path } of changes) assertSafePath(path);
  return { changes, archived, ledger, merged };
}

/** Reads a source as it is in the snapshot. Throws `Failure` (exit code 1) where it is not what the proposal was made from. */
async function sourceAt(source: ProposedSource, snapshot: OrganizeSnapshot): Promise<SourceSkill> {
  const { name, path } = source;
  const place = inLibrary(snapshot, path);
  const text = snapshot.skillPaths.includes(place) ? await snapshot.read(place) : undefined;
  if (text === undefined || sha256(text) !== source.sha256) throw changed(name);
  const evidencePath = evidencePathOf(snapshot, name);
  const stored = await snapshot.read(evidencePath);
  if ((stored === undefined ? null : sha256(stored)) !== source.evidence) throw changed(name);
  const evidence = stored === undefined ? undefined : parseEvidenceFile(stored, evidencePath);
  if (evidence !== undefined && evidence.skill !== name)
    throw refused(`${evidencePath} says that it belongs to the skill ${evidence.skill}.`);
  if (parseSkillFile(text, path).frontMatter.name !== name)
    throw refused(`The proposal calls the skill in ${path} ${name}, which is not its name.`);
  const folder = dirname(place);
  const wanted = new Map(source.files.map((file) => [file.path, file.sha256]));
  const files: SourceFile[] = [];
  for (const found of await snapshot.filesBelow(folder)) {
    const below = found.slice(folder.length + 1);
    if (below === "SKILL.md") continue;
    const bytes = await snapshot.readBytes(found);
    if (bytes === undefined || wanted.get(below) !== sha256(bytes)) throw changed(name);
    files.push({ path: below, bytes });
  }
  if (files.length !== wanted.size) throw changed(name);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { name, path, text, evidence, files };
}

/** Nothing is merged across scopes, and every survivor lies where code puts it. */
function requirePlaces({ kind, survivors }: ProposedMerge, sources: readonly SourceSkill[]): void {
  const folder = survivorFolder(sources.map(({ path }) => path));
  for (const { name, path } of survivors) {
    if (path === `${folder}${name}/SKILL.md`) continue;
    throw refused(`The proposal wants to write ${JSON.stringify(path)}, which is no place for ${name}.`);
  }
  const read = sources.map(({ path, text }) => ({
    path,
    frontMatter: parseSkillFile(text, path).frontMatter,
  }));
  const [first, ...others] = read;
  if (first === undefined) return;
  if (kind === "split" && !isFixSkill(first.path, first.frontMatter))
    throw refused(`The proposal wants to split ${first.frontMatter.name}, which is no skill about fixes.`);
  for (const [index, one] of read.entries()) {
    if (kind === "merge" && isFixSkill(one.path, one.frontMatter))
      throw refused(`The proposal wants to merge ${one.frontMatter.name}, a skill about fixes.`);
    for (const other of read.slice(index + 1)) {
      const problem = conflictBetween(one.frontMatter, other.frontMatter);
      if (problem === null) continue;
      throw refused(`${one.frontMatter.name} and ${other.frontMatter.name} cannot be one: ${problem}.`);
    }
  }
  const scope = scopeOf(first.path, first.frontMatter);
  const strange = others.find(({ path, frontMatter }) => scopeOf(path, frontMatter) !== scope);
  if (strange)
    throw refused(`${strange.frontMatter.name} is of another scope than ${first.frontMatter.name}.`);
}

async function requireFree(name: string, path: string, snapshot: OrganizeSnapshot): Promise<void> {
  const place = inLibrary(snapshot, path);
  const isTaken = snapshot.skillPaths.some((other) => basename(dirname(other)) === name);
  const isOccupied = (await snapshot.filesBelow(dirname(place))).length > 0;
  const hasEvidence = (await snapshot.read(evidencePathOf(snapshot, name))) !== undefined;
  if (isTaken || isOccupied || hasEvidence)
    throw new Failure(`The library has a skill or files called ${name} already.`, {
      remedy: "Nothing was written. Run organize again: it finds a free name.",
      exitCode: 1,
    });
}

function requireShown(survivor: Survivor, merge: ProposedMerge, index: number): void {
  const shown = merge.survivors[index];
  const isSame =
    shown?.text === survivor.text &&
    isDeepStrictEqual(shown.evidence_file, survivor.evidence) &&
    isDeepStrictEqual(shown.files, survivor.files.map(shownFile));
  if (!isSame)
    throw refused(
      `The text or files that the proposal shows for ${survivor.name} are not what its operations make.`,
    );
}

/** A file without its bytes, as a proposal shows it. */
export function shownFile({ path, from, source_path, content, sha256: digest }: CarriedFile): SurvivorFile {
  return { path, from, source_path, content, sha256: digest };
}

function survivorChanges(survivor: Survivor, snapshot: OrganizeSnapshot): FileChange[] {
  const folder = dirname(inLibrary(snapshot, survivor.path));
  const files = survivor.files.map(({ path, bytes }) => ({ path: `${folder}/${path}`, content: bytes }));
  const { evidence, name } = survivor;
  return [
    { path: `${folder}/SKILL.md`, content: survivor.text },
    ...files,
    ...(evidence === null
      ? []
      : [{ path: evidencePathOf(snapshot, name), content: writeEvidenceFile(evidence) }]),
  ];
}

function removals({ name, path, files, evidence }: SourceSkill, snapshot: OrganizeSnapshot): FileChange[] {
  const folder = dirname(inLibrary(snapshot, path));
  const paths = [`${folder}/SKILL.md`, ...files.map((file) => `${folder}/${file.path}`)];
  if (evidence !== undefined) paths.push(evidencePathOf(snapshot, name));
  return paths.map((gone) => ({ path: gone, content: null }));
}

function requireDistinct(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw refused(`The proposal names the skill ${name} twice.`);
    seen.add(name);
  }
}

function inLibrary({ library }: OrganizeSnapshot, path: string): string {
  return library === "" ? path : `${library}/${path}`;
}

function evidencePathOf({ evidence }: OrganizeSnapshot, name: string): string {
  return `${evidence}/${name}.json`;
}

function changed(name: string): Failure {
  return new Failure(`The skill ${name} is not as it was when this was proposed.`, {
    remedy: "Nothing was written. The library has changed; run organize again.",
    exitCode: 1,
  });
}

function refused(problem: string): Failure {
  return new Failure(problem, { remedy: "Nothing was written. Run organize again.", exitCode: 1 });
}
