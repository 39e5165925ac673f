import { expect, it } from "vitest";
import type { ChatAnswer } from "../evaluate/chat-answer.ts";
import type { EvalCase } from "../evaluate/eval-case.ts";
import { refine, type Refined } from "./refine.ts";

const rest = { expectedOutput: "", files: [], inputs: {}, assertions: [], checks: [] };
const cases: EvalCase[] = [1, 2, 3, 4].map((id) => {
  return { id, prompt: `Case ${id}?`, ...rest, mustPass: false, traces: [], others: {} };
});

/** Versions are the numbers of cases that they let a student pass. */
async function refined(
  versions: readonly (number | undefined)[],
  rounds: number,
): Promise<Refined<number> & { shown: number[] }> {
  const [first = 0, ...next] = versions;
  const shown: number[] = [];
  const answer = async (version: number): Promise<ChatAnswer[]> =>
    cases.map((one, index) => ({ case: one, answer: "", results: [], passed: index < version }));
  const improve = async (_: number, failed: readonly ChatAnswer[]): Promise<number | undefined> => {
    shown.push(failed.length);
    return next.shift();
  };
  return { ...(await refine(first, { cases, rounds, answer, improve })), shown };
}

it("goes on while the student passes more, and no further than it may", async () => {
  expect(await refined([0, 1, 3, 4], 5)).toMatchObject({
    version: 4,
    development: { passed: 4, total: 4 },
    rounds: [{ kept: true }, { kept: true }, { round: 3, before: { passed: 3 }, after: { passed: 4 } }],
    shown: [4, 3, 1],
  });
  expect(await refined([0, 1, 3, 4], 2)).toMatchObject({ version: 3, shown: [4, 3] });
  expect(await refined([0, 1], 0)).toMatchObject({ version: 0, rounds: [], shown: [] });
});

it("keeps the version before one that helps no more, and ends", async () => {
  expect(await refined([2, 2, 4], 5)).toMatchObject({ version: 2, rounds: [{ kept: false }], shown: [2] });
  expect(await refined([2, 1, 4], 5)).toMatchObject({ version: 2, development: { passed: 2 }, shown: [2] });
});

it("ends when the teacher changes nothing, and when nothing fails", async () => {
  expect(await refined([1, undefined, 4], 5)).toMatchObject({ version: 1, rounds: [], shown: [3] });
  expect(await refined([4, 4], 5)).toMatchObject({ version: 4, rounds: [], shown: [] });
});
