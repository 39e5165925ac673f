import type { Evaluated, MeasuredResult, NoiseResult, ShardResult } from "../evaluate/evaluation-result.ts";
import { callsWords, counted, dollarWords, percentWords, pointsWords } from "../report/figure-words.ts";
import { wrapText } from "../report/wrapped-text.ts";
import { showHidden } from "../skills/hidden-characters.ts";
import { abText } from "./ab-text.ts";

type Outcome = MeasuredResult | ShardResult | NoiseResult;

/** What an evaluation came to, for the terminal: the A/B of a whole run, what a shard took, or the noise of an A/A run. */
export function evaluateText(
  result: Outcome,
  { figures, policy }: Pick<Evaluated, "figures" | "policy">,
  view: { columns: number; colour: boolean },
): string {
  const columns = Math.min(100, Math.max(60, view.columns));
  const wrapped = (words: readonly string[]): string[] =>
    words.flatMap((line) => (line === "" ? [""] : wrapText(line, columns)));
  const where = `Results: ${showHidden(result.results)}`;
  const end = [...wrapped(tookWords(result)), where].join("\n");
  const problem = problemLines(result);
  if (figures !== null) {
    return `${[...wrapped(problem), abText(figures, { ...view, policy })].join("\n")}${end}\n`;
  }
  return `${[...wrapped([...problem, ...wordsOf(result), ""]), end].join("\n")}\n`;
}

function wordsOf(result: Outcome): string[] {
  if ("noise" in result) return noiseWords(result);
  if ("shard" in result) return [`Shard ${result.shard} is done; no verdict rests on a part of the cases.`];
  return ["No changed skill has cases that can be measured."];
}

function noiseWords({ noise, margin, status }: NoiseResult): string[] {
  const words = noise.map(({ skill, student, arm, cases, flipRate, spread }) => {
    const floor = spread === null ? "an unknown number of points" : points(spread);
    return `${showHidden(skill)} for ${showHidden(student)}: two equal halves of the runs of ${arm} over ${counted(cases, "case")} differ by up to ${floor} (95 %); two runs of a case differ ${percentWords(flipRate)} of the time.`;
  });
  if (status === "refused") {
    words.push(
      `The margin of ${points(margin)} is below that noise: raise it, or the repeats. Until then no run of these texts, cases and repeats is called no worse.`,
    );
  }
  return words;
}

/** What the rest does not tell by itself: a void run and a refused margin say why in their own words. */
function problemLines({ outcome, problem }: Outcome): string[] {
  const isTold = outcome === "void" || outcome === "refused" || problem === null;
  return isTold ? [] : [problem, ""];
}

/** What this run took, and what all runs for these results took where that is more. */
function tookWords({ calls, cost_usd: usd, excluded, run }: Outcome): string[] {
  const out = excluded === 0 ? "" : `, ${counted(excluded, "trial")} excluded`;
  const own = `This run: ${took(run.calls, run.cost_usd)}`;
  if (calls === run.calls) return [`${own}${out}.`];
  return [`${own}.`, `All runs for these results: ${took(calls, usd)}${out}.`];
}

function took(calls: number, usd: number | null): string {
  return calls === 0 ? callsWords({ calls }) : `${callsWords({ calls })}, ${dollarWords(usd)}`;
}

function points(share: number): string {
  return pointsWords(share).replace("+", "");
}
