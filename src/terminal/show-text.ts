import { styleText } from "node:util";
import type { ShowResult } from "../commands/show.ts";
import { wrapText } from "../report/wrapped-text.ts";
import { showHidden } from "../skills/hidden-characters.ts";

/** A skill for the terminal: its head, then each claim with its evidence, within `columns`. */
export function showText(result: ShowResult, view: { columns: number; colour: boolean }): string {
  const bold = (text: string): string =>
    view.colour ? styleText("bold", text, { validateStream: false }) : text;
  const dim = (text: string): string =>
    view.colour ? styleText("dim", text, { validateStream: false }) : text;
  const lines = [bold(result.name), ...wrapText(result.description, view.columns), dim(result.path), ""];
  for (const part of ["task", "method", "boundary"] as const) {
    for (const claim of result.claims.filter(
      (candidate) => candidate.part === part && candidate.state === "active",
    )) {
      const head = claim.part === "method" ? claim.title : claim.do;
      lines.push(
        ...wrapText(`${claim.id} ${head}`, view.columns).map((line, index) =>
          index === 0 ? bold(line) : line,
        ),
      );
      if (claim.author === "person") lines.push(dim("  written by a person"));
      for (const item of claim.items) {
        const place = item.places[0];
        const where = place ? ` [${place.file}${place.line === undefined ? "" : `:${place.line}`}]` : "";
        lines.push(
          ...wrapText(`${item.summary}${where}`, view.columns - 4).map((line) => dim(`    ${line}`)),
        );
      }
    }
  }
  const gone = result.claims.filter((claim) => claim.state !== "active");
  if (gone.length > 0) lines.push("", `${gone.length} claims no longer stand in the file.`);
  lines.push("", `${result.traces.length} ${result.traces.length === 1 ? "trace" : "traces"}:`);
  for (const trace of result.traces) {
    lines.push(
      `  ${trace.sha256.slice(0, 12)}  ${trace.mode}  ${showHidden(trace.op)}  ${showHidden(trace.model)}  ${trace.distilled_at.slice(0, 10)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}
