import { describe, expect, test } from "vitest";
import { readResult } from "./call-result.ts";
import type { KnownResult } from "./call-result.ts";

const origin = { file: "t.jsonl", line_from: 3, line_to: 3 };
const read = (text: string, known: Partial<KnownResult> = {}) =>
  readResult(text, { kind: "shell", ...known }, origin);

test.each([
  "Exit code 1\nmax err 0.05",
  "Error: Exit code 1\nmax err 0.05",
  "max err 0.05\n[exit code 1]",
  "max err 0.05\n<exited with exit code 1>",
  "max err 0.05\n\nCommand exited with code 1",
  "max err 0.05\nprocess exit code was 1",
  "max err 0.05\n[The command completed with exit code 1.]",
  "max err 0.05\n[Current working directory: /w]\n[Python Interpreter: /usr/bin/python]\n[Command finished with exit code 1]",
  "max err 0.05\nExit Code: 1",
  "<returncode>1</returncode>\n<output>\nmax err 0.05\n</output>",
  "Chunk ID: 0e3cdc\nWall time: 16.3084 seconds\nProcess exited with code 1\nOriginal token count: 39\nOutput:\nmax err 0.05",
  "Exit code: 1\nWall time: 0.2 seconds\nOutput:\nmax err 0.05\n",
  "Command: python t.py\nDirectory: (root)\nOutput: max err 0.05\nError: (none)\nExit Code: 1\nSignal: 0",
  "Output: max err 0.05\nExit Code: 1\nProcess Group PGID: 12",
  JSON.stringify({ output: "max err 0.05\n", metadata: { exit_code: 1, duration_seconds: 0.5 } }),
])("takes the exit code and the harness's words out of %j", (text) => {
  expect(read(text)).toMatchObject({ text: "max err 0.05", exitCode: 1, isError: true, origin });
});

test("leaves a file that an agent reads as it is", () => {
  expect(read("Exit code 1\nfoo\n", { kind: "read", isError: false })).toMatchObject({
    text: "Exit code 1\nfoo",
    exitCode: null,
    isError: false,
  });
});

test("takes the time from Codex's header and from its JSON", () => {
  expect(read("Wall time: 1.25 seconds\nProcess exited with code 0\nOutput:\nok")).toMatchObject({
    durationMs: 1250,
    isError: false,
  });
  expect(read('{"output":"ok","metadata":{"exit_code":0,"duration_seconds":0.5}}').durationMs).toBe(500);
});

describe("whether a call failed", () => {
  test("is the format's mark or the exit code where one is recorded", () => {
    expect(read("error: x", { isError: false }).isError).toBe(false);
    expect(read("error: x", { exitCode: 0 }).isError).toBe(false);
    expect(read("fine", { isError: true }).isError).toBe(true);
    expect(read("fine\n<exited with exit code 2>", { isError: false }).isError).toBe(true);
  });

  test.each([
    "E   RuntimeError: Ninja is required to load C++ extensions\n4 errors in 0.61s",
    "nvcc fatal   : Unsupported gpu architecture 'compute_90a'\nninja: build stopped: subcommand failed.",
    "ptxas error   : Entry function uses too much shared data",
    'reduce.cu(31): error: identifier "x" is undefined',
    "a.c:3:5: error: expected ';'",
    "Traceback (most recent call last):\n  File …",
    "torch.cuda.OutOfMemoryError: CUDA out of memory",
    "bash: ninja: command not found",
    "FAIL 18233 mismatches",
    "ties FAIL: got 77 want 3",
    "FAILED tests/test_a.py::test_b - assert 1",
    "make: *** [Makefile:3: t] Error 2",
    "error[E0425]: cannot find value",
  ])("is told from the text %j where nothing is recorded", (text) => {
    expect(read(text).isError).toBe(true);
  });

  test.each([
    "4 passed in 74.9s",
    "0 errors, 0 warnings",
    "FAILED: 0",
    "0 FAILED, 12 PASSED",
    "max abs err 0.02 PASS",
    "/usr/bin/nvcc\nBuild cuda_11.5.r11.5/compiler.30672275_0",
    "The file error.py has been updated.",
    "",
  ])("is unknown for %j", (text) => {
    expect(read(text).isError).toBeNull();
  });

  test("is not told from what a file that was shown holds", () => {
    expect(read("RuntimeError: x", { command: "cat build.log" }).isError).toBeNull();
    expect(read("RuntimeError: x", { command: "cat a && python b.py" }).isError).toBe(true);
    expect(read("Error: text not found in file", { kind: "edit" }).isError).toBe(true);
  });
});

test("reads like a terminal: no colours, titles, NULs, and of a progress bar the last state", () => {
  const text =
    "\u001b[31merror\u001b[0m: nvcc failed\rProgress  10%\rProgress  55%\rProgress 100%\r\n\u001b]0;title\u0007\u0000binary\u0000 ok";
  expect(read(text).text).toBe("error: nvcc failed\nProgress 100%\nbinary ok");
});

test("knows the notes that tell of a cut", () => {
  expect(read("a\n[123456 bytes left out]\nb").isCut).toBe(true);
  expect(read("a", { isCut: true }).isCut).toBe(true);
  expect(read("a").isCut).toBe(false);
});

test("takes linear time on texts made to be slow", () => {
  const started = performance.now();
  for (const part of [
    "\n",
    " ",
    "Error: \n",
    "1 failed ",
    "\nExit Code: ",
    "Output:\n",
    "a:1",
    "[exit code 1]\n",
    "\r",
    "\u001b[",
  ])
    for (const head of ["", "Output: ", "Command: ", "Wall time: 1 seconds\nOutput:\n"])
      read(head + part.repeat(65_536 / part.length) + "x");
  expect(performance.now() - started).toBeLessThan(5000);
});
