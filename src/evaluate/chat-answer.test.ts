import { expect, it } from "vitest";
import { chatCompletion, startModelServer } from "../../test/model-server.ts";
import { createBudget } from "../models/budget.ts";
import type { Model } from "../models/model.ts";
import { openModel } from "../models/open-model.ts";
import { silentReporter } from "../reporter.ts";
import { answerCase, caseMessage, isForChat } from "./chat-answer.ts";
import type { EvalCase } from "./eval-case.ts";

const one: EvalCase = {
  id: 3,
  prompt: "How many warps?",
  expectedOutput: "8",
  files: [],
  inputs: { "kernel.py": "num_warps = 4" },
  assertions: ["It is short."],
  checks: [
    { kind: "contains", text: "8" },
    { kind: "not-contains", text: "4" },
  ],
  mustPass: false,
  traces: [],
  others: {},
};

async function student(url: string): Promise<Model> {
  const model = await openModel(`openai:pupil@${url}/v1`, {
    keys: { anthropic: undefined, openai: undefined, compatible: undefined },
    budget: createBudget({}, undefined),
    now: () => 0,
    sleep: async () => undefined,
    random: () => 0,
    reporter: silentReporter,
  });
  if (model === undefined) throw new Error("no model");
  return model;
}

it("gives the messages with and without a skill, which differ in its block alone", () => {
  const without = caseMessage(one, undefined);
  const withSkill = caseMessage(one, { name: "warps", body: "# Warps\n\nUse 8.\n" });
  expect({ ...withSkill, system: "" }).toEqual({ ...without, system: "" });
  expect(withSkill.system.startsWith(`${without.system}\n\n`)).toBe(true);
  expect(withSkill.system.slice(without.system.length)).toMatch(
    /BEGIN SKILL warps ([0-9a-f]{16})\n# Warps\n\nUse 8\.\nEND SKILL warps \1$/,
  );
  expect(without.prompt).toMatch(/^How many warps\?\n\nBEGIN FILE kernel\.py [0-9a-f]{16}\nnum_warps = 4\n/);
});

it("passes a case when every check does, and says what each found", async () => {
  await using server = await startModelServer(chatCompletion("Eight: 8."), chatCompletion("8 or 4."));
  const model = await student(server.url);
  expect(await answerCase(model, one, undefined)).toMatchObject({ answer: "Eight: 8.", passed: true });
  expect(await answerCase(model, one, undefined)).toMatchObject({
    passed: false,
    results: [{ passed: true }, { passed: false, evidence: 'The answer contains "4" at character 6.' }],
  });
});

it("leaves cases with files, and those that only a person can judge, to others", () => {
  expect(isForChat(one)).toBe(true);
  expect(isForChat({ ...one, checks: [] })).toBe(false);
  expect(isForChat({ ...one, files: ["evals/files/a.csv"] })).toBe(false);
});
