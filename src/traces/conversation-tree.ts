import { z } from "zod";
import { readJsonObject } from "./json-file.ts";
import type { JsonValue } from "./json-value.ts";
import type { Reject } from "./reject.ts";
import type { TraceFolder } from "./trace-folder.ts";

export const treeFile = "trace.json";

/** The tree holds every action again; a day of work is some megabytes. */
const maxTreeBytes = 256 * 1024 * 1024;
/** In characters, for ids in the tree; folders have shorter names anyway. */
const maxId = 255;

export const jsonValue = z.custom<JsonValue>().transform((value) => value ?? null);

const treeSchema = z.object({ tree: z.record(z.string(), z.unknown()) });

const treeNodeSchema = z.object({
  children: z.array(z.unknown()).catch([]),
  state_snapshot: z.object({ turn: z.number().catch(0) }).catch({ turn: 0 }),
  action: z
    .object({
      type: z.string(),
      arguments: z.record(z.string(), jsonValue).catch({}),
      timestamp: z.string().catch(""),
    })
    .nullish()
    .catch(null),
  result: jsonValue.optional(),
});
/** What the tree of a conversation tells of one node. */
export type ConversationTreeNode = z.infer<typeof treeNodeSchema>;

/** The nodes of `trace.json` by id; undefined where it holds no tree. Nodes of another shape are left out and counted. */
export async function readConversationTree(
  folder: TraceFolder,
  rejects: Reject[],
): Promise<ReadonlyMap<string, ConversationTreeNode> | undefined> {
  const found = await readJsonObject(folder, treeFile, maxTreeBytes, rejects);
  if (found === undefined) return undefined;
  const parsed = treeSchema.safeParse(found.value);
  if (!parsed.success) {
    rejects.push({ file: treeFile, line: 1, reason: "it holds no tree of nodes" });
    return undefined;
  }
  const tree = new Map<string, ConversationTreeNode>();
  for (const [id, value] of Object.entries(parsed.data.tree)) {
    const node = treeNodeSchema.safeParse(value);
    if (node.success && id.length <= maxId) tree.set(id, node.data);
    else {
      const what = node.success ? `is longer than ${maxId} characters` : "is no node";
      rejects.push({ file: treeFile, line: 1, reason: `${JSON.stringify(id.slice(0, maxId))} ${what}` });
    }
  }
  return tree;
}

/** The children of each node in their order; those that are not in the tree are left out and counted. */
export function childrenOf(
  tree: ReadonlyMap<string, ConversationTreeNode>,
  rejects: Reject[],
): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const [id, node] of tree) {
    const known = node.children.filter(
      (child): child is string => typeof child === "string" && tree.has(child),
    );
    for (let missing = known.length; missing < node.children.length; missing += 1) {
      const reason = `a child of the node ${JSON.stringify(id)} is not in the tree`;
      rejects.push({ file: treeFile, line: 1, reason });
    }
    children.set(id, known);
  }
  return children;
}
