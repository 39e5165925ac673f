import { findDuplicates } from "../distill/claim-dedup.ts";
import { readClaimWords } from "../distill/claim-text.ts";
import { stemmedWords } from "../distill/text-vectors.ts";
import { operatorClass } from "../distill/operator-class.ts";
import { fencedLines } from "../distill/code-fence.ts";
import { hasSameLiterals } from "../distill/settled-claims.ts";
import { writtenWords } from "../distill/written-words.ts";
import type { ClaimWords } from "../distill/claim.ts";
import { groupBy } from "../group-by.ts";
import { keepsLiterals } from "./kept-literals.ts";
import type { MergeBench, Standing } from "./merge-bench.ts";
import type { MergeOperation } from "./merge-operation.ts";
import type { ParsedSource } from "./skill-pieces.ts";

/** So many likely twins of each claim are looked at. */
const mostTwins = 8;

/**
 * What can be said of the claims of several skills without a model: those that say the same in nearly the same words are
 * one; those that differ in the operator they were learned on are said of its class; those that differ in what they
 * tell to do conflict and stand side by side.
 */
export function offlineOperations(bench: MergeBench, sources: readonly ParsedSource[]): MergeOperation[] {
  const operations: MergeOperation[] = [];
  const operators = new Map(sources.map((source) => [source.skill.name, operatorsOf(source)]));
  for (const [part, standing] of groupBy(bench.standing(), (one) => one.part)) {
    const groups = sameWords(standing, bench);
    const taken = new Set<Standing>();
    for (const group of groups) {
      for (const one of group) taken.add(one);
      operations.push({ op: "merge", claims: group.map(({ ref }) => ref) });
    }
    if (part !== "method") continue;
    const leaders = new Set(groups.flatMap(([leader]) => leader ?? []));
    const open = standing.filter((one) => leaders.has(one) || !taken.has(one));
    const general = saidOfClass(open, (one) => operators.get(bench.skillOf(one.ref)) ?? []);
    operations.push(...general.operations);
    operations.push(
      ...conflicts(
        open.filter((one) => !general.used.has(one)),
        bench,
      ),
    );
  }
  return operations;
}

/** Groups of pieces without a doubt that they say the same; the first of each holds the literals of all. */
function sameWords(standing: readonly Standing[], bench: MergeBench): Standing[][] {
  const byRef = new Map(standing.map((one) => [one.ref, one]));
  const groupOf = new Map<Standing, Standing[]>();
  const groups: Standing[][] = [];
  for (const [one, twins] of twinsOf(standing)) {
    if (groupOf.has(one)) continue;
    const group = [one];
    for (const { ref, score } of twins) {
      const other = byRef.get(ref);
      if (other === undefined || groupOf.has(other) || !saySame(one, other, score)) continue;
      if (keepsAll(group[0] ?? one, other, bench)) group.push(other);
      else if (group.every((member) => keepsAll(other, member, bench))) group.unshift(other);
    }
    if (group.length < 2) continue;
    groups.push(group);
    for (const member of group) groupOf.set(member, group);
  }
  return groups;
}

/** Words that a claim can lack without saying less. */
const fillers = new Set(
  "a an and are as at be by can for from in is it its of on so that the their then there these they this to was which with you your".split(
    " ",
  ),
);

/**
 * Whether one says every word and literal of another, but for fillers. A section has no form that says what it is about,
 * so that only an equal one says the same.
 */
export function keepsAll(one: Standing, other: Standing, bench: Pick<MergeBench, "skillOf">): boolean {
  const [text, said] = [one, other].map((piece) => withoutOwnHeading(piece, bench));
  if (one.part === "text" || other.part === "text") return text === said;
  const held = new Set(stemmedWords(text ?? ""));
  const isSaid = stemmedWords(said ?? "").every((word) => held.has(word) || fillers.has(word));
  return isSaid && keepsLiterals(text ?? "", said ?? "");
}

/** A piece without the heading that it was given because it had none. */
function withoutOwnHeading({ ref, text }: Standing, bench: Pick<MergeBench, "skillOf">): string {
  const heading = `## Notes of ${bench.skillOf(ref)}\n`;
  return text.startsWith(heading) ? text.slice(heading.length) : text;
}

function saySame(one: Standing, other: Standing, score: number): boolean {
  if (one.isPersons && other.isPersons && one.text !== other.text) return false;
  return score === 1 || hasSameLiterals(wordsOf(one), wordsOf(other));
}

/** For each piece those that are duplicates of it by their words alone, best first. */
function twinsOf(standing: readonly Standing[]): Map<Standing, { ref: string; score: number }[]> {
  const said = standing.map(({ ref, text }) => ({ id: ref, text }));
  const byRef = new Map(standing.map((one) => [one.ref, one]));
  const twins = new Map<Standing, { ref: string; score: number }[]>(standing.map((one) => [one, []]));
  for (const { newId, existingId, score, verdict } of findDuplicates(said, said, mostTwins + 1)) {
    const one = byRef.get(newId);
    if (one !== undefined && newId !== existingId && verdict === "duplicate")
      twins.get(one)?.push({ ref: existingId, score });
  }
  return twins;
}

/** Methods of different skills in nearly the same words that tell to do different things. */
function conflicts(standing: readonly Standing[], bench: MergeBench): MergeOperation[] {
  const operations: MergeOperation[] = [];
  const byRef = new Map(standing.map((one) => [one.ref, one]));
  const seen = new Set<string>();
  for (const [one, twins] of twinsOf(standing)) {
    for (const { ref } of twins) {
      const other = byRef.get(ref);
      const key = [one.ref, ref].sort().join(" ");
      if (other === undefined || seen.has(key) || bench.skillOf(one.ref) === bench.skillOf(ref)) continue;
      seen.add(key);
      if (hasSameLiterals(wordsOf(one), wordsOf(other))) continue;
      operations.push({
        op: "conflict",
        claims: [one.ref, ref],
        reason: "nearly the same words, but other figures, names or actions",
      });
    }
  }
  return operations;
}

/** Methods that are equal but for the names of the operators that their traces are of. */
function saidOfClass(
  standing: readonly Standing[],
  operatorsOfClaim: (one: Standing) => readonly string[],
): { operations: MergeOperation[]; used: ReadonlySet<Standing> } {
  const used = new Set<Standing>();
  const operations: MergeOperation[] = [];
  const masked = groupBy(
    standing.filter((one) => !one.isPersons),
    (one) => withoutOperators(one.text, operatorsOfClaim(one), "\0").toLowerCase().replaceAll(/\s+/g, " "),
  );
  for (const [key, group] of masked) {
    const [first] = group;
    if (first === undefined || group.length < 2 || !key.includes("\0")) continue;
    const phrases = new Set(
      group.flatMap(operatorsOfClaim).map((op) => operatorClass(op)?.phrase ?? "kernels of this kind"),
    );
    const [only = "kernels of this kind"] = phrases;
    const phrase = phrases.size === 1 ? only : "kernels of this kind";
    const words = wordsOf(first);
    const said = (text: string): string => withoutOperators(text, operatorsOfClaim(first), phrase);
    const general = writtenWords({
      ...words,
      title: said(words.title),
      when: said(words.when),
      do: said(words.do),
      why: said(words.why),
      check: said(words.check),
    });
    operations.push({ op: "merge", claims: group.map(({ ref }) => ref), words: general });
    for (const one of group) used.add(one);
  }
  return { operations, used };
}

function operatorsOf({ skill }: ParsedSource): string[] {
  const named = (skill.evidence?.traces ?? []).map(({ op }) => op).filter((op) => op.length >= 3);
  return [...new Set(named)].sort((a, b) => b.length - a.length);
}

/** Replaces the names of operators in prose; names in code belong to an interface. */
function withoutOperators(text: string, operators: readonly string[], phrase: string): string {
  if (operators.length === 0) return text;
  const names = operators.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const pattern = new RegExp(String.raw`(?<![\w.\x60/-])(?:${names.join("|")})(?![\w.\x60/-]|\s*\()`, "gi");
  return fencedLines(text)
    .map(({ line, isCode }) => (isCode ? line : line.replaceAll(pattern, phrase)))
    .join("\n");
}

function wordsOf({ part, text, words }: Standing): ClaimWords {
  return words ?? readClaimWords(part === "text" ? "task" : part, text);
}
