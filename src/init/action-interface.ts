import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { ActionInterface } from "./workflow-rules.ts";
import { besideWorkflow } from "./written-workflow.ts";

const actionSchema = z.object({ inputs: z.record(z.string(), z.unknown()) });

/** How a workflow names the Action where nobody said more: OWNER is whoever published the copy that is used. */
export const defaultAction = "OWNER/overproof@v1";

/** What the Action of this package takes, from its action.yml. A damaged file is a bug, and thrown as one. */
export async function actionInterface(folder: string): Promise<ActionInterface> {
  const { inputs } = actionSchema.parse(parse(await readFile(join(folder, "action.yml"), "utf8")));
  return { inputs: new Set(Object.keys(inputs)), isAction };
}

/** Any owner's copy, at any version; and the one beside our own workflows. */
function isAction(uses: string): boolean {
  return uses === besideWorkflow || uses === "./" || /^[\w.-]+\/overproof@\S+$/i.test(uses);
}
