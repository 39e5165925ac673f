import { styleText } from "node:util";
import type { GateWrites } from "../commands/gate-writes.ts";
import type { GatePage } from "../report/gate-page.ts";
import { wrapText } from "../report/wrapped-text.ts";
import { abBlocks } from "./ab-text.ts";

/** Of what stands in the way, of skills without a measurement, and of changed skills, so many are listed. */
const mostListed = 20;

type Style = "bold" | "dim" | "green" | "red" | "yellow";

/**
 * What the gate says, for a terminal: whether the change may merge and why, what stands in its way, the A/B, and what was
 * written to GitHub. No line is wider than `columns`, which is taken to be between 60 and 100.
 */
export function gateText(
  { answer, findings, skills, remarks, runUrl }: GatePage,
  { check, comment }: GateWrites,
  view: { columns: number; colour: boolean },
): string {
  const columns = Math.min(100, Math.max(60, view.columns));
  const paint = (style: Style, text: string): string =>
    view.colour ? styleText(style, text, { validateStream: false }) : text;
  const colour = { success: "green", failure: "red", neutral: "yellow" } as const;
  const listed = (title: string, items: readonly string[]): string[] => {
    if (items.length === 0) return [];
    const more = items.length - mostListed;
    const shown = [...items.slice(0, mostListed), ...(more > 0 ? [`and ${more} more`] : [])];
    const lines = shown.flatMap((item) =>
      wrapText(item, columns - 4).map((line, index) => `${index === 0 ? "  - " : "    "}${line}`),
    );
    return [paint("bold", title), ...lines];
  };
  const { problems, errors, unproven, figures } = findings;
  const blocks = [
    wrapText(answer.sentence, columns).map((line) => paint(colour[answer.conclusion], line)),
    answer.conclusion === "neutral"
      ? ["The gate only advises here: it does not keep the change from merging."]
      : [],
    listed("In the way", [
      ...problems,
      ...errors.map(({ file, line, message, hint }) => `${file}:${line}: ${message} ${hint}`),
    ]),
    ...(figures === null || figures.skills.length === 0 ? [] : abBlocks(figures, { ...view, columns })),
    listed("Not measured", unproven),
    listed(
      "Changed skills",
      skills.map(({ path, change }) => `${change}: ${path}`),
    ),
    remarks.flatMap((remark) => wrapText(remark, columns).map((line) => paint("dim", line))),
    [
      ...(check === null ? [] : [`Check: ${check.operation}`]),
      ...(comment === null ? [] : [`Comment: ${comment.operation}`]),
      ...(check === null && comment === null ? ["Nothing was written to GitHub."] : []),
      ...(runUrl === undefined ? [] : [`Run: ${runUrl}`]),
    ].flatMap((line) => wrapText(line, columns)),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}
