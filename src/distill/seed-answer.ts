import type { Evidence } from "../evidence/evidence.ts";
import { changedLines } from "./change-lines.ts";
import type { ClaimWords } from "./claim.ts";
import { headingOf, parseClaimDocument, partTitles } from "./claim-document.ts";
import { readClaimWords } from "./claim-text.ts";
import { fencedLines, fenceAfter } from "./code-fence.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import { type Operation, operationSchema } from "./operation.ts";
import { literalsOf } from "./similarity.ts";

export interface SeedAnswer {
  skill_name: string;
  description: string;
  body: string;
}

/** What an answer may hold; the rest of a longer one is reported and left out. */
const maxName = 300;
const maxDescription = 4000;
const maxTitle = 200;
const maxOperations = 200;
/** Characters of a claim that is left out which the report shows. */
const maxShown = 300;
/** A literal of more items than this adds under 0.002 to a score that has to reach 0.1: it is not looked at. */
const maxHolders = 500;
/** An introduction before the header may be this many lines long. */
const maxPreamble = 8;

/**
 * Reads an answer in the form of the seed systems: `skill_name:` and `description:` lines, then Markdown.
 * Tolerated: an outer code fence, bold keys, full-width colons, list items, a YAML block, quotes, a sentence
 * before the header. Values that are missing are empty; the body is trimmed.
 */
export function parseSeedAnswer(text: string): SeedAnswer {
  const lines = withoutOuterFence(text.trim()).split(/\r?\n/);
  const answer: SeedAnswer = { skill_name: "", description: "", body: "" };
  let index = startOfHeader(lines);
  const inYaml = lines[index]?.trim() === "---";
  if (inYaml) index += 1;
  for (; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (line.trim() === "") continue;
    if (inYaml && line.trim() === "---") {
      index += 1;
      break;
    }
    const header = headerOf(line) ?? (inYaml ? yamlHeaderOf(line) : null);
    if (header !== null && header.value !== "") answer[header.key] = header.value;
    else if (!inYaml) break;
  }
  answer.body = withoutOuterFence(lines.slice(index).join("\n").trim());
  return answer;
}

interface Header {
  key: "skill_name" | "description";
  value: string;
}

/** A header line, also as a list item or with its key in bold. */
function headerOf(line: string): Header | null {
  const bare = line
    .trim()
    .replace(/^[-*+]\s+/, "")
    .replace(/^\*+\s*/, "");
  const name = /^(?:skill_name|description)/i.exec(bare)?.[0];
  if (name === undefined) return null;
  const rest = bare
    .slice(name.length)
    .trimStart()
    .replace(/^\*+\s*/, "");
  return headerWith(name, rest);
}

function yamlHeaderOf(line: string): Header | null {
  const bare = line.trim();
  const name = /^(?:name|description)/i.exec(bare)?.[0];
  return name === undefined ? null : headerWith(name, bare.slice(name.length).trimStart());
}

/** The header of a key when a colon follows it. */
function headerWith(name: string, rest: string): Header | null {
  if (!rest.startsWith(":") && !rest.startsWith("：")) return null;
  const key = name.toLowerCase() === "description" ? "description" : "skill_name";
  return { key, value: unquote(rest.slice(1).trim()) };
}

/** The first header line, when only a short introduction stands before it; else the first line. */
function startOfHeader(lines: readonly string[]): number {
  const filled = lines.map((line, index) => ({ line, index })).filter(({ line }) => line.trim() !== "");
  for (const { line, index } of filled.slice(0, maxPreamble)) {
    if (headerOf(line)) return index;
    if (line.trim() === "---" && lines.slice(index + 1, index + 8).some((next) => yamlHeaderOf(next)))
      return index;
  }
  return 0;
}

/** Takes away a code fence that opens on the first line and closes on the last, and only that one. */
function withoutOuterFence(text: string): string {
  const lines = text.split("\n");
  const opened = fenceAfter(lines[0] ?? "", "");
  if (opened === "" || lines.length < 2) return text;
  let fence = opened;
  for (let index = 1; index < lines.length; index += 1) {
    const info = /^ {0,3}(?:`{3,}|~{3,})\s*[\w+-]+\s*$/.test(lines[index] ?? "");
    if (info && fence === opened) return nestedOuterFence(lines) ?? text;
    fence = fenceAfter(lines[index] ?? "", fence);
    if (fence === "") return index === lines.length - 1 ? lines.slice(1, -1).join("\n").trim() : text;
  }
  return lines.slice(1).join("\n").trim();
}

/** A document in a fence that holds fences of its own: the outer pair is the first and the last line. */
function nestedOuterFence(lines: readonly string[]): string | undefined {
  const last = lines.at(-1)?.trim() ?? "";
  if (!/^(`{3,}|~{3,})$/.test(last)) return undefined;
  let open = 0;
  for (const line of lines.slice(1, -1)) {
    if (/^ {0,3}(?:`{3,}|~{3,})\s*[\w+-]+\s*$/.test(line)) open += 1;
    else if (/^ {0,3}(?:`{3,}|~{3,})\s*$/.test(line)) open -= 1;
  }
  return open === 0 ? lines.slice(1, -1).join("\n").trim() : undefined;
}

function unquote(value: string): string {
  let end = value.length;
  while (value[end - 1] === "*") end -= 1;
  const bare = value
    .slice(0, end)
    .trimEnd()
    .replace(/^\*+\s*/, "");
  const match = /^(["'`“])(.*)(["'`”])$/s.exec(bare);
  return match && (match[1] === match[3] || (match[1] === "“" && match[3] === "”")) ? (match[2] ?? "") : bare;
}

/**
 * Turns a seed answer into operations: every claim of its body is added with the evidence whose figures,
 * names or code it quotes. What quotes nothing of the trace is returned as `unsupported` and goes nowhere else.
 */
export function seedAnswerToOperations(
  seed: SeedAnswer,
  evidence: readonly Evidence[],
): { answer: DistillAnswer; unsupported: string[] } {
  const index = new EvidenceIndex(evidence);
  const general = evidence.filter((item) => item.kind === "task").map((item) => item.id);
  const operations: Operation[] = [];
  const unsupported: string[] = [];
  for (const words of claimsOf(seed.body)) {
    const found = index.match(`${words.title}\n${words.when}\n${words.do}\n${words.why}\n${words.check}`);
    const ids = found.length === 0 && words.part === "task" ? general : found;
    const isWanted = ids.length > 0 && operations.length < maxOperations;
    const operation = isWanted
      ? operationSchema.safeParse({ op: "add", ...words, evidence: ids })
      : undefined;
    if (operation?.success) operations.push(operation.data);
    else unsupported.push((words.title === "" ? words.do : words.title).slice(0, maxShown));
  }
  return {
    answer: {
      skill_name: seed.skill_name.slice(0, maxName),
      description: seed.description.slice(0, maxDescription),
      title: titleOf(seed.body).slice(0, maxTitle),
      operations,
    },
    unsupported,
  };
}

/** The first heading of the first depth that is not a comment in code. */
function titleOf(body: string): string {
  for (const { line, isCode } of fencedLines(body)) {
    const heading = isCode ? null : headingOf(line);
    if (heading?.depth === 1 && heading.title !== "") return heading.title;
  }
  return "";
}

/** The claims of a body; in a body without known headings every section of the first two depths counts as a method. */
function claimsOf(body: string): ClaimWords[] {
  const known = parseClaimDocument(body).filter((block) => block.part !== null);
  const blocks =
    known.length > 0 ? known : parseClaimDocument(asMethods(body)).filter((block) => block.part !== null);
  return blocks.flatMap((block) => {
    if (block.part === null || block.text.trim() === "") return [];
    const words = readClaimWords(block.part, block.text);
    if (words.title === "" && words.part === "method") words.title = firstSentence(words.do);
    return [{ ...words, title: words.title.slice(0, maxTitle) }];
  });
}

function asMethods(body: string): string {
  const lines = fencedLines(body).map(({ line, isCode }) =>
    isCode ? line : line.replace(/^#{1,2}(?=\s)/, "###"),
  );
  return `## ${partTitles.method}\n${lines.join("\n")}`;
}

function firstSentence(text: string): string {
  return (/^[^.。\n]{1,80}/.exec(text)?.[0] ?? "").trim();
}

/** Finds the evidence that a text quotes, by literals weighted by how few items hold them. */
class EvidenceIndex {
  /** Positions of the items that hold a literal. */
  readonly #holders = new Map<string, number[]>();
  readonly #ids: string[];

  constructor(evidence: readonly Evidence[]) {
    this.#ids = evidence.map((item) => item.id);
    for (const [index, item] of evidence.entries()) {
      for (const literal of quotable(item)) {
        const holders = this.#holders.get(literal);
        if (holders) holders.push(index);
        else this.#holders.set(literal, [index]);
      }
    }
  }

  /** At most five ids, the best first; a text has to share a rare literal or several common ones with an item. */
  match(text: string): string[] {
    const scores = new Map<number, number>();
    let best = 0;
    for (const literal of new Set([...literalsOf(text), ...codeNamesOf(text)])) {
      const holders = trivial(literal) ? [] : (this.#holders.get(literal) ?? []);
      if (holders.length > maxHolders) continue;
      for (const index of holders) {
        const score = (scores.get(index) ?? 0) + 1 / holders.length;
        scores.set(index, score);
        best = Math.max(best, score);
      }
    }
    return [...scores]
      .filter(([, score]) => score >= 0.1 && score >= best / 2)
      .sort(([a, scoreOfA], [b, scoreOfB]) => scoreOfB - scoreOfA || a - b)
      .slice(0, 5)
      .flatMap(([index]) => this.#ids[index] ?? []);
  }
}

function quotable(item: Evidence): Set<string> {
  const { removed, added } = changedLines(item.diff ?? "");
  const literals = literalsOf([...removed, ...added].join("\n"));
  for (const name of codeNamesOf(added.concat(removed).join("\n"), true)) literals.add(name);
  for (const time of [item.parent_gen_time_us, item.child_gen_time_us]) {
    if (time !== undefined) for (const digits of [0, 1, 2]) literals.add(time.toFixed(digits));
  }
  if (item.improvement !== undefined) {
    const percent = Math.abs(item.improvement) * 100;
    for (const digits of [0, 1, 2]) literals.add(percent.toFixed(digits));
  }
  return new Set([...literals].filter((literal) => !trivial(literal)));
}

/** Identifiers: all of them in code, those in code spans in prose. */
function codeNamesOf(text: string, isCode = false): string[] {
  const source = isCode ? text : (text.match(/`[^`\n]+`|```[\s\S]*?```/g) ?? []).join("\n");
  return (source.match(/[A-Za-z_]\w{3,}/g) ?? []).map((name) => name.toLowerCase());
}

/** Literals that any two texts share by chance. */
function trivial(literal: string): boolean {
  return (
    /^\d$/.test(literal) ||
    /^(?:self|none|true|false|return|float|int|const|void|mask|for|the)$/.test(literal)
  );
}
