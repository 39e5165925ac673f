import { compareText } from "../compare-text.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { SearchVersions } from "../evidence/search-versions.ts";
import { largest } from "../largest.ts";
import { changeTitle, code } from "./change-words.ts";
import type { Claim, ClaimWords } from "./claim.ts";
import { isPosition } from "./code-change.ts";
import { readCodeFacts } from "./code-facts.ts";
import { percent, times, us } from "./figures.ts";
import {
  gainsOf,
  isWithinNoise,
  lossesOf,
  methodWords,
  mixedWords,
  nounOf,
  sameWords,
  slowerWords,
  storedTitle,
} from "./observation-words.ts";
import { type Observation, observe, outcomeOf } from "./observations.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import type { Operation } from "./operation.ts";
import { dslPhrase, operatorClass } from "./operator-class.ts";
import type { SearchFacts } from "./search-facts.ts";

/** Bounds that keep a skill readable; what is left out is told to the reviewer. */
const most = { methods: 8, mixed: 3, slower: 8, same: 4 };
const maxDescription = 480;
/** The best methods show more of their code: skills stay near 120 lines. */
const longExamples = 3;

export interface OfflineAnswer {
  answer: DistillAnswer;
  /** What did not fit into the skill, for the reviewer. */
  notes: string[];
}

/**
 * The deterministic distiller for search logs. Every sentence is made from names in the diffs, figures in the
 * log or words of its records; nothing is known beyond them. Undefined when no version was faster than another.
 */
export function distillSearchLogOffline(
  facts: SearchFacts,
  evidence: readonly Evidence[],
  versions: SearchVersions,
  known: { claims: readonly Claim[]; evidence: readonly Evidence[] },
): OfflineAnswer | undefined {
  const spread = facts.spread?.spread ?? 0;
  const observations = observe(evidence, versions).map((o) => withKnown(o, known));
  const methods = observations
    .filter((o) => outcomeOf(o) === "faster" && o.onRecordPath)
    .map((o) => ({
      o,
      noisy: isWithinNoise(o, spread),
      gain: recordGain(o),
      title: changeTitle(o.change),
    }))
    .sort((a, b) => Number(a.noisy) - Number(b.noisy) || b.gain - a.gain || compareText(a.title, b.title))
    .map(({ o }) => o);
  if (methods.length === 0) return undefined;
  const boundaries = observations.filter((o) => outcomeOf(o) !== "faster");
  const mixed = sorted(
    boundaries.filter((o) => o.faster.length > 0),
    lossesOf,
  );
  const slower = sorted(
    boundaries.filter((o) => o.faster.length === 0 && o.slower.length > 0),
    lossesOf,
  );
  const same = sorted(
    boundaries.filter((o) => o.slower.length === 0),
    (o) => [o.same.length],
  );

  const claim = (words: ClaimWords, items: readonly Evidence[]): Operation =>
    operation(words, items, known.claims);
  const whole = evidence.filter((item) => item.kind === "task" || item.kind === "best");
  const operations: Operation[] = [
    claim(taskWords(facts, observations, versions), whole),
    ...methods
      .slice(0, most.methods)
      .map((o, rank) =>
        claim(methodWords(o, spread, rank < longExamples ? 22 : 8), [...o.faster, ...o.slower]),
      ),
    ...mixed.slice(0, most.mixed).map((o) => claim(mixedWords(o), [...o.faster, ...o.slower])),
    ...slower.slice(0, most.slower).map((o) => claim(slowerWords(o), [...o.slower, ...o.same])),
    ...same.slice(0, most.same).map((o) => claim(sameWords(o), o.same)),
    ...reversed(observations, known.claims),
    claim(measuredWords(facts), whole.slice(0, 1)),
  ];
  const left = [
    [methods.length - most.methods, "smaller gains"],
    [mixed.length - most.mixed, "unsettled changes"],
    [slower.length - most.slower, "slower changes"],
    [same.length - most.same, "changes without effect"],
  ] as const;
  const notes = left
    .filter(([count]) => count > 0)
    .map(([count, what]) => `Left out for length: ${count} ${what}.`);
  return { answer: { ...nameAndDescription(facts, methods, spread), operations }, notes };
}

function nameAndDescription(
  facts: SearchFacts,
  methods: readonly Observation[],
  spread: number,
): Pick<DistillAnswer, "skill_name" | "description" | "title"> {
  const dsl = facts.dsl.toLowerCase().replaceAll("_", "-");
  const kind = operatorClass(facts.op);
  const detail = facts.op.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const category = kind?.key ?? "";
  const phrase = kind ? `${facts.op} and other ${kind.phrase}` : `${facts.op} kernels`;
  const where = facts.arch === "" ? "" : ` on ${facts.arch}`;
  const intro = `Speed up ${phrase} in ${dslPhrase(dsl)}${where}, by changes that a search measured`;
  const rest = `Use when writing or tuning such a kernel, or when it is slower than its baseline.`;
  let titles = "";
  for (const method of methods) {
    const title = plain(changeTitle(method.change));
    const next = titles === "" ? title : `${titles}; ${title}`;
    // Angle brackets are not for descriptions, and a piece of code says little without the rest.
    if (isWithinNoise(method, spread) || /[<>]|\.\.\./.test(title)) continue;
    if (intro.length + next.length + rest.length + 4 > maxDescription) break;
    titles = next;
  }
  const name = kind?.phrase ?? phrase;
  return {
    skill_name: [dsl, "case", category, detail === category ? "" : detail]
      .filter((part) => part !== "")
      .join("-"),
    description: `${intro}${titles === "" ? "" : `: ${titles}`}. ${rest}`,
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} in ${dslPhrase(dsl)}`,
  };
}

function taskWords(
  facts: SearchFacts,
  observations: readonly Observation[],
  versions: SearchVersions,
): ClaimWords {
  const kind = operatorClass(facts.op);
  const where = [facts.backend, facts.arch].filter((part) => part !== "").join(", ");
  const { best, rootTimeUs, spread } = facts;
  const lines = [
    `Searched on ${code(facts.op)}${kind ? `, one of the ${kind.phrase}` : ""}${where === "" ? "" : ` (${where})`}: ` +
      `${facts.passed} of ${facts.submitted} versions passed verification.`,
    `The fastest version took ${us(best.timeUs)}${rootTimeUs === undefined ? "" : `; the one it goes back to took ${us(rootTimeUs)}`}.`,
  ];
  if (best.speedup > 0) lines.push(`It is ${best.speedup.toFixed(2)} times as fast as the baseline.`);
  const settings = bestSettings(best.task, observations, versions);
  if (settings.length > 0) lines.push(`It sets ${settings.join(", ")}.`);
  lines.push(
    spread === undefined
      ? "Each version was timed once and no code twice, so the noise of these times is not known: repeat a small gain before you rely on it."
      : `Equal code was timed ${times(spread.versions)} in this log and differed by up to ${percent(spread.spread)}.`,
  );
  return { part: "task", title: `Search on ${facts.op}`, when: "", do: lines.join(" "), why: "", check: "" };
}

/** Plain settings of the best version: one value each, and none that the log shows to do nothing or harm. */
function bestSettings(
  task: string,
  observations: readonly Observation[],
  versions: SearchVersions,
): string[] {
  const values = new Map<string, Set<string>>();
  for (const setting of readCodeFacts(versions.codeOf(task) ?? "", versions.languageOf(task)).settings) {
    if (setting.owner !== "" || isPosition(setting) || !/^(?:[A-Z][A-Z0-9_]*|num_\w+)$/.test(setting.name))
      continue;
    values.set(setting.name, (values.get(setting.name) ?? new Set()).add(setting.value));
  }
  const idle = new Set(
    observations
      .filter((o) => outcomeOf(o) !== "faster")
      .flatMap((o) => o.change.settings.map((setting) => `${setting.name}=${setting.to ?? ""}`)),
  );
  return [...values]
    .filter(([, set]) => set.size === 1 && [...set].every((value) => /^-?[\d.]+$/.test(value)))
    .map(([name, set]) => `${name}=${[...set].join()}`)
    .filter((setting) => !idle.has(setting))
    .slice(0, 8)
    .map(code);
}

function measuredWords(facts: SearchFacts): ClaimWords {
  const where = facts.arch === "" ? "" : ` on ${facts.arch}`;
  const text = `Measured only for ${code(facts.op)}${where}; whether it holds elsewhere is not known.`;
  return { part: "boundary", title: "Measured only", when: "", do: text, why: "", check: "" };
}

/** A claim with the same title is edited, so that figures of several traces stand in one place. */
function operation(words: ClaimWords, items: readonly Evidence[], claims: readonly Claim[]): Operation {
  const evidence = [...new Set(items.map((item) => item.id))];
  const same = claims.find(
    (claim) => claim.state === "active" && claim.part === words.part && claim.title === words.title,
  );
  if (!same) return { op: "add", ...words, evidence };
  if (same.author === "person") return { op: "agree", id: same.id, evidence };
  const { part: _, ...changes } = words;
  if (same.when !== "" && !same.when.includes(words.when.replace(/\.$/, ""))) {
    changes.when = `${same.when.replace(/\.$/, "")}, or ${words.when}`;
  }
  return { op: "edit", id: same.id, ...changes, evidence };
}

/** Claims that the measurements of all traces together no longer support. */
function reversed(observations: readonly Observation[], claims: readonly Claim[]): Operation[] {
  return observations.flatMap((o): Operation[] => {
    const isMethod = outcomeOf(o) === "faster";
    const title = storedTitle(isMethod ? nounOf(o) : changeTitle(o.change));
    const part = isMethod ? "boundary" : "method";
    const claim = claims.find(
      (c) => c.state === "active" && c.author !== "person" && c.title === title && c.part === part,
    );
    const items = isMethod ? o.faster : [...o.slower, ...o.same];
    if (!claim || items.length === 0) return [];
    const reason = `${o.faster.length} faster and ${o.slower.length} slower measurements in all traces`;
    return [{ op: "deprecate", id: claim.id, reason, evidence: items.map((item) => item.id) }];
  });
}

/** Adds what earlier traces measured about the same change, without counting one measurement twice. */
function withKnown(
  o: Observation,
  known: { claims: readonly Claim[]; evidence: readonly Evidence[] },
): Observation {
  const titles = new Set([changeTitle(o.change), nounOf(o)].map(storedTitle));
  const ids = new Set(
    known.claims.filter((claim) => titles.has(claim.title)).flatMap((claim) => claim.evidence),
  );
  const earlier = known.evidence.filter((item) => ids.has(item.id));
  const seen = new Set(earlier.map(pairKey));
  const fresh = (items: readonly Evidence[]): Evidence[] => items.filter((item) => !seen.has(pairKey(item)));
  const of = (...kinds: Evidence["kind"][]): Evidence[] =>
    earlier.filter((item) => kinds.includes(item.kind));
  return {
    ...o,
    faster: [...of("step", "faster"), ...fresh(o.faster)],
    slower: [...of("slower"), ...fresh(o.slower)],
    same: [...of("same"), ...fresh(o.same)],
    onRecordPath: o.onRecordPath || of("step").length > 0,
  };
}

/** The same pair of versions with the same times is one measurement, in a log that grew or was copied. */
function pairKey(item: Evidence): string {
  return [item.parent_id, item.child_id, item.parent_gen_time_us, item.child_gen_time_us].join("\0");
}

/** By the largest of some figures, then by name. */
function sorted(observations: readonly Observation[], figures: (o: Observation) => number[]): Observation[] {
  return observations
    .map((o) => ({ o, size: largest(figures(o)), noun: nounOf(o) }))
    .sort((a, b) => b.size - a.size || compareText(a.noun, b.noun))
    .map(({ o }) => o);
}

/** The largest gain that set a record; a gain over a version that was slow itself says less. */
function recordGain(o: Observation): number {
  const records = o.faster.filter((item) => item.kind === "step").map((item) => item.improvement ?? 0);
  return largest(records.length > 0 ? records : gainsOf(o));
}

/** Words for the front matter: without code marks, and in the middle of a sentence. */
function plain(text: string): string {
  const line = text.replaceAll("`", "").replaceAll(/\s+/g, " ").trim();
  return line.charAt(0).toLowerCase() + line.slice(1);
}
