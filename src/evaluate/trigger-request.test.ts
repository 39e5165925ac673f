import { describe, expect, it } from "vitest";
import type { Given } from "./given.ts";
import { chosenIn, triggerCheck, triggerFrameDigest, triggerRequest } from "./trigger-request.ts";

const sampling = { max_output_tokens: 100 };
const given = (description: string): Given => ({
  name: "sums",
  description,
  body: "Secret.",
  files: new Map(),
});

it("offers the skill by name and description alone", () => {
  const { system, prompt } = triggerRequest("Add 1 and 2.", given("Sums\nrows."), sampling);
  expect(system).toContain("- sums: Sums rows.\n");
  expect(system).not.toContain("Secret");
  expect(prompt).toBe("Add 1 and 2.");
});

it("has one frame for all descriptions, and none for a request that was changed", () => {
  const [one, other] = [given("Sums rows."), given("Adds.")];
  const frames = [one, other].map((skill) => triggerFrameDigest(triggerRequest("q", skill, sampling), skill));
  expect(frames[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(frames[1]).toBe(frames[0]);
  expect(triggerFrameDigest(triggerRequest("r", one, sampling), one)).not.toBe(frames[0]);
  expect(triggerFrameDigest(triggerRequest("q", one, sampling), other)).toBeUndefined();
});

describe("the choice in an answer", () => {
  it.each([
    ["sums", true],
    ["`Sums`.", true],
    ["I choose the skill sums", true],
    ["none", false],
    ["None.", false],
    ["sums-of-others", undefined],
    ["I do not know.", undefined],
    ["", undefined],
  ])("%j is %s", (answer, isChosen) => {
    expect(chosenIn(answer, "sums")).toBe(isChosen);
  });

  it("passes where it is what the query asks for", () => {
    const passed = [true, false].map((shouldTrigger) =>
      [true, false, undefined].map((isChosen) => triggerCheck({ shouldTrigger }, isChosen).passed),
    );
    expect(passed).toEqual([
      [true, false, false],
      [false, true, false],
    ]);
  });
});
