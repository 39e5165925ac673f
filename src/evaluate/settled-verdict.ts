import type { Comparison } from "./comparison.ts";
import { type Exclusion, leastEvenP, mostExcluded } from "./exclusion.ts";
import type { KnownNoise } from "./known-noise.ts";
import type { Measured } from "./measured-case.ts";
import { isProven } from "./must-pass.ts";
import { holm } from "./statistics/holm.ts";
import { arms } from "./trial.ts";
import type { Verdict } from "./verdict.ts";

/** What a verdict rests on. All but `decided` make it "cannot tell". */
export type Ground =
  | "decided"
  | "no reference"
  | "no cases"
  | "too many excluded"
  | "exclusions differ"
  | "must-pass case not measured"
  | "requests differ"
  | "several skills"
  | "must-pass case unsure"
  | "margin below noise";

/** Grounds on which the results themselves cannot be trusted, whatever they say. */
export const voidGrounds: readonly Ground[] = [
  "too many excluded",
  "exclusions differ",
  "must-pass case not measured",
  "requests differ",
];

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
  if ((exclusion.worst?.rate ?? 0) > mostExcluded) return "too many excluded";
  if (exclusion.unevenP < leastEvenP) return "exclusions differ";
  if (exclusion.unmeasured.length > 0) return "must-pass case not measured";
  return comparison.decision.cases === 0 ? "no cases" : "decided";
}

export interface Settled {
  verdict: Verdict;
  ground: Ground;
  /** By Holm's method over the skills of one student; null where the comparison says nothing. */
  adjustedP: number | null;
  /** Must-pass cases that are lost by no chance. */
  lost: string[];
}

/** What is known of one skill before the verdicts of all skills are settled together. */
export interface Judged {
  comparison: Comparison | null;
  ground: Ground;
  knownNoise: KnownNoise | null;
}

/**
 * The verdicts of one student over its skills. Where several skills are judged, some differ by chance: "better" and
 * "worse" stand only with an adjusted p at or below the level, and a must-pass case is lost only if that is no chance
 * with those of the other skills beside it. "No worse" stands only with a margin that noise alone does not cross; a gain
 * and a loss are proven against their own spread, and need no such floor.
 */
export function settle(judged: readonly Judged[]): Settled[] {
  const tested = judged.filter(({ ground }) => ground === "decided");
  const adjusted = holm(tested.map(({ comparison }) => comparison?.decision.p ?? 1));
  const adjustedOf = new Map(tested.map((one, index) => [one, adjusted[index] ?? 1]));
  const varying = tested.reduce((sum, { comparison }) => sum + varyingIn(comparison), 0);
  return judged.map((one) => {
    const adjustedP = adjustedOf.get(one) ?? null;
    if (one.comparison === null || adjustedP === null) {
      return { verdict: "cannot tell", ground: one.ground, adjustedP, lost: [] };
    }
    const elsewhere = varying - varyingIn(one.comparison);
    const { alpha, decision } = one.comparison;
    const lost = decision.mustPass.losses
      .filter((loss) => isProven(loss, alpha, elsewhere))
      .map(({ id }) => id);
    return { ...settledOf(one.comparison, { ...one, adjustedP, lost }), adjustedP, lost };
  });
}

function settledOf(
  { alpha, decision }: Comparison,
  family: { adjustedP: number; lost: readonly string[]; knownNoise: KnownNoise | null },
): Pick<Settled, "verdict" | "ground"> {
  const isNoChance = family.adjustedP <= alpha;
  if (family.lost.length > 0 || (decision.isWorseOnAverage && isNoChance))
    return { verdict: "worse", ground: "decided" };
  if (decision.mustPass.losses.length > 0) return { verdict: "cannot tell", ground: "must-pass case unsure" };
  if ((decision.verdict === "better" || decision.verdict === "worse") && !isNoChance) {
    return { verdict: "cannot tell", ground: "several skills" };
  }
  if (decision.verdict === "no worse" && family.knownNoise?.refusesMargin) {
    return { verdict: "cannot tell", ground: "margin below noise" };
  }
  return { verdict: decision.verdict, ground: "decided" };
}

function varyingIn(comparison: Comparison | null): number {
  return comparison?.decision.mustPass.varying ?? 0;
}
