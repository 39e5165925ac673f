import type { MeasuredResult, NoiseResult, ShardResult } from "../evaluate/evaluation-result.ts";
import { percentWords, pointsWords } from "../report/figure-words.ts";
import { showHidden } from "../skills/hidden-characters.ts";

/** The outcome of an evaluation for the terminal. */
export function evaluationText(result: MeasuredResult | NoiseResult | ShardResult): string {
  const lines = bodyOf(result);
  const cost = result.cost_usd === null ? "at an unknown cost" : `for $${result.cost_usd.toFixed(4)}`;
  const excluded = result.excluded === 0 ? "" : `, ${result.excluded} trials excluded`;
  lines.push("", `${result.calls} calls ${cost}${excluded}; results in ${showHidden(result.results)}`);
  return lines.join("\n");
}

function bodyOf(result: MeasuredResult | NoiseResult | ShardResult): string[] {
  if ("noise" in result) return noiseLines(result);
  if ("shard" in result) return [`Shard ${result.shard} is done; no verdict rests on a part of the cases.`];
  const lines = result.status === "complete" ? [] : [`This evaluation is ${result.status}.`, ""];
  for (const { name, students } of result.skills) {
    for (const { student, verdict, cases, repeats, arms, difference, needed } of students) {
      lines.push(`${showHidden(name)} for ${showHidden(student)}: ${verdict}`);
      for (const [arm, { rate, low, high }] of Object.entries(arms)) {
        lines.push(
          `  ${arm.padEnd(8)} ${percentWords(rate)} (${percentWords(low)} to ${percentWords(high)})`,
        );
      }
      const { value, low, high } = difference;
      const bounds = low === null || high === null ? "" : ` (${pointsWords(low)} to ${pointsWords(high)})`;
      lines.push(`  difference ${pointsWords(value)}${bounds}, ${cases} cases × ${repeats} repeats`);
      if (verdict === "cannot tell" && needed !== null && needed > 0) {
        lines.push(`  About ${needed} more runs would decide, if what was seen is true.`);
      }
    }
  }
  return lines;
}

function noiseLines({ noise, margin, status }: NoiseResult): string[] {
  const lines = noise.map(({ skill, student, arm, cases, flipRate, spread }) => {
    const floor = spread === null ? "unknown" : pointsWords(spread).replace("+", "");
    return `${showHidden(skill)} for ${showHidden(student)}: ${arm} against itself over ${cases} cases differs by up to ${floor}; two runs of a case differ ${percentWords(flipRate)} of the time.`;
  });
  if (status === "refused") {
    lines.push(
      `The margin of ${pointsWords(margin).replace("+", "")} is below that noise: raise it, or the repeats.`,
    );
  }
  return lines;
}
