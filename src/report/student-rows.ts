import type { CaseFigures } from "../evaluate/case-figures.ts";
import type { Comparison } from "../evaluate/comparison.ts";
import { ways } from "../evaluate/economics.ts";
import { isVoidFor } from "../evaluate/evaluation-json.ts";
import type { EvaluationFigures, SkillFigures, StudentFigures } from "../evaluate/figures.ts";
import type { PairwiseFigures } from "../evaluate/pairwise-figures.ts";
import { type Arm, arms } from "../evaluate/trial.ts";
import type { Verdict } from "../evaluate/verdict.ts";
import {
  callsWords,
  counted,
  differenceWords,
  dollarWords,
  percentWords,
  pointsWords,
  pWords,
  rateWords,
  ratioWords,
  tokenWords,
} from "./figure-words.ts";
import { failureWords } from "./failure-words.ts";
import { isolationWords } from "./isolation-words.ts";
import { studentNames } from "./student-names.ts";
import { neededWords, verdictReason } from "./verdict-words.ts";

/** One skill for one student in words. All of it is plain text, with names from outside in it: escape it. */
export interface StudentRow {
  skill: string;
  student: string;
  figures: StudentFigures;
  /** `20 × 5`: cases that count, and repeats. */
  size: string;
  rates: { arm: Arm; text: string }[];
  /** `head − base`; empty without a comparison. */
  compared: string;
  difference: string;
  tokens: string;
  cost: string;
  /** What the verdict rests on, and what else is known, as sentences. */
  remarks: string[];
}

/** The order in which a reviewer asks. */
const severity: readonly Verdict[] = ["worse", "cannot tell", "no worse", "better"];

/** The worst first; those with the same verdict stay in the plan's order. */
export function studentRows({ skills, plan }: EvaluationFigures): StudentRow[] {
  const nameOf = studentNames(plan);
  const rows = skills.flatMap(({ skill, students }) =>
    students.map((figures): StudentRow => {
      const { comparison, look } = figures;
      return {
        skill: skill.name,
        student: nameOf(figures.student, figures.version),
        figures,
        size: `${comparison?.decision.cases ?? 0} × ${look.repeats}`,
        rates: arms.flatMap((arm) => {
          const one = figures.arms.get(arm);
          return one ? [{ arm, text: rateWords(one.rate) }] : [];
        }),
        compared: comparison ? comparedWords(comparison) : "",
        difference: comparison ? differenceWords(comparison.decision.difference) : "no comparison",
        tokens: ofBoth(figures, ({ tokensPerRun }) => tokenWords(tokensPerRun)),
        cost: ofBoth(figures, ({ costPerSolved, runs, passed }) =>
          runs > 0 && passed === 0 ? "none solved" : dollarWords(costPerSolved),
        ),
        remarks: remarksOf(figures, plan),
      };
    }),
  );
  return rows.toSorted((a, b) => severity.indexOf(a.figures.verdict) - severity.indexOf(b.figures.verdict));
}

/** `head − base`. */
export function comparedWords({ subject, reference }: Comparison): string {
  return `${subject} − ${reference}`;
}

type OneArm = StudentFigures["arms"] extends ReadonlyMap<Arm, infer F> ? F : never;

/** A figure of the reference and of head. */
function ofBoth({ arms, comparison }: StudentFigures, words: (figures: OneArm) => string): string {
  const shown = [comparison?.reference, "head" as const].flatMap((arm) => {
    const figures = arm && arms.get(arm);
    return figures ? [words(figures)] : [];
  });
  return new Set(shown).size === 1 ? (shown[0] ?? "") : shown.join(" → ");
}

function remarksOf(figures: StudentFigures, plan: EvaluationFigures["plan"]): string[] {
  const { comparison, againstNone, againstPlacebo, adjustedP, exclusion, seen, noise, look } = figures;
  const remarks = [`${sentence(figures.verdict)}: ${verdictReason(figures, plan)}.`, neededWords(figures)];
  if (comparison) {
    const { decision, mcnemar } = comparison;
    if (decision.sources !== decision.cases) {
      remarks.push(`Its ${decision.cases} cases come from ${counted(decision.sources, "source")}.`);
    }
    const isClaim = figures.verdict === "better" || figures.verdict === "worse";
    if (isClaim && adjustedP !== null && adjustedP !== decision.p) {
      remarks.push(`Over all skills by Holm's method: ${pWords(adjustedP)}.`);
    }
    if (mcnemar) {
      remarks.push(
        `Single runs: ${mcnemar.gained} gained, ${mcnemar.lost} lost (McNemar's exact test: ${pWords(mcnemar.p)}).`,
      );
    }
    if (plan.looks > 1) {
      remarks.push(
        `Look ${look.look} of ${plan.looks}: its interval is at ${percentWords(1 - comparison.alpha)}.`,
      );
    }
    const ratios = [`Tokens: ${ratioWords(comparison.tokens)}`, `time: ${ratioWords(comparison.latency)}`];
    if (comparison.tokens !== null || comparison.latency !== null) {
      remarks.push(`${ratios.join("; ")} those of ${comparison.reference}.`);
    }
    if (figures.verdict === "no worse") remarks.push(unseenLossWords(decision, plan.thresholds.margin));
  }
  for (const other of [againstNone, againstPlacebo]) {
    if (!other || other === comparison || other.decision.cases === 0) continue;
    remarks.push(`${sentence(comparedWords(other))}: ${differenceWords(other.decision.difference)}.`);
  }
  if (seen.cases.length > 0) {
    remarks.push(
      `On ${counted(seen.cases.length, "seen case")}, which count for nothing: ${pointsWords(seen.difference)}.`,
    );
  }
  if (figures.pairwise) remarks.push(pairwiseWords(figures.pairwise, studentNames(plan)));
  for (const { arm, recall, shouldTrigger, specificity, others } of figures.triggering) {
    remarks.push(
      `Triggering of ${arm}: chosen where it should be in ${rateWords(recall)} of ${counted(shouldTrigger, "query", "queries")}, left alone elsewhere in ${rateWords(specificity)} of ${others}.`,
    );
  }
  if (exclusion.excluded > 0) {
    remarks.push(
      `${counted(exclusion.excluded, "trial")} of ${exclusion.attempted} failed for outside reasons (${percentWords(exclusion.rate)}) and left the comparison with the other arm's run.`,
    );
  }
  // The reason of a run that is void for its failures names the first already.
  const isNamed = isVoidFor(figures) && figures.ground !== "requests differ";
  for (const failure of figures.failures.slice(isNamed ? 1 : 0)) {
    remarks.push(`${sentence(failureWords(failure, figures, plan))}.`);
  }
  if (exclusion.refused > 0) {
    remarks.push(
      `${counted(exclusion.refused, "request")} ${exclusion.refused === 1 ? "was" : "were"} refused by the provider with the skill and taken without it or with another, and count as failed.`,
    );
  }
  if (noise && noise.flipRate !== null) {
    const spread =
      noise.spread === null
        ? ""
        : `; an arm differs from itself by up to ${(noise.spread * 100).toFixed(1)} points${noise.refusesMargin ? `, more than the margin of ${(plan.thresholds.margin * 100).toFixed(1)}` : ""}`;
    remarks.push(
      `Noise: two runs of a case under ${noise.arm} differ in ${percentWords(noise.flipRate)}${spread}.`,
    );
  }
  if (figures.knownNoise && figures.ground !== "margin below noise") {
    const { arms: measured, spread } = figures.knownNoise;
    remarks.push(
      `Known noise: by an earlier A/A run of ${measured.join(" and ")}, two equal arms of this size differ by up to ${(spread * 100).toFixed(1)} points.`,
    );
  }
  if (figures.models.length > 0) remarks.push(`Answered by ${figures.models.slice(0, 5).join(", ")}.`);
  return remarks.filter((remark) => remark !== "");
}

/** What a judge prefers, which no verdict rests on. */
function pairwiseWords(
  { judge, reference, wins, losses, ties, p, open }: PairwiseFigures,
  nameOf: ReturnType<typeof studentNames>,
): string {
  const rest = open === 0 ? "" : `, ${open} not compared`;
  return `Preferred by ${nameOf(judge, "")}, shown both answers in both orders: head in ${counted(wins, "case")}, ${reference} in ${losses}, neither in ${ties}${rest} (sign test: ${pWords(p)}); the verdict does not rest on it.`;
}

/**
 * How many cases could be lost outright and none of them be among those that were run, as a sentence: the mean of few
 * cases excludes a small loss everywhere, and no rare total one. Empty where the margin excludes that as well.
 */
function unseenLossWords({ effectiveSources }: Comparison["decision"], margin: number): string {
  const share = 1 - 0.05 ** (1 / effectiveSources);
  if (share <= margin) return "";
  return `It is the mean that is no worse: if up to ${percentWords(share)} of such cases were lost outright, a suite of this size could still show none of them (at 95 %).`;
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a case is, besides its id. */
export function caseMarks({ planned }: CaseFigures, lost: readonly string[]): string[] {
  return [
    ...(planned.seen ? ["seen"] : []),
    ...(planned.must_pass ? [lost.includes(planned.id) ? "must pass, lost" : "must pass"] : []),
  ];
}

/** `3 of 5`; a dash where the arm has no run that counts. */
export function passesWords(one: CaseFigures, arm: Arm): string {
  const { passed = 0, runs = 0 } = one.passes.get(arm) ?? {};
  return runs === 0 ? "–" : `${passed} of ${runs}`;
}

/** Accuracy and dollars for 1,000 tasks of each way, in the order of `ways`; undefined where nothing is known. */
export function economicsWords({ economics }: StudentFigures): string[] | undefined {
  if (economics.cases === 0) return undefined;
  return ways.map((way) => {
    const { accuracy = null, usdPerThousand = null } = economics.rows.find((row) => row.way === way) ?? {};
    if (accuracy === null) return "not measured";
    return `${percentWords(accuracy)}, ${dollarWords(usdPerThousand)}`;
  });
}

/** The student to use for a skill, as a sentence; empty where nothing was measured. */
export function recommendationWords(
  { skill, recommendation }: SkillFigures,
  nameOf: (spec: string) => string,
): string {
  const { reference, candidates, student } = recommendation;
  if (!reference) return "";
  const against = reference.isTeacher
    ? `the teacher ${nameOf(reference.student)} alone`
    : `the best student with the skill, ${nameOf(reference.student)}`;
  if (student !== null) {
    const chosen = candidates.find((one) => one.student === student);
    const isBest = chosen?.verdict === null;
    const standing = isBest ? "itself the best with the skill" : `not inferior to ${against}`;
    return `${skill.name}: use ${nameOf(student)} (${standing}, ${dollarWords(chosen?.costPerSolved ?? null)} for each solved task).`;
  }
  const good = candidates.filter(({ verdict }) => verdict !== "worse" && verdict !== "cannot tell");
  return good.length === 0
    ? `${skill.name}: no student is shown to be as good as ${against}.`
    : `${skill.name}: what a solved task costs is unknown for some of ${good.map((one) => nameOf(one.student)).join(", ")}, so none is the cheapest.`;
}

/** `24 calls (…), $0.12 by prices of 2026-01-01`. */
function tookWords({ plan, totals }: EvaluationFigures): string {
  if (totals.calls === 0) return callsWords(totals);
  const source = plan.prices_of === null || totals.cost === null ? "" : ` by prices of ${plan.prices_of}`;
  return `${callsWords(totals)}, ${dollarWords(totals.cost)}${source}`;
}

/** How the figures were made, as sentences. */
export function methodWords(figures: EvaluationFigures): string[] {
  return [...meaningWords(figures), ...runWords(figures)];
}

/** What intervals and verdicts mean, as sentences. */
export function meaningWords({ plan }: EvaluationFigures): string[] {
  const { alpha, margin, minimum_effect: least } = plan.thresholds;
  const points = (share: number): string => `${Number((share * 100).toFixed(1))} points`;
  return [
    `Rates are means over unseen cases with Wilson's 95 % interval over cases; repeats never narrow it. Differences are paired by case${plan.looks === 1 ? `, with an interval at ${percentWords(1 - alpha)}` : ""}.`,
    `Better: a gain of at least ${points(least)} that is no chance (two-sided level ${alpha}). Worse: a loss that is no chance, on average or of a must-pass case. No worse: a mean loss of ${points(margin)} excluded by the one-sided bound at ${percentWords(1 - alpha)}, which lies inside the two-sided interval, and no must-pass case in doubt. Otherwise nobody can tell.`,
  ];
}

/** What was run, what of it is missing, and what it took, as sentences. */
export function runWords(figures: EvaluationFigures): string[] {
  const { plan, totals } = figures;
  const { alpha, margin } = plan.thresholds;
  return [
    `${counted(totals.finished, "trial")} finished, ${totals.excluded} excluded, ${totals.missing} without a result; ${tookWords(figures)}. Seed ${plan.seed}${plan.base === null ? "" : `, base ${plan.base.slice(0, 12)}`}. Judged at level ${alpha} with a margin of ${Number((margin * 100).toFixed(1))} points.`,
    ...isolationWords(figures),
  ];
}
