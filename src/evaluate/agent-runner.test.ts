import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { agentSchema } from "../config/agent.ts";
import { Failure } from "../failure.ts";
import type { PriceTable } from "../models/prices.ts";
import { agentsOf } from "./agent.ts";
import { runAgentTrial } from "./agent-runner.ts";
import { openArrivedAnswers } from "./arrived-answers.ts";
import type { Given } from "./given.ts";
import { makePlan } from "./make-plan.ts";
import { materialOf, type MeasuredSkill } from "./measured-skill.ts";
import { plannedTrials } from "./plan.ts";
import { trialBudget } from "./trial-budget.ts";
import type { Judge, TrialEnd } from "./trial-end.ts";

const helpful = join(import.meta.dirname, "../../test/agents/helpful.mjs");
const text = "The code begins with quartz.";
const head: Given = {
  name: "codes",
  description: "Codes.",
  body: text,
  files: new Map(),
  installed: new Map([["SKILL.md", Buffer.from(text)]]),
};
const skill: MeasuredSkill = {
  name: "codes",
  path: "codes/SKILL.md",
  text,
  arms: new Map([["head", head]]),
  cases: [
    {
      id: "1",
      prompt: "Solve question-1 and write.",
      files: new Map(),
      checks: [{ kind: "contains", text: "quartz-1" }],
      assertions: ["Is polite."],
      expectedOutput: "",
      source: "1",
      seen: false,
      mustPass: false,
    },
  ],
};

interface Run {
  program?: string;
  judge?: Judge;
  prices?: PriceTable;
  caps?: { maxCalls?: number; maxUsd?: number };
}

/** Runs the one trial, with what arrived in a folder in earlier runs. */
async function runIn(folder: string, { program = process.execPath, judge, prices, caps = {} }: Run) {
  const settings = agentSchema.parse({ command: [process.execPath, helpful], trace: "~/log" });
  const [[spec, agent] = ["", undefined]] = agentsOf({ probe: settings }, folder);
  if (agent === undefined) throw new Error("no agent");
  const known = { sha256: agent.digest, has_trace: true };
  const plan = makePlan([skill], [{ spec, version: "", runner: "command", sampling: {}, agent: known }], {
    seed: 1,
    repeats: 1,
    maxRepeats: 1,
    thresholds: { alpha: 0.05, margin: 0.1, minimum_effect: 0.05 },
    base: null,
    pricesOf: null,
    reproduce: "overproof evaluate codes",
    judge: "openai:judge",
  });
  const [trial] = plannedTrials(plan);
  const find = materialOf([skill], new Map([[spec, { ...agent, program }]]));
  const material = trial && find(trial);
  if (trial === undefined || material?.runner !== "command") throw new Error("no trial");
  const arrived = await openArrivedAnswers(folder, "trials", () => false);
  const end: TrialEnd = await runAgentTrial(trial, material, {
    judge,
    budget: trialBudget(caps, prices),
    arrived,
    now: () => new Date(0),
    environment: { PATH: process.env["PATH"] },
    scripts: undefined,
    estimate: () => ({ tokens: 100, usd: null }),
  });
  await arrived.close();
  return end;
}

it("runs no agent again because the judge failed, and shows the judge its files too", async () => {
  await using folder = await temporaryFolder();
  const down: Judge = async () => {
    throw new Failure("The judge is down.", { remedy: "Wait.", exitCode: 3 });
  };
  expect(await runIn(folder.path, { judge: down })).toMatchObject({
    trial: { outcome: "excluded", error: { class: "judge" }, calls: 1 },
  });
  const judge: Judge = async (_, reply) => [
    { passed: reply.includes('File "out/answer.txt"'), evidence: "It is." },
  ];
  expect(await runIn(folder.path, { judge, program: "not-there-any-more" })).toMatchObject({
    trial: {
      outcome: "passed",
      checks: [
        { check: 'The answer contains "quartz-1".', passed: true },
        { check: "Is polite.", passed: true },
      ],
    },
  });
});

it("runs no agent that the budget does not allow, nor one of unknown price under a limit in dollars", async () => {
  await using folder = await temporaryFolder();
  const prices: PriceTable = {
    date: "2026-01-01",
    models: { "command:probe": { inputPerMillion: 1_000_000, outputPerMillion: 0 } },
  };
  expect(await runIn(folder.path, { prices, caps: { maxUsd: 1 }, program: "not-there" })).toBe(
    "budget spent",
  );
  await expect(runIn(folder.path, { caps: { maxUsd: 1 } })).rejects.toMatchObject({ exitCode: 2 });
});
