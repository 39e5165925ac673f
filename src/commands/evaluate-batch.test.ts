import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { expect, it } from "vitest";
import { type BatchServer, startBatchServer } from "../../test/batch-server.ts";
import { temporaryFolder } from "../../test/run.ts";
import { compareText } from "../compare-text.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import type { Trial } from "../evaluate/trial.ts";
import type { Context } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import type { EvaluateRequest } from "./evaluation.ts";

const skillText = `---
name: codes
description: Answers numbered questions. Use when a question has a number.
---

The code begins with quartz, then comes a hyphen and the number.
`;

/** Solves a question where the skill is in the request. */
const solves = (body: Record<string, unknown>): string => {
  const text = JSON.stringify(body);
  return text.includes("quartz") ? `quartz-${/question-(\d+)/.exec(text)?.[1]}` : "No idea.";
};

async function makeWorld(
  folder: string,
  { cases = 4, config = {} }: { cases?: number; config?: object } = {},
) {
  const skill = join(folder, "skills/codes");
  await mkdir(join(skill, "evals"), { recursive: true });
  await writeFile(join(skill, "SKILL.md"), skillText);
  const evals = Array.from({ length: cases }, (_, index) => ({
    id: index + 1,
    prompt: `Solve question-${index + 1}.`,
    overproof: { checks: [{ kind: "contains", text: `quartz-${index + 1}` }] },
  }));
  await writeFile(join(skill, "evals/evals.json"), JSON.stringify({ skill_name: "codes", evals }));
  await writeFile(join(folder, "overproof.yml"), stringify(config));
}

interface Measured {
  ended: string;
  trials: Trial[];
  said: string[];
  sleeps: number[];
}

async function measured(
  folder: string,
  students: string[],
  request: Partial<EvaluateRequest> = {},
  now: () => Date = () => new Date(),
): Promise<Measured> {
  const said: string[] = [];
  const sleeps: number[] = [];
  const context: Context = {
    cwd: folder,
    environment: { PATH: process.env["PATH"] },
    reporter: {
      info: (message) => void said.push(message),
      warning: (message) => void said.push(message),
      progress: () => undefined,
    },
    now,
    random: () => 0,
    sleep: async (milliseconds) => void sleeps.push(milliseconds),
  };
  const results = request.results ?? "results";
  const { result } = await evaluate(
    {
      skills: [],
      students,
      repeats: 1,
      placebo: false,
      aa: false,
      plan: false,
      batch: true,
      ...request,
      results,
    },
    context,
  );
  const store = await openResultStore(join(folder, results));
  await store.close();
  const trials = [...store.all()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { ended: "ended" in result ? result.ended : "", trials, said, sleeps };
}

/** Without what a batch changes: when, how long, and for how much. */
function lasting(trials: readonly Trial[]): Trial[] {
  return trials.map((trial) => ({ ...trial, latency_ms: 0, cost_usd: null, finished_at: "" }));
}

const specs = {
  openai: ({ url }: BatchServer) => `openai:fake@${url}/v1`,
  anthropic: ({ url }: BatchServer) => `anthropic:fake@${url}`,
};
const providers = ["openai", "anthropic"] as const;
const price = { "input-per-million": 1000, "output-per-million": 2000 };
const prices = { date: "2026-01-01", models: { fake: price } };

it.each(providers)("gets from batches of %s what single calls get, for half the price", async (provider) => {
  await using folder = await temporaryFolder();
  await using server = await startBatchServer({ answer: solves, polls: 8 });
  const config = { prices, evaluate: { temperature: 0.5, "max-output-tokens": 64 } };
  await makeWorld(folder.path, { config });
  const spec = specs[provider](server);
  const batched = await measured(folder.path, [spec]);
  expect([server.batches.length, server.plain.length]).toEqual([1, 0]);
  const plain = await measured(folder.path, [spec], { batch: false, results: "plain" });
  expect(server.plain).toHaveLength(8);
  expect(batched.ended).toBe("complete");
  const told = ({ said }: Measured): number => Number(/, about \$(\d+\.\d+)/.exec(said.join("\n"))?.[1]);
  expect(told(plain)).toBeGreaterThan(0);
  expect(told(batched)).toBeCloseTo(told(plain) / 2, 2);
  expect(lasting(batched.trials)).toEqual(lasting(plain.trials));
  expect(batched.trials.map(({ outcome }) => outcome)).toContain("passed");
  for (const [index, trial] of batched.trials.entries()) {
    expect(trial.cost_usd).toBeCloseTo((plain.trials[index]?.cost_usd ?? 0) / 2, 10);
    expect(trial).toMatchObject({ calls: 1, latency_ms: 0 });
  }
  // What asks the model is the same; how the answer comes is not.
  const asked = (bodies: readonly Record<string, unknown>[]): string[] =>
    bodies
      .map(({ stream: _stream, stream_options: _options, ...body }) =>
        JSON.stringify(Object.entries(body).sort(([a], [b]) => (a < b ? -1 : 1))),
      )
      .sort();
  expect(asked(server.batches[0]?.calls.map(({ body }) => body) ?? [])).toEqual(asked(server.plain));
  expect(new Set(server.batches[0]?.calls.map((one) => one.custom_id))).toEqual(
    new Set(batched.trials.map(({ key }) => key)),
  );
  expect(batched.sleeps.slice(0, 3)).toEqual([1000, 1500, 2250]);
  expect(Math.max(...batched.sleeps)).toBeLessThanOrEqual(60_000);
  expect(
    (await readdir(join(folder.path, "results"))).filter((name) => /batches|arrived/.test(name)),
  ).toEqual([]);
});

it("waits no longer than a minute between two questions, and tells how far a long batch is", async () => {
  await using folder = await temporaryFolder();
  await using server = await startBatchServer({ answer: solves, polls: 25 });
  await makeWorld(folder.path);
  let minutes = 0;
  const { sleeps, said } = await measured(
    folder.path,
    [specs.openai(server)],
    {},
    () => new Date((minutes += 1) * 60_000),
  );
  expect(sleeps.at(-1)).toBe(60_000);
  expect(sleeps).toHaveLength(25);
  expect(said.filter((one) => one.includes("0 of 8 calls")).length).toBeGreaterThan(1);
  expect(said.find((one) => one.includes("0 of 8 calls"))).toContain("it ends by 20");
});

it("makes single calls of what failed, and leaves what was not tried to the next run", async () => {
  for (const provider of providers) {
    await using folder = await temporaryFolder();
    let hasTime = false;
    await using server = await startBatchServer({
      answer: solves,
      fate(body) {
        const text = JSON.stringify(body);
        if (text.includes("question-1.")) return { status: 500, message: "overloaded" };
        if (text.includes("question-2.") && !hasTime) return "expired";
        if (text.includes("question-3.") && !hasTime) return "canceled";
        return text.includes("question-4.") ? "lost" : undefined;
      },
    });
    await makeWorld(folder.path, { cases: 12 });
    const spec = specs[provider](server);
    const first = await measured(folder.path, [spec]);
    expect(first.ended).toBe("complete");
    // Question 1 failed, and the results say nothing of question 4.
    expect(server.plain).toHaveLength(4);
    expect(first.said).toContain(`4 calls to ${spec} failed in their batch and are made one by one.`);
    const excluded = first.trials.filter(({ outcome }) => outcome === "excluded");
    expect(excluded.map(({ error }) => error?.class ?? "").sort(compareText)).toEqual([
      "canceled",
      "canceled",
      "expired",
      "expired",
    ]);
    expect(first.trials).toHaveLength(24);
    hasTime = true;
    const second = await measured(folder.path, [spec]);
    expect(server.batches.map(({ calls }) => calls.length)).toEqual([24, 4]);
    expect(second.trials.filter(({ outcome }) => outcome === "excluded")).toEqual([]);
  }
});

it("leaves out a setting that a model refuses, and asks again in a batch", async () => {
  await using folder = await temporaryFolder();
  await using server = await startBatchServer({
    answer: solves,
    fate: (body) =>
      "temperature" in body
        ? { status: 400, message: "Unsupported value: 'temperature' does not support 0.5." }
        : "max_tokens" in body
          ? { status: 400, message: "Use 'max_completion_tokens' instead." }
          : undefined,
  });
  await makeWorld(folder.path, { config: { evaluate: { temperature: 0.5 } } });
  const { trials } = await measured(folder.path, [specs.openai(server)]);
  expect([server.batches.length, server.plain.length]).toEqual([3, 0]);
  expect(trials.filter(({ outcome }) => outcome === "excluded")).toEqual([]);
});

it("hands in nothing that the budget has no room for", async () => {
  for (const request of [{ budgetUsd: 1 }, { maxCalls: 7 }]) {
    await using folder = await temporaryFolder();
    await using server = await startBatchServer({ answer: solves });
    await makeWorld(folder.path, { config: { prices } });
    const { ended, said, trials } = await measured(folder.path, [specs.openai(server)], request);
    expect([ended, server.batches.length, server.plain.length, trials.length]).toEqual([
      "budget spent",
      0,
      0,
      0,
    ]);
    expect(said.join("\n")).toContain("too small for a batch of 8 calls");
    const enough = await measured(folder.path, [specs.openai(server)], { budgetUsd: 1000, maxCalls: 8 });
    expect([enough.ended, server.batches.length]).toEqual(["complete", 1]);
  }
});

it("says once that a server has no batches, and makes single calls", async () => {
  for (const provider of providers) {
    await using folder = await temporaryFolder();
    await using server = await startBatchServer({ answer: solves, withoutBatches: 404 });
    await makeWorld(folder.path);
    const spec = specs[provider](server);
    const { ended, said, trials } = await measured(folder.path, [spec], { repeats: 2 });
    expect([ended, trials.length, server.plain.length]).toEqual(["complete", 16, 16]);
    expect(
      said.filter((one) => one === `${spec} has no batches: its calls are made one by one.`),
    ).toHaveLength(1);
    expect((await readdir(join(folder.path, "results"))).filter((name) => name.includes("batches"))).toEqual(
      [],
    );
  }
});

it("makes single calls where a skill is disclosed step by step", async () => {
  await using folder = await temporaryFolder();
  await using server = await startBatchServer({ answer: solves });
  await makeWorld(folder.path, { config: { evaluate: { disclosure: "progressive" } } });
  const { said } = await measured(folder.path, [specs.openai(server)]);
  expect(server.batches).toHaveLength(0);
  expect(said.filter((one) => one.includes("gets skills step by step"))).toHaveLength(1);
});

it("ends with the provider's words where a batch is refused as a whole", async () => {
  await using folder = await temporaryFolder();
  await using server = await startBatchServer({ answer: solves, refusal: "Enqueued token limit reached." });
  await makeWorld(folder.path);
  const { ended, said } = await measured(folder.path, [specs.openai(server)]);
  expect([ended, server.plain.length]).toEqual(["service failed", 0]);
  expect(said.join("\n")).toContain("refused batch batch_1: Enqueued token limit reached.");
});

it.each(providers)(
  "finds the batch of %s whose name never arrived, also beside one of somebody else",
  async (provider) => {
    await using folder = await temporaryFolder();
    await using server = await startBatchServer({ answer: solves, losesFirstName: true });
    await makeWorld(folder.path);
    const { trials } = await measured(folder.path, [specs[provider](server)]);
    expect([server.batches.length, server.plain.length, trials.length]).toEqual([1, 0, 8]);

    // A process that was killed before the name arrived left a journal that says what it had prepared.
    const own = server.batches[0];
    const keys = own?.calls.map((call) => call.custom_id) ?? [];
    server.addBatch(keys.map((_, index) => ({ custom_id: `other-${index}`, body: {} })));
    await mkdir(join(folder.path, "again"));
    const line = {
      event: "prepared",
      number: 1,
      student: specs[provider](server),
      ticket: own?.file,
      at: Date.now(),
      keys,
    };
    await writeFile(join(folder.path, "again/batches-trials.ndjson"), `${JSON.stringify(line)}\n`);
    const again = await measured(folder.path, [specs[provider](server)], { results: "again" });
    expect([server.batches.length, server.plain.length]).toEqual([2, 0]);
    expect(lasting(again.trials)).toEqual(lasting(trials));
  },
);

it.each(providers)(
  "goes on waiting for the same batch of %s after kill -9, with --batch or without",
  async (provider) => {
    await using folder = await temporaryFolder();
    await using server = await startBatchServer({ answer: solves, polls: Number.POSITIVE_INFINITY });
    await makeWorld(folder.path);
    const spec = specs[provider](server);
    for (let round = 0; round < 2; round += 1) {
      const child = spawn(
        process.execPath,
        [
          join(import.meta.dirname, "../cli.ts"),
          "evaluate",
          "--student",
          spec,
          "--repeats",
          "1",
          "--batch",
          "--results",
          "results",
        ],
        { cwd: folder.path, env: { PATH: process.env["PATH"], HOME: "/nonexistent" }, stdio: "ignore" },
      );
      const ended = new Promise<void>((done) => child.on("exit", () => done()));
      const before = server.batches[0]?.polls ?? 0;
      const deadline = Date.now() + 40_000;
      while ((server.batches[0]?.polls ?? 0) === before && child.exitCode === null && Date.now() < deadline)
        await sleep(20);
      expect(child.exitCode).toBeNull();
      child.kill("SIGKILL");
      await ended;
    }
    server.release();
    const { ended, trials, said } = await measured(folder.path, [spec], { batch: provider === "openai" });
    expect([ended, trials.length, server.batches.length, server.plain.length]).toEqual(["complete", 8, 1, 0]);
    expect(said.join("\n")).toContain("8 calls to");
  },
  120_000,
);

it("refuses to ask again for a batch that the provider does not know, and for a journal that is damaged", async () => {
  await using folder = await temporaryFolder();
  await using server = await startBatchServer({ answer: solves });
  await makeWorld(folder.path);
  const spec = specs.openai(server);
  const path = join(folder.path, "results/batches-trials.ndjson");
  await mkdir(join(folder.path, "results"));
  const { trials } = await measured(folder.path, [spec], { batch: false, results: "plain" });
  const keys = trials.map(({ key }) => key);
  const lines = [
    { event: "prepared", number: 1, student: spec, ticket: "file_9", at: 0, keys },
    { event: "submitted", number: 1, batch: "batch_9" },
  ];
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await expect(measured(folder.path, [spec])).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("does not know the batch batch_9") as string,
  });
  expect(await readFile(path, "utf8")).toContain("batch_9");
  await writeFile(path, "{}\n");
  await expect(measured(folder.path, [spec])).rejects.toMatchObject({ exitCode: 2 });
  expect([server.batches.length, server.plain.length]).toEqual([0, 8]);
});

it("has a batch for each student and each look, while others go on", async () => {
  await using folder = await temporaryFolder();
  // Half of the answers are wrong with the skill too, so that every look is undecided.
  await using server = await startBatchServer({
    answer: (body) => (JSON.stringify(body).includes("question-1.") ? "No idea." : solves(body)),
  });
  await using other = await startBatchServer({ answer: solves, withoutBatches: 404 });
  await makeWorld(folder.path, { cases: 2 });
  const students = [specs.openai(server), `openai:second@${server.url}/v1`, specs.anthropic(other)];
  const { ended, trials } = await measured(folder.path, students, { repeats: 1, maxRepeats: 2 });
  expect([ended, trials.length]).toEqual(["complete", 24]);
  const models = server.batches.map(({ calls }) => calls.map(({ body }) => body["model"]));
  expect(models.map((some) => [some.length, new Set(some).size])).toEqual([
    [4, 1],
    [4, 1],
    [4, 1],
    [4, 1],
  ]);
  expect(other.plain).toHaveLength(8);
  expect(server.plain).toHaveLength(0);
});
