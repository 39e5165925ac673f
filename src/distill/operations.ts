import { z } from "zod";
import {
  type Claim,
  type ClaimPart,
  type ClaimWords,
  claimId,
  claimWordsSchema,
  renderClaim,
} from "./claim.ts";
import { partTitles } from "./claim-document.ts";
import type { ClaimBlock } from "./reconcile.ts";

const evidenceIds = z.array(z.string()).min(1);
const changedWords = claimWordsSchema.omit({ part: true }).partial();

/** What a distiller may do to a skill. It never writes the file: code applies these, one by one. */
export const operationSchema = z.discriminatedUnion("op", [
  claimWordsSchema.extend({ op: z.literal("add"), evidence: evidenceIds }),
  changedWords.extend({ op: z.literal("edit"), id: z.string(), evidence: evidenceIds }),
  z.object({ op: z.literal("agree"), id: z.string(), evidence: evidenceIds }),
  claimWordsSchema.extend({ op: z.literal("merge"), ids: z.array(z.string()).min(2), evidence: evidenceIds }),
  z.object({ op: z.literal("deprecate"), id: z.string(), reason: z.string().min(1), evidence: evidenceIds }),
]);
export type Operation = z.infer<typeof operationSchema>;

export interface Refusal {
  operation: Operation;
  reason: string;
}

export interface Applied {
  blocks: ClaimBlock[];
  claims: Claim[];
  /** Operations that changed something, in order. */
  applied: Operation[];
  refused: Refusal[];
}

/**
 * Applies operations to reconciled claims and the blocks of their file. Refused, with a reason: an unknown
 * claim, evidence that does not exist, words over what a person wrote, and a claim that says what a person deleted.
 */
export function applyOperations(
  blocks: readonly ClaimBlock[],
  claims: readonly Claim[],
  operations: readonly Operation[],
  context: { author: "offline" | "model"; evidenceIds: ReadonlySet<string> },
): Applied {
  const state = new Workbench(blocks, claims, context.author);
  const applied: Operation[] = [];
  const refused: Refusal[] = [];
  for (const operation of operations) {
    const unknown = operation.evidence.filter((id) => !context.evidenceIds.has(id));
    const reason =
      unknown.length > 0
        ? `it rests on evidence that does not exist: ${unknown.join(", ")}`
        : state.apply(operation);
    if (reason === null) applied.push(operation);
    else if (reason !== unchanged) refused.push({ operation, reason });
  }
  return { blocks: state.blocks, claims: [...state.claims.values()], applied, refused };
}

const unchanged = "it changes nothing";

class Workbench {
  blocks: ClaimBlock[];
  readonly claims: Map<string, Claim>;
  readonly #author: "offline" | "model";

  constructor(blocks: readonly ClaimBlock[], claims: readonly Claim[], author: "offline" | "model") {
    this.blocks = blocks.map((block) => ({ ...block }));
    this.claims = new Map(claims.map((claim) => [claim.id, claim]));
    this.#author = author;
  }

  /** Applies one operation. Returns null, or why it was not applied. */
  apply(operation: Operation): string | null {
    switch (operation.op) {
      case "add":
        return this.#add(operation, operation.evidence);
      case "agree":
        return this.#agree(operation.id, operation.evidence);
      case "edit":
        return this.#edit(operation);
      case "merge":
        return this.#merge(operation);
      case "deprecate":
        return this.#deprecate(operation);
    }
  }

  #add(words: ClaimWords, evidence: readonly string[]): string | null {
    const text = renderClaim(words);
    const same = [...this.claims.values()].find(
      (claim) => claim.part === words.part && sameWords(claim, words),
    );
    if (same?.state === "removed") return `a person deleted this claim (${same.id})`;
    if (same?.state === "active") return this.#agree(same.id, evidence);
    const id = claimId(words, new Set(this.claims.keys()));
    this.claims.set(id, {
      ...pickWords(words),
      id,
      state: "active",
      author: this.#author,
      evidence: [...evidence],
      text,
    });
    this.#insert(words.part, { part: words.part, text, claimId: id });
    return null;
  }

  #agree(id: string, evidence: readonly string[]): string | null {
    const claim = this.claims.get(id);
    if (!claim || claim.state !== "active") return `there is no active claim ${id}`;
    const all = [...new Set([...claim.evidence, ...evidence])];
    if (all.length === claim.evidence.length) return unchanged;
    this.claims.set(id, { ...claim, evidence: all });
    return null;
  }

  #edit(operation: Extract<Operation, { op: "edit" }>): string | null {
    const claim = this.#writable(operation.id);
    if (typeof claim === "string") return claim;
    const { op: _, id, evidence, ...changes } = operation;
    const words = { ...pickWords(claim), ...withoutUndefined(changes) };
    const text = renderClaim(words);
    const all = [...new Set([...claim.evidence, ...evidence])];
    if (text === claim.text && all.length === claim.evidence.length) return unchanged;
    this.claims.set(id, { ...claim, ...words, text, author: this.#author, evidence: all });
    for (const block of this.blocks) if (block.claimId === id) block.text = text;
    return null;
  }

  #merge(operation: Extract<Operation, { op: "merge" }>): string | null {
    const ids = [...new Set(operation.ids)];
    if (ids.length < 2) return "it names fewer than two claims";
    const sources: Claim[] = [];
    for (const id of ids) {
      const claim = this.#writable(id);
      if (typeof claim === "string") return claim;
      if (claim.part !== operation.part) return `${id} stands in another part of the skill`;
      sources.push(claim);
    }
    const words = pickWords(operation);
    const id = claimId(words, new Set(this.claims.keys()));
    const text = renderClaim(words);
    const evidence = [...new Set([...sources.flatMap((claim) => claim.evidence), ...operation.evidence])];
    for (const claim of sources) {
      this.claims.set(claim.id, { ...claim, state: "deprecated", reason: `merged into ${id}` });
    }
    this.claims.set(id, { ...words, id, state: "active", author: this.#author, evidence, text });
    const first = this.blocks.find((block) => block.claimId === ids[0]);
    if (first) Object.assign(first, { text, claimId: id });
    for (const gone of ids.slice(1)) this.#remove(gone);
    return null;
  }

  #deprecate(operation: Extract<Operation, { op: "deprecate" }>): string | null {
    const claim = this.#writable(operation.id);
    if (typeof claim === "string") return claim;
    const evidence = [...new Set([...claim.evidence, ...operation.evidence])];
    this.claims.set(claim.id, { ...claim, state: "deprecated", reason: operation.reason, evidence });
    this.#remove(claim.id);
    return null;
  }

  #writable(id: string): Claim | string {
    const claim = this.claims.get(id);
    if (!claim || claim.state !== "active") return `there is no active claim ${id}`;
    if (claim.author === "person") return `a person wrote the words of ${id}`;
    return claim;
  }

  /** Takes a claim's block out, with the blank lines that followed it. */
  #remove(id: string): void {
    const index = this.blocks.findIndex((block) => block.claimId === id);
    if (index < 0) return;
    const next = this.blocks[index + 1];
    const blankAfter = next?.part === null && next.text.trim() === "";
    this.blocks.splice(index, blankAfter ? 2 : 1);
  }

  /** Puts a block after the last claim of its part; opens the part's section where the file has none. */
  #insert(part: ClaimPart, block: ClaimBlock): void {
    const gap = part === "boundary" ? "\n" : "\n\n";
    const last = this.blocks.findLastIndex((candidate) => candidate.part === part);
    if (last >= 0) {
      this.blocks.splice(last + 1, 0, { part: null, text: gap, claimId: null }, block);
      return;
    }
    const heading = `## ${partTitles[part]}\n`;
    const existing = this.blocks.findIndex(
      (candidate) => candidate.part === null && candidate.text.startsWith(heading),
    );
    if (existing >= 0) {
      const opened = this.blocks[existing];
      const rest = opened?.text.slice(heading.length) ?? "";
      if (opened) opened.text = heading;
      this.blocks.splice(existing + 1, 0, block, {
        part: null,
        text: rest.startsWith("\n") ? rest : `\n${rest}`,
        claimId: null,
      });
      return;
    }
    const body = this.blocks.map((candidate) => candidate.text).join("");
    const before = body === "" ? "" : body.endsWith("\n\n") ? "" : body.endsWith("\n") ? "\n" : "\n\n";
    this.blocks.push({ part: null, text: `${before}${heading}`, claimId: null }, block, {
      part: null,
      text: "\n",
      claimId: null,
    });
  }
}

export function pickWords(words: ClaimWords): ClaimWords {
  return {
    part: words.part,
    title: words.title,
    when: words.when,
    do: words.do,
    why: words.why,
    check: words.check,
  };
}

function sameWords(claim: ClaimWords, words: ClaimWords): boolean {
  const key = (w: ClaimWords): string =>
    [w.title, w.when, w.do].join("\0").toLowerCase().replaceAll(/\s+/g, " ");
  return key(claim) === key(words);
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** The shape of a distiller's answer, for models and for the parts' names in prompts. */
export const answerSchema = z.object({
  skill_name: z.string().max(300),
  description: z.string().max(4000),
  title: z.string().max(200).default(""),
  operations: z.array(operationSchema).max(200),
});
export type DistillAnswer = z.infer<typeof answerSchema>;
