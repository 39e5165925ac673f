import { mkdir, readdir, readFile } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import type { DeviceChoice, Size } from "../kernels/choices.ts";
import { measureKernels } from "../kernels/harness.ts";
import type { CandidateResult, KernelDevice } from "../kernels/kernel-result.ts";
import { type KernelVersion, searchLogFiles } from "../kernels/search-log-files.ts";
import type { Context } from "./context.ts";
import { jobOf, kernelCache, openHarness } from "./kernel-setting.ts";
import { reportedPath } from "./reported-path.ts";
import { requireFile } from "./required-file.ts";

export interface KernelLogRequest {
  problem: string;
  /** In the order in which they were written. */
  versions: readonly string[];
  /** `4=2`: version 4 was made from version 2; from the one before it where nothing is said, and `3=0` from none. */
  parents: readonly string[];
  /** Folder for the log. */
  output: string;
  /** The problem's name without its number when absent. */
  op?: string | undefined;
  device?: DeviceChoice | undefined;
  size?: Size | undefined;
  config?: string | undefined;
}

export interface KernelLogResult {
  command: "kernel log";
  op: string;
  folder: string;
  versions: { file: string; verdict: CandidateResult["verdict"]; speedup: number | null }[];
  device: KernelDevice;
}

/** 0 where a version passed, so that the log shows something; 1 for a log of failures alone. */
export function exitCodeOfLog({ versions }: Pick<KernelLogResult, "versions">): 0 | 1 {
  return versions.some(({ verdict }) => verdict === "correct") ? 0 : 1;
}

/**
 * Verifies and times all versions of a kernel in one job and writes the run as a search log that can be distilled, failures
 * included. Throws `Failure`: exit code 2 for unusable input, 3 where the machine cannot measure.
 */
export async function kernelLog(request: KernelLogRequest, context: Context): Promise<KernelLogResult> {
  const cwd = await realPath(context.cwd);
  const problem = await requireFile(resolve(cwd, request.problem), request.problem);
  const paths: string[] = [];
  for (const version of request.versions) paths.push(await requireFile(resolve(cwd, version), version));
  const parents = parentsOf(request.parents, paths.length);
  const op = request.op ?? basename(problem, extname(problem)).replace(/^\d+_/, "");
  if (!/^[A-Za-z][A-Za-z0-9_]{0,99}$/.test(op)) {
    throw usageFailure(
      `${JSON.stringify(op)} is no name of an operator.`,
      "Write one with --op, of letters, digits and underscores.",
    );
  }
  const folder = resolve(cwd, request.output);
  if ((await readdir(folder).catch(() => [])).length > 0) {
    throw usageFailure(`${request.output} is not empty.`, "Name a new folder with --output.");
  }
  // Before minutes of measuring, and not after them.
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    const remedy = "Name a folder that can be written with --output.";
    throw usageFailure(`${request.output} cannot be made: ${reasonOf(error)}.`, remedy, error);
  });
  const loaded = await loadConfig(cwd, request.config);
  const harness = await openHarness(loaded, context);
  const job = jobOf(
    {
      problem,
      candidates: paths.map((path, index) => ({ id: `v${index + 1}`, path, dsl: "auto" })),
      device: request.device,
      size: request.size,
    },
    loaded.config.kernels,
    await kernelCache(loaded),
  );
  context.reporter.progress("Measuring versions", 0, paths.length);
  const result = await measureKernels(job, harness);
  context.reporter.progress("Measuring versions", paths.length, paths.length);
  const byId = new Map(result.results.map((one) => [one.candidate, one]));
  const versions: KernelVersion[] = [];
  for (const [index, path] of paths.entries()) {
    const own = byId.get(`v${index + 1}`);
    if (own === undefined) throw new Error(`The harness left version ${index + 1} out.`);
    if (own.verdict === "infrastructure") {
      // It would read as a failure of the version, and somebody would learn from it.
      throw new Failure(`Version ${index + 1} could not be measured: ${own.reasons.join(" ")}`, {
        remedy: "Nothing is written: put the machine in order, and run it again.",
        exitCode: 3,
      });
    }
    versions.push({
      source: await readFile(path, "utf8"),
      ending: extname(path),
      parent: parents[index] ?? null,
      result: own,
    });
  }
  const files = searchLogFiles({ op, problem: await readFile(problem, "utf8"), versions, job: result });
  await writeStaged(
    [...files].map(([path, content]) => ({ path: join(folder, path), content, root: folder })),
  );
  return {
    command: "kernel log",
    op,
    folder: reportedPath(folder, cwd),
    versions: versions.map(({ result: one }, index) => ({
      file: reportedPath(paths[index] ?? "", cwd),
      verdict: one.verdict,
      speedup: one.speedup?.median ?? null,
    })),
    device: result.device,
  };
}

/** For each version the index of the one that it was made from; null for a first one. */
function parentsOf(given: readonly string[], count: number): (number | null)[] {
  const parents = Array.from({ length: count }, (_, index) => (index === 0 ? null : index - 1));
  for (const text of given) {
    const [, version = "", parent = ""] = /^(\d{1,4})=(\d{1,4})$/.exec(text) ?? [];
    const [child, from] = [Number(version), Number(parent)];
    if (version === "" || child < 1 || child > count || from >= child) {
      throw usageFailure(
        `${JSON.stringify(text)} does not say which version came from which.`,
        "Write --parent 4=2 where version 4 was made from version 2, and 4=0 where from none.",
      );
    }
    parents[child - 1] = from === 0 ? null : from - 1;
  }
  return parents;
}
