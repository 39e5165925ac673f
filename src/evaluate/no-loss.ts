import { compare } from "./comparison.ts";
import { exclusionOf } from "./exclusion.ts";
import { thresholdsOf } from "./figures.ts";
import { type KeptNoise } from "./kept-noise.ts";
import { knownNoise } from "./known-noise.ts";
import { lookReached } from "./looks.ts";
import { countsForVerdict, type Measured, measuredCases, type TrialLookup } from "./measured-case.ts";
import { type Plan, plannedTrials } from "./plan.ts";
import { groundOf, requestsDiffer, settle, type Settled } from "./settled-verdict.ts";
import type { Interval } from "./statistics/interval.ts";
import { seededRandom } from "./statistics/random.ts";

/** Skills that took the place of others: the plan has the others' names, their texts as base and the new text as head. */
export interface Superseding {
  survivors: readonly string[];
  sources: readonly string[];
}

/** What one student shows for one merge, over the cases of all its sources together. */
export interface NoLossFigures extends Superseding {
  student: string;
  version: string;
  verdict: Settled["verdict"];
  ground: Settled["ground"];
  /** Survivor - source, over the unseen cases; null where nothing could be compared. */
  difference: Interval | null;
  cases: number;
  /** Sources whose own cases show a loss. */
  losers: string[];
  isProven: boolean;
}

/**
 * Whether survivors lose nothing against their sources. The union of the sources' cases is one suite: each case asks the
 * student once with the skill that the case belongs to and once with the survivor, and the verdict is that of any A/B. It
 * is proven for a student when the union is no worse or better, and no source by itself is worse: a small source must not
 * pay for a gain of a large one. The verdicts of all merges are settled together, as are those of all sources.
 */
export function noLossFigures(
  plan: Plan,
  trials: TrialLookup,
  { merges, noise = [] }: { merges: readonly Superseding[]; noise?: readonly KeptNoise[] },
): NoLossFigures[] {
  const measured = measuredCases(plan, plannedTrials(plan), trials);
  return plan.students.flatMap((student) => {
    const own = measured.filter((one) => one.student === student).map(countedOf);
    const alone = own.map((one) => judged(one, plan, noise));
    const worse = new Set(
      settle(alone).flatMap(({ verdict }, index) =>
        verdict === "worse" ? [own[index]?.skill.name ?? ""] : [],
      ),
    );
    const unions = merges.map((merge) => unionOf(merge, own));
    const together = unions.map((union) =>
      union === null
        ? { comparison: null, ground: "no cases" as const, knownNoise: null }
        : judged(union, plan, noise),
    );
    return settle(together).map(({ verdict, ground }, index): NoLossFigures => {
      const { survivors = [], sources = [] } = merges[index] ?? {};
      const losers = sources.filter((name) => worse.has(name));
      const decision = together[index]?.comparison?.decision;
      return {
        survivors,
        sources,
        student: student.spec,
        version: student.version,
        verdict,
        ground,
        difference: decision && decision.cases > 0 ? decision.difference : null,
        cases: decision?.cases ?? 0,
        losers,
        isProven: (verdict === "better" || verdict === "no worse") && losers.length === 0,
      };
    });
  });
}

function judged(measured: Measured, plan: Plan, floors: readonly KeptNoise[]) {
  const { skill, student, cases } = measured;
  const reached = Math.max(0, ...cases.map((one) => lastRepeat(one.arms.get("head") ?? [])));
  const look = lookReached(plan, reached);
  const arms = ["head", "base"] as const;
  const comparison = compare(cases, arms, {
    thresholds: { ...thresholdsOf(plan), alpha: look.alpha },
    repeats: plan.repeats,
    random: seededRandom(`${plan.seed}\0${skill.name}\0${student.spec}`),
  });
  const exclusion = exclusionOf(cases, { arms, repeats: look.repeats });
  const ground = groundOf(comparison, exclusion, requestsDiffer(cases));
  return {
    comparison,
    ground,
    knownNoise: knownNoise(measured, arms, { floors, plan, repeats: look.repeats }),
  };
}

/** The cases of all sources as those of one skill; null where none of them has a case. Two sources may use one id. */
function unionOf({ survivors, sources }: Superseding, own: readonly Measured[]): Measured | null {
  const parts = own.filter(({ skill }) => sources.includes(skill.name));
  const [first] = parts;
  if (first === undefined) return null;
  const cases = parts.flatMap(({ skill, cases: some }) =>
    some.map((one) => {
      const id = `${skill.name}/${one.planned.id}`;
      // What stands alone shares nothing with a case of the same id elsewhere.
      const source = one.planned.source === one.planned.id ? id : one.planned.source;
      return { ...one, planned: { ...one.planned, id, source } };
    }),
  );
  return { ...first, skill: { ...first.skill, name: survivors.join(" ") }, cases };
}

function countedOf(measured: Measured): Measured {
  return { ...measured, cases: measured.cases.filter(countsForVerdict) };
}

function lastRepeat(runs: readonly unknown[]): number {
  return runs.findLastIndex((run) => run !== undefined) + 1;
}
