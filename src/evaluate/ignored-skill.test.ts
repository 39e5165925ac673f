import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import type { Model } from "../models/model.ts";
import { silentReporter } from "../reporter.ts";
import { openArrivedAnswers } from "./arrived-answers.ts";
import { runChatTrial } from "./chat-runner.ts";
import { evaluationFigures } from "./figures.ts";
import { makePlan } from "./make-plan.ts";
import { isFinished } from "./measured-case.ts";
import { materialOf, type MeasuredSkill } from "./measured-skill.ts";
import { requireParity, strangeRequests, unequalFrames } from "./parity.ts";
import { plannedTrials } from "./plan.ts";
import { openResultStore } from "./result-store.ts";
import { runLooks } from "./run-looks.ts";
import { seededRandom } from "./statistics/random.ts";
import { trialBudget } from "./trial-budget.ts";
import type { Verdict } from "./verdict.ts";

const mark = "zebra-quartz-playbook";
const caseCount = 10;

const skill: MeasuredSkill = {
  name: "probe",
  path: "probe/SKILL.md",
  text: mark,
  arms: new Map([
    ["none", null],
    ["head", { name: "probe", description: "Answers questions.", body: `${mark}\n`, files: new Map() }],
  ]),
  cases: Array.from({ length: caseCount }, (_, id) => ({
    id: `${id}`,
    prompt: `Solve question-${id}.`,
    files: new Map(),
    checks: [{ kind: "contains", text: `DONE-${id}` }],
    assertions: [],
    expectedOutput: "",
    source: `${id}`,
    seen: false,
    mustPass: false,
  })),
};

/** Solves each question with a chance of its own, and with `gain` more where it sees the skill. */
function student(seed: string, gain: number): Model {
  const random = seededRandom(seed);
  const chances = Array.from({ length: caseCount }, () => random());
  return {
    spec: "openai:coin",
    ask: () => Promise.reject(new Error("A student is asked in plain text.")),
    async chat({ system, prompt }) {
      const id = Number(/question-(\d+)/.exec(prompt)?.[1]);
      const chance = (chances[id] ?? 0) + (system.includes(mark) ? gain : 0);
      return {
        text: random() < chance ? `DONE-${id}` : "I do not know.",
        stop: "complete",
        model: "coin",
        usage: { inputTokens: 10, outputTokens: 3, cachedInputTokens: null },
        costUsd: null,
        latencyMs: 1,
        value: "",
        promptSha256: "",
      };
    },
  };
}

/** The verdict of one evaluation from its plan to its figures, as the command makes it. */
async function verdictOf(folder: string, seed: number, gain: number): Promise<Verdict | undefined> {
  const plan = makePlan(
    [skill],
    [{ spec: "openai:coin", version: "", runner: "chat", sampling: { max_output_tokens: 100 } }],
    {
      seed,
      repeats: 2,
      maxRepeats: 2,
      thresholds: { alpha: 0.05, margin: 0.1, minimum_effect: 0.05 },
      base: null,
      pricesOf: null,
      reproduce: "overproof evaluate probe",
      judge: null,
    },
  );
  const trials = plannedTrials(plan);
  const store = await openResultStore(folder);
  const arrived = await openArrivedAnswers(folder, "trials", (key) => isFinished(store.get(key)));
  const budget = trialBudget({}, undefined);
  const find = materialOf([skill]);
  const setting = {
    student: student(`${seed}`, gain),
    judge: undefined,
    budget,
    arrived,
    now: () => new Date(0),
  };
  try {
    await runLooks(plan, trials, {
      store,
      async run(trial) {
        const material = find(trial);
        if (material.runner !== "chat") throw new Error("no chat");
        return runChatTrial(trial, material, setting);
      },
      onStored: ({ key }) => arrived.settle(key),
      laneOf: ({ student: { spec } }) => spec,
      concurrency: 4,
      tried: new Set(),
      reporter: silentReporter,
      now: () => 0,
    });
    requireParity([...unequalFrames(trials, store), ...strangeRequests(trials, store, find)]);
    return evaluationFigures(plan, store).skills[0]?.students[0]?.verdict;
  } finally {
    await store.close();
    await arrived.close();
  }
}

async function shares(runs: number, gain: number): Promise<(verdict: Verdict) => number> {
  await using folder = await temporaryFolder();
  const counts = new Map<Verdict, number>();
  for (let seed = 1; seed <= runs; seed += 1) {
    const verdict = await verdictOf(join(folder.path, `${seed}`), seed, gain);
    if (verdict !== undefined) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  }
  return (verdict) => (counts.get(verdict) ?? 0) / runs;
}

test("a skill that the student ignores is better, and is worse, in at most 5 % of 200 runs", async () => {
  const share = await shares(200, 0);
  expect(share("better")).toBeLessThanOrEqual(0.05);
  expect(share("worse")).toBeLessThanOrEqual(0.05);
}, 120_000);

test("one that always helps is better in most runs of the same size, and one that always harms is worse", async () => {
  const [helped, harmed] = [await shares(20, 1), await shares(20, -1)];
  expect(helped("better")).toBeGreaterThan(0.5);
  expect(harmed("worse")).toBeGreaterThan(0.5);
}, 60_000);
