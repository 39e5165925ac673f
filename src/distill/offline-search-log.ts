import type { Evidence } from "../evidence/evidence.ts";
import type { SearchVersions } from "../evidence/search-versions.ts";
import { isPosition } from "./code-change.ts";
import { readCodeFacts } from "./code-facts.ts";
import {
  changeCondition,
  changedLines,
  changeInstruction,
  changeNoun,
  changeTitle,
  code,
} from "./change-words.ts";
import type { Claim, ClaimWords } from "./claim.ts";
import { type Observation, observe } from "./observations.ts";
import { dslPhrase, operatorClass } from "./operator-class.ts";
import type { DistillAnswer, Operation } from "./operations.ts";
import { diffExcerpt } from "./diff-excerpt.ts";

/** A searched operator, as its log tells it. Times are microseconds. */
export interface SearchFacts {
  op: string;
  dsl: string;
  backend: string;
  arch: string;
  submitted: number;
  passed: number;
  best: { task: string; timeUs: number; speedup: number };
  firstTimeUs: number | undefined;
}

/** Bounds that keep a skill readable; what is left out is said. */
const maxMethods = 8;
const maxBoundaries = 8;
const maxSame = 4;
const maxDiffLines = 20;
const maxDescription = 480;

/**
 * The deterministic distiller for search logs. Every sentence is made from names in the diffs, figures in the
 * log or words of its records; nothing is known beyond them. Undefined when no version was faster than another.
 */
export function distillSearchLogOffline(
  facts: SearchFacts,
  evidence: readonly Evidence[],
  versions: SearchVersions,
  known: { claims: readonly Claim[]; evidence: readonly Evidence[] },
): DistillAnswer | undefined {
  const observations = observe(evidence, versions).map((observation) => withKnown(observation, known));
  const methods = observations
    .filter((o) => o.faster.length > o.slower.length)
    .sort((a, b) => gain(b) - gain(a) || byTitle(a, b));
  if (methods.length === 0) return undefined;
  const mixed = observations.filter((o) => o.faster.length > 0 && o.faster.length <= o.slower.length);
  const slower = observations
    .filter((o) => o.faster.length === 0 && o.slower.length > 0)
    .sort((a, b) => loss(b) - loss(a) || byTitle(a, b));
  const same = observations
    .filter((o) => o.faster.length + o.slower.length === 0)
    .sort((a, b) => b.same.length - a.same.length || byTitle(a, b));

  const operations: Operation[] = [
    taskOperation(facts, evidence, versions),
    ...methods
      .slice(0, maxMethods)
      .map((o) => operation(methodWords(o), [...o.faster, ...o.slower], known.claims)),
    ...mixed.map((o) => operation(mixedWords(o), [...o.faster, ...o.slower], known.claims)),
    ...slower
      .slice(0, maxBoundaries)
      .map((o) => operation(slowerWords(o), [...o.slower, ...o.same], known.claims)),
    ...same.slice(0, maxSame).map((o) => operation(sameWords(o), o.same, known.claims)),
    ...reversed(observations, known.claims),
    operation(
      untriedWords(facts),
      evidence.filter((item) => item.kind === "task"),
      known.claims,
    ),
  ];
  const left = [
    [methods.length - maxMethods, "smaller gain"],
    [slower.length - maxBoundaries, "slower change"],
    [same.length - maxSame, "idle change"],
  ] as const;
  const omitted = left
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? "" : "s"}`);
  if (omitted.length > 0) {
    const text = `Left out for length: ${omitted.join(", ")}.`;
    operations.push(
      operation(
        { ...boundary("Left out", text) },
        evidence.filter((i) => i.kind === "task"),
        known.claims,
      ),
    );
  }
  return { ...nameAndDescription(facts, methods), operations };
}

function nameAndDescription(
  facts: SearchFacts,
  methods: readonly Observation[],
): Pick<DistillAnswer, "skill_name" | "description" | "title"> {
  const dsl = facts.dsl.toLowerCase().replaceAll("_", "-");
  const kind = operatorClass(facts.op);
  const detail = facts.op.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const category = kind?.key ?? "";
  const phrase = kind?.phrase ?? `${facts.op} kernels`;
  const where = facts.arch === "" ? "" : ` on ${facts.arch}`;
  const intro = `Speed up ${phrase} in ${dslPhrase(dsl)}${where} with changes measured in a search: `;
  const rest = `Use when writing or tuning ${phrase} in ${dslPhrase(dsl)}. Not for other classes of operators.`;
  const titles: string[] = [];
  let room = maxDescription - intro.length - rest.length;
  for (const method of methods) {
    const title = plain(changeTitle(method.change, method.diff));
    // Angle brackets are not for descriptions, and code without them would say something else.
    if (/[<>]/.test(title)) continue;
    room -= title.length + 2;
    if (room < 0 && titles.length > 0) break;
    titles.push(title.charAt(0).toLowerCase() + title.slice(1));
  }
  return {
    skill_name: [dsl, "case", category, detail === category ? "" : detail]
      .filter((part) => part !== "")
      .join("-"),
    description:
      titles.length === 0
        ? `${intro.replace(/: $/, ".")} ${rest}`
        : `${intro}${titles.slice(0, 4).join("; ")}. ${rest}`,
    title: `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)} in ${dslPhrase(dsl)}`,
  };
}

function taskOperation(
  facts: SearchFacts,
  evidence: readonly Evidence[],
  versions: SearchVersions,
): Operation {
  const kind = operatorClass(facts.op);
  const where = [facts.backend, facts.arch].filter((part) => part !== "").join(", ");
  const lines = [
    `${kind ? `One of the ${kind.phrase}` : "A kernel"} (searched as ${code(facts.op)})${where === "" ? "" : ` on ${where}`}: ` +
      `${facts.passed} of ${facts.submitted} versions passed verification.`,
  ];
  const best = facts.best;
  const from = facts.firstTimeUs === undefined ? "" : ` the first version ${us(facts.firstTimeUs)},`;
  const speed = best.speedup > 0 ? ` ${best.speedup.toFixed(2)} times as fast as the baseline` : "";
  lines.push(`The fastest version took ${us(best.timeUs)},${from}${speed}`.replace(/,?$/, "."));
  const settings = readCodeFacts(versions.codeOf(best.task) ?? "").settings.filter(
    (s) =>
      s.owner === "" &&
      !isPosition(s) &&
      /^(?:-?[\d.]+|True|False)$/.test(s.value) &&
      /^(?:[A-Z][A-Z0-9_]*|num_\w+)$/.test(s.name),
  );
  const unique = [...new Set(settings.map((s) => code(`${s.name}=${s.value}`)))].slice(0, 8);
  if (unique.length > 0) lines.push(`It sets ${unique.join(", ")}.`);
  lines.push("Time every change on your own shapes: under 1 % is noise.");
  const ids = evidence.filter((item) => item.kind === "task" || item.kind === "best").map((item) => item.id);
  return {
    op: "add",
    part: "task",
    title: "",
    when: "",
    do: lines.join(" "),
    why: "",
    check: "",
    evidence: ids,
  };
}

function methodWords(o: Observation): ClaimWords {
  const gains = o.faster.map((item) => item.improvement ?? 0).sort((a, b) => a - b);
  const instruction = changeInstruction(o.change);
  const excerpt = diffExcerpt(o.diff, namesIn(o), maxDiffLines);
  const idle = o.idle
    .map((change) => changeInstruction(change).replace(/\.$/, ""))
    .filter((text) => text !== "");
  const example = o.faster[0];
  const against = o.slower.length > 0 ? ` It was slower ${times(o.slower.length)}: measure it.` : "";
  const carried =
    idle.length > 0 ? ` The step also carried what did nothing or harm alone: ${idle.join("; ")}.` : "";
  return {
    part: "method",
    title: changeTitle(o.change, o.diff),
    when: changeCondition(o.change) || linesCondition(o.diff),
    do: `${instruction === "" ? "change the code like this:" : instruction}\n\n\`\`\`diff\n${excerpt}\n\`\`\``,
    why: `${span(example)}; ${o.faster.length === 1 ? `${percent(gains[0])} less time, seen once` : `${percentRange(gains)} less time, seen ${o.faster.length} times`}.${against}${carried}`,
    check: "",
  };
}

/** Where a change has no named starting point, its own lines are the condition. */
function linesCondition(diff: string): string {
  return changedLines(diff).removed.length > 0
    ? "the code has the lines marked `-` below."
    : "the code lacks the lines marked `+` below.";
}

function namesIn(o: Observation): string[] {
  return [
    ...o.change.settings.map((setting) => setting.name),
    ...o.change.callsAdded,
    ...o.change.callsRemoved,
    ...o.change.constructsAdded,
  ];
}

/** The noun, with the number of changed lines that none of its names stands in where they are the larger part. */
function nounOf(o: Observation): string {
  const noun = changeNoun(o.change, o.diff);
  const lines = Object.values(changedLines(o.diff)).flat();
  const names = namesIn(o).map((name) => name.split(/[:\s(]/)[0] ?? name);
  const unnamed =
    names.length === 0 ? [] : lines.filter((line) => !names.some((name) => line.includes(name)));
  return unnamed.length * 2 > lines.length && !o.amongOthers
    ? `${noun}, with ${unnamed.length} other changed lines`
    : noun;
}

function slowerWords(o: Observation): ClaimWords {
  const losses = o.slower.map((item) => -(item.improvement ?? 0)).sort((a, b) => a - b);
  const seen = o.slower.length === 1 ? "seen once" : `seen ${o.slower.length} times`;
  const equal = o.same.length > 0 ? `, and changed nothing ${times(o.same.length)}` : "";
  const noun = nounOf(o);
  const others = o.amongOthers ? ", among other changes" : "";
  return boundary(noun, `${noun}: slower, ${percentRange(losses)} more time (${seen}${equal}${others}).`);
}

function mixedWords(o: Observation): ClaimWords {
  const noun = nounOf(o);
  const gains = o.faster.map((item) => item.improvement ?? 0).sort((a, b) => a - b);
  const losses = o.slower.map((item) => -(item.improvement ?? 0)).sort((a, b) => a - b);
  return boundary(
    noun,
    `${noun}: not settled, ${percentRange(gains)} less time ${times(gains.length)}, ${percentRange(losses)} more time ${times(losses.length)}.`,
  );
}

function sameWords(o: Observation): ClaimWords {
  const noun = nounOf(o);
  return boundary(
    noun,
    `${noun}: no effect (within 1 %, ${o.same.length === 1 ? "seen once" : `seen ${o.same.length} times`}).`,
  );
}

function untriedWords(facts: SearchFacts): ClaimWords {
  const where = facts.arch === "" ? "one device" : facts.arch;
  return boundary(
    "Measured on",
    `Measured only for ${code(facts.op)} on ${where}; other devices, shapes and types were not tried.`,
  );
}

function boundary(title: string, text: string): ClaimWords {
  return { part: "boundary", title, when: "", do: text, why: "", check: "" };
}

/** A claim with the same title is edited, so that figures of several traces stand in one place. */
function operation(words: ClaimWords, items: readonly Evidence[], claims: readonly Claim[]): Operation {
  const evidence = [...new Set(items.map((item) => item.id))];
  const same = claims.find(
    (claim) =>
      claim.state === "active" &&
      claim.part === words.part &&
      claim.title !== "" &&
      claim.title === words.title,
  );
  if (!same) return { op: "add", ...words, evidence };
  if (same.author === "person") return { op: "agree", id: same.id, evidence };
  const { part: _, ...changes } = words;
  if (same.when !== "" && !same.when.includes(words.when))
    changes.when = `${same.when.replace(/\.$/, "")}, or ${words.when}`;
  return { op: "edit", id: same.id, ...changes, evidence };
}

/** Claims that the measurements of all traces together no longer support. */
function reversed(observations: readonly Observation[], claims: readonly Claim[]): Operation[] {
  const operations: Operation[] = [];
  for (const o of observations) {
    const isMethod = o.faster.length > o.slower.length;
    const title = isMethod ? nounOf(o) : changeTitle(o.change, o.diff);
    const claim = claims.find(
      (c) =>
        c.state === "active" &&
        c.author !== "person" &&
        c.title === title &&
        c.part === (isMethod ? "boundary" : "method"),
    );
    if (!claim) continue;
    const items = isMethod ? o.faster : [...o.slower, ...o.same];
    if (items.length === 0) continue;
    operations.push({
      op: "deprecate",
      id: claim.id,
      reason: `${o.faster.length} faster and ${o.slower.length} slower measurements in all traces`,
      evidence: items.map((item) => item.id),
    });
  }
  return operations;
}

/** Adds what earlier traces measured about the same change, without counting one measurement twice. */
function withKnown(
  o: Observation,
  known: { claims: readonly Claim[]; evidence: readonly Evidence[] },
): Observation {
  const titles = new Set([changeTitle(o.change, o.diff), nounOf(o)]);
  const ids = new Set(
    known.claims.filter((claim) => titles.has(claim.title)).flatMap((claim) => claim.evidence),
  );
  const earlier = known.evidence.filter((item) => ids.has(item.id));
  const fresh = (items: readonly Evidence[]): Evidence[] =>
    items.filter((item) => !earlier.some((e) => equalPair(e, item)));
  const of = (kind: Evidence["kind"]): Evidence[] => earlier.filter((item) => item.kind === kind);
  return {
    ...o,
    faster: [...of("step"), ...fresh(o.faster)],
    slower: [...of("slower"), ...fresh(o.slower)],
    same: [...of("same"), ...fresh(o.same)],
  };
}

/** The same pair of versions with the same times: one measurement, in a log that grew or was copied. */
function equalPair(a: Evidence, b: Evidence): boolean {
  return (
    a.parent_id === b.parent_id &&
    a.child_id === b.child_id &&
    a.parent_gen_time_us === b.parent_gen_time_us &&
    a.child_gen_time_us === b.child_gen_time_us
  );
}

function gain(o: Observation): number {
  return Math.max(...o.faster.map((item) => item.improvement ?? 0));
}

function loss(o: Observation): number {
  return Math.max(...o.slower.map((item) => -(item.improvement ?? 0)));
}

function byTitle(a: Observation, b: Observation): number {
  const [left, right] = [changeTitle(a.change, a.diff), changeTitle(b.change, b.diff)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function span(item: Evidence | undefined): string {
  return `${us(item?.parent_gen_time_us ?? 0)} became ${us(item?.child_gen_time_us ?? 0)}`;
}

function us(time: number): string {
  return `${time >= 100 ? time.toFixed(1) : time.toFixed(2)} us`;
}

function percent(share = 0): string {
  return `${(share * 100).toFixed(1)} %`;
}

function percentRange(sorted: readonly number[]): string {
  const low = percent(sorted[0]);
  const high = percent(sorted.at(-1));
  return low === high ? low : `${low} to ${high}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** Words for the front matter: without code marks. */
function plain(text: string): string {
  return text.replaceAll("`", "").replaceAll(/\s+/g, " ").trim();
}
