import { describe, expect, it } from "vitest";
import { madeTrial } from "../../test/made-evaluation.ts";
import type { Arms } from "./arms.ts";
import { type ChatRequest, chatRequest, frameDigest, requestDigest } from "./chat-request.ts";
import type { Given } from "./given.ts";
import { makePlan } from "./make-plan.ts";
import { type ChatMaterial, materialOf, type MeasuredSkill } from "./measured-skill.ts";
import { requireParity, strangeRequests, unequalFrames } from "./parity.ts";
import { plannedTrials, type PlannedTrial } from "./plan.ts";
import type { SuiteCase } from "./suite.ts";
import type { Trial } from "./trial.ts";

const table: SuiteCase = {
  id: "table",
  prompt: "Which row has the largest sum?",
  files: new Map([["x.csv", "a,1,2\nb,3,4\n"]]),
  checks: [{ kind: "contains", text: "b" }],
  assertions: [],
  expectedOutput: "",
  source: "table",
  seen: false,
  mustPass: false,
};
const given = (body: string): Given => ({ name: "sums", description: "Sums rows.", body, files: new Map() });
const arms: Arms = new Map([
  ["none", null],
  ["base", given("Add up.\n")],
  ["head", given("Add each row up.\n")],
]);
const skill: MeasuredSkill = { name: "sums", path: "sums/SKILL.md", text: "", arms, cases: [table] };
const plan = makePlan(
  [skill],
  [{ spec: "openai:small", version: "", runner: "chat", sampling: { max_output_tokens: 100 } }],
  {
    seed: 1,
    repeats: 2,
    maxRepeats: 2,
    thresholds: { alpha: 0.05, margin: 0.1, minimum_effect: 0.05 },
    base: null,
    pricesOf: null,
    reproduce: "overproof evaluate sums",
    judge: null,
  },
);
const trials = plannedTrials(plan);
const find = materialOf([skill]);

function planned(trial: PlannedTrial): ChatMaterial {
  const material = find(trial);
  if (material.runner !== "chat") throw new Error("no chat");
  return material;
}

/** Results as a harness records them that sends the requests of `make`. */
function recorded(make: (trial: PlannedTrial) => ChatRequest): Map<string, Trial> {
  return new Map(
    trials.map((trial) => {
      const request = make(trial);
      const result = madeTrial(trial, {
        request_sha256: requestDigest(request),
        frame_sha256: frameDigest(request, find(trial).given) ?? "0".repeat(64),
      });
      return [trial.key, result];
    }),
  );
}

it("finds nothing where the arms differ in the skill block alone", () => {
  const results = recorded((trial) => planned(trial).request);
  expect(unequalFrames(trials, results)).toEqual([]);
  expect(strangeRequests(trials, results, find)).toEqual([]);
  expect(() => requireParity([])).not.toThrow();
});

describe("the defects of two peers make a run void", () => {
  it("an arm without the input files, whose loss would look like the skill's gain", () => {
    const results = recorded((trial) => {
      const asked = trial.arm === "none" ? { ...table, files: new Map<string, string>() } : table;
      return chatRequest(asked, find(trial).given, trial.student.sampling);
    });
    const found = unequalFrames(trials, results);
    expect(found.map(({ case: id, repeat }) => [id, repeat])).toEqual([
      ["table", 0],
      ["table", 1],
    ]);
    expect(() => requireParity(found)).toThrow(
      expect.objectContaining({
        exitCode: 1,
        message: expect.stringContaining("The run is void: for case table of sums") as string,
      }) as Error,
    );
    expect(strangeRequests(trials, results, find).every((one) => one.arms.includes("none"))).toBe(true);
  });

  it("an arm with another system prompt", () => {
    const results = recorded((trial) => {
      const { request } = planned(trial);
      if (trial.arm !== "head" || trial.identity.repeat !== 1) return request;
      return { ...request, system: `You are an expert.\n${request.system}` };
    });
    expect(unequalFrames(trials, results)).toEqual([
      { skill: "sums", student: "openai:small", case: "table", repeat: 1, arms: ["none", "base", "head"] },
    ]);
  });

  it("another sampling, and a skill that was given twice", () => {
    const hotter = recorded((trial) => {
      const { request } = planned(trial);
      return trial.arm === "base"
        ? { ...request, sampling: { ...request.sampling, temperature: 2 } }
        : request;
    });
    expect(unequalFrames(trials, hotter)).toHaveLength(2);
    const twice = recorded((trial) => {
      const { request, given: skillGiven } = planned(trial);
      return skillGiven === null ? request : { ...request, system: `${request.system}${request.system}` };
    });
    expect(unequalFrames(trials, twice)).toHaveLength(2);
  });
});

it("finds requests that are the same in all arms and not those of the plan", () => {
  const results = recorded((trial) => {
    const { request } = planned(trial);
    return { ...request, prompt: `${request.prompt}\nHint: it is b.` };
  });
  expect(unequalFrames(trials, results)).toEqual([]);
  expect(strangeRequests(trials, results, find)).toHaveLength(trials.length);
});
