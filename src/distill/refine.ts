import { answerCase, type ChatAnswer } from "../evaluate/chat-answer.ts";
import type { EvalCase } from "../evaluate/eval-case.ts";
import type { Model } from "../models/model.ts";
import type { Reporter } from "../reporter.ts";

/** How many cases a student passed. */
export interface Score {
  passed: number;
  total: number;
}

/** One round of a refinement, with the student's scores on the development cases before and after it. */
export interface RefinementRound {
  round: number;
  before: Score;
  after: Score;
  /** Whether what came of it is used: only what lets the student pass more of them is. */
  kept: boolean;
}

export interface Refined<Version> {
  version: Version;
  rounds: RefinementRound[];
  development: Score;
}

/**
 * Improves a skill on development cases: a student works on them, a teacher is shown those it failed, and a version
 * that lets the student pass more replaces the one before. Ends early when nothing fails, when the teacher changes
 * nothing, and when a change did not help. Held-out cases do not come here.
 */
export async function refine<Version>(
  first: Version,
  options: {
    cases: readonly EvalCase[];
    rounds: number;
    /** The student's answers with that version of the skill. */
    answer: (version: Version) => Promise<ChatAnswer[]>;
    /** The teacher's next version; undefined when it changes nothing. */
    improve: (version: Version, failed: readonly ChatAnswer[]) => Promise<Version | undefined>;
  },
): Promise<Refined<Version>> {
  const rounds: RefinementRound[] = [];
  let version = first;
  let answers = options.cases.length === 0 ? [] : await options.answer(version);
  for (let round = 1; round <= options.rounds; round += 1) {
    const failed = answers.filter(({ passed }) => !passed);
    if (failed.length === 0) break;
    const next = await options.improve(version, failed);
    if (next === undefined) break;
    const later = await options.answer(next);
    const [before, after] = [scoreOf(answers), scoreOf(later)];
    const kept = after.passed > before.passed;
    rounds.push({ round, before, after, kept });
    if (!kept) break;
    version = next;
    answers = later;
  }
  return { version, rounds, development: scoreOf(answers) };
}

export function scoreOf(answers: readonly ChatAnswer[]): Score {
  return { passed: answers.filter(({ passed }) => passed).length, total: answers.length };
}

/** A student's answers to cases, one after the other, so that a recording of them has one order. */
export async function answerCases(
  student: Model,
  cases: readonly EvalCase[],
  skill: { name: string; body: string },
  reporter: Reporter,
): Promise<ChatAnswer[]> {
  const answers: ChatAnswer[] = [];
  for (const [index, one] of cases.entries()) {
    answers.push(await answerCase(student, one, skill));
    reporter.progress("Cases", index + 1, cases.length);
  }
  return answers;
}
