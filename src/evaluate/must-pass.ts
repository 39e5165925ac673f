import { boschloo } from "./statistics/boschloo.ts";
import type { PairedCase, Passes } from "./verdict.ts";

/** A must-pass case that the reference passed in most runs and the subject failed in most. */
export interface MustPassLoss {
  id: string;
  /** That it is chance, by Boschloo's exact one-sided test over the runs of this case. */
  p: number;
  /** Other must-pass cases of the skill that vary. */
  rivals: number;
}

/** What the must-pass cases of a comparison say. */
export interface MustPassFigures {
  losses: MustPassLoss[];
  /** Cases that came out differently within one arm, for no other reason than chance. */
  varying: number;
}

/** Finds the must-pass cases that look lost. */
export function mustPassFigures(cases: readonly PairedCase[]): MustPassFigures {
  const mustPass = cases.filter((one) => one.mustPass);
  const varying = mustPass.filter(varies).length;
  return {
    varying,
    losses: mustPass.filter(looksLost).map((one) => ({
      id: one.id,
      p: boschloo(one.subject, one.reference),
      rivals: varying - (varies(one) ? 1 : 0),
    })),
  };
}

/**
 * Whether a loss is no chance at a two-sided level `alpha`, of which must-pass cases have one half and the mean has the
 * other. The p-value is multiplied by one and the number of other must-pass cases that vary; `elsewhere` is how many
 * those are in other skills. A case that comes out the same in all runs of an arm gives no false alarm, and does not
 * count: a change without any effect is called a loss in less than 1.07 * alpha / 2, however many cases must pass. The
 * decision record on must-pass cases has the proof.
 */
export function isProven({ p, rivals }: MustPassLoss, alpha: number, elsewhere = 0): boolean {
  return p * (1 + rivals + elsewhere) <= alpha / 2;
}

/** The same loss as it would be with another number of runs. */
export function withRuns({ subject, reference }: PairedCase, loss: MustPassLoss, runs: number): MustPassLoss {
  const scaled = ({ passed, runs: before }: Passes): Passes => ({
    passed: Math.round((passed * runs) / before),
    runs,
  });
  return { ...loss, p: boschloo(scaled(subject), scaled(reference)) };
}

function looksLost({ subject, reference }: PairedCase): boolean {
  return 2 * reference.passed > reference.runs && 2 * subject.passed < subject.runs;
}

function varies({ subject, reference }: PairedCase): boolean {
  return isMixed(subject) || isMixed(reference);
}

function isMixed({ passed, runs }: Passes): boolean {
  return passed > 0 && passed < runs;
}
