import matter from "gray-matter";
import type { Document } from "yaml";
import { usageFailure } from "../failure.ts";
import { codePointName } from "./hidden-characters.ts";
import { readFields } from "./front-matter-fields.ts";
import { type Problem, quoted } from "./lint-rules.ts";
import { readYaml, type YamlReading } from "./yaml-subset.ts";

/** The front matter of a skill in the terms of the Agent Skills specification; all values are text. */
export interface FrontMatter {
  name: string;
  description: string;
  license?: string;
  compatibility?: string;
  metadata: Record<string, string>;
  allowedTools?: string;
}

/** Where the front matter lies in the text of a `SKILL.md`. */
export interface FrontMatterBlock {
  /** What lies between the hyphens; it starts on the file's first line, so its lines count as the file's. */
  source: string;
  /** Where `source` starts in the text. */
  start: number;
  bodyStart: number;
  /** 1-based line of the first line after the closing hyphens. */
  bodyLine: number;
}

export interface FrontMatterReading {
  problems: Problem[];
  /** Absent when the file does not open and close its front matter as it must. */
  block?: FrontMatterBlock;
  /** Absent when the YAML cannot be read. */
  document?: Document.Parsed;
  /** 1-based line of the name, where there is one. */
  nameLine?: number;
  /** Absent when a problem makes the file unreadable as a skill. */
  frontMatter?: FrontMatter;
}

/** Longer front matter is refused unread. The longest legal values, all escaped, stay below it. */
export const maximumFrontMatter = 16_384;

/**
 * gray-matter chooses a parser by the word after the opening hyphens and gives `js` to eval, also when it is told
 * another language, unless each of its engines is replaced.
 */
export const onlyYaml = {
  yaml: readYamlAsData,
  yml: refuseLanguage,
  json: refuseLanguage,
  js: refuseLanguage,
  javascript: refuseLanguage,
  coffee: refuseLanguage,
  coffeescript: refuseLanguage,
  cson: refuseLanguage,
  toml: refuseLanguage,
};

function readYamlAsData(source: string): object {
  // gray-matter cuts the last line break off, without which the last CRLF line would keep its carriage return.
  return { reading: readYaml(`${source}\n`) };
}

function refuseLanguage(): never {
  throw usageFailure(
    "The front matter is written in a language other than YAML.",
    "Write plain --- and YAML; nothing else is read or run.",
  );
}

/** Reads the front matter of a `SKILL.md`, reporting everything that is wrong with it; never throws for bad text. */
export function readFrontMatter(text: string): FrontMatterReading {
  const split = splitFrontMatter(text);
  if ("rule" in split) return { problems: [split] };
  const problems = characterProblems(split.source);

  // Options must be passed: without them gray-matter caches by content and hands out one shared object.
  const data: { reading?: YamlReading } = matter(text.slice(0, split.bodyStart), {
    language: "yaml",
    engines: onlyYaml,
  }).data;
  const reading = data.reading ?? readYaml("");
  problems.push(...reading.problems);
  if (!reading.document) return { problems, block: split };

  const fields = readFields(reading.document, split.source, reading.lineAt);
  problems.push(...fields.problems);
  return {
    problems,
    block: split,
    document: reading.document,
    nameLine: fields.nameLine,
    ...(fields.frontMatter === undefined ? {} : { frontMatter: fields.frontMatter }),
  };
}

/** Checks the two delimiter lines before any library sees the text. */
function splitFrontMatter(text: string): FrontMatterBlock | Problem {
  if (text.startsWith("\uFEFF")) return { rule: "byte-order-mark", line: 1 };
  const firstLine = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  if (!firstLine.startsWith("---") || firstLine.startsWith("----")) {
    const start = firstLine.trim() === "" ? "a blank line" : quoted(firstLine);
    return { rule: "front-matter-start", line: 1, values: [text === "" ? "nothing" : start] };
  }
  const language = firstLine.slice(3).trim();
  if (language !== "") return { rule: "front-matter-language", line: 1, values: [quoted(language)] };
  if (text[firstLine.length] === "\r" && text[firstLine.length + 1] !== "\n") {
    return { rule: "line-ends", line: 1 };
  }

  const start = 3;
  const close = text.indexOf("\n---", start);
  if (close === -1) return { rule: "front-matter-end", line: 1, values: [""] };
  if (close - start > maximumFrontMatter) return { rule: "front-matter-size", line: 1 };
  const source = text.slice(start, close + 1);
  const closingLine = source.split("\n").length;
  const lineEnd = text.indexOf("\n", close + 1);
  const rest = text.slice(close + 4, lineEnd === -1 ? undefined : lineEnd);
  if (rest.trim() !== "") {
    return {
      rule: "front-matter-end",
      line: closingLine,
      values: [`: the line of its closing hyphens goes on with ${quoted(rest)}`],
    };
  }
  return {
    source,
    start,
    bodyStart: lineEnd === -1 ? text.length : lineEnd + 1,
    bodyLine: closingLine + 1,
  };
}

function characterProblems(source: string): Problem[] {
  const problems: Problem[] = [];
  for (const [index, line] of source.split("\n").entries()) {
    const refused = /[\u2028\u2029\uFFFE\uFFFF]|[^\P{Cc}\t\r]/u.exec(line)?.[0];
    if (refused !== undefined) {
      problems.push({ rule: "front-matter-characters", line: index + 1, values: [codePointName(refused)] });
    }
    if (/\r./s.test(line)) problems.push({ rule: "line-ends", line: index + 1 });
    if (line.includes("---")) problems.push({ rule: "hyphens-in-value", line: index + 1 });
  }
  return problems;
}
