import { parseDocument, isMap, isSeq, type YAMLMap } from "yaml";

/** The workflows that a repository gets. Those beside them here are this repository's own affair. */
export const writtenWorkflows = ["distill.yml", "evaluate.yml", "organize.yml", "restore.yml"] as const;

/** How the workflows of this repository name the program that lies beside them. */
export const besideWorkflow = "./.overproof/action";

/** The step that brings it there. */
const bringStep = "Get Overproof";

/**
 * One of our workflows as another repository gets it: it names the Action by `action` (`OWNER/overproof@v1`) in place of
 * bringing the program along, and leaves out what is only there to be called from elsewhere. Comments stay. `text` is
 * one of ours: what does not look like one is a bug.
 */
export function writtenWorkflow(text: string, action: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new Error(`The workflow is no YAML: ${String(document.errors[0])}`);
  document.deleteIn(["on", "workflow_call"]);
  const jobs = document.get("jobs");
  if (!isMap(jobs)) throw new Error("The workflow has no jobs.");
  for (const { value: job } of jobs.items) {
    if (!isMap(job)) continue;
    const steps = job.get("steps");
    if (isSeq(steps)) {
      steps.items = steps.items.filter((step) => !(isMap(step) && step.get("name") === bringStep));
      for (const step of steps.items) if (isMap(step)) nameAction(step, action);
    }
    const name: unknown = job.get("name");
    if (typeof name === "string") job.set("name", name.replace(calledName, "$1"));
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** A name that a caller of the workflow may choose: `${{ inputs.gate-name || 'overproof / gate' }}`. */
const calledName = /^\$\{\{ inputs\.[a-z-]+ \|\| '([^']+)' \}\}$/;

function nameAction(step: YAMLMap, action: string): void {
  if (step.get("uses") === besideWorkflow) step.set("uses", action);
}
