import type { Measured } from "./measured-case.ts";
import { failedByRefusal } from "./refused-request.ts";
import { mcnemar } from "./statistics/mcnemar.ts";
import type { Arm } from "./trial.ts";

/** Above this share of infrastructure failures in any arm nothing is concluded. */
export const mostExcluded = 0.1;

/** Below this chance the two arms of a comparison did not fail alike, and nothing is concluded either. */
export const leastEvenP = 0.01;

/** Trials that failed for outside reasons. */
export interface Exclusion {
  excluded: number;
  /** Of those that have a result. */
  attempted: number;
  rate: number;
  /** Trials that count as failed because the provider refused what the skill made of the request. */
  refused: number;
  /** The arm that lost the largest share; null without a result. */
  worst: { arm: Arm; rate: number } | null;
  /** How often equal arms would fail as unequally as the two of the comparison do. */
  unevenP: number;
  /** Must-pass cases that were run as often as planned, and have no repeat that counts in both arms. */
  unmeasured: string[];
}

/** The two arms that are compared, and the repeats that each case should have in both. */
export interface Compared {
  arms: readonly [Arm, Arm];
  repeats: number;
}

/**
 * What failed for outside reasons. A failure that a skill brings about, such as answers that take too long, falls on one
 * arm only, and on the cases that are hard for it: leaving those out would flatter it. So each arm has the limit
 * by itself, and the repeats that failed in one arm only are held against a fair coin by McNemar's exact test.
 */
export function exclusionOf(cases: Measured["cases"], compared?: Compared): Exclusion {
  const counts = new Map<Arm, { excluded: number; attempted: number }>();
  let refused = 0;
  for (const { arms } of cases)
    for (const [arm, runs] of arms) {
      const count = counts.get(arm) ?? { excluded: 0, attempted: 0 };
      for (const run of runs) {
        if (run === undefined) continue;
        count.attempted += 1;
        if (run.outcome === "excluded") count.excluded += 1;
        else if (failedByRefusal(run)) refused += 1;
      }
      counts.set(arm, count);
    }
  const all = [...counts.values()];
  const excluded = all.reduce((sum, count) => sum + count.excluded, 0);
  const attempted = all.reduce((sum, count) => sum + count.attempted, 0);
  const [worst = null] = [...counts]
    .filter(([, count]) => count.attempted > 0)
    .map(([arm, count]) => ({ arm, rate: count.excluded / count.attempted }))
    .sort((a, b) => b.rate - a.rate);
  return {
    excluded,
    attempted,
    rate: attempted === 0 ? 0 : excluded / attempted,
    refused,
    worst,
    ...(compared ? comparedExclusion(cases, compared) : { unevenP: 1, unmeasured: [] }),
  };
}

function comparedExclusion(
  cases: Measured["cases"],
  { arms: [subject, reference], repeats }: Compared,
): Pick<Exclusion, "unevenP" | "unmeasured"> {
  let onlySubject = 0;
  let onlyReference = 0;
  const unmeasured: string[] = [];
  for (const { planned, arms } of cases) {
    const others = arms.get(reference) ?? [];
    let [pairs, counted] = [0, 0];
    for (const [repeat, one] of (arms.get(subject) ?? []).entries()) {
      const other = others[repeat];
      if (one === undefined || other === undefined) continue;
      pairs += 1;
      const [isOut, isOtherOut] = [one.outcome === "excluded", other.outcome === "excluded"];
      if (isOut && !isOtherOut) onlySubject += 1;
      if (!isOut && isOtherOut) onlyReference += 1;
      if (!isOut && !isOtherOut) counted += 1;
    }
    if (planned.must_pass && pairs >= repeats && counted === 0) unmeasured.push(planned.id);
  }
  return { unevenP: mcnemar(onlySubject, onlyReference).p, unmeasured };
}
