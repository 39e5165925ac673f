import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { excerpt } from "../models/excerpt.ts";
import type { CheckResult } from "./check.ts";
import { type ProcessEnd, runProcess } from "./run-process.ts";

/** A script of a skill's cases: it gets an answer and the files that came with it, and passes with exit code 0. */
export interface EvalScript {
  /** Below the skill's folder. */
  path: string;
  text: string;
}

/** Holds a script against an answer. `work` is the folder that an agent worked in; undefined after a plain chat. */
export type ScriptRunner = (script: EvalScript, answer: string, work?: string) => Promise<CheckResult>;

const timeLimitMs = 60_000;
const outputLimitBytes = 1_048_576;
/** In bytes: data of one process, one file, and all temporary files. */
const mostMemory = 4 * 1024 ** 3;
const largestFile = 64 * 1024 ** 2;
const mostTemporary = 256 * 1024 ** 2;

/**
 * Makes the runner of scripts. A skill's scripts come with a pull request, from anybody: they run in a sandbox of
 * bubblewrap, which has no network, none of our environment, and of the machine its programs alone, read-only; unless
 * `mode` says that only trusted people change cases. Throws `Failure` (exit code 2) where there is no sandbox.
 */
export async function scriptRunner(
  mode: "sandboxed" | "unsandboxed",
  environment: Readonly<Record<string, string | undefined>>,
): Promise<ScriptRunner> {
  const path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  if (mode === "sandboxed") await requireSandbox(path);
  return async ({ path: name, text }, answer, work) => {
    const folder = await mkdtemp(join(await realpath(tmpdir()), "overproof-script-"));
    try {
      const place = { folder, script: join(folder, "script"), answer: join(folder, "answer.txt") };
      const empty = join(folder, "empty");
      await mkdir(empty);
      await writeFile(place.script, text);
      await chmod(place.script, 0o755);
      await writeFile(place.answer, answer);
      const cwd = work ?? empty;
      const [program = "", ...args] =
        mode === "sandboxed"
          ? sandboxed(["/check/script"], { path, work: cwd, check: folder })
          : [place.script];
      const inside = mode === "sandboxed" ? "/check/answer.txt" : place.answer;
      const end = await runProcess({
        program,
        args,
        cwd,
        folder,
        environment: { PATH: path, HOME: `${folder}/empty`, LANG: "C.UTF-8", ANSWER: inside },
        input: answer,
        timeLimitMs,
        outputLimitBytes,
      });
      return resultOf(name, end, mode === "sandboxed" ? "in a sandbox" : "without a sandbox");
    } catch (error) {
      throw new Failure(`The script ${name} cannot be run: ${reasonOf(error)}.`, {
        remedy: "Let its first line name a program that is there.",
        exitCode: 3,
        cause: error,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

async function requireSandbox(path: string): Promise<void> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "overproof-script-"));
  try {
    const [program = "", ...args] = sandboxed(["true"], { path, work: folder, check: folder });
    const environment = { PATH: path, HOME: `${folder}/` };
    const limits = { timeLimitMs: 10_000, outputLimitBytes };
    const end = await runProcess({ program, args, cwd: folder, folder, environment, input: "", ...limits });
    if (end.exitCode !== 0)
      throw new Error(excerpt(end.errors) || `it ends with ${end.exitCode ?? end.signal}`);
  } catch (error) {
    throw usageFailure(
      `Cases have scripts as checks, and there is no sandbox to run them in: bwrap does not work here (${reasonOf(error)}).`,
      "Install bubblewrap and allow user namespaces, or set evaluate.scripts to unsandboxed where you trust whoever changes cases.",
      error,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The command line of a sandbox: https://github.com/containers/bubblewrap, and prlimit of util-linux inside of it. */
function sandboxed(
  command: readonly string[],
  { path, work, check }: { path: string; work: string; check: string },
): string[] {
  const programs = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt", "/nix/store"];
  const settings = ["/etc/alternatives", "/etc/ld.so.cache"];
  const bound = [...programs, ...settings].map((one) => ["--ro-bind-try", one, one]);
  const variables = { PATH: path, HOME: "/tmp", LANG: "C.UTF-8", ANSWER: "/check/answer.txt" };
  return [
    ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"],
    ...Object.entries(variables).map(([name, value]) => ["--setenv", name, value]),
    ...bound,
    ["--proc", "/proc", "--dev", "/dev", "--size", `${mostTemporary}`, "--tmpfs", "/tmp"],
    ["--ro-bind", work, "/work", "--ro-bind", check, "/check", "--chdir", "/work", "--remount-ro", "/", "--"],
    ["prlimit", `--data=${mostMemory}`, `--fsize=${largestFile}`, `--cpu=${timeLimitMs / 1000}`, "--"],
    command,
  ].flat();
}

function resultOf(name: string, end: ProcessEnd, where: string): CheckResult {
  const { exitCode, signal, stoppedBy, output, errors } = end;
  const said = excerpt(`${output}\n${errors}`.trim(), { limit: 300 });
  const told = said === "" ? "" : ` It said: ${JSON.stringify(said)}.`;
  const how =
    stoppedBy === "time"
      ? `was not done after ${timeLimitMs / 1000} s`
      : stoppedBy === "output"
        ? "said too much"
        : `ended with ${exitCode === null ? `the signal ${signal ?? "?"}` : `exit code ${exitCode}`}`;
  return {
    passed: stoppedBy === null && exitCode === 0,
    evidence: `The script ${name}, ${where}, ${how}.${told}`,
  };
}
