import { showHidden } from "../skills/hidden-characters.ts";

const references: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Text for HTML and SVG, inside of elements and of quoted attributes. Hidden characters are written out. */
export function escapeHtml(text: string): string {
  return showHidden(text).replaceAll(/[&<>"'`]/g, (found) => references[found] ?? found);
}

/** A table of cells that are HTML already. On a narrow screen each cell has its column's name beside it. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: "th" | "td"): string =>
    `<tr>${cells
      .map(
        (cell, index) =>
          `<${tag}${tag === "th" ? ' scope="col"' : ` data-label="${head[index] ?? ""}"`}>${cell}</${tag}>`,
      )
      .join("")}</tr>`;
  return `<table><thead>${line(head, "th")}</thead><tbody>\n${rows.map((row) => line(row, "td")).join("\n")}\n</tbody></table>`;
}
