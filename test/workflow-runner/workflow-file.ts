import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parse } from "yaml";
import { allowJsonImports } from "./json-imports.ts";

export interface StepFile {
  id?: string;
  name?: string;
  if?: unknown;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
  "continue-on-error"?: unknown;
}

export interface JobFile {
  name?: string;
  needs?: string | string[];
  if?: unknown;
  "runs-on"?: unknown;
  permissions?: unknown;
  environment?: unknown;
  env?: Record<string, unknown>;
  strategy?: { matrix?: unknown; "fail-fast"?: unknown };
  outputs?: Record<string, string>;
  steps: StepFile[];
  "continue-on-error"?: unknown;
}

export interface WorkflowFile {
  name: string;
  on: unknown;
  permissions?: unknown;
  env?: Record<string, unknown>;
  jobs: Record<string, JobFile>;
}

/** Reads a workflow by GitHub's own parser, which has the last word on what is one. Throws with all that it complains of. */
export async function readWorkflowFile(path: string): Promise<WorkflowFile> {
  allowJsonImports();
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } =
    await import("@actions/workflow-parser");
  const content = await readFile(path, "utf8");
  const { context, value } = parseWorkflow({ name: basename(path), content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  const errors = context.errors.getErrors().map(({ message }) => message);
  if (errors.length > 0) throw new Error(`${path}: ${errors.join("; ")}`);
  return parse(content) as WorkflowFile;
}

/** The jobs in an order in which each comes after those that it needs. Throws for a circle. */
export function inOrder(jobs: WorkflowFile["jobs"]): string[] {
  const order: string[] = [];
  const waiting = new Set(Object.keys(jobs));
  while (waiting.size > 0) {
    const ready = [...waiting].filter((id) => needsOf(jobs[id]).every((need) => order.includes(need)));
    if (ready.length === 0) throw new Error(`The jobs ${[...waiting].join(", ")} wait for each other.`);
    for (const id of ready) {
      order.push(id);
      waiting.delete(id);
    }
  }
  return order;
}

export function needsOf(job: JobFile | undefined): string[] {
  const needs = job?.needs ?? [];
  return typeof needs === "string" ? [needs] : needs;
}
