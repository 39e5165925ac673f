import type { StudentFigures } from "../evaluate/figures.ts";
import { mostExcluded } from "../evaluate/exclusion.ts";
import type { Plan } from "../evaluate/plan.ts";
import { isEnough, leastClusters } from "../evaluate/verdict.ts";
import { firstFailureWords } from "./failure-words.ts";
import { counted, percentWords, pWords } from "./figure-words.ts";

/** Why a verdict is what it is, as a clause without a full stop. */
export function verdictReason(figures: StudentFigures, plan: Plan): string {
  const { thresholds } = plan;
  const { ground, comparison, adjustedP, exclusion, verdict, lost } = figures;
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
      return `the run is void: ${percentWords(exclusion.worst?.rate ?? 0)} of the trials of ${exclusion.worst?.arm ?? "an arm"} failed for outside reasons, more than ${percentWords(mostExcluded)}${firstFailureWords(figures, plan)}`;
    case "exclusions differ":
      return `the run is void: trials failed for outside reasons more often in one arm than in the other (${pWords(exclusion.unevenP)}), and what is left may flatter it${firstFailureWords(figures, plan)}`;
    case "must-pass case not measured":
      return `the run is void: ${namedCases(exclusion.unmeasured)} ${exclusion.unmeasured.length === 1 ? "has" : "have"} no result in both arms, for outside reasons${firstFailureWords(figures, plan)}`;
    case "several skills":
      return `with several skills judged the difference may be chance (${pWords(adjustedP ?? 1)} by Holm's method)`;
    case "must-pass case unsure": {
      const ids = comparison?.decision.mustPass.losses.map(({ id }) => id) ?? [];
      return `${namedCases(ids)} passed before and ${ids.length === 1 ? "fails" : "fail"} now in most runs, which may be chance`;
    }
    case "margin below noise":
      return `a loss of ${percentPoints(thresholds.margin)} is within the noise: by an earlier A/A run, two equal arms of this size differ by up to ${noisePoints(figures)}`;
    case "decided": {
      const { p = 1, sources = 0, effectiveSources = 0 } = comparison?.decision ?? {};
      const margin = percentPoints(thresholds.margin);
      if (verdict === "worse" && lost.length > 0) {
        return `${counted(lost.length, "must-pass case")} ${lost.length === 1 ? "was" : "were"} lost: ${listed(lost)}`;
      }
      if (verdict === "worse") return `the loss is no chance (${pWords(p)})`;
      if (verdict === "better") {
        return `the gain is no chance (${pWords(p)}) and at least ${percentPoints(thresholds.minimum_effect)}`;
      }
      if (verdict === "no worse") {
        return `a loss of ${margin} is excluded (one-sided, at ${percentWords(1 - (comparison?.alpha ?? thresholds.alpha))})`;
      }
      if (sources < leastClusters) {
        return `${counted(sources, "independent case")} cannot exclude a loss, ${leastClusters} are needed; the difference may be chance (${pWords(p)})`;
      }
      return !isEnough(effectiveSources)
        ? `few of its ${counted(sources, "source")} have most of its cases: they weigh as much as ${counted(Math.round(effectiveSources), "equal one")}, and ${leastClusters} are needed to exclude a loss; the difference may be chance (${pWords(p)})`
        : `the difference may be chance or too small (${pWords(p)}), and a loss of ${margin} is not excluded`;
    }
  }
}

/** How many more runs would decide, as a sentence; empty where that is no question. */
export function neededWords({ verdict, needed, ground }: StudentFigures): string {
  if (verdict !== "cannot tell" || ground === "no reference" || ground === "no cases") return "";
  if (needed === null)
    return ground === "decided" || ground === "margin below noise" || ground === "must-pass case unsure"
      ? "No number of runs that we propose would decide."
      : "";
  return `About ${counted(needed, "more run")} would decide, if what was seen is true.`;
}

/** `2 must-pass cases (a, b)`. */
function namedCases(ids: readonly string[]): string {
  return `${counted(ids.length, "must-pass case")} (${listed(ids)})`;
}

function listed(ids: readonly string[]): string {
  return `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? " and more" : ""}`;
}

function noisePoints({ knownNoise }: StudentFigures): string {
  return knownNoise === null ? "more" : percentPoints(knownNoise.spread);
}

function percentPoints(share: number): string {
  return `${Number((share * 100).toFixed(1))} points`;
}
