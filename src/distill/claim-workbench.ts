import { type Claim, claimNamer, type ClaimPart, type ClaimWords, pickWords } from "./claim.ts";
import { BlockList, type PlacedBlock } from "./block-list.ts";
import {
  parseClaimDocument,
  type PartTitles,
  partTitles,
  renderClaimDocument,
  type Section,
} from "./claim-document.ts";
import { readClaimWords, renderClaim } from "./claim-text.ts";
import type { Operation, Refusal } from "./operation.ts";
import { readsBack } from "./placement.ts";
import type { ClaimBlock } from "./reconcile.ts";
import { wordsProblem, writtenWords } from "./written-words.ts";

export interface Applied {
  blocks: ClaimBlock[];
  claims: Claim[];
  refused: Refusal[];
}

/**
 * Applies operations to reconciled claims and the blocks of their file. Refused, with a reason: an unknown
 * claim, evidence that does not exist, words over what a person wrote, a claim that says what a person deleted, and
 * words that would not be found again in the file as this one claim, with its neighbours as they were.
 */
export function applyOperations(
  blocks: readonly ClaimBlock[],
  claims: readonly Claim[],
  operations: readonly Operation[],
  context: { author: "offline" | "model"; evidenceIds: ReadonlySet<string>; titles?: PartTitles },
): Applied {
  const state = new Workbench(blocks, claims, context);
  const refused: Refusal[] = [];
  for (const operation of operations) {
    const unknown = operation.evidence.filter((id) => !context.evidenceIds.has(id));
    const reason =
      unknown.length > 0
        ? `it rests on evidence that does not exist: ${unknown.slice(0, 3).join(", ")}${unknown.length > 3 ? ", ..." : ""}`
        : state.apply(operation);
    if (reason !== null && reason !== unchanged) refused.push({ operation, reason });
  }
  return { blocks: state.blocks(), claims: [...state.claims.values()], refused };
}

const unchanged = "it changes nothing";
const notReadBack = "its words would not be found again in the file as one claim between its neighbours";

class Workbench {
  readonly claims: Map<string, Claim>;
  readonly #author: "offline" | "model";
  readonly #titles: PartTitles;
  readonly #list: BlockList;
  readonly #placed = new Map<string, PlacedBlock>();
  /** The last claim of each part, and the first heading of each. */
  readonly #last = new Map<ClaimPart, PlacedBlock>();
  readonly #headings = new Map<ClaimPart, PlacedBlock>();
  /** Claims by what they visibly say. */
  readonly #active = new Map<string, string>();
  readonly #removed = new Map<string, string>();
  readonly #nameOf: (words: ClaimWords) => string;
  #isOpenEnded: boolean | undefined;

  constructor(
    blocks: readonly ClaimBlock[],
    claims: readonly Claim[],
    context: { author: "offline" | "model"; titles?: PartTitles },
  ) {
    this.claims = new Map(claims.map((claim) => [claim.id, claim]));
    this.#author = context.author;
    this.#titles = context.titles ?? partTitles;
    this.#list = new BlockList(blocks);
    this.#nameOf = claimNamer(this.claims.keys());
    for (const placed of this.#list) {
      if (placed.claimId !== null) this.#placed.set(placed.claimId, placed);
      if (placed.part !== null) this.#last.set(placed.part, placed);
      else if (placed.section && placed.previous?.section !== placed.section) {
        if (!this.#headings.has(placed.section.part)) this.#headings.set(placed.section.part, placed);
      }
    }
    for (const claim of this.claims.values()) {
      if (claim.state === "active") this.#active.set(saying(claim), claim.id);
      if (claim.state === "removed") this.#removed.set(saying(claim), claim.id);
    }
  }

  blocks(): ClaimBlock[] {
    return [...this.#list].map(({ part, text, section, claimId }) => ({ part, text, section, claimId }));
  }

  /** Applies one operation whole or not at all. Returns null, or why it was not applied. */
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

  #add(wanted: ClaimWords, evidence: readonly string[]): string | null {
    const words = writtenWords(wanted);
    const problem = wordsProblem(words);
    if (problem !== null) return problem;
    const same = this.#active.get(saying(words));
    if (same !== undefined) return this.#agree(same, evidence);
    const removed = this.#removed.get(saying(words));
    if (removed !== undefined) return `a person deleted this claim (${removed})`;
    const placed = this.#insert(words);
    if (placed === null) return notReadBack;
    const id = this.#nameOf(words);
    this.#stand(placed, {
      ...words,
      id,
      state: "active",
      author: this.#author,
      evidence: [...new Set(evidence)],
      text: placed.text,
    });
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
    const found = this.#writable(operation.id);
    if (typeof found === "string") return found;
    const { claim, placed } = found;
    const words = writtenWords({
      part: claim.part,
      title: operation.title ?? claim.title,
      when: operation.when ?? claim.when,
      do: operation.do ?? claim.do,
      why: operation.why ?? claim.why,
      check: operation.check ?? claim.check,
    });
    const problem = wordsProblem(words) ?? this.#said(words, [claim.id]);
    if (problem !== null) return problem;
    const text = renderClaim(words, methodDepth(placed.section));
    const evidence = [...new Set([...claim.evidence, ...operation.evidence])];
    if (text === claim.text && evidence.length === claim.evidence.length) return unchanged;
    if (text !== claim.text && !this.#rewrite(placed, words, text)) return notReadBack;
    const author = text === claim.text ? claim.author : this.#author;
    this.#retire(claim);
    this.#stand(placed, { ...claim, ...words, text, author, evidence });
    return null;
  }

  #merge(operation: Extract<Operation, { op: "merge" }>): string | null {
    const ids = [...new Set(operation.ids)];
    const sources: { claim: Claim; placed: PlacedBlock }[] = [];
    for (const id of ids) {
      const found = this.#writable(id);
      if (typeof found === "string") return found;
      if (found.claim.part !== operation.part) return `${id} stands in another part of the skill`;
      sources.push(found);
    }
    const [first, ...others] = sources;
    if (!first || others.length === 0) return "it names fewer than two claims";
    const words = writtenWords(operation);
    const problem = wordsProblem(words) ?? this.#said(words, ids);
    if (problem !== null) return problem;
    const undo: (() => void)[] = [];
    for (const { placed } of others) {
      const restore = this.#takeOut(placed);
      if (restore) undo.unshift(restore);
    }
    const text = renderClaim(words, methodDepth(first.placed.section));
    if (undo.length < others.length || !this.#rewrite(first.placed, words, text)) {
      for (const restore of undo) restore();
      return notReadBack;
    }
    const id = this.#nameOf(words);
    const evidence = [...new Set([...sources.flatMap(({ claim }) => claim.evidence), ...operation.evidence])];
    for (const { claim } of sources) {
      this.#retire(claim);
      this.claims.set(claim.id, { ...claim, state: "deprecated", reason: `merged into ${id}` });
    }
    this.#stand(first.placed, { ...words, id, state: "active", author: this.#author, evidence, text });
    return null;
  }

  #deprecate(operation: Extract<Operation, { op: "deprecate" }>): string | null {
    const found = this.#writable(operation.id);
    if (typeof found === "string") return found;
    const { claim, placed } = found;
    if (!this.#takeOut(placed)) return "its neighbours in the file would not be told apart without it";
    const evidence = [...new Set([...claim.evidence, ...operation.evidence])];
    this.#retire(claim);
    this.claims.set(claim.id, { ...claim, state: "deprecated", reason: operation.reason, evidence });
    return null;
  }

  #writable(id: string): { claim: Claim; placed: PlacedBlock } | string {
    const claim = this.claims.get(id);
    const placed = this.#placed.get(id);
    if (!claim || claim.state !== "active" || !placed) return `there is no active claim ${id}`;
    if (claim.author === "person") return `a person wrote the words of ${id}`;
    return { claim, placed };
  }

  /** Why words may not replace those of the named claims: another claim says them, or a person deleted them. */
  #said(words: ClaimWords, ids: readonly string[]): string | null {
    const active = this.#active.get(saying(words));
    if (active !== undefined) return ids.includes(active) ? null : `the claim ${active} says this already`;
    const removed = this.#removed.get(saying(words));
    return removed === undefined ? null : `a person deleted this claim (${removed})`;
  }

  #stand(placed: PlacedBlock, claim: Claim): void {
    placed.claimId = claim.id;
    this.#placed.set(claim.id, placed);
    this.#active.set(saying(claim), claim.id);
    this.claims.set(claim.id, claim);
  }

  #retire(claim: Claim): void {
    this.#placed.delete(claim.id);
    if (this.#active.get(saying(claim)) === claim.id) this.#active.delete(saying(claim));
  }

  /** Gives a block another text. False, and nothing done, when the file would not read as meant. */
  #rewrite(placed: PlacedBlock, words: ClaimWords, text: string): boolean {
    const before = placed.text;
    placed.text = text;
    if (saysExactly(placed, words) && readsBack(placed)) return true;
    placed.text = before;
    return false;
  }

  /**
   * Takes a claim's block out with the smaller of the gaps around it. Returns what puts it back, or null when its
   * neighbours would run together.
   */
  #takeOut(placed: PlacedBlock): (() => void) | null {
    const { previous, next } = placed;
    const isAtEnd = next?.next === undefined;
    const keepsNext = isBlank(previous) && (isAtEnd || lineEnds(previous) < lineEnds(next));
    const gap = keepsNext ? previous : isBlank(next) ? next : undefined;
    const taken = gap === undefined ? [placed] : [placed, gap];
    const wasLast = placed.part !== null && this.#last.get(placed.part) === placed;
    for (const block of taken) this.#list.remove(block);
    const restore = (): void => {
      for (const block of taken.toReversed()) this.#list.restore(block);
      if (placed.part !== null && wasLast) this.#last.set(placed.part, placed);
    };
    const near = gap !== undefined && gap === previous ? previous.previous : previous;
    if (near && !readsBack(near)) {
      restore();
      return null;
    }
    if (placed.part !== null && wasLast) this.#findLast(placed.part, placed);
    return restore;
  }

  #findLast(part: ClaimPart, from: PlacedBlock): void {
    let last = from.previous;
    while (last && last.part !== part) last = last.previous;
    if (last) this.#last.set(part, last);
    else this.#last.delete(part);
  }

  /**
   * Puts a claim after the last one of its part, else below its part's heading, else below a new heading at the end.
   * Null, and nothing done, when it would not be found again there.
   */
  #insert(words: ClaimWords): PlacedBlock | null {
    const { part } = words;
    const last = this.#last.get(part);
    const heading = this.#headings.get(part);
    const undo: (() => void)[] = [];
    const put = (after: PlacedBlock | undefined, block: ClaimBlock): PlacedBlock => {
      const placed = this.#list.insertAfter(after, block);
      undo.unshift(() => this.#list.remove(placed));
      return placed;
    };
    const gapOf = (text: string, section: Section | null): ClaimBlock => ({
      part: null,
      text,
      section,
      claimId: null,
    });
    const claimIn = (section: Section | null): ClaimBlock => ({
      part,
      text: renderClaim(words, methodDepth(section)),
      section,
      claimId: null,
    });
    let placed: PlacedBlock;
    let newHeading: PlacedBlock | undefined;
    if (last) {
      const gap = put(last, gapOf(part === "boundary" ? "\n" : "\n\n", last.section));
      placed = put(gap, claimIn(last.section));
    } else if (heading) {
      const text = heading.text;
      const head = text.trimEnd();
      const gap = text.slice(head.length);
      heading.text = `${head}\n`;
      undo.unshift(() => void (heading.text = text));
      placed = put(heading, claimIn(heading.section));
      const least = placed.next ? "\n\n" : "\n";
      put(placed, gapOf(lineEnds({ text: gap }) < least.length ? least : gap, heading.section));
    } else {
      if (this.#endsInCode()) return null;
      const section: Section = { part, heading: `## ${this.#titles[part]}`, depth: 2 };
      const opening = `${gapAfter(this.#list.last)}${section.heading}\n`;
      newHeading = put(this.#list.last, gapOf(opening, section));
      placed = put(newHeading, claimIn(section));
      put(placed, gapOf("\n", section));
    }
    if (!saysExactly(placed, words) || !readsBack(placed)) {
      for (const step of undo) step();
      return null;
    }
    this.#last.set(part, placed);
    if (newHeading) this.#headings.set(part, newHeading);
    return placed;
  }

  /** Whether a heading at the end of the file would stand in a code fence that a person left open. */
  #endsInCode(): boolean {
    if (this.#isOpenEnded === undefined) {
      const body = renderClaimDocument([...this.#list]);
      const end = parseClaimDocument(`${body}\n\n## ${partTitles.task}`).at(-1);
      this.#isOpenEnded = end?.text !== `## ${partTitles.task}`;
    }
    return this.#isOpenEnded;
  }
}

/** What makes two claims the same: the words that a reader sees first, without case and spacing. */
function saying(words: ClaimWords): string {
  const seen = words.part === "method" ? [words.title, words.when, words.do] : [words.do];
  return [words.part, ...seen].join("\0").toLowerCase().replaceAll(/\s+/g, " ");
}

/** Whether a block reads as the words it was made from; only methods show all of them. */
function saysExactly(placed: PlacedBlock, words: ClaimWords): boolean {
  const read = readClaimWords(words.part, placed.text);
  if (words.part !== "method") return read.do === words.do;
  return JSON.stringify(pickWords(read)) === JSON.stringify(pickWords(words));
}

function methodDepth(section: Section | null): number {
  return (section?.depth ?? 2) + 1;
}

function isBlank(block: PlacedBlock | undefined): block is PlacedBlock {
  return block !== undefined && block.part === null && block.text.trim() === "";
}

function lineEnds(block: { text: string } | undefined): number {
  return (block?.text ?? "").split("\n").length - 1;
}

/** What has to follow the last block so that a heading stands after a blank line. */
function gapAfter(last: PlacedBlock | undefined): string {
  let end = "";
  for (let block = last; block && end.length < 2; block = block.previous) end = block.text.slice(-2) + end;
  if (end === "" || end.endsWith("\n\n")) return "";
  return end.endsWith("\n") ? "\n" : "\n\n";
}
