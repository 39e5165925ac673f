import type { Model } from "../models/model.ts";
import type { Claim, ClaimWords } from "./claim.ts";
import { type DedupVerdict, judgeMiddleBand } from "./dedup-judge.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import type { LibraryClaims } from "./material.ts";
import type { Operation } from "./operation.ts";
import {
  type ClaimPair,
  hasSameLiterals,
  likePairs,
  settleClaims,
  type Settlement,
} from "./settled-claims.ts";

type Add = Extract<Operation, { op: "add" }>;

export interface SettledAnswer {
  answer: DistillAnswer;
  /** What was not added, and what may be said twice, for the reviewer. */
  notes: string[];
}

/**
 * Takes out of an answer what the skill or another one of the library says already: an `add` becomes an `agree` with the
 * claim that says it, or is left out. With a model, pairs in the middle band are put before it as judge.
 */
export async function settleAnswer(
  answer: DistillAnswer,
  known: readonly Claim[],
  library: LibraryClaims,
  model: Model | undefined,
): Promise<SettledAnswer> {
  const words = answer.operations.filter(isAdd);
  const pairs = likePairs(words, known, library);
  const verdicts = model === undefined ? new Map<ClaimPair, DedupVerdict>() : await verdictsOf(model, pairs);
  return withSettlements(answer, settleClaims(words, pairs, verdicts));
}

/** Pairs whose literals differ are never one claim, so that nothing about them is asked. */
async function verdictsOf(model: Model, pairs: readonly ClaimPair[]): Promise<Map<ClaimPair, DedupVerdict>> {
  const open = pairs.filter(
    (pair) =>
      pair.verdict === "candidate" &&
      pair.existing.state === "active" &&
      hasSameLiterals(pair.words, pair.existing),
  );
  const judged = await judgeMiddleBand(
    model,
    open.map(({ words, existing }) => ({ left: readable(words), right: readable(existing) })),
  );
  return new Map(
    open.flatMap((pair, index) => {
      const verdict = judged[index];
      return verdict === undefined ? [] : [[pair, verdict] as const];
    }),
  );
}

function readable({ title, when, do: advice }: ClaimWords): string {
  return [title, when, advice].filter((text) => text !== "").join("\n");
}

function withSettlements(answer: DistillAnswer, settlements: readonly Settlement[]): SettledAnswer {
  const notes: string[] = [];
  let next = 0;
  const operations = answer.operations.flatMap((operation): Operation[] => {
    if (!isAdd(operation)) return [operation];
    const settlement = settlements[next++] ?? { kind: "new" };
    if (settlement.kind === "new") {
      if (settlement.note !== undefined) notes.push(settlement.note);
      return [operation];
    }
    if (settlement.kind === "known")
      return [{ op: "agree", id: settlement.id, evidence: operation.evidence }];
    notes.push(leftOutNote(operation.title, settlement));
    return [];
  });
  return { answer: { ...answer, operations }, notes };
}

/** Why a claim was not added. */
export function leftOutNote(
  title: string,
  settlement: Extract<Settlement, { kind: "deleted" | "elsewhere" }>,
): string {
  return settlement.kind === "deleted"
    ? `Not added: "${title}", because a person deleted that claim (${settlement.id}).`
    : `Not added: "${title}", because the skill ${settlement.skill} says it (${settlement.id}).`;
}

function isAdd(operation: Operation): operation is Add {
  return operation.op === "add";
}
