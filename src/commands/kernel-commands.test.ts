import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { goodKernel, problemText, wrongKernel } from "../../test/kernel-problems.ts";
import { filesBelow, temporaryFolder } from "../../test/run.ts";
import { kernelResultSchema } from "../kernels/kernel-result.ts";
import { kernelBenchResults } from "../kernels/kernelbench-results.ts";
import { findInterpreter, type Interpreter } from "../kernels/interpreter.ts";
import { silentReporter } from "../reporter.ts";
import { kernelCheckText } from "../terminal/kernel-check-text.ts";
import { kernelLintText } from "../terminal/kernel-lint-text.ts";
import { kernelLogText } from "../terminal/kernel-log-text.ts";
import { readAkgLog } from "../traces/akg-log.ts";
import type { Context } from "./context.ts";
import { exitCodeOfCheck, kernelCheck } from "./kernel-check.ts";
import { kernelLint } from "./kernel-lint.ts";
import { exitCodeOfLog, kernelLog } from "./kernel-log.ts";

const PATH = process.env["PATH"];
const fixtures = resolve(import.meta.dirname, "../../test/fixtures/kernels");
let python: Interpreter | undefined;

beforeAll(async () => {
  python = await findInterpreter({ environment: { PATH } }).catch(() => undefined);
});

function contextIn(cwd: string, environment: Record<string, string> = {}): Context {
  return {
    cwd,
    environment: { PATH, ...environment },
    reporter: silentReporter,
    now: () => new Date(),
    random: Math.random,
    sleep: async () => undefined,
  };
}

/** A folder with a problem, kernels for it, and a configuration that measures in short. */
async function workplace(folder: string): Promise<void> {
  const config = "kernels:\n  device: cpu\n  pairs: 3\n  seconds: 0.1\n  trials: 1\n";
  await writeFile(join(folder, "overproof.yml"), config);
  await writeFile(join(folder, "07_cube.py"), problemText("cube"));
  await writeFile(join(folder, "good.cpp"), goodKernel("cube"));
  await writeFile(join(folder, "wrong.cpp"), wrongKernel("cube"));
  await writeFile(join(folder, "broken.cpp"), 'extern "C" int cube( {\n');
}

it("tells what a correct kernel is worth, within 80 columns", async ({ skip }) => {
  if (python === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const result = await kernelCheck({ problem: "07_cube.py", candidate: "good.cpp" }, contextIn(folder.path));
  expect(result).toMatchObject({
    command: "kernel check",
    verdict: "correct",
    compiled: true,
    correct: true,
    reasons: [],
    device: { kind: "cpu", backend: "abi" },
    times: { candidate: { median_ms: expect.any(Number) }, eager: { median_ms: expect.any(Number) } },
  });
  expect(result.speedup).toBeGreaterThan(0);
  expect(Number(result.speedup_low)).toBeLessThanOrEqual(Number(result.speedup));
  expect(Number(result.speedup_high)).toBeGreaterThanOrEqual(Number(result.speedup));
  expect(exitCodeOfCheck(result)).toBe(0);
  const text = kernelCheckText(result, { columns: 80, colour: false });
  expect(text).toMatch(/^correct\n/);
  expect(result.against).toBe("numpy");
  expect(text).toContain("against the reference in NumPy");
  expect(text).toContain("says nothing");
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  // Compiled kernels are out of git's sight.
  expect(await readFile(join(folder.path, ".overproof/kernels/.gitignore"), "utf8")).toBe("*\n");
});

it.for([
  ["wrong.cpp", "wrong", true, 1],
  ["broken.cpp", "compile-error", false, 1],
] as const)("says what is wrong with %s", async ([candidate, verdict, compiled, code], { skip }) => {
  if (python === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const result = await kernelCheck({ problem: "07_cube.py", candidate }, contextIn(folder.path));
  expect(result).toMatchObject({ verdict, compiled, correct: false, speedup: null, times: null });
  expect(result.reasons.join(" ")).not.toBe("");
  expect(exitCodeOfCheck(result)).toBe(code);
  const text = kernelCheckText(result, { columns: 80, colour: false });
  expect(text).toMatch(new RegExp(`^${verdict}\n`));
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

it.for([
  ["a problem that is not there", "none.py", "good.cpp", "none.py is not there."],
  ["a folder", ".", "good.cpp", ". is no file."],
  ["a file that is no problem", "overproof.yml", "good.cpp", undefined],
] as const)("refuses %s as usage", async ([, problem, candidate, message], { skip }) => {
  if (python === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const check = kernelCheck({ problem, candidate }, contextIn(folder.path));
  await expect(check).rejects.toMatchObject({ exitCode: 2, ...(message === undefined ? {} : { message }) });
});

it("takes a Python that is named and missing for wrong usage", async () => {
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const context = contextIn(folder.path, { OVERPROOF_PYTHON: join(folder.path, "python") });
  await expect(kernelCheck({ problem: "07_cube.py", candidate: "good.cpp" }, context)).rejects.toMatchObject({
    exitCode: 2,
  });
});

it("says that a machine without a GPU cannot measure on one", async ({ skip }) => {
  if (python === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const context = contextIn(folder.path, { CUDA_VISIBLE_DEVICES: "-1" });
  await expect(
    kernelCheck({ problem: "07_cube.py", candidate: "good.cpp", device: "cuda" }, context),
  ).rejects.toMatchObject({ exitCode: 3 });
});

it("flags problems that would let anything pass", async ({ skip }) => {
  if (python?.hasTorch !== true) return skip("There is no Python with PyTorch.");
  const problems = ["problems/03_softmax.py", "weak_problems/w4_always_zero.py"].map((path) =>
    join(fixtures, path),
  );
  const result = await kernelLint({ problems, device: "cpu" }, contextIn(fixtures));
  expect(result).toMatchObject({ command: "kernel lint", flagged: 1 });
  const expected = JSON.parse(
    await readFile(join(fixtures, "weak_problems/expected.json"), "utf8"),
  ) as unknown;
  expect(JSON.stringify(expected)).toContain("zeros_pass");
  expect(result.problems.map(({ flags }) => flags.map(({ flag }) => flag))).toEqual([
    [],
    expect.arrayContaining(["zeros_pass"]),
  ]);
  const text = kernelLintText(result, { columns: 80, colour: false });
  expect(text).toContain("2 problems checked: 1 too weak to gate a kernel");
  expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

it("writes the versions of a kernel as a search log, honest failures included", async ({ skip }) => {
  if (python === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  await writeFile(join(folder.path, "again.cpp"), `// again\n${goodKernel("cube")}`);
  const result = await kernelLog(
    {
      problem: "07_cube.py",
      versions: ["good.cpp", "wrong.cpp", "again.cpp", "broken.cpp"],
      parents: ["4=1"],
      output: "logs",
    },
    contextIn(folder.path),
  );
  expect(result.versions.map(({ verdict }) => verdict)).toEqual([
    "correct",
    "wrong",
    "correct",
    "compile-error",
  ]);
  const log = await readAkgLog(join(folder.path, "logs"), { op: undefined, reporter: silentReporter });
  expect(log.op).toBe("cube");
  expect(log.rejects).toEqual([]);
  expect(log.checks.map(({ task_id, step, passed, dsl }) => [task_id, step, passed, dsl])).toEqual([
    ["_Init_Task1", 2, true, "cpp"],
    ["_Gen1_Task2", 2, false, "cpp"],
    ["_Gen1_Task2", 5, true, "cpp"],
    ["_Gen1_Task4", 2, false, "cpp"],
  ]);
  expect(log.lineage.totals).toEqual({ submitted: 3, succeeded: 2 });
  expect(new Map(log.lineage.rows.map(({ task_id, parent_id }) => [task_id, parent_id]))).toEqual(
    new Map([
      ["_Init_Task1", ""],
      ["_Gen1_Task2", "_Init_Task1"],
    ]),
  );
  expect(log.measurements.map(({ task_id, unique_dir }) => [task_id, unique_dir])).toEqual([
    ["_Init_Task1", "Iteration_Init_Task1_Step02_verify"],
    ["_Gen1_Task2", "Iteration_Gen1_Task2_Step05_verify"],
  ]);
  expect(log.measurements.every(({ gen_time_us }) => Number(gen_time_us) > 0)).toBe(true);
  const files = await filesBelow(join(folder.path, "logs"));
  expect(files["cube/Iteration_Gen1_Task2_Step02_verify/cube_cpp_impl.cpp"]).toBe(wrongKernel("cube"));
  const raw = files["cube/Iteration_Init_Task1_Step02_verify/kernel-result.json"] ?? "";
  const one = kernelResultSchema.parse(JSON.parse(raw));
  expect(kernelBenchResults([one])).toEqual({
    "7": [
      {
        sample_id: 0,
        compiled: true,
        correctness: true,
        metadata: { candidate_sha256: one.results[0]?.candidate_sha256, verdict: "correct" },
        runtime: one.results[0]?.times?.candidate.median_ms,
        runtime_stats: expect.objectContaining({ device: "cpu" }),
        ref_runtime: one.results[0]?.times?.eager.median_ms,
      },
    ],
  });
});

it("tells a log of failures alone from one that shows something", async ({ skip }) => {
  if (python === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const log = (versions: string[], output: string) =>
    kernelLog({ problem: "07_cube.py", versions, parents: [], output }, contextIn(folder.path));
  const failed = await log(["wrong.cpp", "broken.cpp"], "failed");
  expect(exitCodeOfLog(failed)).toBe(1);
  expect(kernelLogText(failed)).toContain("No version is correct, so there is nothing to distil yet.");
  const mixed = await log(["wrong.cpp", "good.cpp"], "mixed");
  expect(exitCodeOfLog(mixed)).toBe(0);
  expect(kernelLogText(mixed)).toContain("Next: overproof distill mixed --op cube");
  expect(Object.keys(await filesBelow(join(folder.path, "failed")))).toContain("verification_results.jsonl");
});

it("says in one sentence why a problem or a kernel does not run, and shows nothing of the harness", async ({
  skip,
}) => {
  if (python === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const failing = problemText("cube").replace("    return x * x * x", "    return undefined_name");
  await writeFile(join(folder.path, "failing.py"), failing);
  const check = kernelCheck({ problem: "failing.py", candidate: "good.cpp" }, contextIn(folder.path));
  await expect(check).rejects.toMatchObject({
    exitCode: 2,
    message: "The reference fails: NameError: name 'undefined_name' is not defined.",
  });
  const broken = await kernelCheck(
    { problem: "07_cube.py", candidate: "broken.cpp" },
    contextIn(folder.path),
  );
  expect(broken.reasons.join(" ")).toMatch(/^The candidate does not load: candidate\.cpp:1:\d+: error: /);
  const text = kernelCheckText(broken, { columns: 80, colour: false });
  expect(text).not.toMatch(/Traceback|overproof_harness/);
});

it.for([["4=9"], ["2=2"], ["x"]])("refuses %s as the parent of a version", async ([parent = ""]) => {
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  const request = {
    problem: "07_cube.py",
    versions: ["good.cpp", "wrong.cpp"],
    parents: [parent],
    output: "logs",
  };
  await expect(kernelLog(request, contextIn(folder.path))).rejects.toMatchObject({ exitCode: 2 });
});

it("writes no log over another one", async () => {
  await using folder = await temporaryFolder();
  await workplace(folder.path);
  await mkdir(join(folder.path, "logs"));
  await writeFile(join(folder.path, "logs/note"), "");
  const request = { problem: "07_cube.py", versions: ["good.cpp"], parents: [], output: "logs" };
  await expect(kernelLog(request, contextIn(folder.path))).rejects.toThrow("logs is not empty.");
});
