import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { actionInterface, defaultAction } from "../init/action-interface.ts";
import { packageFolder, workflowsFolder } from "../init/package-folder.ts";
import { readWorkflow } from "../init/workflow-document.ts";
import { usesAction, workflowFindings } from "../init/workflow-rules.ts";
import { writtenWorkflows } from "../init/written-workflow.ts";
import { broken, ok, type Remark, warning } from "./remark.ts";

/** What a repository's workflows are like, and whether any of them asks for a machine of its own. */
export interface WorkflowRemarks {
  remarks: Remark[];
  /** Labels that jobs of our workflows ask for besides `self-hosted`; undefined where none asks for such a machine. */
  ownLabels: string[] | undefined;
}

/** Looks at the workflows that use the Action; all others are none of our business. */
export async function workflowRemarks(repository: string): Promise<WorkflowRemarks> {
  const action = await actionInterface(await packageFolder());
  const folder = join(repository, workflowsFolder);
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.ya?ml$/.test(name)).sort();
  const remarks: Remark[] = [];
  const commands = new Set<string>();
  let ownLabels: string[] | undefined;
  let isPlaceholder = false;
  for (const name of names) {
    const text = await readFile(join(folder, name), "utf8");
    const read = readWorkflow(text);
    const isOurs = "workflow" in read ? usesAction(read.workflow, action) : text.includes("overproof");
    if (!isOurs) continue;
    const findings = workflowFindings(text, action);
    for (const { severity, message, remedy, line } of findings) {
      const remark = severity === "error" ? broken : warning;
      remarks.push(remark("workflow", `${name}:${line}: ${message.replace(/\.$/, "")}`, remedy));
    }
    if (findings.length === 0) remarks.push(ok("workflow", name));
    if (!("workflow" in read)) continue;
    for (const { steps, labels } of read.workflow.jobs) {
      if (labels.includes("self-hosted")) ownLabels = labels.filter((label) => label !== "self-hosted");
      for (const { uses, with: given } of steps) {
        if (uses?.text === defaultAction) isPlaceholder = true;
        const command = given.get("command")?.text;
        if (uses !== undefined && action.isAction(uses.text) && command !== undefined) commands.add(command);
      }
    }
  }
  if (!commands.has("gate")) {
    const remedy = `Run overproof init; it writes ${writtenWorkflows.join(", ")}.`;
    remarks.push(warning("workflow", "No workflow decides whether changed skills may merge", remedy));
  }
  if (isPlaceholder) {
    remarks.push(
      warning(
        "workflow",
        `The workflows name ${defaultAction}, and nobody is called OWNER`,
        "Run overproof init --action NAME/overproof@REF with the owner of your copy.",
      ),
    );
  }
  return { remarks, ownLabels };
}
