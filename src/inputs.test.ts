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
