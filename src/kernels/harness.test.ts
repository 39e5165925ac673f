import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { Failure } from "../failure.ts";
import { type Harness, lintProblem } from "./harness.ts";
import { harnessFolder } from "./harness-folder.ts";
import { findInterpreter, type Interpreter } from "./interpreter.ts";
import type { Job } from "./job.ts";

const environment = { PATH: process.env["PATH"], OVERPROOF_TEST_KEY: "geheim" };
let interpreter: Interpreter | undefined;

beforeAll(async () => {
  interpreter = await findInterpreter({ environment }).catch(() => undefined);
});

const limits = {
  compile_seconds: 1,
  run_seconds: 1,
  memory_bytes: 2 ** 30,
  processes: 16,
  file_bytes: 2 ** 20,
};

/** How a program in place of the harness makes a job end. Its verdicts would be worth nothing, and it gives none. */
async function endWith(
  folder: string,
  program: string,
  { mostMs = 20_000 }: { mostMs?: number } = {},
): Promise<Failure> {
  const modules = join(folder, "modules");
  await mkdir(join(modules, "overproof_harness"), { recursive: true });
  await writeFile(join(modules, "overproof_harness", "__init__.py"), "");
  await writeFile(
    join(modules, "overproof_harness", "__main__.py"),
    `import json, os, subprocess, sys, time\njob, result = sys.argv[3], sys.argv[5]\n${program}\n`,
  );
  const path = join(folder, "problem.py");
  await writeFile(path, "");
  const job: Job = {
    format: 1,
    problem: { path, format: "auto" },
    candidates: [],
    device: "cpu",
    size: "tiny",
    trials: 1,
    shapes: [],
    dtypes: [],
    timing: null,
    versus: [],
    policy: { library: "refused" },
    limits,
    cache: null,
  };
  if (interpreter === undefined) throw new Error("This test needs a Python.");
  const harness: Harness = { interpreter, folder: modules, environment, mostMs };
  const thrown = await lintProblem(job, harness).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error(`It ended without a failure: ${String(thrown)}`);
}

async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return status !== "" && !status.includes(") Z ");
}

it("finds the harness beside the sources", async () => {
  expect(await stat(join(await harnessFolder(), "overproof_harness", "__init__.py"))).toBeTruthy();
});

it("says that a package came without the harness", async () => {
  await using folder = await temporaryFolder();
  await expect(harnessFolder(`file://${folder.path}/a/b/c/d/cli.js`)).rejects.toMatchObject({ exitCode: 3 });
});

it("stops a harness that hangs, and all that it started", async ({ skip }) => {
  if (interpreter === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  const note = join(folder.path, "pid");
  const program = `
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
open(${JSON.stringify(note)}, "w").write(str(child.pid))
time.sleep(600)`;
  const failure = await endWith(folder.path, program, { mostMs: 3000 });
  expect(failure).toMatchObject({
    exitCode: 3,
    message: "The harness was not done after 3 s and was stopped.",
  });
  await sleep(50);
  expect(await isAlive(Number(await readFile(note, "utf8")))).toBe(false);
});

it.for([
  ["no result", "print(json.dumps({'format': 1}))", "left no result that can be read"],
  ["no JSON", "open(result, 'w').write('{')", "left no result that can be read"],
  [
    "figures that are none",
    "open(result, 'w').write('{\"format\": NaN}')",
    "left no result that can be read",
  ],
  ["a link", "os.symlink(job, result)", "left no result that can be read"],
  ["a folder", "os.mkdir(result)", "it is no regular file"],
  ["a pipe", "os.mkfifo(result)", "it is no regular file"],
  ["another format", "open(result, 'w').write('{\"format\": 2}')", "does not fit its schema"],
  ["a signal", "os.kill(os.getpid(), 9)", "ended by the signal SIGKILL"],
  ["too many words", "\nwhile True: print('x' * 65536)", "said too much"],
  [
    "exit code 3",
    "print('The GPU is gone.', file=sys.stderr); sys.exit(3)",
    "with exit code 3: The GPU is gone.",
  ],
] as const)("takes %s for a failure of the machine", async ([, program, said], { skip }) => {
  if (interpreter === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  const failure = await endWith(folder.path, program);
  expect(failure.message).toContain(said);
  expect(failure.exitCode).toBe(3);
});

it("hands on the sentence by which the harness refuses a job", async ({ skip }) => {
  if (interpreter === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  const failure = await endWith(
    folder.path,
    "print('problem.py has no Model.', file=sys.stderr); sys.exit(2)",
  );
  expect(failure).toMatchObject({ exitCode: 2, message: "problem.py has no Model." });
});

it("gives the harness a job to read, an empty home and no key, and leaves nothing behind", async ({
  skip,
}) => {
  if (interpreter === undefined) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  const note = join(folder.path, "note.json");
  await endWith(
    folder.path,
    `json.dump({"names": sorted(os.environ), "home": os.listdir(os.environ["HOME"]), "job": json.load(open(job)), "cwd": os.getcwd()}, open(${JSON.stringify(note)}, "w"))`,
  );
  const { names, home, job, cwd } = JSON.parse(await readFile(note, "utf8"));
  expect(names).toEqual(expect.arrayContaining(["HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR"]));
  expect(names).not.toContain("OVERPROOF_TEST_KEY");
  expect(home).toEqual([]);
  expect(job).toMatchObject({ format: 1, device: "cpu", limits });
  await expect(stat(cwd)).rejects.toMatchObject({ code: "ENOENT" });
});
