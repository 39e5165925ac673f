import { sha256 } from "../digest.ts";
import type { Evidence, EvidenceKind } from "../evidence/evidence.ts";
import { usageFailure } from "../failure.ts";
import { estimateTokens } from "../skills/text-size.ts";
import type { Claim } from "./claim.ts";

/** What a prompt is made of. */
export interface PromptParts {
  /** The instructions, in our words only. */
  system: string;
  /** What the trace is about, for messages. */
  subject: string;
  /** Facts about the trace, as label and value. */
  facts: readonly (readonly [label: string, value: string])[];
  language: string;
  /** Whole code that helps, with what it is. */
  code: { label: string; text: string } | undefined;
  evidence: readonly Evidence[];
  /** The skill that is extended, when there is one. */
  known: { name: string; claims: readonly Claim[] } | undefined;
}

export interface Prompt {
  system: string;
  text: string;
  /** Hunks and other pieces that did not fit the budget, for the reviewer, in the order in which they were dropped. */
  omitted: string[];
}

/**
 * The prompt for one distillation within a budget of tokens, estimated over the system text and the prompt together.
 * Over the budget whole pieces are dropped, as few as it takes: first hunks of changes without effect, then of pairs
 * that were only faster than their parent, then of slower ones, then of steps, the smallest change first; then the
 * best code; then whole items in the same order; and as a last resort known claims, those with the least evidence
 * first. Throws `Failure` (exit code 2) when what is left is still too long.
 */
export function distillPrompt(parts: PromptParts, maxTokens: number): Prompt {
  const plan = dropPlan(parts);
  const tokensAfter = (drops: number): number => {
    const text = renderPrompt(parts, plan.slice(0, drops));
    return estimateTokens(parts.system) + estimateTokens(text);
  };
  let enough = 0;
  if (tokensAfter(0) > maxTokens) {
    const least = tokensAfter(plan.length);
    if (least > maxTokens) {
      throw usageFailure(
        `The shortest prompt for ${parts.subject} takes about ${least} tokens, and ${maxTokens} are allowed.`,
        `Raise max-prompt-tokens in the configuration to ${least} or more.`,
      );
    }
    let tooFew = 0;
    enough = plan.length;
    while (enough - tooFew > 1) {
      const middle = Math.floor((tooFew + enough) / 2);
      if (tokensAfter(middle) > maxTokens) tooFew = middle;
      else enough = middle;
    }
  }
  const dropped = plan.slice(0, enough);
  return { system: parts.system, text: renderPrompt(parts, dropped), omitted: describeDrops(parts, dropped) };
}

/** One piece that a prompt can do without. */
type Drop =
  | { what: "hunk"; item: Evidence }
  | { what: "code" }
  | { what: "item"; item: Evidence }
  | { what: "claim"; claim: Claim };

/** The lower, the sooner it is dropped; the task and the best version stay. */
const dropOrder: Partial<Record<EvidenceKind, number>> = {
  same: 1,
  setting: 1,
  failure: 2,
  decision: 2,
  faster: 3,
  procedure: 3,
  validation: 3,
  slower: 4,
  attempt: 4,
  step: 5,
  gain: 5,
  advice: 6,
  fix: 6,
};

/** Everything that may be dropped, in the order in which it is. */
function dropPlan(parts: PromptParts): Drop[] {
  const items = parts.evidence
    .filter((item) => dropOrder[item.kind] !== undefined)
    .sort((a, b) => rank(a) - rank(b) || Math.abs(a.improvement ?? 0) - Math.abs(b.improvement ?? 0));
  const claims = activeClaims(parts).sort((a, b) => a.evidence.length - b.evidence.length);
  return [
    ...items.flatMap((item) => splitHunks(item.diff ?? "").map((): Drop => ({ what: "hunk", item }))),
    ...(parts.code === undefined ? [] : [{ what: "code" } as const]),
    ...items.map((item): Drop => ({ what: "item", item })),
    ...claims.map((claim): Drop => ({ what: "claim", claim })),
  ];
}

function rank(item: Evidence): number {
  return dropOrder[item.kind] ?? 0;
}

function activeClaims({ known }: PromptParts): Claim[] {
  return known?.claims.filter((claim) => claim.state === "active") ?? [];
}

interface Dropped {
  /** How many hunks of each item, by its id. */
  hunks: Map<string, number>;
  items: Set<string>;
  claims: Set<string>;
  code: boolean;
}

function summarize(drops: readonly Drop[]): Dropped {
  const dropped: Dropped = { hunks: new Map(), items: new Set(), claims: new Set(), code: false };
  for (const drop of drops) {
    if (drop.what === "hunk") dropped.hunks.set(drop.item.id, (dropped.hunks.get(drop.item.id) ?? 0) + 1);
    else if (drop.what === "item") dropped.items.add(drop.item.id);
    else if (drop.what === "claim") dropped.claims.add(drop.claim.id);
    else dropped.code = true;
  }
  return dropped;
}

function describeDrops(parts: PromptParts, drops: readonly Drop[]): string[] {
  const { hunks, items, claims, code } = summarize(drops);
  const byId = new Map(parts.evidence.map((item) => [item.id, item]));
  const cut = [...hunks]
    .filter(([id]) => !items.has(id))
    .map(([id, count]) => `${count} of ${splitHunks(byId.get(id)?.diff ?? "").length} hunks of ${id}`);
  return [
    ...cut,
    ...(code ? [parts.code?.label ?? "the code"] : []),
    ...[...items].map((id) => `the item ${id}`),
    ...[...claims].map((id) => `the known claim ${id}`),
  ];
}

function renderPrompt(parts: PromptParts, drops: readonly Drop[]): string {
  const dropped = summarize(drops);
  const data = parts.facts.map(([label, value]) => `${label}: ${value}`);
  for (const item of parts.evidence) {
    if (dropped.items.has(item.id)) continue;
    const hunks = splitHunks(item.diff ?? "");
    const gone = dropped.hunks.get(item.id) ?? 0;
    data.push("", `[${item.id}] ${item.kind}: ${item.summary}`, ...detailsOf(item));
    data.push(...hunks.slice(0, hunks.length - gone));
    if (gone > 0) data.push(`(${gone} of ${hunks.length} hunks left out)`);
  }
  if (!dropped.code && parts.code) data.push("", `${parts.code.label}:`, parts.code.text);
  const claims = activeClaims(parts).filter((claim) => !dropped.claims.has(claim.id));
  const lines = [
    `Write in the language "${parts.language}".`,
    openingLine(parts, claims),
    "",
    dataBlock(data.join("\n")),
  ];
  if (claims.length > 0) {
    const shown = claims.map(
      (claim) =>
        `[${claim.id}] ${claim.part}${claim.author === "person" ? ", by a person" : ""}:\n${claim.text}`,
    );
    lines.push("", dataBlock(shown.join("\n\n")));
  }
  return lines.join("\n");
}

/** What an item holds besides its summary and its diff. */
function detailsOf({ signature, command, words, log }: Evidence): string[] {
  return [
    ...(signature === undefined ? [] : [`signature: ${signature}`]),
    ...(command === undefined ? [] : [`command: ${command}`]),
    ...(words === undefined ? [] : [`words: ${words}`]),
    ...(log === undefined ? [] : ["log:", log]),
  ];
}

function openingLine({ known }: PromptParts, shown: readonly Claim[]): string {
  if (!known) return "There is no such skill yet: add claims for all three parts (task, method, boundary).";
  return shown.length > 0
    ? `Extend the skill ${known.name}, whose claims are in the second data block.`
    : `Extend the skill ${known.name}.`;
}

/** Fences data with a mark made from its own digest, which the data cannot contain. */
export function dataBlock(data: string): string {
  const mark = sha256(data).slice(0, 16);
  return `BEGIN DATA ${mark}\n${data}\nEND DATA ${mark}`;
}

function splitHunks(diff: string): string[] {
  if (diff === "") return [];
  return diff.split(/\n(?=@@)/).filter((part) => part.startsWith("@@"));
}
