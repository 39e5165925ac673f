import type { GenerateKernelsResult } from "../commands/generate-kernels.ts";
import { callsWords, counted, dollarWords } from "../report/figure-words.ts";
import { oneLine } from "./one-line.ts";

/** What was written for another machine to measure, for the terminal. */
export function generateKernelsText(result: GenerateKernelsResult): string {
  const { trials, to_measure, to_ask, done, calls, cost_usd, bundle, ended } = result;
  const lines = [
    `${counted(trials, "kernel trial")}: ${to_measure} to measure, ${to_ask} without an answer, ${done} done.`,
    `${callsWords({ calls })} so far, ${dollarWords(cost_usd)}${ended === "complete" ? "" : `; it ended early: ${ended}`}.`,
    to_measure > 0 ? `Next: overproof evaluate --measure ${bundle}` : `Bundle: ${bundle}`,
  ];
  return `${lines.map(oneLine).join("\n")}\n`;
}
