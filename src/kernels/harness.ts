import { constants, rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, open, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { sha256 } from "../digest.ts";
import { onInterrupt } from "../evaluate/interrupt.ts";
import { type ProcessEnd, runProcess } from "../evaluate/run-process.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { firstIssue } from "../files/parsed-json.ts";
import { excerpt } from "../models/excerpt.ts";
import { clearedEnvironment } from "./cleared-environment.ts";
import { harnessPackage } from "./harness-folder.ts";
import type { Interpreter } from "./interpreter.ts";
import { type Job, longestSeconds, writeJob } from "./job.ts";
import {
  type KernelResult,
  kernelResultSchema,
  type ProblemResult,
  problemResultSchema,
} from "./kernel-result.ts";

/** The harness as it can be started here. */
export interface Harness {
  interpreter: Interpreter;
  /** The folder that Python takes it from. */
  folder: string;
  /** Of this program; only what compilers and devices are found by is passed on. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which it is stopped whatever its job allows; none when absent. */
  mostMs?: number;
}

/** In bytes. */
const largestResult = 64 * 1_048_576;
const outputLimitBytes = 4 * 1_048_576;

/** The exit code by which the harness refuses a job, with one sentence on standard error. */
const unusableJob = 2;

/**
 * Has the candidates of a job compiled, verified and timed. The verdicts are what the harness writes into its result
 * file; what it or a candidate prints and its exit code never make one. Throws `Failure`: exit code 2 for a problem or
 * candidate that is no such thing, 3 where the machine or the harness failed.
 */
export async function measureKernels(job: Job, harness: Harness): Promise<KernelResult> {
  const digests = await Promise.all(job.candidates.map(async ({ path }) => sha256(await readFile(path))));
  const result = await runHarness("measure", job, harness, kernelResultSchema);
  requireSameCandidates(result, job, digests);
  return result;
}

/** Holds the problem of a job against what makes problems weak. Throws as `measureKernels` does. */
export function lintProblem(job: Job, harness: Harness): Promise<ProblemResult> {
  return runHarness("lint", job, harness, problemResultSchema);
}

async function runHarness<T>(
  action: "measure" | "lint",
  job: Job,
  { interpreter, folder: modules, environment, mostMs = Infinity }: Harness,
  schema: z.ZodType<T>,
): Promise<T> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "overproof-kernels-"));
  using _cleanup = onInterrupt(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const paths = { job: join(folder, "job.json"), result: join(folder, "result.json") };
    // Workers of a root have users of their own, and come through here to their folders; nobody can list it.
    for (const name of ["home", "temporary"]) await mkdir(join(folder, name), { mode: 0o711 });
    await chmod(folder, 0o711);
    await writeFile(paths.job, writeJob(job));
    const timeLimitMs = Math.min(mostMs, longestSeconds(job) * 1000);
    const end = await runProcess({
      program: interpreter.program,
      args: ["-m", harnessPackage, action, "--job", paths.job, "--result", paths.result],
      environment: clearedEnvironment(environment, { folder, modules }),
      cwd: folder,
      folder,
      input: "",
      timeLimitMs,
      outputLimitBytes,
    }).catch((error: unknown) => {
      throw infrastructure(`${interpreter.program} cannot be started: ${reasonOf(error)}`, error);
    });
    requireEnd(end, timeLimitMs);
    return await resultIn(paths.result, schema);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function requireEnd({ exitCode, signal, stoppedBy, errors }: ProcessEnd, timeLimitMs: number): void {
  if (stoppedBy === "time") {
    throw infrastructure(
      `The harness was not done after ${Math.round(timeLimitMs / 1000)} s and was stopped`,
    );
  }
  if (stoppedBy === "output") throw infrastructure("The harness said too much and was stopped");
  if (exitCode === 0) return;
  const said = excerpt(errors.trim().split("\n").at(-1) ?? "", { limit: 600 });
  if (exitCode === unusableJob) {
    throw usageFailure(
      said === "" ? "The harness cannot use this problem or candidate." : said,
      "Give it a problem in the form of KernelBench, AKG or gpu-mode, and candidates that define ModelNew.",
    );
  }
  const how = exitCode === null ? `by the signal ${signal ?? "?"}` : `with exit code ${exitCode}`;
  throw infrastructure(`The harness ended ${how}${said === "" ? "" : `: ${said.replace(/\.$/, "")}`}`);
}

function infrastructure(problem: string, cause?: unknown): Failure {
  return new Failure(`${problem}.`, {
    remedy: "Nothing is said about the candidates: put the machine in order, and run it again.",
    exitCode: 3,
    cause,
  });
}

/** Everybody who could write to it is gone by now. */
async function resultIn<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is no regular file");
    if (stats.size > largestResult) throw new Error("it is larger than 64 MiB");
    value = JSON.parse(await file.readFile("utf8"));
  } catch (error) {
    throw infrastructure(`The harness left no result that can be read: ${reasonOf(error)}`, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw infrastructure(`The harness left a result that does not fit its schema: ${firstIssue(parsed.error)}`);
}

/** A result has to be about the files of its job, as they were when it began. */
function requireSameCandidates({ results }: KernelResult, job: Job, digests: readonly string[]): void {
  const told = results.map((one) => `${one.candidate} ${one.candidate_sha256}`);
  const asked = job.candidates.map(({ id }, index) => `${id} ${digests[index] ?? ""}`);
  if (told.length === asked.length && asked.every((one) => told.includes(one))) return;
  throw infrastructure("The harness left a result that is not about the candidates of its job");
}
