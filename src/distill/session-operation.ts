import type { Claim } from "./claim.ts";
import { duplicateAt, findDuplicates } from "./claim-dedup.ts";
import type { KnownClaims } from "./material.ts";
import type { Operation } from "./operation.ts";
import type { Draftable } from "./session-claims.ts";
import { haveEqualLiteralSets } from "./similarity.ts";
import { writtenTitle, writtenWords } from "./written-words.ts";

/** What is added to the title of a claim on a failure that the skill knows with another remedy. */
const another = ", another cause";
/** Lines of a list that grows with every run. */
const maxListLines = 8;

/**
 * What a claim does to the skill: a new one is added, one that the skill makes already gets its evidence and its new
 * counts. The same failure with another remedy becomes a claim beside the known one, so that a reviewer sees it.
 */
export function operationFor(claim: Draftable, known: KnownClaims | undefined): Operation {
  const { words } = claim;
  const evidence = [...new Set(claim.evidence.map((item) => item.id))];
  const title = writtenTitle(words.title);
  const related = (known?.claims ?? []).filter(
    (one) =>
      one.state === "active" &&
      one.part === words.part &&
      (one.title === title || one.title.startsWith(title + another)),
  );
  const [first] = related;
  if (!first || !known) return { op: "add", ...words, evidence };
  const isOwn = related.length === 1 && !mayDiffer(claim);
  const same = isOwn ? first : related.find((one) => saysSame(one.do, writtenWords(words).do));
  if (!same) {
    const count = related.length === 1 ? "" : ` ${related.length}`;
    return { op: "add", ...words, title: `${title}${another}${count}`.slice(0, 200), evidence };
  }
  const isNew = evidence.some((id) => !same.evidence.includes(id));
  if (same.author === "person" || !isNew) return { op: "agree", id: same.id, evidence };
  return { op: "edit", id: same.id, ...growth(same, claim, tracesOf(same, claim, known)), evidence };
}

/** Claims on failures and gains differ in what to do; those about the whole are there once. */
function mayDiffer({ evidence }: Draftable): boolean {
  return evidence.some(({ kind }) => kind === "fix" || kind === "gain" || kind === "attempt");
}

function saysSame(one: string, other: string): boolean {
  if (one.includes(other) || other.includes(one)) return true;
  const [found] = findDuplicates([{ id: "new", text: other }], [{ id: "old", text: one }]);
  return found !== undefined && found.score >= duplicateAt && haveEqualLiteralSets(one, other);
}

/** How the words of a claim change when more sessions support it: counts, and lines of a list. */
function growth(same: Claim, { words }: Draftable, traces: number): { do?: string; why?: string } {
  const count = `Seen in ${traces} traces`;
  const why = same.why.replace(/^Seen (?:once|in \d+(?: of \d+)? traces)/, count);
  const grown =
    same.part === "task"
      ? same.do.replace(/Distilled from .*$/s, `Distilled from ${traces} agent sessions.`)
      : joinedLists(same.do, words.do);
  return { ...(why === same.why ? {} : { why }), ...(grown === same.do ? {} : { do: grown }) };
}

function joinedLists(before: string, after: string): string {
  const known = before.split("\n");
  const more = after.split("\n").filter((line) => line.startsWith("- ") && !known.includes(line));
  const items = known.filter((line) => line.startsWith("- ")).length;
  if (items === 0 || more.length === 0) return before;
  return [...known, ...more.slice(0, Math.max(0, maxListLines - items))].join("\n");
}

/** Traces that the claim rests on, the new ones with them. */
function tracesOf(same: Claim, claim: Draftable, known: KnownClaims): number {
  const cited = new Set(same.evidence);
  return new Set([
    ...known.evidence.filter((item) => cited.has(item.id)).map((item) => item.trace),
    ...claim.evidence.map((item) => item.trace),
  ]).size;
}
