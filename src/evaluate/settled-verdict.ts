import type { Comparison } from "./comparison.ts";
import type { KnownNoise } from "./known-noise.ts";
import type { Measured } from "./measured-case.ts";
import { holm } from "./statistics/holm.ts";
import { arms } from "./trial.ts";
import type { Verdict } from "./verdict.ts";

/** What a verdict rests on. All but `decided` make it "cannot tell". */
export type Ground =
  | "decided"
  | "no reference"
  | "no cases"
  | "too many excluded"
  | "requests differ"
  | "several skills"
  | "margin below noise";

/** Above this share of infrastructure failures nothing is concluded. */
export const mostExcluded = 0.1;

export interface Exclusion {
  /** Trials that failed for outside reasons, of those that have a result. */
  excluded: number;
  attempted: number;
  rate: number;
}

export function exclusionOf(cases: Measured["cases"]): Exclusion {
  let excluded = 0;
  let attempted = 0;
  for (const one of cases)
    for (const runs of one.arms.values())
      for (const run of runs) {
        if (run === undefined) continue;
        attempted += 1;
        if (run.outcome === "excluded") excluded += 1;
      }
  return { excluded, attempted, rate: attempted === 0 ? 0 : excluded / attempted };
}

/** Whether the arms of a case were asked different things somewhere, the skill block apart. What was sent counts. */
export function requestsDiffer(cases: Measured["cases"]): boolean {
  return cases.some((one) => {
    const frames = new Map<number, string>();
    for (const arm of arms)
      for (const [repeat, run] of (one.arms.get(arm) ?? []).entries()) {
        if (run === undefined) continue;
        if ((frames.get(repeat) ?? run.frame_sha256) !== run.frame_sha256) return true;
        frames.set(repeat, run.frame_sha256);
      }
    return false;
  });
}

/** The ground of one comparison by itself. */
export function groundOf(
  comparison: Comparison | null,
  exclusion: Exclusion,
  hasDifferentRequests: boolean,
): Ground {
  if (comparison === null) return "no reference";
  if (hasDifferentRequests) return "requests differ";
  if (exclusion.rate > mostExcluded) return "too many excluded";
  return comparison.decision.cases === 0 ? "no cases" : "decided";
}

export interface Settled {
  verdict: Verdict;
  ground: Ground;
  /** By Holm's method over the skills of one student; null where the comparison says nothing. */
  adjustedP: number | null;
}

/** What is known of one skill before the verdicts of all skills are settled together. */
export interface Judged {
  comparison: Comparison | null;
  ground: Ground;
  knownNoise: KnownNoise | null;
}

/**
 * The verdicts of one student over its skills. Where several skills are judged, some differ by chance: "better" and
 * "worse" stand only with an adjusted p at or below the level. A must-pass case that was lost rests on no p. "No worse"
 * stands only with a margin that noise alone does not cross; a gain and a loss are proven against their own spread, and
 * need no such floor.
 */
export function settle(judged: readonly Judged[]): Settled[] {
  const tested = judged.filter(({ ground }) => ground === "decided");
  const adjusted = holm(tested.map(({ comparison }) => comparison?.decision.p ?? 1));
  const adjustedOf = new Map(tested.map((one, index) => [one, adjusted[index] ?? 1]));
  return judged.map((one) => {
    const adjustedP = adjustedOf.get(one) ?? null;
    if (one.comparison === null || adjustedP === null) {
      return { verdict: "cannot tell", ground: one.ground, adjustedP };
    }
    const { alpha, decision } = one.comparison;
    const restsOnP =
      decision.verdict === "better" || (decision.verdict === "worse" && decision.lost.length === 0);
    if (restsOnP && adjustedP > alpha) {
      return { verdict: "cannot tell", ground: "several skills", adjustedP };
    }
    if (decision.verdict === "no worse" && one.knownNoise?.refusesMargin) {
      return { verdict: "cannot tell", ground: "margin below noise", adjustedP };
    }
    return { verdict: decision.verdict, ground: one.ground, adjustedP };
  });
}
