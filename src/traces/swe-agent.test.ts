import { expect, test } from "vitest";
import { readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readSweAgent } from "./swe-agent.ts";

const fixture = "swe-agent/cuda-ext-build-chain/cuda-ext-build-chain.traj";
const read = (document: unknown) => readSession(readSweAgent, sessionFileOf(JSON.stringify(document)));
const step = (action: string, observation: string, more = {}) => ({
  action,
  observation,
  thought: `why ${action}`,
  ...more,
});

test("tells failures from the text alone, and how long a call took", async () => {
  const { steps } = await readFixture(readSweAgent, fixture);
  const results = steps.flatMap((step) => step.calls.map((call) => call.result));
  expect(results.map((result) => result?.isError)).toEqual([true, true, null, true, null]);
  expect(results.every((result) => result?.exitCode === null)).toBe(true);
  expect(results[0]?.durationMs).toBe(2810);
});

test("reports what was handed in, and takes the hand-in for no call", async () => {
  const { steps, facts } = await readFixture(readSweAgent, fixture);
  expect(facts).toEqual({
    agent: "SWE-agent",
    agentVersion: "1.1.0",
    exitStatus: "submitted",
    submission: "diff --git a/bag.py b/bag.py\n...",
  });
  expect(steps.at(-1)).toMatchObject({
    source: "agent",
    calls: [],
    usage: { input: 88_213, cachedInput: 0, output: 3911, costUsd: 0.61 },
  });
  expect(steps.at(-1)?.text).toMatch(/^The build works again: ninja installed/);
});

test("skips demonstrations", async () => {
  const { steps } = await read({
    history: [
      { role: "system", content: "Setting" },
      { role: "user", content: "A demonstration", is_demo: true },
      { role: "assistant", content: "ls", action: "ls", is_demo: true },
      { role: "user", content: "Fix the build." },
      { role: "assistant", content: "", action: "make" },
    ],
    trajectory: [step("make", "ok")],
    info: {},
  });
  expect(steps.map((step) => [step.source, step.text])).toEqual([
    ["system", "Setting"],
    ["user", "Fix the build."],
    ["agent", "why make"],
  ]);
});

test("reads the working folder from a state that is an object or, in old files, a text", async () => {
  const { steps } = await read({
    history: [],
    trajectory: [
      step("make", "", { state: '{"working_dir": "/w/a", "open_file": "n/a"}' }),
      step("make", "", { state: { working_dir: "/w/b" } }),
      step("make", "", { state: "{" }),
    ],
    info: {},
  });
  expect(steps.map((step) => step.calls[0]?.cwd)).toEqual(["/w/a", "/w/b", null]);
});

test("takes the arguments of structured calls from the history", async () => {
  const action = "str_replace_editor str_replace /w/k.py --old_str 'a' --new_str 'b'";
  const edit = { command: "str_replace", path: "/w/k.py", old_str: "a", new_str: "b" };
  const { steps } = await read({
    history: [
      { role: "user", content: "go" },
      {
        role: "assistant",
        action,
        tool_calls: [{ id: "c", function: { name: "str_replace_editor", arguments: JSON.stringify(edit) } }],
      },
    ],
    // The model was asked again after an answer without an action.
    trajectory: [
      step("", "Your output was not formatted correctly."),
      step(action, "The file /w/k.py has been edited.", { state: { working_dir: "/w" } }),
    ],
    info: {},
  });
  expect(steps.map((step) => step.source)).toEqual(["user", "agent", "system", "agent"]);
  expect(steps[3]?.calls).toMatchObject([
    { id: "c", kind: "edit", paths: ["k.py"], patch: "--- a/k.py\n+++ b/k.py\n@@\n-a\n+b", cwd: null },
  ]);
});

test("tells each attempt once, and which one was chosen", async () => {
  const attempt = (word: string) => ({
    history: [{ role: "user", content: "go" }],
    trajectory: [step(`echo ${word}`, word)],
    info: { submission: word },
  });
  const { steps, facts } = await read({
    ...attempt("two"),
    info: { submission: "two", best_attempt_idx: 1 },
    attempts: [attempt("one"), attempt("two"), attempt("three")],
  });
  expect(steps.map((step) => [step.conversation, step.branch, step.calls[0]?.command ?? step.text])).toEqual([
    [0, "abandoned", "go"],
    [0, "abandoned", "echo one"],
    [1, "active", "go"],
    [1, "active", "echo two"],
    [2, "abandoned", "go"],
    [2, "abandoned", "echo three"],
  ]);
  expect(facts.submission).toBe("two");
});

test("keeps a call without an observation unanswered, and reports steps that are none", async () => {
  const { steps, damage } = await read({ history: [], trajectory: [{ action: "make" }, 3], info: {} });
  expect(steps[0]?.calls[0]?.result).toBeNull();
  expect(damage).toEqual([{ line: 1, reason: "a step that is not an object" }]);
});
