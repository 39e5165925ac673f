import { isDeepStrictEqual } from "node:util";
import type { Evidence } from "../evidence/evidence.ts";
import { Failure } from "../failure.ts";
import { editSkillFile, parseSkillFile, writeSkillFile } from "../skills/skill-file.ts";
import type { Claim } from "./claim.ts";
import { partTitlesOf, renderClaimDocument } from "./claim-document.ts";
import type { EvidenceFile, TraceEntry } from "./evidence-file.ts";
import { applyOperations } from "./claim-workbench.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import type { Refusal } from "./operation.ts";
import { reconcile } from "./reconcile.ts";
import { placeFiles, type SkillFileBeside } from "./skill-files.ts";
import { writtenTitle } from "./written-words.ts";

/** Diffs of a claim's later items are not stored: its trace holds them, and a long search would make the file huge. */
const maxDiffs = 12;

/** A skill as it stands in a library: its file, and what is known about its claims. */
export interface ExistingSkill {
  text: string;
  evidence: EvidenceFile | undefined;
  /** Text of the files beside it that a draft may write, by their paths below the skill's folder. */
  files?: ReadonlyMap<string, string> | undefined;
}

export interface DraftRequest {
  name: string;
  /** Path of the SKILL.md, relative to the library, with slashes. */
  path: string;
  answer: DistillAnswer;
  author: "offline" | "model";
  /** All evidence the operations may rest on. */
  evidence: readonly Evidence[];
  /** The traces that the evidence was taken from; at least one. */
  traces: readonly TraceEntry[];
  metadata: Record<string, string>;
  /** Files beside the SKILL.md; they are written when the skill is, and only over what was written here before. */
  files?: readonly SkillFileBeside[];
}

export interface Draft {
  change: "added" | "changed" | "unchanged";
  text: string;
  evidence: EvidenceFile;
  /** Files beside the SKILL.md to write with it. */
  files: SkillFileBeside[];
  /** Claims that are new, reworded or gone, for the reviewer. */
  added: Claim[];
  reworded: Claim[];
  deprecated: Claim[];
  confirmed: Claim[];
  refused: Refusal[];
  notes: string[];
}

/**
 * Applies a distiller's operations to a skill, or makes a new one from them. Pure: the same skill, operations
 * and evidence give the same bytes, wherever the proposal is applied.
 * A trace that only confirms what the skill says leaves it unchanged.
 */
export function draftSkill(request: DraftRequest, existing: ExistingSkill | undefined): Draft {
  const known = existing?.evidence;
  const current = existing === undefined ? undefined : parseSkillFile(existing.text, request.path);
  const body = current?.body ?? `# ${writtenTitle(request.answer.title) || request.name}\n`;
  const before = reconcile(body, known?.claims ?? [], request.path);
  const stored = uniqueById([...(known?.evidence ?? []), ...before.handEvidence]);
  const pool = uniqueById([...stored, ...request.evidence]);
  const applied = applyOperations(before.blocks, before.claims, request.answer.operations, {
    author: request.author,
    evidenceIds: new Set(pool.map((item) => item.id)),
    titles: partTitlesOf((known?.traces[0] ?? request.traces[0])?.mode ?? "search_log"),
  });

  const groups = compareClaims(before.claims, applied.claims);
  const says = groups.added.length + groups.reworded.length + groups.deprecated.length > 0;
  const beside = placeFiles(request.files ?? [], existing?.files ?? new Map(), known?.files ?? []);
  const evidence: EvidenceFile = {
    format: 1,
    skill: request.name,
    path: request.path,
    // What was recorded first stays: a later proposal cannot rewrite where a claim came from.
    traces: [...(known?.traces ?? []), ...newTraces(known?.traces ?? [], request.traces)],
    claims: applied.claims,
    evidence: citedItems(pool, applied.claims),
    ...(beside.written.length > 0 ? { files: beside.written } : {}),
  };
  const notes = [...before.notes, ...changedEvidence(stored, request.evidence), ...beside.notes];
  const rest = { ...groups, refused: applied.refused, notes };
  if (existing && current && !says) {
    return { change: "unchanged", text: existing.text, evidence: known ?? evidence, files: [], ...rest };
  }
  const newBody = renderClaimDocument(applied.blocks);
  const text = existing
    ? editSkillFile(existing.text, {
        body: newBody,
        frontMatter: { metadata: { version: nextMinor(current?.frontMatter.metadata["version"]) } },
      })
    : writeSkillFile(
        {
          name: request.name,
          description: request.answer.description,
          metadata: { ...request.metadata, version: "1.0.0" },
        },
        newBody,
      );
  requireFoundAgain(text, evidence);
  return { change: existing ? "changed" : "added", text, evidence, files: beside.files, ...rest };
}

function newTraces(known: readonly TraceEntry[], given: readonly TraceEntry[]): TraceEntry[] {
  const seen = new Set(known.map((trace) => trace.sha256));
  return given.filter((trace) => !seen.has(trace.sha256));
}

/**
 * What was done, claim by claim. By `advice`, a claim whose figures alone changed counts as confirmed; by `words`,
 * every change of its text counts, as a reviewer has to see it.
 */
export function compareClaims(
  before: readonly Claim[],
  after: readonly Claim[],
  by: "advice" | "words" = "advice",
): Pick<Draft, "added" | "reworded" | "deprecated" | "confirmed"> {
  const old = new Map(before.map((claim) => [claim.id, claim]));
  const groups: Pick<Draft, "added" | "reworded" | "deprecated" | "confirmed"> = {
    added: [],
    reworded: [],
    deprecated: [],
    confirmed: [],
  };
  for (const claim of after) {
    const was = old.get(claim.id);
    if (!was) groups.added.push(claim);
    else if (was.state === "active" && claim.state === "deprecated") groups.deprecated.push(claim);
    else if (by === "words" ? was.text !== claim.text : advice(was) !== advice(claim))
      groups.reworded.push(claim);
    else if (was.evidence.length !== claim.evidence.length || was.text !== claim.text)
      groups.confirmed.push(claim);
  }
  return groups;
}

/** What a claim tells to do, apart from the figures that back it and the excerpt that shows it. */
function advice(claim: Claim): string {
  const isTitled = claim.title !== "" && claim.author === "offline";
  return JSON.stringify(
    isTitled
      ? [claim.state, claim.part, claim.title]
      : [claim.state, claim.title, claim.when, claim.do, claim.check],
  );
}

/** The next minor version; a version that is not semantic starts again at 1.1.0. */
function nextMinor(version = ""): string {
  const match = /^(\d+)\.(\d+)\.\d+$/.exec(version);
  return match ? `${match[1]}.${Number(match[2]) + 1}.0` : "1.1.0";
}

/** The items that claims rest on; each claim's first ones with their diffs. */
function citedItems(pool: readonly Evidence[], claims: readonly Claim[]): Evidence[] {
  const cited = new Set(claims.flatMap((claim) => claim.evidence));
  const shown = new Set(claims.flatMap((claim) => claim.evidence.slice(0, maxDiffs)));
  return pool
    .filter((item) => cited.has(item.id))
    .map((item) => {
      if (shown.has(item.id)) return item;
      const { diff: _, ...rest } = item;
      return rest;
    });
}

/** A guard against faults of our own: claims that are not found again would count as deleted by a person for ever. */
function requireFoundAgain(text: string, evidence: EvidenceFile): void {
  const { claims, notes } = reconcile(
    parseSkillFile(text, evidence.path).body,
    evidence.claims,
    evidence.path,
  );
  if (notes.length === 0 && isDeepStrictEqual(claims, evidence.claims)) return;
  throw new Failure(`The claims of ${evidence.skill} would not be found again in its file.`, {
    remedy: "Nothing was written. Report this as a fault of overproof, with the SKILL.md and the proposal.",
    exitCode: 1,
  });
}

/** Items of one id that say something else than the stored ones, which stay. */
function changedEvidence(stored: readonly Evidence[], given: readonly Evidence[]): string[] {
  const known = new Map(stored.map((item) => [item.id, item]));
  const words = (item: Evidence): string =>
    JSON.stringify([item.kind, item.trace, item.summary, item.improvement]);
  return given
    .filter((item) => known.has(item.id) && words(known.get(item.id) ?? item) !== words(item))
    .map((item) => `The evidence ${item.id} was recorded with other words before; those stay.`);
}

/** The first item of each id. */
function uniqueById(items: readonly Evidence[]): Evidence[] {
  const first = new Map<string, Evidence>();
  for (const item of items) if (!first.has(item.id)) first.set(item.id, item);
  return [...first.values()];
}
