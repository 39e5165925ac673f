import { expect, test } from "vitest";
import { jsonLines, readFixture, readSession, sessionFileOf } from "../../test/session-file-of.ts";
import { readResponsesApi } from "./responses-api.ts";

const read = (document: unknown) => readSession(readResponsesApi, sessionFileOf(JSON.stringify(document)));
const call = (id: string, command: string) => ({
  type: "function_call",
  call_id: id,
  name: "bash",
  arguments: JSON.stringify({ command }),
});
const output = (id: string, text: unknown) => ({ type: "function_call_output", call_id: id, output: text });

test("puts the items of one answer into one step", async () => {
  const { steps, facts } = await readFixture(readResponsesApi, "openai-responses/cuda-int8-dequant.json");
  expect(facts).toEqual({ sessionId: "resp_650d0d12ffc02a4c9096" });
  expect(steps.map((step) => [step.source, step.calls.length])).toEqual([
    ["system", 0],
    ["user", 0],
    ["agent", 1],
    ["agent", 2],
    ["agent", 2],
    ["agent", 0],
  ]);
  expect(steps[0]).toMatchObject({ text: "You are a GPU kernel engineer.", origin: { line_from: 4 } });
  expect(steps[3]?.text).toBe("The scale tensor is float. Dispatch on the output type.");
  expect(steps[3]?.calls[1]?.result).toMatchObject({
    text: "aligned PASS\nview offset 3 FAIL: CUDA error: misaligned address",
    exitCode: 1,
    isError: true,
  });
});

test("counts the usage once, at the last answer", async () => {
  const { steps } = await readFixture(readResponsesApi, "openai-responses/cuda-int8-dequant.json");
  expect(steps.filter((step) => step.usage !== null)).toEqual([steps.at(-1)]);
  expect(steps.at(-1)?.usage).toEqual({ input: 30_211, cachedInput: 22_016, output: 311, costUsd: null });
});

test("without reasoning, what follows a result is the next answer", async () => {
  const { steps } = await read({
    input: [
      { role: "user", content: "go" },
      call("a", "make"),
      call("b", "ls"),
      output("a", "x"),
      call("c", "make"),
    ],
  });
  expect(steps.map((step) => step.calls.map(({ command }) => command))).toEqual([
    [],
    ["make", "ls"],
    ["make"],
  ]);
});

test("reads a response alone, with custom tools, shells and answers of the server", async () => {
  const { steps } = await read({
    object: "response",
    model: "m",
    output: [
      {
        type: "custom_tool_call",
        call_id: "p",
        name: "apply_patch",
        input: "*** Begin Patch\n*** End Patch",
      },
      { type: "local_shell_call", call_id: "s", action: { type: "exec", command: ["make", "test"] } },
      { type: "mcp_call", id: "m", name: "search", arguments: "{}", output: "found", error: null },
      { type: "mcp_call", id: "n", name: "search", arguments: "{}", error: "timed out" },
    ],
  });
  expect(steps).toHaveLength(1);
  expect(
    steps[0]?.calls.map(({ tool, kind, result }) => [tool, kind, result?.text, result?.isError]),
  ).toEqual([
    ["apply_patch", "edit", undefined, undefined],
    ["local_shell", "shell", undefined, undefined],
    ["search", "search", "found", null],
    ["search", "search", "timed out", true],
  ]);
  expect(steps[0]?.calls[1]?.command).toBe("make test");
});

test("reads a request with a text as its input", async () => {
  const { steps } = await read({ request: { input: "Write a kernel." }, response: { output: [] } });
  expect(steps).toMatchObject([{ source: "user", text: "Write a kernel." }]);
});

test("reads JSON lines as conversations", async () => {
  const lines = jsonLines([
    { input: "one", output: [] },
    { input: "two", output: [] },
  ]);
  const { steps } = await readSession(readResponsesApi, sessionFileOf(lines));
  expect(steps.map((step) => [step.conversation, step.text, step.origin.line_from])).toEqual([
    [0, "one", 1],
    [1, "two", 2],
  ]);
});

test("reports results without a call and items without a type", async () => {
  const { damage } = await read({ input: [output("gone", "?"), 3, { id: "x" }] });
  expect(damage.map(({ reason }) => reason)).toEqual([
    "a result for a call that is not there",
    "an item without a type",
    "an item without a type",
  ]);
});
