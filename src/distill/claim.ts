import { z } from "zod";
import { sha256 } from "../digest.ts";

/** The three parts of a skill's body; each claim stands in one of them. */
export const claimParts = ["task", "method", "boundary"] as const;
export type ClaimPart = (typeof claimParts)[number];

/** The words of a claim. `title` and `do` always say something; the others may be empty. */
export const claimWordsSchema = z.object({
  part: z.enum(claimParts),
  title: z.string().max(200),
  when: z.string().max(2000).default(""),
  do: z.string().min(1).max(8000),
  why: z.string().max(2000).default(""),
  check: z.string().max(2000).default(""),
});
export type ClaimWords = z.infer<typeof claimWordsSchema>;

/** Who wrote the words that stand: the offline distiller, a model, or a person by editing the file. */
export const claimAuthors = ["offline", "model", "person"] as const;

export const claimSchema = claimWordsSchema.extend({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  /** `active` claims stand in the file. A `removed` one was deleted by a person and never returns by itself. */
  state: z.enum(["active", "deprecated", "removed"]),
  reason: z.string().optional(),
  author: z.enum(claimAuthors),
  /** Ids of the evidence it rests on; never empty. */
  evidence: z.array(z.string()).min(1),
  /** The Markdown block as it stands in the file, without the blank lines after it. */
  text: z.string(),
});
export type Claim = z.infer<typeof claimSchema>;

/** An id made from the words themselves, so that the same claim gets the same id on every machine. */
export function claimId(words: ClaimWords, taken: ReadonlySet<string>): string {
  const base = `c-${sha256([words.part, words.title, words.when, words.do].join("\0")).slice(0, 8)}`;
  let id = base;
  for (let n = 2; taken.has(id); n += 1) id = `${base}-${n}`;
  return id;
}

/** Renders a claim in the form of its part: a paragraph, a titled method, or one list item. */
export function renderClaim(words: ClaimWords): string {
  if (words.part === "task") return words.do.trim();
  if (words.part === "boundary") return `- ${words.do.trim().replaceAll("\n", "\n  ")}`;
  const lines = [`### ${words.title}`];
  for (const [label, value] of [
    ["When", words.when],
    ["Do", words.do],
    ["Why", words.why],
    ["Check", words.check],
  ] as const) {
    if (value.trim() !== "") lines.push(`**${label}** ${value.trim()}`);
  }
  return lines.join("\n");
}

/** Reads the words back from a block. Text under no label belongs to `do`, so nothing a person wrote is lost. */
export function readClaimWords(part: ClaimPart, block: string): ClaimWords {
  const words: ClaimWords = { part, title: "", when: "", do: "", why: "", check: "" };
  if (part !== "method") {
    words.do = part === "boundary" ? unindentItem(block) : block.trim();
    return words;
  }
  const gathered: Record<"when" | "do" | "why" | "check", string[]> = {
    when: [],
    do: [],
    why: [],
    check: [],
  };
  let field: keyof typeof gathered = "do";
  let fence = "";
  for (const line of block.split(/\r?\n/)) {
    const heading: RegExpExecArray | null = /^###\s+(.*?)\s*#*$/.exec(line);
    if (fence === "" && words.title === "" && heading) {
      words.title = heading[1] ?? "";
      continue;
    }
    const label: RegExpExecArray | null =
      fence === "" ? /^\*\*(When|Do|Why|Check):?\*\*:?\s*(.*)$/i.exec(line) : null;
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

/** The code fence that is open after this line, or an empty string (CommonMark 4.5). */
export function fenceAfter(line: string, open: string): string {
  const match = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
  if (!match) return open;
  const mark = match[1] ?? "";
  const rest = match[2] ?? "";
  if (open === "") return mark.startsWith("`") && rest.includes("`") ? "" : mark;
  const closes = mark[0] === open[0] && mark.length >= open.length && rest.trim() === "";
  return closes ? "" : open;
}

function unindentItem(block: string): string {
  const [first = "", ...rest] = block.split(/\r?\n/);
  return [first.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, ""), ...rest.map((line) => line.replace(/^ {1,4}/, ""))]
    .join("\n")
    .trim();
}
