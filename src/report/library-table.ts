import { styleText } from "node:util";
import Table from "cli-table3";
import type { ListedSkill, ListResult } from "../commands/list.ts";
import { firstLine, wrapText } from "./wrapped-text.ts";

const gap = "  ";
const tokenWidth = 7;
const noLines = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: gap,
};

/**
 * The skills of a library for a terminal: name, source, DSL and tokens in columns, the description on a line below.
 * No line is wider than `columns`, which is taken to be 60 at least.
 */
export function libraryTable(result: ListResult, options: { columns: number; colour: boolean }): string {
  const columns = Math.max(60, options.columns);
  const paint = (style: "bold" | "dim" | "red", text: string): string =>
    options.colour ? styleText(style, text, { validateStream: false }) : text;
  const blocks: string[] = [];
  if (result.skills.length > 0) blocks.push(skillTable(result.skills, columns, paint));
  if (result.rejected.length > 0) {
    const reasons = result.rejected.flatMap(({ path, findings: [first] }) =>
      wrapText(`${path}: ${first?.message ?? "It is not a skill."}`, columns),
    );
    blocks.push(reasons.map((line) => paint("red", line)).join("\n"));
  }
  const tokens = result.skills.reduce((sum, skill) => sum + skill.tokens, 0);
  const skills = `${count(result.skills.length, "skill")}, about ${count(tokens, "token")}`;
  const rejected = result.rejected.length === 0 ? "" : `; ${count(result.rejected.length, "unusable file")}`;
  blocks.push(skills + rejected);
  return `${blocks.join("\n\n")}\n`;
}

/** The name takes what the other columns leave and goes on below itself when it needs more. */
function skillTable(
  skills: readonly ListedSkill[],
  columns: number,
  paint: (style: "bold" | "dim", text: string) => string,
): string {
  const sourceWidth = widthOf(skills.map(({ source }) => source));
  const dslWidth = widthOf(skills.map(({ dsl }) => dsl));
  const nameWidth = columns - sourceWidth - dslWidth - tokenWidth - 3 * gap.length;
  const table = new Table({
    chars: noLines,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
    colWidths: [nameWidth, sourceWidth, dslWidth, tokenWidth],
    colAligns: ["left", "left", "left", "right"],
  });
  table.push(["NAME", "SOURCE", "DSL", "TOKENS"].map((title) => paint("bold", title)));
  for (const { name, source, dsl, tokens, description } of skills) {
    table.push(
      [
        wrapText(name, nameWidth).join("\n"),
        firstLine(source, sourceWidth),
        firstLine(dsl, dslWidth),
        tokens.toLocaleString("en-US"),
      ],
      [{ colSpan: 4, content: paint("dim", `  ${firstLine(description, columns - 2)}`) }],
    );
  }
  return table.toString().replaceAll(/[ ]+$/gm, "");
}

function widthOf(values: readonly string[]): number {
  return Math.min(14, Math.max("SOURCE".length, ...values.map((value) => value.length)));
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}
