import { z } from "zod";
import { reasonOf } from "../failure.ts";
import { excerpt } from "./excerpt.ts";
import type { Question } from "./model.ts";

export type Reading<T> = { fits: true; value: T } | { fits: false; problem: string };

/**
 * Reads the answer to a question: JSON that fits the schema, alone or with a code fence, other text or the model's
 * thinking around it; else what the question's `readText` makes of it. The problem is one sentence, without its stop.
 */
export function readAnswer<T>(text: string, question: Pick<Question<T>, "schema" | "readText">): Reading<T> {
  const answer = withoutThinking(text);
  let problem: string | undefined;
  for (const json of jsonValues(answer)) {
    const checked = question.schema.safeParse(json.value);
    if (checked.success) {
      return { fits: true, value: checked.data };
    }
    problem ??= schemaProblem(checked.error);
  }
  const value = answer === "" ? undefined : question.readText?.(answer);
  return value === undefined ? { fits: false, problem: problem ?? noJson(answer) } : { fits: true, value };
}

/**
 * Reasoning models put their thinking before the answer, in `<think>` tags; some chat templates swallow the opening
 * one. Tags that stand anywhere else belong to the answer.
 */
function withoutThinking(text: string): string {
  const opening = /\s*<(think|thinking)>/iy;
  let start = 0;
  for (;;) {
    opening.lastIndex = start;
    const tag = opening.exec(text)?.[1];
    if (tag === undefined) {
      break;
    }
    const closing = `</${tag}>`;
    const end = text.indexOf(closing, opening.lastIndex);
    if (end === -1) {
      return "";
    }
    start = end + closing.length;
  }
  const answer = text.slice(start).trim();
  const orphan = start === 0 ? /^<\/think(?:ing)?>\s*?$/im.exec(answer) : null;
  return orphan === null ? answer : answer.slice(orphan.index + orphan[0].length).trim();
}

/** The JSON values in a text, the largest first: the whole text, then each object or array that stands in it. */
function* jsonValues(text: string): Generator<{ value: unknown }> {
  const whole = parseJson(text);
  if (whole !== undefined) {
    yield whole;
    return;
  }
  for (const span of bracketedSpans(text).sort((a, b) => b.length - a.length)) {
    const part = parseJson(span);
    if (part !== undefined) {
      yield part;
    }
  }
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/**
 * What stands between matching outermost brackets. A bracket in prose that is never closed makes one pass to the end
 * for nothing; the passes are limited so that the time stays linear in the text.
 */
function bracketedSpans(text: string): string[] {
  const spans: string[] = [];
  const bracket = /[{[]/g;
  let unclosed = 0;
  for (let open = bracket.exec(text); open !== null && unclosed < 32; open = bracket.exec(text)) {
    const end = closingBracket(text, open.index);
    if (end === -1) {
      unclosed += 1;
    } else {
      spans.push(text.slice(open.index, end + 1));
      bracket.lastIndex = end + 1;
    }
  }
  return spans;
}

/** Index of the bracket that closes the one at `open`, JSON strings skipped; -1 without one. */
function closingBracket(text: string, open: number): number {
  let depth = 0;
  let inString = false;
  for (let index = open; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === "\\") {
        index += 1;
      } else if (character === '"') {
        inString = false;
      }
    } else if (character === '"') {
      inString = true;
    } else if (character === "{" || character === "[") {
      depth += 1;
    } else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) {
        return index;
      }
    }
  }
  return -1;
}

function schemaProblem(error: z.ZodError): string {
  const issues = error.issues.slice(0, 5).map((issue) => {
    const path = z.core.toDotPath(issue.path);
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
  const more = error.issues.length - issues.length;
  return excerpt(`${issues.join("; ")}${more > 0 ? `; and ${more} more` : ""}`, { limit: 600 });
}

function noJson(answer: string): string {
  if (answer === "") {
    return "it is empty";
  }
  try {
    JSON.parse(answer);
    return "it holds no JSON object";
  } catch (error) {
    return `it holds no JSON that can be read (${excerpt(reasonOf(error), { limit: 120 })})`;
  }
}
