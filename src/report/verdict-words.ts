import type { StudentFigures } from "../evaluate/figures.ts";
import { mostExcluded } from "../evaluate/settled-verdict.ts";
import type { Plan } from "../evaluate/plan.ts";
import { leastClusters } from "../evaluate/verdict.ts";
import { counted, percentWords, pWords } from "./figure-words.ts";

/** Why a verdict is what it is, as a clause without a full stop. */
export function verdictReason(figures: StudentFigures, { thresholds }: Plan): string {
  const { ground, comparison, adjustedP, exclusion, verdict } = figures;
  switch (ground) {
    case "no reference":
      return "there is no other arm to compare with";
    case "no cases":
      return figures.planned === 0
        ? "it has no unseen case, and cases that it was distilled from prove nothing"
        : "no case has a result in both arms";
    case "requests differ":
      return "the run is void: the arms were asked different things, the skill apart";
    case "too many excluded":
      return `the run is void: ${percentWords(exclusion.rate)} of its trials failed for outside reasons, more than ${percentWords(mostExcluded)}`;
    case "several skills":
      return `with several skills judged the difference may be chance (${pWords(adjustedP ?? 1)} by Holm's method)`;
    case "margin below noise":
      return `a loss of ${percentPoints(thresholds.margin)} is within the noise: by an earlier A/A run, two equal arms of this size differ by up to ${noisePoints(figures)}`;
    case "decided": {
      const { p = 1, lost = [], sources = 0 } = comparison?.decision ?? {};
      const margin = percentPoints(thresholds.margin);
      if (verdict === "worse" && lost.length > 0) {
        const cases = counted(lost.length, "must-pass case");
        return `${cases} ${lost.length === 1 ? "was" : "were"} lost: ${lost.slice(0, 5).join(", ")}${lost.length > 5 ? " and more" : ""}`;
      }
      if (verdict === "worse") return `the loss is no chance (${pWords(p)})`;
      if (verdict === "better") {
        return `the gain is no chance (${pWords(p)}) and at least ${percentPoints(thresholds.minimum_effect)}`;
      }
      if (verdict === "no worse") return `a loss of ${margin} is excluded`;
      return sources < leastClusters
        ? `${counted(sources, "independent case")} cannot exclude a loss, ${leastClusters} are needed; the difference may be chance (${pWords(p)})`
        : `the difference may be chance or too small (${pWords(p)}), and a loss of ${margin} is not excluded`;
    }
  }
}

/** How many more runs would decide, as a sentence; empty where that is no question. */
export function neededWords({ verdict, needed, ground }: StudentFigures): string {
  if (verdict !== "cannot tell" || ground === "no reference" || ground === "no cases") return "";
  if (needed === null)
    return ground === "decided" || ground === "margin below noise"
      ? "No number of runs that we propose would decide."
      : "";
  return `About ${counted(needed, "more run")} would decide, if what was seen is true.`;
}

function noisePoints({ knownNoise }: StudentFigures): string {
  return knownNoise === null ? "more" : percentPoints(knownNoise.spread);
}

function percentPoints(share: number): string {
  return `${Number((share * 100).toFixed(1))} points`;
}
