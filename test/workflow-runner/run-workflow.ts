import { basename } from "node:path";
import { type Contexts, filledIn, holds, type StateSoFar, valueOf } from "./expression.ts";
import { type JobResult, refName, runJob } from "./job.ts";
import { combinations } from "./matrix.ts";
import type { Conclusion } from "./step.ts";
import { textOf } from "./text.ts";
import type { WorkflowCall } from "./workflow-call.ts";
import { inOrder, type JobFile, needsOf, readWorkflowFile, type WorkflowFile } from "./workflow-file.ts";

/** How a run of a workflow went. */
export interface WorkflowResult {
  runId: number;
  conclusion: Conclusion;
  /** By the ids of the jobs; a job with a matrix is all of its jobs together. */
  jobs: Record<string, JobSummary>;
}

export interface JobSummary {
  conclusion: Conclusion;
  outputs: Record<string, string>;
  /** One for each combination of the matrix; none for a job that was skipped. */
  instances: JobResult[];
}

/**
 * Runs a workflow as GitHub does, on this machine and against the fake GitHub: `needs`, `if`, matrices, outputs, tokens
 * with the permissions of the job, artifacts. Expressions are evaluated by GitHub's own engine; checkouts, artifacts and
 * app tokens have stand-ins, and everything else is really run. Jobs run one after the other. Concurrency and timeouts are
 * not modelled. Throws for a workflow that GitHub would refuse.
 */
export async function runWorkflow(call: WorkflowCall): Promise<WorkflowResult> {
  const file = await readWorkflowFile(call.workflow);
  const { github, repository, trigger } = call;
  const runId = github.addRun(repository, { headSha: headOf(call), event: trigger.eventName });
  const jobs: Record<string, JobSummary> = {};
  let isCancelled = false;
  for (const id of inOrder(file.jobs)) {
    const job = file.jobs[id];
    if (job === undefined) continue;
    isCancelled ||= call.cancelAt === id;
    await call.before?.(id);
    jobs[id] = await runOrSkip(id, job, { file, call, runId, jobs, isCancelled });
  }
  const all = Object.values(jobs).map(({ conclusion }) => conclusion);
  return { runId, conclusion: joined(all), jobs };
}

/** The commit that checks belong to. */
function headOf({ trigger }: WorkflowCall): string {
  const { pull_request: pull } = trigger.event as { pull_request?: { head: { sha: string } } };
  return pull?.head.sha ?? trigger.sha;
}

async function runOrSkip(
  id: string,
  job: JobFile,
  given: {
    file: WorkflowFile;
    call: WorkflowCall;
    runId: number;
    jobs: Readonly<Record<string, JobSummary>>;
    isCancelled: boolean;
  },
): Promise<JobSummary> {
  const { file, call, runId, jobs, isCancelled } = given;
  const needed = needsOf(job).map((need) => [need, jobs[need]] as const);
  const state: StateSoFar = {
    isCancelled,
    isFailed: needed.some(([, one]) => one?.conclusion === "failure"),
    isSuccess: needed.every(([, one]) => one?.conclusion === "success"),
  };
  const needs = Object.fromEntries(
    needed.map(([need, one]) => [need, { result: one?.conclusion, outputs: one?.outputs }]),
  );
  const base: Contexts = { ...callContexts(call, file, runId), needs };
  const none = { outputs: {}, instances: [] };
  if (!holds(job.if, base, state)) return { conclusion: isCancelled ? "cancelled" : "skipped", ...none };
  const matrix = combinations(valueOf(job.strategy?.matrix, base, state));
  if (matrix.length === 0) throw new Error(`The matrix of ${id} has no combination.`);
  const instances: JobResult[] = [];
  for (const [index, combination] of matrix.entries()) {
    const strategy = { "job-index": index, "job-total": matrix.length, "fail-fast": true };
    const contexts = { ...base, matrix: combination, strategy };
    const name = filledIn(job.name ?? id, contexts, state);
    const place = placeOf(job, contexts, state, call);
    instances.push(
      place === "here"
        ? await runJob(id, job, { file, call, runId, contexts, name })
        : { id, name, conclusion: place, outputs: {}, steps: [] },
    );
  }
  const outputs = Object.assign({}, ...instances.map((one) => one.outputs)) as Record<string, string>;
  return { conclusion: joined(instances.map(({ conclusion }) => conclusion)), outputs, instances };
}

/**
 * Whether a machine takes the job. One that nobody approves of fails after thirty days, and one that finds no machine is
 * cancelled after a day. (github/docs, "Deployments and environments" and "Actions limits")
 */
function placeOf(
  job: JobFile,
  contexts: Contexts,
  state: StateSoFar,
  { runners = [["ubuntu-latest"]], approved = [] }: WorkflowCall,
): "here" | "failure" | "cancelled" {
  const said = valueOf(job.environment, contexts, state);
  const isNamed = typeof said === "object" && said !== null;
  const environment = textOf(isNamed ? (said as { name?: unknown }).name : said).trim();
  if (environment !== "" && !approved.includes(environment)) return "failure";
  const wanted = valueOf(job["runs-on"], contexts, state);
  const labels = Array.isArray(wanted) ? wanted.map(String) : [String(wanted)];
  const isTaken = runners.some((own) => labels.every((label) => own.includes(label)));
  return isTaken ? "here" : "cancelled";
}

function callContexts(call: WorkflowCall, file: WorkflowFile, runId: number): Contexts {
  const { trigger, github, repository, variables = {} } = call;
  const { eventName, event, ref, sha, actor } = trigger;
  const pull = event["pull_request"] as { head: { ref: string }; base: { ref: string } } | undefined;
  return {
    github: {
      event_name: eventName,
      event,
      ref,
      ref_name: refName(ref),
      sha,
      actor,
      repository,
      repository_owner: repository.split("/")[0],
      server_url: github.url,
      api_url: github.apiUrl,
      run_id: String(runId),
      run_attempt: "1",
      workflow: file.name ?? basename(call.workflow),
      head_ref: pull?.head.ref ?? "",
      base_ref: pull?.base.ref ?? "",
    },
    vars: variables,
    inputs: inputsOf(call, file),
  };
}

/** What was asked for by hand, with the defaults of the workflow; nothing for any other event. */
function inputsOf({ trigger }: WorkflowCall, file: WorkflowFile): Record<string, unknown> {
  if (trigger.eventName !== "workflow_dispatch") return {};
  const on = file.on as { workflow_dispatch?: { inputs?: Record<string, InputFile> } | null };
  const given = (trigger.event["inputs"] ?? {}) as Record<string, unknown>;
  const inputs: Record<string, unknown> = {};
  for (const [name, { default: value, type, required }] of Object.entries(
    on.workflow_dispatch?.inputs ?? {},
  )) {
    if (required === true && given[name] === undefined)
      throw new Error(`Required input '${name}' not provided`);
    const text = textOf(given[name] ?? value);
    inputs[name] = type === "boolean" ? text === "true" : text;
  }
  for (const name of Object.keys(given))
    if (!(name in inputs)) throw new Error(`Unexpected inputs provided: ${name}`);
  return inputs;
}

interface InputFile {
  default?: unknown;
  type?: string;
  required?: boolean;
}

function joined(conclusions: readonly Conclusion[]): Conclusion {
  if (conclusions.includes("failure")) return "failure";
  if (conclusions.includes("cancelled")) return "cancelled";
  return conclusions.length > 0 && conclusions.every((one) => one === "skipped") ? "skipped" : "success";
}
