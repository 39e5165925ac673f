import type { Evidence } from "../evidence/evidence.ts";
import { changedLines } from "./change-words.ts";
import { type ClaimWords, fenceAfter, readClaimWords } from "./claim.ts";
import { parseClaimDocument } from "./claim-document.ts";
import type { DistillAnswer, Operation } from "./operations.ts";
import { literalsOf } from "./similarity.ts";

export interface SeedAnswer {
  skill_name: string;
  description: string;
  body: string;
}

const headerLine = /^\s*(?:[-*+]\s+)?\**\s*(skill_name|description)\s*\**\s*[:：]\s*\**\s*(.*?)\s*$/i;
const yamlLine = /^\s*(name|description)\s*[:：]\s*(.*?)\s*$/i;
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
    const match = headerLine.exec(line) ?? (inYaml ? yamlLine.exec(line) : null);
    const key = match?.[1]?.toLowerCase();
    const value = unquote(match?.[2] ?? "");
    if (key !== undefined && value !== "")
      answer[key === "description" ? "description" : "skill_name"] = value;
    else if (!inYaml) break;
  }
  answer.body = withoutOuterFence(lines.slice(index).join("\n").trim());
  return answer;
}

/** The first header line, when only a short introduction stands before it; else the first line. */
function startOfHeader(lines: readonly string[]): number {
  const filled = lines.map((line, index) => ({ line, index })).filter(({ line }) => line.trim() !== "");
  for (const { line, index } of filled.slice(0, maxPreamble)) {
    if (headerLine.test(line)) return index;
    if (line.trim() === "---" && lines.slice(index + 1, index + 8).some((next) => yamlLine.test(next)))
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
  const bare = value.replace(/^\*+\s*|\s*\*+$/g, "");
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
  const operations: Operation[] = [];
  const unsupported: string[] = [];
  for (const words of claimsOf(seed.body)) {
    const found = index.match(`${words.title}\n${words.when}\n${words.do}\n${words.why}\n${words.check}`);
    const general =
      words.part === "task" ? evidence.filter((item) => item.kind === "task").map((item) => item.id) : [];
    const ids = found.length > 0 ? found : general;
    if (ids.length > 0) operations.push({ op: "add", ...words, evidence: ids });
    else unsupported.push(words.title === "" ? words.do : words.title);
  }
  const title = /^#\s+(.+)$/m.exec(seed.body)?.[1]?.trim() ?? "";
  return {
    answer: { skill_name: seed.skill_name, description: seed.description, title, operations },
    unsupported,
  };
}

/** The claims of a body; in a body without known headings every `##` section counts as a method. */
function claimsOf(body: string): ClaimWords[] {
  const known = parseClaimDocument(body).filter((block) => block.part !== null);
  const blocks =
    known.length > 0
      ? known
      : parseClaimDocument(`## Optimization methods\n${body.replaceAll(/^#{1,2}\s/gm, "### ")}`).filter(
          (block) => block.part !== null,
        );
  return blocks.flatMap((block) => {
    if (block.part === null || block.text.trim() === "") return [];
    const words = readClaimWords(block.part, block.text);
    if (words.title === "" && words.part === "method") words.title = firstSentence(words.do);
    return [{ ...words, title: words.title.slice(0, 200) }];
  });
}

function firstSentence(text: string): string {
  return (/^[^.。\n]{1,80}/.exec(text)?.[0] ?? "").trim();
}

/** Finds the evidence that a text quotes, by literals weighted by how few items hold them. */
class EvidenceIndex {
  readonly #items: { id: string; literals: Set<string> }[];
  readonly #frequency = new Map<string, number>();

  constructor(evidence: readonly Evidence[]) {
    this.#items = evidence.map((item) => ({ id: item.id, literals: quotable(item) }));
    for (const { literals } of this.#items) {
      for (const literal of literals) this.#frequency.set(literal, (this.#frequency.get(literal) ?? 0) + 1);
    }
  }

  /** At most five ids, the best first; a text has to share a rare literal or several common ones with an item. */
  match(text: string): string[] {
    const quoted = new Set(
      [...literalsOf(text), ...codeNamesOf(text)].filter((literal) => !trivial(literal)),
    );
    const scored = this.#items.map(({ id, literals }) => {
      let score = 0;
      for (const literal of quoted)
        if (literals.has(literal)) score += 1 / (this.#frequency.get(literal) ?? 1);
      return { id, score };
    });
    const best = Math.max(0, ...scored.map(({ score }) => score));
    return scored
      .filter(({ score }) => score >= 0.1 && score >= best / 2)
      .sort((a, b) => b.score - a.score)
      .slice(0, 5)
      .map(({ id }) => id);
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
