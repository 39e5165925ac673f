import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { silentReporter } from "../reporter.ts";
import { agentSchema } from "../config/agent.ts";
import { Failure } from "../failure.ts";
import type { PriceTable } from "../models/prices.ts";
import { agentsOf } from "./agent.ts";
import { type AgentBench, openAgentBench } from "./agent-bench.ts";
import { runAgentTrial } from "./agent-runner.ts";
import { openArrivedAnswers } from "./arrived-answers.ts";
import type { Given } from "./given.ts";
import { makePlan } from "./make-plan.ts";
import { materialOf, type MeasuredSkill } from "./measured-skill.ts";
import { plannedTrials } from "./plan.ts";
import { type TrialBudget, trialBudget } from "./trial-budget.ts";
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
  caps?: { maxCalls?: number; maxUsd?: number; maxTokens?: number };
  settings?: object;
  /** Of the budget and the agents; one for this run alone when absent. */
  shared?: Shared;
}

interface Shared {
  budget: TrialBudget;
  bench: AgentBench;
}

/** Runs the one trial, with what arrived in a folder in earlier runs. */
async function runIn(folder: string, run: Run) {
  const { program = process.execPath, judge, prices, caps = {} } = run;
  const settings = agentSchema.parse({
    command: [process.execPath, helpful],
    trace: "~/log",
    ...run.settings,
  });
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
  const environment = { PATH: process.env["PATH"] };
  const shared = run.shared ?? {
    budget: trialBudget(caps, prices),
    bench: await openAgentBench(new Map([[spec, agent]]), {
      hidden: [],
      environment,
      reporter: silentReporter,
    }),
  };
  const end: TrialEnd = await runAgentTrial(trial, material, {
    judge,
    ...shared,
    arrived,
    now: () => new Date(0),
    environment,
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

/** An agent that prints a session as Claude Code does, with a cost. */
function costing(usd: number): object {
  const said = {
    type: "assistant",
    session_id: "s",
    message: { content: [{ type: "text", text: "quartz-1" }] },
  };
  const result = { type: "result", session_id: "s", is_error: false, total_cost_usd: usd };
  const code = `console.log(${JSON.stringify(`${JSON.stringify(said)}\n${JSON.stringify(result)}`)})`;
  return { command: [process.execPath, "-e", code], trace: "stdout" };
}

async function sharedBy(settings: object, caps: Run["caps"], prices?: PriceTable): Promise<Shared> {
  const agents = agentsOf({ probe: agentSchema.parse({ command: ["node"], ...settings }) }, "/");
  const environment = { PATH: process.env["PATH"] };
  const bench = await openAgentBench(agents, { hidden: [], environment, reporter: silentReporter });
  return { bench, budget: trialBudget(caps ?? {}, prices) };
}

it("charges the cost that a log tells, and admits no run that could cost as much again", async () => {
  await using folder = await temporaryFolder();
  const settings = costing(5);
  const shared = await sharedBy(settings, { maxUsd: 8 });
  const [first, second] = [join(folder.path, "a"), join(folder.path, "b")];
  expect(await runIn(first, { settings, shared })).toMatchObject({
    trial: { outcome: "passed", cost_usd: 5, tokens: { input: null } },
    reply: "quartz-1",
  });
  expect(shared.budget.budget.spent.usd).toBe(5);
  expect(await runIn(second, { settings, shared })).toBe("budget spent");
});

it.each([
  ["dollars, with a price but without tokens", { maxUsd: 1000 }, {}, /nobody can tell what a run/],
  ["dollars, without a log", { maxUsd: 1000 }, { trace: undefined }, /has no `trace`/],
  ["tokens, without tokens", { maxTokens: 1000 }, { "usd-per-run": 1 }, /tells no tokens/],
])("refuses an agent under a limit in %s", async (_, caps, settings, message) => {
  await using folder = await temporaryFolder();
  const prices: PriceTable = {
    date: "2026-01-01",
    models: { "command:probe": { inputPerMillion: 1, outputPerMillion: 1 } },
  };
  await expect(runIn(folder.path, { caps, settings, prices })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(message) as string,
  });
});

it("counts a run whose log tells nothing as what the configuration says", async () => {
  await using folder = await temporaryFolder();
  const settings = { "usd-per-run": 3, trace: undefined };
  const shared = await sharedBy(settings, { maxUsd: 5 });
  expect(await runIn(join(folder.path, "a"), { settings, shared })).toMatchObject({
    trial: { cost_usd: 3, isolation: expect.stringMatching(/bwrap|unshare|none/) as string },
  });
  expect(await runIn(join(folder.path, "b"), { settings, shared })).toBe("budget spent");
});
