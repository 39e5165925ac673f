import { Failure } from "../failure.ts";
import { excerpt } from "../models/excerpt.ts";
import type { Check } from "./check.ts";
import type { SuiteCase } from "./suite.ts";

/** A text of a skill that stands in the answer of a case. */
export interface Leak {
  case: string;
  /** Relative to the skill's folder, with a line from 1. */
  file: string;
  line: number;
  text: string;
}

/** In characters, without blanks at the ends: shorter texts stand in a skill by chance. */
const leastAnswer = 12;

/**
 * Where the files of a skill hold the answer of one of its cases: what a check looks for, or the whole expected output,
 * unless the prompt says it too. Letter case and the amount of blanks make no difference. Seen cases are left out: they
 * count for no verdict.
 */
export function findLeaks(texts: ReadonlyMap<string, string>, cases: readonly SuiteCase[]): Leak[] {
  const pages = [...texts].map(([file, text]) => ({ file, page: pageOf(text) }));
  return cases
    .filter(({ seen }) => !seen)
    .flatMap((one) => {
      const asked = plain([one.prompt, ...one.files.values()].join("\n"));
      const answers = [...new Set(answersOf(one).map(plain))];
      return answers
        .filter((answer) => answer.length >= leastAnswer && !asked.includes(answer))
        .flatMap((answer) => {
          const found = pages.find(({ page }) => page.text.includes(answer));
          if (found === undefined) return [];
          return [{ case: one.id, file: found.file, line: found.page.lineOf(answer), text: answer }];
        });
    });
}

/** Refuses (exit code 1) a skill that holds an answer: nothing that it wins there would say anything. */
export function requireNoLeak(skill: string, leaks: readonly Leak[]): void {
  const [first, ...others] = leaks;
  if (first === undefined) return;
  const more = others.length === 0 ? "" : ` There are ${others.length} more.`;
  const shown = JSON.stringify(excerpt(first.text, { limit: 80 }));
  throw new Failure(
    `The skill ${skill} contains the answer of its case ${first.case}: ${first.file}:${first.line} has ${shown}.${more}`,
    {
      remedy: "Say how to find the answer instead, or ask another question in that case.",
      exitCode: 1,
    },
  );
}

function answersOf({ checks, expectedOutput }: SuiteCase): string[] {
  return [expectedOutput, ...checks.flatMap(literalsOf)];
}

function literalsOf(check: Check): string[] {
  switch (check.kind) {
    case "contains":
    case "equals":
      return [check.text];
    case "file-produced":
      return check.contains === undefined ? [] : [check.contains];
    case "not-contains":
    // A skill that names a tool or a script says how to find an answer.
    case "tool-call":
    case "script":
      return [];
    case "regex":
      // What stands between the operators of a pattern, with escaped punctuation as itself.
      return check.pattern
        .replaceAll(/\\([^A-Za-z0-9])/g, "$1")
        .split(/\\[A-Za-z0-9]|[[\](){}*+?|^$]+|\.(?=$)/);
    case "json-schema":
      return typeof check.schema === "object" ? fixedTexts(check.schema) : [];
  }
}

/** The texts that a JSON Schema allows by name: `const` and `enum`, at any depth. */
function fixedTexts(schema: unknown): string[] {
  const found: string[] = [];
  const waiting: unknown[] = [schema];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== "object" || node === null) continue;
    for (const [key, value] of Object.entries(node)) {
      const values: unknown[] =
        key === "const" ? [value] : key === "enum" && Array.isArray(value) ? value : [];
      found.push(...values.filter((one) => typeof one === "string"));
      waiting.push(value ?? undefined);
    }
  }
  return found;
}

interface Page {
  text: string;
  /** The line on which a part of the text begins. */
  lineOf(part: string): number;
}

function plain(text: string): string {
  return text.toLowerCase().split(/\s+/).filter(Boolean).join(" ");
}

function pageOf(text: string): Page {
  const starts: number[] = [];
  const words: string[] = [];
  let length = 0;
  for (const line of text.split(/\r?\n/)) {
    starts.push(length);
    for (const word of line.toLowerCase().split(/\s+/)) {
      if (word === "") continue;
      words.push(word);
      length += word.length + 1;
    }
  }
  const whole = words.join(" ");
  return {
    text: whole,
    lineOf(part) {
      const at = whole.indexOf(part);
      // Of lines without words, which begin where the next one does, the last is meant.
      return starts.findLastIndex((start) => start <= at) + 1;
    },
  };
}
