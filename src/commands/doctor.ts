import { readdir } from "node:fs/promises";
import { sep } from "node:path";
import { libraryHome } from "../config/library-home.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { githubRemarks } from "../doctor/github.ts";
import { modelRemarks } from "../doctor/model-keys.ts";
import { gitRemark, nodeRemark, pythonRemark, sandboxRemark } from "../doctor/programs.ts";
import { broken, ok, type Remark, warning } from "../doctor/remark.ts";
import { repositoryRemarks } from "../doctor/repository.ts";
import { workflowRemarks } from "../doctor/workflows.ts";
import { kernelCasesFile } from "../evaluate/kernel-cases.ts";
import { Failure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { type GitRepository, openRepository } from "../git/repository.ts";
import { githubToken } from "../github/target.ts";
import type { Context } from "./context.ts";
import { checkName } from "./gate-writes.ts";
import { openGitHub } from "./github-client.ts";
import { lint } from "./lint.ts";
import { reportedPath } from "./reported-path.ts";

export interface DoctorResult {
  command: "doctor";
  /** `broken` where anything does not work. */
  status: "well" | "broken";
  remarks: Remark[];
}

/**
 * Looks at everything that has to be there, and says of what is missing what to do. It writes nothing, and asks GitHub
 * only where there is a token for it. `node` is the version of the running Node. What is wrong is a remark; only a bug is
 * thrown.
 */
export async function doctor(
  request: { config?: string | undefined; node: string },
  outer: Context,
): Promise<DoctorResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const remarks = [nodeRemark(request.node)];
  const repository = await tried(() => openRepository(context.cwd, context.environment));
  if ("remark" in repository) {
    remarks.push({ ...repository.remark, subject: "repository" });
    return concluded(remarks);
  }
  const { value: clone } = repository;
  remarks.push(gitRemark(await clone.git.text(["--version"])), ...(await repositoryRemarks(clone)));
  const loaded = await tried(() => loadConfig(context.cwd, request.config));
  if ("remark" in loaded) {
    remarks.push({ ...loaded.remark, subject: "configuration" });
  } else {
    const { value } = loaded;
    remarks.push(configRemark(value, context.cwd), ...modelRemarks(value.config, context.environment));
    remarks.push(...(await libraryRemarks(value, context)));
    remarks.push(await sandboxRemark(value.config, context.environment));
  }
  const workflows = await workflowRemarks(clone.folder);
  remarks.push(...workflows.remarks, ...(await serverRemarks(clone, workflows.ownLabels, context)));
  return concluded(remarks);
}

function concluded(remarks: Remark[]): DoctorResult {
  const isBroken = remarks.some(({ state }) => state === "broken");
  return { command: "doctor", status: isBroken ? "broken" : "well", remarks };
}

/** What a part of the program says no to, as a remark. */
async function tried<T>(work: () => Promise<T>): Promise<{ value: T } | { remark: Remark }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { remark: broken("", error.message.replace(/\.$/, ""), error.remedy) };
  }
}

function configRemark({ file }: LoadedConfig, cwd: string): Remark {
  if (file !== undefined) return ok("configuration", reportedPath(file, cwd));
  return warning(
    "configuration",
    "There is no overproof.yml; all keys have their defaults",
    "Run overproof init.",
  );
}

async function libraryRemarks(loaded: LoadedConfig, context: Context): Promise<Remark[]> {
  const { library } = await libraryHome(context.cwd, loaded);
  const { environment } = context;
  const shown = reportedPath(library, context.cwd);
  const entries = await readdir(library, { recursive: true }).catch(() => undefined);
  if (entries === undefined) {
    const remark = warning(
      "library",
      `There is no folder ${shown}`,
      "Run overproof init, or distil a first trace.",
    );
    return [remark, await pythonRemark(loaded, false, environment)];
  }
  const hasKernels = entries.some((entry) => entry.split(sep).join("/").endsWith(`/${kernelCasesFile}`));
  const python = await pythonRemark(loaded, hasKernels, environment);
  if (!entries.some((entry) => /(?:^|[/\\])SKILL\.md$/.test(entry))) {
    return [ok("library", `${shown} has no skill yet`), python];
  }
  const { files, errors, warnings } = await lint({ paths: [library] }, context);
  const says = `${files} skills, ${errors} errors and ${warnings} warnings of lint`;
  const remedy = "Run overproof lint; it says what to do about each.";
  if (errors > 0) return [broken("library", says, remedy), python];
  return [warnings > 0 ? warning("library", says, remedy) : ok("library", says), python];
}

async function serverRemarks(
  clone: GitRepository,
  labels: readonly string[] | undefined,
  context: Context,
): Promise<Remark[]> {
  if (githubToken(context.environment) === undefined) {
    return [ok("github", "not asked: neither GITHUB_TOKEN nor GH_TOKEN is set")];
  }
  const opened = await tried(() => openGitHub(clone, undefined, context));
  if ("remark" in opened) return [{ ...opened.remark, subject: "github", state: "warning" }];
  const { client, target } = opened.value;
  return githubRemarks(client, target.name, { check: checkName, labels });
}
