import { markdownTable } from "markdown-table";
import type { MeasuredResult, NoiseResult, ShardResult } from "../evaluate/evaluation-result.ts";
import { callsWords, dollarWords, percentWords, pointsWords } from "./figure-words.ts";
import { codeSpan, escapeCell } from "./markdown.ts";

/** The step summary of an evaluation: what it came to and took. Whether a change may merge is the gate's to say. */
export function evaluateSummary(result: MeasuredResult | NoiseResult | ShardResult): string {
  const { calls } = result;
  const took =
    calls === 0 ? callsWords({ calls }) : `${callsWords({ calls })}, ${dollarWords(result.cost_usd)}`;
  const excluded = result.excluded === 0 ? "" : `, ${result.excluded} trials excluded`;
  const what = "shard" in result ? `shard ${result.shard}` : result.outcome;
  const parts = [
    `## Overproof evaluation: ${what}`,
    ...(result.problem === null ? [] : [`**${escapeCell(result.problem)}**`]),
    `${took.charAt(0).toUpperCase()}${took.slice(1)}${excluded}; results in ${codeSpan(result.results)}.`,
  ];
  if ("missing" in result && result.skills.length > 0) parts.push(verdictsOf(result));
  if ("missing" in result && result.skills.length === 0) parts.push("No skill with cases is changed.");
  return `${parts.join("\n\n")}\n`;
}

function verdictsOf({ skills }: MeasuredResult): string {
  const rows = skills.flatMap(({ name, students }) =>
    students.map(({ student, verdict, cases, repeats, arms, difference }) => [
      codeSpan(name),
      codeSpan(student),
      `${cases} × ${repeats}`,
      escapeCell(
        Object.entries(arms)
          .map(([arm, { rate }]) => `${arm} ${percentWords(rate)}`)
          .join(", "),
      ),
      pointsWords(difference.value),
      `**${verdict}**`,
    ]),
  );
  const head = ["Skill", "Student", "Cases × repeats", "Pass rates", "Difference", "Verdict"];
  return markdownTable([head, ...rows], { alignDelimiters: false });
}
