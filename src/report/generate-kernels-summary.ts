import type { GenerateKernelsResult } from "../commands/generate-kernels.ts";
import { callsWords, dollarWords } from "./figure-words.ts";
import { codeSpan } from "./markdown.ts";

/** The step summary of a run that had kernels written for another machine to measure. */
export function generateKernelsSummary(result: GenerateKernelsResult): string {
  const { trials, to_measure: toMeasure, to_ask: toAsk, calls, cost_usd: cost, bundle } = result;
  const open = toAsk === 0 ? "" : ` ${toAsk} still wait for an answer.`;
  const took = calls === 0 ? callsWords({ calls }) : `${callsWords({ calls })}, ${dollarWords(cost)}`;
  return `## Overproof: ${toMeasure} of ${trials} trials wait for the device\n\nThe kernels lie in ${codeSpan(bundle)}.${open} So far ${took}.\n`;
}
