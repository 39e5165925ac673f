import { type KeptNoise, noiseIdentity, noiseKey } from "./kept-noise.ts";
import type { Measured } from "./measured-case.ts";
import type { Plan } from "./plan.ts";
import { mean } from "./statistics/normal.ts";
import type { Arm } from "./trial.ts";

/** What earlier A/A runs say about a comparison. */
export interface KnownNoise {
  /** The arms of the comparison that were measured against themselves. */
  arms: Arm[];
  /** How far two arms of this many repeats differ by noise alone, at 95 %, as a share of 1. */
  spread: number;
  /** Whether the plan's margin is smaller: a loss that large is then within the noise, and none is excluded. */
  refusesMargin: boolean;
}

/**
 * The noise floor of a comparison of two arms with `repeats` repeats each; null where no A/A run measured one of them on
 * these cases with this student. An A/A run says how far an arm differs from itself: its halves of k repeats, each with
 * the variance v / k, differ by up to t * sqrt(2 * v / k). Two arms with v and w differ by up to t * sqrt((v + w) / k):
 * the root mean square of their own spreads. One that is not known is taken to vary as the other does. A spread at k
 * repeats is sqrt(k / repeats) times as large here. Of several A/A runs of an arm that with the most repeats counts.
 */
export function knownNoise(
  measured: Measured,
  compared: readonly Arm[],
  options: { floors: readonly KeptNoise[]; plan: Plan; repeats: number },
): KnownNoise | null {
  const { floors, plan, repeats } = options;
  const known = compared.flatMap((arm) => {
    const own = noiseIdentity(measured, arm, plan);
    const best =
      own &&
      bestOf(floors.filter(({ identity, key }) => key === noiseKey({ ...own, repeats: identity.repeats })));
    return best ? [{ arm, spread: best.spread * Math.sqrt(best.identity.repeats / repeats) }] : [];
  });
  if (known.length === 0 || repeats === 0) return null;
  const spread = Math.sqrt(mean(known.map((one) => one.spread ** 2)));
  return { arms: known.map(({ arm }) => arm), spread, refusesMargin: plan.thresholds.margin < spread };
}

function bestOf(floors: readonly KeptNoise[]): KeptNoise | undefined {
  let best: KeptNoise | undefined;
  for (const floor of floors)
    if (best === undefined || floor.identity.repeats > best.identity.repeats) best = floor;
  return best;
}

/** Repeats at which the noise would be within the margin. */
export function repeatsWithin(
  { spread }: KnownNoise,
  { margin, repeats }: { margin: number; repeats: number },
): number {
  return Math.ceil(repeats * (spread / margin) ** 2);
}
