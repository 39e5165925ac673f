import { expect, it } from "vitest";
import {
  chatCompletion,
  type ModelServer,
  plain,
  type Scripted,
  startModelServer,
} from "../../test/model-server.ts";
import { temporaryFolder } from "../../test/run.ts";
import { openModel } from "../models/open-model.ts";
import type { PriceTable } from "../models/prices.ts";
import { silentReporter } from "../reporter.ts";
import { openArrivedAnswers } from "./arrived-answers.ts";
import { runChatTrial } from "./chat-runner.ts";
import { makePlan } from "./make-plan.ts";
import { isFinished } from "./measured-case.ts";
import { materialOf, type MeasuredSkill } from "./measured-skill.ts";
import { type Plan, plannedTrials } from "./plan.ts";
import { openResultStore } from "./result-store.ts";
import { runLooks } from "./run-looks.ts";
import type { RunEnd } from "./run-trials.ts";
import type { SuiteCase } from "./suite.ts";
import type { Trial } from "./trial.ts";
import { trialBudget } from "./trial-budget.ts";
import type { Judge } from "./trial-end.ts";

function caseOf(id: number, more: Partial<SuiteCase> = {}): SuiteCase {
  return {
    id: `${id}`,
    prompt: `Solve question-${id}.`,
    files: new Map(),
    checks: [{ kind: "contains", text: `DONE-${id}` }],
    assertions: [],
    expectedOutput: "",
    source: `${id}`,
    seen: false,
    mustPass: false,
    ...more,
  };
}

interface World {
  server: ModelServer;
  folder: string;
  cases?: SuiteCase[];
  repeats?: number;
  maxRepeats?: number;
  caps?: { maxCalls?: number; maxUsd?: number };
  prices?: PriceTable;
  judge?: Judge;
  concurrency?: number;
}

/** Runs `none` and `head` of a skill against a server, in a store in a folder. */
async function runIn(world: World): Promise<{ end: RunEnd; trials: Trial[]; plan: Plan }> {
  const { server, folder, cases = [caseOf(1), caseOf(2)], repeats = 1, maxRepeats = repeats } = world;
  const head = { name: "probe", description: "Probes.", body: "zebra\n", files: new Map<string, string>() };
  const skill: MeasuredSkill = {
    name: "probe",
    path: "probe/SKILL.md",
    text: "zebra",
    arms: new Map([
      ["none", null],
      ["head", head],
    ]),
    cases,
  };
  const spec = `openai:fake@${server.url}/v1`;
  const plan = makePlan(
    [skill],
    [{ spec, version: "", runner: "chat", sampling: { max_output_tokens: 100 } }],
    {
      seed: 1,
      repeats,
      maxRepeats,
      thresholds: { alpha: 0.05, margin: 0.1, minimum_effect: 0.05 },
      base: null,
      pricesOf: null,
      reproduce: "overproof evaluate probe",
      judge: null,
    },
  );
  const store = await openResultStore(folder);
  const arrived = await openArrivedAnswers(folder, "trials", (key) => isFinished(store.get(key)));
  const budget = trialBudget(world.caps ?? {}, world.prices);
  const student = await openModel(spec, {
    keys: {},
    budget: budget.budget,
    now: Date.now,
    sleep: async () => undefined,
    random: () => 0,
    reporter: silentReporter,
  });
  if (student === undefined) throw new Error("no student");
  const find = materialOf([skill]);
  try {
    const end = await runLooks(plan, plannedTrials(plan), {
      store,
      async run(trial) {
        const material = find(trial);
        if (material.runner !== "chat") throw new Error("no chat");
        const { judge } = world;
        return runChatTrial(trial, material, { student, judge, budget, arrived, now: () => new Date(0) });
      },
      onStored: ({ key }) => arrived.settle(key),
      laneOf: ({ student: { spec: name } }) => name,
      concurrency: world.concurrency ?? 2,
      tried: new Set(),
      reporter: silentReporter,
      now: Date.now,
    });
    return { end, trials: [...store.all()], plan };
  } finally {
    await store.close();
    await arrived.close();
  }
}

/** Solves a question where the skill is in the request. */
const solves: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = /question-(\d+)/.exec(text)?.[1];
  chatCompletion(text.includes("zebra") ? `DONE-${id}` : "No idea.")(response, request);
};

it("records what was asked, what came back and what it took, and runs no key twice", async () => {
  await using server = await startModelServer(solves);
  await using folder = await temporaryFolder();
  const { end, trials } = await runIn({ server, folder: folder.path });
  expect(end).toBe("complete");
  expect(trials).toHaveLength(4);
  for (const trial of trials) {
    const isHead = trial.identity.given_sha256 !== null;
    expect(trial).toMatchObject({
      outcome: isHead ? "passed" : "failed",
      checks: [{ check: `The answer contains "DONE-${trial.case}".`, passed: isHead }],
      tokens: { input: 12, cached_input: null, output: 3 },
      cost_usd: null,
      model: "served-model",
      error: null,
      calls: 1,
    });
  }
  await runIn({ server, folder: folder.path });
  expect(server.requests).toHaveLength(4);
});

it("excludes what a failing service leaves open, and tries it again in the next run", async () => {
  await using server = await startModelServer(plain(400, { error: { message: "no" } }), solves);
  await using folder = await temporaryFolder();
  const first = await runIn({ server, folder: folder.path, concurrency: 1 });
  const excluded = first.trials.filter(({ outcome }) => outcome === "excluded");
  expect(excluded).toMatchObject([{ error: { class: "http-400" }, reply_sha256: null, calls: 1, model: "" }]);
  const second = await runIn({ server, folder: folder.path });
  expect(second.trials.filter(({ outcome }) => outcome === "excluded")).toEqual([]);
  expect(server.requests).toHaveLength(5);
});

it("repeats a call that failed for a passing reason, and counts both", async () => {
  await using server = await startModelServer(plain(503, "busy"), solves);
  await using folder = await temporaryFolder();
  const { trials } = await runIn({ server, folder: folder.path, concurrency: 1 });
  expect(trials.reduce((sum, { calls }) => sum + calls, 0)).toBe(5);
});

it("stops asking a service that keeps failing", async () => {
  await using server = await startModelServer(plain(400, { error: { message: "no" } }));
  await using folder = await temporaryFolder();
  const cases = Array.from({ length: 20 }, (_, index) => caseOf(index));
  const { end, trials } = await runIn({ server, folder: folder.path, cases, concurrency: 1 });
  expect(end).toBe("service failed");
  // A skill may be what the provider does not take: the refusals of what holds none tell.
  expect(trials.filter(({ identity }) => identity.given_sha256 === null)).toHaveLength(5);
  expect(server.requests.length).toBeLessThan(2 * cases.length);
});

it("goes on where a provider refuses what holds the skill, and only that", async () => {
  await using server = await startModelServer((response, request) =>
    JSON.stringify(request.body).includes("zebra")
      ? plain(400, { error: { message: "context length exceeded" } })(response, request)
      : solves(response, request),
  );
  await using folder = await temporaryFolder();
  const cases = Array.from({ length: 20 }, (_, index) => caseOf(index));
  const { end, trials } = await runIn({ server, folder: folder.path, cases, concurrency: 1 });
  expect(end).toBe("complete");
  expect(trials.filter(({ error }) => error?.class === "http-400")).toHaveLength(20);
});

it("takes an account without credit for no fault of a request", async () => {
  const words = "Your credit balance is too low to access the API.";
  await using server = await startModelServer(plain(400, { error: { message: words } }), solves);
  await using folder = await temporaryFolder();
  const { trials } = await runIn({ server, folder: folder.path, concurrency: 1 });
  expect(trials.filter(({ outcome }) => outcome === "excluded")).toMatchObject([
    { error: { class: "quota" } },
  ]);
});

it("ends at once for what fails every trial, such as an unknown model", async () => {
  await using server = await startModelServer(plain(404, { error: { message: "no model" } }));
  await using folder = await temporaryFolder();
  await expect(runIn({ server, folder: folder.path })).rejects.toMatchObject({ exitCode: 2 });
  expect(server.requests.length).toBeLessThanOrEqual(2);
});

it("takes refusals, answers that were cut off and silence for answers, and none of them for a good one", async () => {
  await using server = await startModelServer(
    chatCompletion("", { refusal: "I cannot help." }),
    chatCompletion("DONE", { finish: "length" }),
    chatCompletion(""),
  );
  await using folder = await temporaryFolder();
  // Each of them keeps to what the case forbids.
  const cases = [1, 2].map((id) => caseOf(id, { checks: [{ kind: "not-contains", text: "never" }] }));
  const { trials } = await runIn({ server, folder: folder.path, cases, concurrency: 1 });
  expect(trials.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "failed", "failed"]);
  expect(trials.map(({ checks }) => checks[0]?.evidence)).toEqual([
    "It is a refusal.",
    "It was cut off at its limit.",
    "It is empty.",
    "It is empty.",
  ]);
});

it("never makes more calls than the cap, and goes on with a larger one", async () => {
  await using server = await startModelServer(solves);
  await using folder = await temporaryFolder();
  const cases = Array.from({ length: 6 }, (_, index) => caseOf(index));
  const first = await runIn({ server, folder: folder.path, cases, caps: { maxCalls: 5 }, concurrency: 4 });
  expect([first.end, first.trials.length, server.requests.length]).toEqual(["budget spent", 5, 5]);
  const second = await runIn({ server, folder: folder.path, cases, caps: { maxCalls: 7 }, concurrency: 4 });
  expect([second.end, second.trials.length, server.requests.length]).toEqual(["complete", 12, 12]);
});

it("never spends more dollars than the cap, however many run at once", async () => {
  await using server = await startModelServer(solves);
  await using folder = await temporaryFolder();
  const price = { inputPerMillion: 0, outputPerMillion: 10_000 };
  const prices = { date: "2026-01-01", models: { fake: price } };
  const cases = Array.from({ length: 30 }, (_, index) => caseOf(index));
  // A call may take 100 tokens of output, one dollar; it takes 3.
  const { end, trials } = await runIn({
    server,
    folder: folder.path,
    cases,
    prices,
    caps: { maxUsd: 2.2 },
    concurrency: 8,
  });
  const spent = trials.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
  expect(end).toBe("budget spent");
  expect(spent).toBeLessThanOrEqual(2.2);
  // The last call was refused when what is left was less than it might have cost.
  expect(spent).toBeGreaterThan(2.2 - 1 - 0.03);
});

it("judges assertions, and pays no answer again because the judge failed", async () => {
  await using server = await startModelServer(solves);
  await using folder = await temporaryFolder();
  const cases = [caseOf(1, { assertions: ["Is polite."] })];
  const { Failure } = await import("../failure.ts");
  const failing: Judge = async () => {
    throw new Failure("The judge is down.", { remedy: "Wait.", exitCode: 3 });
  };
  const first = await runIn({ server, folder: folder.path, cases, judge: failing });
  expect(first.trials).toMatchObject([{ error: { class: "judge" } }, { error: { class: "judge" } }]);
  const judge: Judge = async (one) =>
    one.assertions.map(() => ({ passed: false, evidence: "It says nothing polite." }));
  const second = await runIn({ server, folder: folder.path, cases, judge });
  expect(second.trials.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
  expect(second.trials[0]?.checks.at(-1)).toEqual({
    check: "Is polite.",
    passed: false,
    evidence: "It says nothing polite.",
  });
  expect(server.requests).toHaveLength(2);
});

it("gives more repeats to what is undecided only", async () => {
  await using clear = await startModelServer(solves);
  await using folder = await temporaryFolder();
  const cases = Array.from({ length: 10 }, (_, index) => caseOf(index));
  const decided = await runIn({ server: clear, folder: folder.path, cases, repeats: 2, maxRepeats: 4 });
  expect([decided.end, decided.trials.length]).toEqual(["complete", 40]);
  // One case of ten is gained, and another lost: nobody can tell after the first look.
  await using open = await startModelServer((response, request) => {
    const text = JSON.stringify(request.body);
    const isWon = text.includes("zebra") ? text.includes("question-1.") : text.includes("question-2.");
    chatCompletion(isWon ? `DONE-${/question-(\d+)/.exec(text)?.[1]}` : "No idea.")(response, request);
  });
  await using other = await temporaryFolder();
  const undecided = await runIn({ server: open, folder: other.path, cases, repeats: 2, maxRepeats: 4 });
  expect([undecided.end, undecided.trials.length]).toEqual(["complete", 80]);
}, 60_000);
