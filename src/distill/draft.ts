import type { Evidence } from "../evidence/evidence.ts";
import { editSkillFile, parseSkillFile, writeSkillFile } from "../skills/skill-file.ts";
import type { Claim } from "./claim.ts";
import { renderClaimDocument } from "./claim-document.ts";
import type { EvidenceFile, TraceEntry } from "./evidence-file.ts";
import { applyOperations, type DistillAnswer, type Refusal } from "./operations.ts";
import { reconcile } from "./reconcile.ts";

/** A skill as it stands in a library: its file, and what is known about its claims. */
export interface ExistingSkill {
  text: string;
  evidence: EvidenceFile | undefined;
}

export interface DraftRequest {
  name: string;
  /** Path of the SKILL.md, relative to the library, with slashes. */
  path: string;
  answer: DistillAnswer;
  author: "offline" | "model";
  /** All evidence the operations may rest on. */
  evidence: readonly Evidence[];
  trace: TraceEntry;
  metadata: Record<string, string>;
}

export interface Draft {
  change: "added" | "changed" | "unchanged";
  text: string;
  evidence: EvidenceFile;
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
  const body = current?.body ?? `# ${request.answer.title || request.name}\n`;
  const before = reconcile(body, known?.claims ?? [], request.path);
  const pool = uniqueById([...(known?.evidence ?? []), ...before.handEvidence, ...request.evidence]);
  const applied = applyOperations(before.blocks, before.claims, request.answer.operations, {
    author: request.author,
    evidenceIds: new Set(pool.map((item) => item.id)),
  });

  const groups = compareClaims(before.claims, applied.claims);
  const says = groups.added.length + groups.reworded.length + groups.deprecated.length > 0;
  const evidence: EvidenceFile = {
    format: 1,
    skill: request.name,
    path: request.path,
    traces: [
      ...(known?.traces ?? []).filter((trace) => trace.sha256 !== request.trace.sha256),
      request.trace,
    ],
    claims: applied.claims,
    evidence: pool.filter((item) => applied.claims.some((claim) => claim.evidence.includes(item.id))),
  };
  const rest = { ...groups, refused: applied.refused, notes: before.notes };
  if (existing && current && !says) {
    return { change: "unchanged", text: existing.text, evidence: known ?? evidence, ...rest };
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
  return { change: existing ? "changed" : "added", text, evidence, ...rest };
}

/** What the operations did, claim by claim. A claim whose figures alone changed counts as confirmed. */
export function compareClaims(
  before: readonly Claim[],
  after: readonly Claim[],
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
    else if (advice(was) !== advice(claim)) groups.reworded.push(claim);
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

function uniqueById(items: readonly Evidence[]): Evidence[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
