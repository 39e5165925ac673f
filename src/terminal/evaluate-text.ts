import type { Evaluated, MeasuredResult, NoiseResult, ShardResult } from "../evaluate/evaluation-result.ts";
import { counted, dollarWords, percentWords, pointsWords } from "../report/figure-words.ts";
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
  const where = `Results: ${showHidden(result.results)}`;
  if (figures !== null) return `${abText(figures, { ...view, policy })}${where}\n`;
  const columns = Math.min(100, Math.max(60, view.columns));
  const lines = [...wordsOf(result), "", tookWords(result)].flatMap((words) =>
    words === "" ? [""] : wrapText(words, columns),
  );
  return `${[...lines, where].join("\n")}\n`;
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

function tookWords({ calls, cost_usd: usd, excluded }: Outcome): string {
  const cost = usd === null ? "at an unknown cost" : `for ${dollarWords(usd)}`;
  return `${counted(calls, "call")} ${cost}${excluded === 0 ? "" : `, ${counted(excluded, "trial")} excluded`}.`;
}

function points(share: number): string {
  return pointsWords(share).replace("+", "");
}
