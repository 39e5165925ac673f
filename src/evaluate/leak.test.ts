import { expect, it } from "vitest";
import type { Check } from "./check.ts";
import { findLeaks, requireNoLeak } from "./leak.ts";
import type { SuiteCase } from "./suite.ts";

function caseWith(checks: Check[], more: Partial<SuiteCase> = {}): SuiteCase {
  return {
    id: "sum",
    prompt: "Solve question 7.",
    files: new Map(),
    checks,
    assertions: [],
    expectedOutput: "",
    source: "sum",
    seen: false,
    mustPass: false,
    ...more,
  };
}

function leaksIn(text: string, one: SuiteCase, file = "SKILL.md"): [string, number][] {
  return findLeaks(new Map([[file, text]]), [one]).map((leak) => [leak.file, leak.line]);
}

const contains = (text: string): Check => ({ kind: "contains", text });

it("finds what a check looks for, on its line, whatever its case and blanks", () => {
  const skill = "# Playbook\n\nAdd the numbers.\n\nThe  answer-7\nIs DONE, of course.\n";
  expect(leaksIn(skill, caseWith([contains("the answer-7 is done")]))).toEqual([["SKILL.md", 5]]);
  expect(leaksIn(skill, caseWith([{ kind: "equals", text: "ANSWER-7 is\ndone" }]))).toEqual([
    ["SKILL.md", 5],
  ]);
});

it("finds literals in patterns and in schemas, and the expected output", () => {
  const skill = "Write tl.zebra_quartz(x) and stop.";
  expect(leaksIn(skill, caseWith([{ kind: "regex", pattern: "tl\\.zebra_quartz\\(\\w+\\)" }]))).toHaveLength(
    1,
  );
  const schema = { properties: { a: { enum: ["no", "tl.zebra_quartz"] } } };
  expect(leaksIn(skill, caseWith([{ kind: "json-schema", schema }]))).toHaveLength(1);
  expect(leaksIn(skill, caseWith([], { expectedOutput: "write TL.zebra_quartz(x)" }))).toHaveLength(1);
});

it("passes over short texts, what the prompt says too, what is forbidden, and seen cases", () => {
  const skill = "Call triton.cdiv and write ANSWER-7-DONE at the end.";
  expect(leaksIn(skill, caseWith([contains("triton.cdiv")]))).toEqual([]);
  const answer = contains("ANSWER-7-DONE");
  expect(leaksIn(skill, caseWith([answer], { prompt: "End with answer-7-done." }))).toEqual([]);
  expect(leaksIn(skill, caseWith([{ kind: "not-contains", text: "ANSWER-7-DONE" }]))).toEqual([]);
  expect(leaksIn(skill, caseWith([answer], { seen: true }))).toEqual([]);
  expect(leaksIn(skill, caseWith([answer]), "references/x.md")).toEqual([["references/x.md", 1]]);
});

it("refuses the skill by case and line, with exit code 1", () => {
  const leaks = findLeaks(new Map([["SKILL.md", "x\nANSWER-7-DONE"]]), [
    caseWith([contains("ANSWER-7-DONE")]),
  ]);
  expect(() => requireNoLeak("probe", leaks)).toThrow(
    expect.objectContaining({
      exitCode: 1,
      message: 'The skill probe contains the answer of its case sum: SKILL.md:2 has "answer-7-done".',
    }) as Error,
  );
  expect(() => requireNoLeak("probe", [])).not.toThrow();
});
