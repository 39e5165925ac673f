import { findProgram } from "../files/find-program.ts";
import { Failure } from "../failure.ts";
import type { Config } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { resolve } from "node:path";
import { harnessFolder } from "../kernels/harness-folder.ts";
import { findInterpreter } from "../kernels/interpreter.ts";
import type { Environment } from "../git/environment.ts";
import { broken, ok, type Remark, warning } from "./remark.ts";

/** As package.json and the README say. */
const leastNode = [22, 12] as const;

/** Node, by the version of the running one, such as `24.1.0`. */
export function nodeRemark(version: string): Remark {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < leastNode[0] || (major === leastNode[0] && minor < leastNode[1]);
  if (!isOld) return ok("node", `Node ${version}`);
  return warning(
    "node",
    `Node ${version} is older than what is tested`,
    `Install Node ${leastNode.join(".")} or newer.`,
  );
}

/** The first whose rev-parse knows --end-of-options, which keeps names of commits from being options. */
const leastGit = [2, 30] as const;

/** Git, by what `git --version` prints. */
export function gitRemark(printed: string): Remark {
  const [, version = "", major = "0", minor = "0"] = /((\d+)\.(\d+)[\w.]*)/.exec(printed) ?? [];
  const isOld = Number(major) < leastGit[0] || (Number(major) === leastGit[0] && Number(minor) < leastGit[1]);
  if (!isOld) return ok("git", `git ${version}`);
  return broken("git", `git ${version} is too old`, `Install git ${leastGit.join(".")} or newer.`);
}

/** The sandbox for agents and scripts of cases; who has neither does not need it. */
export async function sandboxRemark({ evaluate }: Config, environment: Environment): Promise<Remark> {
  const bwrap = await findProgram("bwrap", environment["PATH"] ?? "");
  if (bwrap !== undefined) return ok("sandbox", "bwrap is there");
  const agents = Object.values(evaluate.agents);
  const remedy = "Install bubblewrap, such as by apt-get install bubblewrap.";
  if (agents.some(({ isolation }) => isolation === "required")) {
    return broken("sandbox", "bwrap is missing, and an agent requires it", remedy);
  }
  if (agents.length === 0)
    return ok("sandbox", "bwrap is missing; only agents and scripts of cases would use it");
  return warning("sandbox", "bwrap is missing: agents run one at a time, and see what you see", remedy);
}

/** Python and the harness for kernels; warns only where a skill has kernel cases. */
export async function pythonRemark(
  { config, folder }: LoadedConfig,
  hasKernels: boolean,
  environment: Environment,
): Promise<Remark> {
  const { python } = config.kernels;
  try {
    await harnessFolder();
    const configured = python?.includes("/") ? resolve(folder, python) : python;
    const { program, version, hasTorch } = await findInterpreter({ environment, configured });
    return ok("python", `${program} is Python ${version}${hasTorch ? " with PyTorch" : ", without PyTorch"}`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const says = error.message.replace(/\.$/, "");
    if (hasKernels || python !== undefined) return warning("python", says, error.remedy);
    return ok("python", "no Python for kernels; no skill has kernel cases");
  }
}
