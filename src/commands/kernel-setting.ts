import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { KernelSettings } from "../config/kernels.ts";
import type { LoadedConfig } from "../config/load.ts";
import type { Harness } from "../kernels/harness.ts";
import { harnessFolder } from "../kernels/harness-folder.ts";
import { findInterpreter } from "../kernels/interpreter.ts";
import type { DeviceChoice, Size } from "../kernels/choices.ts";
import type { Job } from "../kernels/job.ts";
import { jobSettings } from "../kernels/job-settings.ts";
import type { Context } from "./context.ts";

/** The harness of this machine and configuration; tells which Python it is. Throws `Failure` as its parts do. */
export async function openHarness(
  { config, folder }: LoadedConfig,
  { environment, reporter }: Pick<Context, "environment" | "reporter">,
): Promise<Harness> {
  const { python } = config.kernels;
  // A name is looked up in PATH; a path starts from the configuration.
  const configured = python?.includes("/") ? resolve(folder, python) : python;
  const modules = await harnessFolder();
  const interpreter = await findInterpreter({ environment, configured });
  const { program, version, hasTorch, why } = interpreter;
  reporter.info(
    `Kernels are measured by Python ${version}${hasTorch ? "" : ", which has no PyTorch"} (${program}: ${why}).`,
  );
  return { interpreter, folder: modules, environment };
}

/** The folder of compiled kernels. It is made here, out of git's sight. */
export async function kernelCache({ config, folder }: LoadedConfig): Promise<string> {
  const cache = resolve(folder, config.kernels.cache);
  await mkdir(cache, { recursive: true });
  await writeFile(join(cache, ".gitignore"), "*\n", { flag: "wx" }).catch(ignoreExisting);
  return cache;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

/** The job of some candidates of a problem, where nothing but device and size was asked for. Paths are absolute. */
export function jobOf(
  request: {
    problem: string;
    candidates: Job["candidates"];
    device?: DeviceChoice | undefined;
    size?: Size | undefined;
  },
  settings: KernelSettings,
  cache: string | null,
): Job {
  const { problem, candidates, device = settings.device, size = settings.size } = request;
  return {
    format: 1,
    problem: { path: problem, format: "auto" },
    candidates,
    shapes: [],
    dtypes: [],
    versus: [],
    cache,
    ...jobSettings({ ...settings, device, size }),
  };
}
