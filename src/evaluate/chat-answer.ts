import type { Message, Model } from "../models/model.ts";
import { sha256 } from "../digest.ts";
import { type CheckResult, needOf, runCheck } from "./check.ts";
import type { EvalCase } from "./eval-case.ts";

/** What a student made of one case. */
export interface ChatAnswer {
  case: EvalCase;
  answer: string;
  /** One for each check of the case, in its order. */
  results: CheckResult[];
  passed: boolean;
}

/** Whether a plain chat can answer a case and code can tell if the answer is right. */
export function isForChat({ checks, files }: EvalCase): boolean {
  const isSandboxNeeded = checks.some(({ kind }) => kind === "script");
  return checks.length > 0 && files.length === 0 && needOf(checks) === undefined && !isSandboxNeeded;
}

/**
 * Gives one case to a student that has a skill, or none, in a plain chat, and checks its answer. Throws what `chat`
 * throws.
 */
export async function answerCase(
  student: Model,
  one: EvalCase,
  skill: { name: string; body: string } | undefined,
): Promise<ChatAnswer> {
  const { value: answer } = await student.chat(caseMessage(one, skill));
  const results: CheckResult[] = [];
  for (const check of one.checks) results.push(await runCheck(check, answer));
  return { case: one, answer, results, passed: results.every(({ passed }) => passed) };
}

/** With and without a skill the messages differ in the skill's block and in nothing else. */
export function caseMessage(
  { id, prompt, inputs }: EvalCase,
  skill: { name: string; body: string } | undefined,
): Message {
  const files = Object.entries(inputs).map(([name, text]) => `\n\n${block(`FILE ${name}`, text)}`);
  return {
    purpose: `case ${id}`,
    system: `You answer the user's request.${skill === undefined ? "" : `\n\n${skillBlock(skill)}`}`,
    prompt: `${prompt}${files.join("")}`,
  };
}

function skillBlock({ name, body }: { name: string; body: string }): string {
  return `This skill is at hand. Use it where it applies.\n\n${block(`SKILL ${name}`, body.trim())}`;
}

/** The mark is made from the text itself, which therefore cannot hold it. */
function block(what: string, text: string): string {
  const mark = sha256(text).slice(0, 16);
  return `BEGIN ${what} ${mark}\n${text}\nEND ${what} ${mark}`;
}
