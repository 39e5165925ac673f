import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Contexts, filledIn, type StateSoFar, valueOf } from "./expression.ts";
import { type Conclusion, runStep, type StepResult } from "./step.ts";
import type { StepWorld } from "./step-world.ts";
import { tokenPermissions } from "./token-permissions.ts";
import type { JobFile, WorkflowFile } from "./workflow-file.ts";
import type { Trigger, WorkflowCall } from "./workflow-call.ts";

/** How a job of a run, or one of the jobs that its matrix made, went. */
export interface JobResult {
  id: string;
  /** As checks of the commit are called. */
  name: string;
  conclusion: Conclusion;
  outputs: Record<string, string>;
  steps: StepResult[];
}

/** Runs one job on a machine of its own: a fresh workspace, a fresh token, and nothing left behind. */
export async function runJob(
  id: string,
  job: JobFile,
  given: { file: WorkflowFile; call: WorkflowCall; runId: number; contexts: Contexts; name: string },
): Promise<JobResult> {
  const { file, call, runId, name } = given;
  const { trigger, github, repository } = call;
  const machine = await mkdtemp(join(await realpath(tmpdir()), "overproof-job-"));
  try {
    const permissions = tokenPermissions(job.permissions, file.permissions, trigger.isFork);
    const token = `ghs_job${randomUUID().replaceAll("-", "")}`;
    github.addToken(token, { login: "github-actions[bot]", permissions });
    const { sha, ref, isFork } = trigger;
    const world: StepWorld = {
      github,
      repository,
      runId,
      isFork,
      sha,
      ref,
      workspace: join(machine, "work"),
      temporary: join(machine, "temp"),
      token,
      programs: call.programs,
      app: call.app,
      log: () => undefined,
    };
    await mkdir(world.workspace);
    await mkdir(world.temporary);
    const eventPath = join(machine, "event.json");
    await writeFile(eventPath, JSON.stringify(trigger.event));
    const runner = { os: "Linux", arch: "X64", temp: world.temporary, name: "test" };
    const contexts: Contexts = {
      ...given.contexts,
      github: { ...(given.contexts["github"] as object), token, job: id, workspace: world.workspace },
      runner,
      secrets: { ...(isFork ? {} : call.secrets), GITHUB_TOKEN: token },
      job: { status: "success", workflow_repository: call.workflowRepository, workflow_sha: "0".repeat(40) },
    };
    const env = runnerVariables(world, { trigger, call, eventPath, id, machine });
    return await runSteps(id, job, { file, world, env, contexts, name });
  } finally {
    await rm(machine, { recursive: true, force: true });
  }
}

async function runSteps(
  id: string,
  job: JobFile,
  given: {
    file: WorkflowFile;
    world: StepWorld;
    env: Record<string, string>;
    contexts: Contexts;
    name: string;
  },
): Promise<JobResult> {
  const { file, world, contexts, name } = given;
  const state: StateSoFar = { isFailed: false, isCancelled: false, isSuccess: true };
  const wide = valueOf({ ...file.env, ...job.env }, contexts, state) as Record<string, string>;
  const env = { ...given.env, ...wide };
  const steps: StepResult[] = [];
  const known: Record<string, unknown> = {};
  for (const [index, step] of job.steps.entries()) {
    const { newEnv, ...result } = await runStep(step, {
      world,
      env,
      contexts: { ...contexts, env, steps: known },
      state,
      index,
    });
    Object.assign(env, newEnv);
    steps.push(result);
    const { outcome, conclusion, outputs } = result;
    if (step.id !== undefined) known[step.id] = { outcome, conclusion, outputs };
    if (conclusion === "failure") Object.assign(state, { isFailed: true, isSuccess: false });
  }
  const outputs = Object.fromEntries(
    Object.entries(job.outputs ?? {}).map(([key, text]) => [
      key,
      filledIn(text, { ...contexts, env, steps: known }, state),
    ]),
  );
  return { id, name, conclusion: state.isFailed ? "failure" : "success", outputs, steps };
}

/** What every program finds in its environment on a runner (github/docs, "Variables reference"). */
function runnerVariables(
  world: StepWorld,
  {
    trigger,
    call,
    eventPath,
    id,
    machine,
  }: {
    trigger: Trigger;
    call: WorkflowCall;
    eventPath: string;
    id: string;
    machine: string;
  },
): Record<string, string> {
  return {
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_SERVER_URL: world.github.url,
    GITHUB_API_URL: world.github.apiUrl,
    GITHUB_REPOSITORY: world.repository,
    GITHUB_REPOSITORY_OWNER: world.repository.split("/")[0] ?? "",
    GITHUB_RUN_ID: String(world.runId),
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_EVENT_NAME: trigger.eventName,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_REF: trigger.ref,
    GITHUB_REF_NAME: refName(trigger.ref),
    GITHUB_SHA: trigger.sha,
    GITHUB_ACTOR: trigger.actor,
    GITHUB_JOB: id,
    GITHUB_WORKSPACE: world.workspace,
    RUNNER_TEMP: world.temporary,
    RUNNER_OS: "Linux",
    RUNNER_ARCH: "X64",
    HOME: machine,
    ...call.environment,
  };
}

export function refName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags|pull)\//, "");
}
