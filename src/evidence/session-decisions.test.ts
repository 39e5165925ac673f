import { expect, test } from "vitest";
import { type Decision, noteDecisions, rankDecisions } from "./session-decisions.ts";

const place = { file: "s.jsonl", line: 1 };

test("sentences that give a reason are noted, questions, reports and code are not", () => {
  const noted: Decision[] = [];
  const text =
    "The block must be rounded up to a power of two. Shall we use four warps instead of eight? It passes, so it is done.\n```\nx = 1 # because of the tail of the row\n```\nI look at the files now.";
  noteDecisions(noted, text, place, 7);
  expect(noted).toEqual([{ text: "The block must be rounded up to a power of two.", place, seq: 7 }]);
});

test("the sentence near a fix, that shares most with others, is among the five", () => {
  const all: Decision[] = [];
  for (let seq = 0; seq < 40; seq += 1)
    noteDecisions(all, `Item ${seq} needs something of its own called thing${seq}.`, place, seq * 10);
  noteDecisions(all, "The masked lanes must load minus infinity, otherwise the sum is wrong.", place, 205);
  noteDecisions(all, "Masked lanes hold garbage, so the sum of the lanes is wrong.", place, 206);
  const best = rankDecisions(all, [[203, 208]]).map(({ text }) => text);
  expect(best).toHaveLength(5);
  expect(best).toContain("The masked lanes must load minus infinity, otherwise the sum is wrong.");
});

test("no more than a bound of them is kept", () => {
  const noted: Decision[] = [];
  let dropped = 0;
  for (let n = 0; n < 500; n += 1)
    dropped += noteDecisions(noted, `Number ${n} must be kept because it matters.`, place, n);
  expect(noted.length + dropped).toBe(500);
  expect(noted.length).toBeLessThan(300);
});
