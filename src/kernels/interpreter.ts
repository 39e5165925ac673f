import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runProcess } from "../evaluate/run-process.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { excerpt } from "../models/excerpt.ts";
import { clearedEnvironment } from "./cleared-environment.ts";

/** A Python that can run the harness. */
export interface Interpreter {
  /** As it is started. */
  program: string;
  /** Such as `3.11`. */
  version: string;
  hasTorch: boolean;
  /** Why this one, as a clause for "Python 3.11, ...". */
  why: string;
}

const probed = z.strictObject({
  version: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  numpy: z.boolean(),
  torch: z.boolean(),
});

/** Tells what can be imported without importing it: that takes seconds. */
const probe = `
import importlib.util, json, sys
has = lambda name: importlib.util.find_spec(name) is not None
print(json.dumps({"version": list(sys.version_info[:2]), "numpy": has("numpy"), "torch": has("torch")}))
`;
const probeMs = 20_000;
const leastMinor = 10;

const variable = "OVERPROOF_PYTHON";
const key = "kernels.python";
/** An active virtual environment stands first in PATH; a distribution's own packages are with its own Python. */
export const usualPythons: readonly string[] = ["python3", "/usr/bin/python3"];

/**
 * Finds the Python for the harness: the one that `OVERPROOF_PYTHON` names, else the configured one, else of the usual
 * ones the first that has PyTorch, else the first that has NumPy. Throws `Failure`: exit code 2 for a named one that
 * cannot be used, 3 where none is found.
 */
export async function findInterpreter(options: {
  environment: Readonly<Record<string, string | undefined>>;
  /** `kernels.python` of the configuration. */
  configured?: string | undefined;
  usual?: readonly string[];
}): Promise<Interpreter> {
  const { environment, configured, usual = usualPythons } = options;
  const fromVariable = environment[variable];
  if (fromVariable !== undefined && fromVariable !== "") return named(fromVariable, variable, environment);
  if (configured !== undefined) return named(configured, key, environment);
  const problems: string[] = [];
  let second: Interpreter | undefined;
  for (const program of usual) {
    const found = await tried(program, environment);
    if ("problem" in found) {
      problems.push(`${program} ${found.problem}`);
      continue;
    }
    if (found.hasTorch) return { program, ...found, why: "the first that has PyTorch" };
    second ??= { program, ...found, why: "it has NumPy, and no usual Python has PyTorch" };
  }
  if (second !== undefined) return second;
  throw new Failure(`There is no Python that can measure kernels: ${problems.join("; ")}.`, {
    remedy: `Install Python 3.${leastMinor} or later with NumPy, and PyTorch for problems that need it; ${variable} or ${key} can name it.`,
    exitCode: 3,
  });
}

async function named(
  program: string,
  by: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Interpreter> {
  const found = await tried(program, environment);
  if ("problem" in found) {
    throw usageFailure(
      `${program}, which ${by} names, ${found.problem}.`,
      `Name a Python 3.${leastMinor} or later that has NumPy, or leave it out.`,
    );
  }
  return { program, ...found, why: `${by} names it` };
}

/** What a program is, or a clause about why it cannot be used. */
async function tried(
  program: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<{ version: string; hasTorch: boolean } | { problem: string }> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "overproof-python-"));
  try {
    await mkdir(join(folder, "temporary"));
    const end = await runProcess({
      program,
      args: ["-c", probe],
      environment: clearedEnvironment(environment, { folder }),
      cwd: folder,
      folder,
      input: "",
      timeLimitMs: probeMs,
      outputLimitBytes: 65_536,
    });
    if (end.stoppedBy !== null) return { problem: `did not answer within ${probeMs / 1000} s` };
    const said = parsed(end.output);
    if (end.exitCode !== 0 || said === undefined) {
      return { problem: `is no Python that works${tail(end.errors)}` };
    }
    const [major, minor] = said.version;
    const version = `${major}.${minor}`;
    if (major !== 3 || minor < leastMinor) return { problem: `is Python ${version}` };
    if (!said.numpy) return { problem: "has no NumPy" };
    return { version, hasTorch: said.torch };
  } catch (error) {
    return { problem: `cannot be started (${reasonOf(error)})` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tail(errors: string): string {
  const said = excerpt(errors.trim().split("\n").at(-1) ?? "", { limit: 200 });
  return said === "" ? "" : ` (it says: ${said})`;
}

function parsed(output: string): z.infer<typeof probed> | undefined {
  try {
    return probed.safeParse(JSON.parse(output)).data;
  } catch {
    return undefined;
  }
}
