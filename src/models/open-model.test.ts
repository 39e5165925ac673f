import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { chatCompletion, message, plain, startModelServer } from "../../test/model-server.ts";
import { silentReporter } from "../reporter.ts";
import { createBudget } from "./budget.ts";
import type { Model, Question } from "./model.ts";
import { openModel } from "./open-model.ts";
import type { OpenModelOptions } from "./open-model.ts";

const question: Question<{ gain: number }> = {
  purpose: "distill",
  system: "You distil.",
  prompt: "What gained?",
  schema: z.object({ gain: z.number() }),
};

let folder: string;
let waits: number[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "overproof-model-"));
  waits = [];
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

function options(rest: Partial<OpenModelOptions> = {}): OpenModelOptions {
  let clock = 0;
  return {
    keys: {},
    budget: createBudget({}, undefined),
    now: () => (clock += 10),
    sleep: (wait) => {
      waits.push(wait);
      return Promise.resolve();
    },
    random: () => 0,
    reporter: silentReporter,
    ...rest,
  };
}

async function open(spec: string, rest: Partial<OpenModelOptions> = {}): Promise<Model> {
  const model = await openModel(spec, options(rest));
  if (model === undefined) {
    throw new Error(`${spec} opened no model`);
  }
  return model;
}

describe("openModel", () => {
  it("opens no model for offline", async () => {
    expect(await openModel("offline", options())).toBeUndefined();
  });

  it.each([
    ["command:claude", "only evaluate takes one"],
    ["gpt-5", "is not a model spec"],
    ["openai:gpt-5", "needs a key"],
    ["anthropic:claude", "needs a key"],
    ["replay:not-there", "cannot be read"],
  ])("refuses %s as wrong usage", async (spec, words) => {
    await expect(openModel(spec, options())).rejects.toMatchObject({
      message: expect.stringContaining(words) as string,
      exitCode: 2,
    });
  });

  it("asks a compatible server without a key, waits as it says, and counts the cost", async () => {
    await using server = await startModelServer(
      plain(529, { error: { message: "overloaded" } }, { "retry-after": "3" }),
      plain(503, "", { "retry-after-ms": "250" }),
      chatCompletion('{"gain":4}', { usage: { prompt_tokens: 100, completion_tokens: 10 } }),
    );
    const prices = {
      date: "2026-11-01",
      models: { "tiny*": { inputPerMillion: 10, outputPerMillion: 100 } },
    };
    const budget = createBudget({ maxUsd: 5 }, prices);
    const spec = `openai:tiny@${server.url}/v1`;
    const model = await open(spec, { budget, keys: { openai: "sk-not-for-other-servers" } });
    expect(model.spec).toBe(spec);
    expect(await model.ask(question)).toMatchObject({
      value: { gain: 4 },
      model: "served-model",
      costUsd: 0.002,
      latencyMs: 10,
    });
    expect(waits).toEqual([3_000, 250]);
    expect(budget.spent).toEqual({ calls: 1, tokens: 110, usd: 0.002, unpricedCalls: 0 });
    expect(JSON.stringify(server.requests)).not.toContain("sk-not-for-other-servers");
  });

  it("speaks Anthropic's API to a server of that kind, with the key for such servers", async () => {
    await using server = await startModelServer(message('{"gain":5}'));
    const model = await open(`anthropic:claude@${server.url}`, { keys: { anthropic: "a", compatible: "c" } });
    expect((await model.ask(question)).value).toEqual({ gain: 5 });
    expect(server.requests[0]?.headers["x-api-key"]).toBe("c");
  });

  it("warns before a key leaves the machine unencrypted", async () => {
    const warnings: string[] = [];
    const reporter = { ...silentReporter, warning: (text: string) => warnings.push(text) };
    await open("openai:m@http://gpu.example/v1", { keys: { compatible: "c" }, reporter });
    await open("openai:m@https://gpu.example/v1", { keys: { compatible: "c" }, reporter });
    expect(warnings).toEqual([expect.stringContaining("openai:m@http://gpu.example/v1") as string]);
  });

  it("refuses to open a model whose price a dollar budget needs", async () => {
    const budget = createBudget({ maxUsd: 1 }, undefined);
    await expect(openModel("openai:m@http://localhost/v1", options({ budget }))).rejects.toMatchObject({
      exitCode: 2,
    });
  });

  it("stops at the budget, keeps what is done, and saves the prompt it did not send", async () => {
    await using server = await startModelServer(chatCompletion('{"gain":4}'));
    const budget = createBudget({ maxCalls: 1 }, undefined);
    const model = await open(`openai:m@${server.url}/v1`, { budget, recordFolder: folder });
    await model.ask(question);
    await expect(model.ask({ ...question, prompt: "And then?" })).rejects.toMatchObject({
      message: expect.stringContaining("The budget of this run is spent") as string,
      exitCode: 3,
    });
    expect(server.requests).toHaveLength(1);
    expect(await readFile(join(folder, "llm_prompt_02.txt"), "utf8")).toContain("And then?");
  });

  it("gives up on a server that stays busy", async () => {
    await using server = await startModelServer(plain(500, { error: { message: "boom" } }));
    const model = await open(`openai:m@${server.url}/v1`);
    await expect(model.ask(question)).rejects.toMatchObject({
      message: `openai:m@${server.url}/v1 answered 500: boom, at the last of 6 attempts.`,
      exitCode: 3,
    });
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  it("asks once more for an answer that is no JSON, and replays both calls to the same answer", async () => {
    await using server = await startModelServer(chatCompletion("I think 4."), chatCompletion('{"gain":4}'));
    const recording = join(folder, "recorded");
    const recorded = await (
      await open(`openai:m@${server.url}/v1`, { recordFolder: recording })
    ).ask(question);
    expect(server.requests).toHaveLength(2);
    expect(JSON.stringify(server.requests[1]?.body)).toContain("I think 4.");
    const again = join(folder, "again");
    const replayed = await (await open(`replay:${recording}`, { recordFolder: again })).ask(question);
    expect(replayed).toEqual(recorded);
    const calls = "llm_calls.jsonl";
    expect(await readFile(join(again, calls))).toEqual(await readFile(join(recording, calls)));
  });

  it("fails when the answer does not fit twice, and keeps both answers", async () => {
    await using server = await startModelServer(chatCompletion('{"gain":"4"}'));
    const model = await open(`openai:m@${server.url}/v1`, { recordFolder: folder });
    await expect(model.ask(question)).rejects.toMatchObject({
      message: expect.stringContaining("does not fit: gain: ") as string,
      exitCode: 3,
    });
    expect(server.requests).toHaveLength(2);
    expect(await readFile(join(folder, "llm_response_02.txt"), "utf8")).toBe('{"gain":"4"}');
  });

  it("does not overwrite a recording by its own replay", async () => {
    await using server = await startModelServer(chatCompletion('{"gain":4}'));
    await (await open(`openai:m@${server.url}/v1`, { recordFolder: folder })).ask(question);
    await expect(
      openModel(`replay:${folder}/inside/..`, options({ recordFolder: folder })),
    ).rejects.toMatchObject({ exitCode: 2 });
    expect(await readFile(join(folder, "llm_response.txt"), "utf8")).toBe('{"gain":4}');
  });
});

it("loads no SDK before the first call", async () => {
  await using server = await startModelServer(chatCompletion('{"gain":4}'));
  const script = `
    import { registerHooks } from "node:module";
    const loaded = { openai: 0, anthropic: 0 };
    registerHooks({
      load(url, context, next) {
        loaded.openai += url.includes("/node_modules/openai/") ? 1 : 0;
        loaded.anthropic += url.includes("/node_modules/@anthropic-ai/") ? 1 : 0;
        return next(url, context);
      },
    });
    const { openModel } = await import("./open-model.ts");
    const { createBudget } = await import("./budget.ts");
    const { silentReporter } = await import("../reporter.ts");
    const { z } = await import("zod");
    const model = await openModel("openai:m@${server.url}/v1", {
      keys: {}, budget: createBudget({}, undefined), now: () => 0, sleep: async () => {}, random: () => 0,
      reporter: silentReporter,
    });
    const before = { ...loaded };
    await model.ask({ purpose: "p", system: "", prompt: "p", schema: z.object({ gain: z.number() }) });
    process.stdout.write(JSON.stringify({ before, after: loaded }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
  });
  const counts = z
    .object({
      before: z.object({ openai: z.number(), anthropic: z.number() }),
      after: z.object({ openai: z.number(), anthropic: z.number() }),
    })
    .parse(JSON.parse(stdout));
  expect(counts.before).toEqual({ openai: 0, anthropic: 0 });
  expect(counts.after.openai).toBeGreaterThan(0);
  expect(counts.after.anthropic).toBe(0);
});
