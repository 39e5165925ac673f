import type { ClaimPart, ClaimWords } from "./claim.ts";
import { fenceAfter } from "./code-fence.ts";
import { headingOf, itemMark } from "./claim-document.ts";

const labels = [
  ["When", "when"],
  ["Do", "do"],
  ["Why", "why"],
  ["Check", "check"],
] as const;

/**
 * Renders a claim in the form of its part: a paragraph, a titled method, or one list item. `depth` is that of a
 * method's heading, one more than its section's.
 */
export function renderClaim(words: ClaimWords, depth = 3): string {
  const text = words.do.trim();
  if (words.part === "task") return text;
  if (words.part === "boundary") {
    const lines = text.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
    return fenceAfter(text.split("\n", 1)[0] ?? "", "") === ""
      ? `- ${lines.join("\n").slice(2)}`
      : `-\n${lines.join("\n")}`;
  }
  const lines = [`${"#".repeat(depth)} ${words.title}`];
  for (const [label, field] of labels) {
    const value = words[field].trim();
    if (value !== "") lines.push(`**${label}**${needsOwnLine(value) ? "\n" : " "}${value}`);
  }
  return lines.join("\n");
}

/** Fences and lists mean something only at the start of a line. */
function needsOwnLine(value: string): boolean {
  return itemMark.test(value) || fenceAfter(value.split("\n", 1)[0] ?? "", "") !== "";
}

/** Reads the words back from a block. Text under no label belongs to `do`, so nothing a person wrote is lost. */
export function readClaimWords(part: ClaimPart, block: string): ClaimWords {
  const words: ClaimWords = { part, title: "", when: "", do: "", why: "", check: "" };
  const text = block.replaceAll("\r\n", "\n");
  if (part !== "method") {
    words.do = part === "boundary" ? itemText(text) : text.trim();
    return words;
  }
  const heading = headingOf(text.split("\n", 1)[0] ?? "");
  words.title = heading?.title ?? "";
  const lines = heading ? text.split("\n").slice(1) : itemText(text).split("\n");
  const gathered: Record<"when" | "do" | "why" | "check", string[]> = {
    when: [],
    do: [],
    why: [],
    check: [],
  };
  let field: keyof typeof gathered = "do";
  let fence = "";
  for (const line of lines) {
    const label: RegExpExecArray | null =
      fence === "" ? /^\*\*(When|Do|Why|Check):?\*\*:?\s*(.*)$/is.exec(line) : null;
    if (label) {
      field = (label[1] ?? "do").toLowerCase() as keyof typeof gathered;
      gathered[field].push(label[2] ?? "");
    } else gathered[field].push(line);
    fence = fenceAfter(line, fence);
  }
  for (const key of ["when", "do", "why", "check"] as const) words[key] = gathered[key].join("\n").trim();
  if (words.do === "") words.do = words.title;
  return words;
}

/** The text of a list item without its mark and the indentation that the mark asks for. */
export function itemText(block: string): string {
  const mark = itemMark.exec(block)?.[0] ?? "";
  const [first = "", ...rest] = block.split("\n");
  const indentation = new RegExp(`^ {1,${mark.trimEnd().length + 1}}`);
  const lines = mark === "" ? rest : rest.map((line) => line.replace(indentation, ""));
  const text = [first.slice(Math.min(mark.length, first.length)), ...lines].join("\n").trim();
  return text === "" ? block.trim() : text;
}
