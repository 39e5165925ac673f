import { expect, test } from "vitest";
import { readInputs } from "./inputs.ts";

const read = (inputs: Record<string, string>): ReturnType<typeof readInputs> =>
  readInputs((name) => inputs[name] ?? "");

const keys = {
  "github-token": "ghs",
  "anthropic-api-key": "a",
  "openai-api-key": "o",
  "model-api-key": "m",
};

test("distill gets its request and the model keys, and no token that can write", () => {
  const inputs = { command: "distill", paths: " one \n\n two\r\n", library: "lib", op: " relu ", ...keys };
  expect(read(inputs)).toEqual({
    command: "distill",
    secrets: { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", OVERPROOF_API_KEY: "m", GITHUB_TOKEN: "" },
    request: {
      paths: ["one", "two"],
      mode: "auto",
      op: "relu",
      model: undefined,
      output: "lib",
      workspace: undefined,
      config: undefined,
      dryRun: false,
    },
  });
});

test("generate gets its words line by line and the model keys, and no token", () => {
  const inputs = {
    command: "generate",
    task: "Tell tides\nby heart",
    examples: "a => b\n\n c => d \r\n",
    from: "one\ntwo",
    rounds: "3",
    "skill-meta": "true",
    library: "lib",
  };
  expect(read({ ...inputs, ...keys })).toEqual({
    command: "generate",
    secrets: { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", OVERPROOF_API_KEY: "m", GITHUB_TOKEN: "" },
    request: {
      task: "Tell tides\nby heart",
      examples: ["a => b", "c => d"],
      from: ["one", "two"],
      rounds: 3,
      skillMeta: true,
      output: "lib",
      dryRun: false,
    },
  });
});

test("propose gets the token and no model key", () => {
  const inputs = {
    command: "propose",
    proposal: "p.json",
    library: "lib",
    repository: "o/n",
    "dry-run": "TRUE",
  };
  expect(read({ ...inputs, ...keys })).toEqual({
    command: "propose",
    secrets: { GITHUB_TOKEN: "ghs" },
    request: {
      proposal: "p.json",
      repository: "o/n",
      base: undefined,
      library: "lib",
      config: undefined,
      push: true,
      dryRun: true,
    },
  });
});

test.each([
  [{ paths: "a\nb", library: "lib" }, ["a", "b"]],
  [{ library: "lib" }, ["lib"]],
  [{}, []],
])("lint with %j checks %j and gets no secret", (inputs, paths) => {
  expect(read({ command: "lint", config: "o.yml", ...inputs, ...keys })).toEqual({
    command: "lint",
    secrets: {},
    request: { paths, config: "o.yml" },
  });
});

test.each([
  [{}, "The input command is empty."],
  [{ command: "destill" }, 'The input command is "destill".'],
  [{ command: "distill" }, "The input paths is empty."],
  [{ command: "distill", paths: "a", mode: "guess" }, 'The input mode is "guess".'],
  [{ command: "distill", paths: "a", "dry-run": "yes" }, 'The input dry-run is "yes".'],
  [{ command: "generate" }, "The input task is empty."],
  [{ command: "generate", task: "a", rounds: "many" }, 'The input rounds is "many".'],
  [{ command: "propose" }, "The input proposal is empty."],
])("refuses %j in one sentence", (inputs, message) => {
  expect(() => read(inputs)).toThrow(
    expect.objectContaining({ name: "Failure", exitCode: 2, message }) as Error,
  );
});

test("measuring kernels gets no key and no token", () => {
  const inputs = { command: "evaluate", measure: "bundle", results: "out", "budget-minutes": "30", ...keys };
  expect(read(inputs)).toEqual({
    command: "measure",
    secrets: {},
    request: { bundle: "bundle", results: "out", budgetMinutes: 30, config: undefined },
  });
});

test("organize gets scopes and the model keys, and no token that can write", () => {
  const inputs = { command: "organize", scope: "triton-cuda\ncpp", model: "offline", "dry-run": "true" };
  expect(read({ ...inputs, ...keys })).toEqual({
    command: "organize",
    secrets: { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", OVERPROOF_API_KEY: "m", GITHUB_TOKEN: "" },
    request: { scopes: ["triton-cuda", "cpp"], model: "offline", evaluate: false, dryRun: true },
  });
  expect(read({ ...inputs, review: "true", ...keys })).toEqual({
    command: "review",
    secrets: {},
    request: { scopes: ["triton-cuda", "cpp"] },
  });
});

test("retire and restore get the token and no model key, and want a name", () => {
  expect(read({ command: "retire", name: "old", reason: "Nobody uses it.", ...keys })).toEqual({
    command: "retire",
    secrets: { GITHUB_TOKEN: "ghs" },
    request: { name: "old", reason: "Nobody uses it.", push: true, dryRun: false },
  });
  expect(read({ command: "retire", "import-archive": "true", ...keys })).toMatchObject({
    command: "import archive",
    secrets: { GITHUB_TOKEN: "ghs" },
  });
  expect(read({ command: "restore", name: "old", commit: "0a1b2c3d", ...keys })).toMatchObject({
    command: "restore",
    secrets: { GITHUB_TOKEN: "ghs" },
    request: { skill: "old@0a1b2c3d", push: true },
  });
  expect(() => read({ command: "retire", name: "old" })).toThrow("The input reason is empty.");
  expect(() => read({ command: "restore" })).toThrow("The input name is empty.");
});
