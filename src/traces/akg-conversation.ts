import type { Redactor } from "../secrets/redactor.ts";
import { z } from "zod";
import { compareText } from "../compare-text.ts";
import { usageFailure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import {
  childrenOf,
  type ConversationTreeNode,
  jsonValue,
  readConversationTree,
  treeFile,
} from "./conversation-tree.ts";
import { readJsonObject } from "./json-file.ts";
import { type JsonValue, textAt } from "./json-value.ts";
import type { Reject } from "./reject.ts";
import { sourceName } from "./source-name.ts";
import { digestOfFiles, openTraceFolder, type TraceFolder } from "./trace-folder.ts";

/** One call of a tool and what it answered. */
export interface ConversationAction {
  tool: string;
  arguments: Readonly<Record<string, JsonValue>>;
  result: JsonValue;
  /** As it stands in the trace, or empty. */
  timestamp: string;
}

export interface ConversationNode {
  id: string;
  /** Its depth by the trace's own count; 0 where it does not say. */
  turn: number;
  actions: readonly ConversationAction[];
  /** Where the actions were read: the node's own file, or `trace.json` where that file is missing, damaged or empty. */
  file: string;
  /** Whether the node has a file of its own that could be read. */
  hasFile: boolean;
}

/** An AKG conversation, before anything is concluded from it. */
export interface ConversationTrace {
  mode: "expert_tuning";
  /** The name of its folder, for people. */
  source: string;
  digest: string;
  /** The first plain value in the arguments of an action; empty where there is none. */
  metadata: { op_name: string; dsl: string; backend: string; arch: string };
  /** Every node with a file or an action, the root among them, ordered by number and name. */
  nodes: ReadonlyMap<string, ConversationNode>;
  /** Ids of the children of each node in the order of `trace.json`; undefined without a readable tree. */
  children: ReadonlyMap<string, readonly string[]> | undefined;
  rejects: Reject[];
}

export const rootId = "root";

const nodesFolder = "nodes";
const actionsFile = "action_history_fact.json";
const maxNodeBytes = 32 * 1024 * 1024;
/** In characters; what comes after it is counted as rejected. */
const maxNodesText = 512 * 1024 * 1024;

const actionSchema = z.object({
  tool_name: z.string().catch(""),
  arguments: z.record(z.string(), jsonValue).catch({}),
  result: jsonValue.optional(),
  timestamp: z.string().catch(""),
});

const nodeFileSchema = z.object({ turn: z.number().catch(0), actions: z.array(z.unknown()) });

/**
 * Reads an AKG conversation: `trace.json` and `nodes/{id}/actions/action_history_fact.json`, as AKG's trace system
 * writes them. A node whose own file is missing, damaged or empty is read from `trace.json`, which tells each action a
 * second time. What has another shape is left out and counted in `rejects`. Without `op`, the operator is the first
 * one that an action names, else `kernel`. Throws `Failure` (exit code 2) for a path that holds neither.
 */
export async function readConversation(
  path: string,
  options: { op?: string | undefined; reporter: Reporter; redactor?: Redactor | undefined },
): Promise<ConversationTrace> {
  const folder = await openTraceFolder(path, options.redactor);
  const top = folder.list("");
  if (!top.files.has(treeFile) && !top.folders.has(nodesFolder)) {
    throw usageFailure(
      `${path} holds no AKG conversation: there is no ${treeFile} and no ${nodesFolder} folder in it.`,
      "Pass the folder of a conversation, the one with trace.json.",
    );
  }
  const rejects: Reject[] = [];
  const files = await readNodeFiles(folder, rejects, options.reporter);
  const tree = top.files.has(treeFile) ? await readConversationTree(folder, rejects) : undefined;
  const nodes = withRecovered(files, tree, rejects);
  options.reporter.info(`${path}: ${nodes.size} nodes, ${rejects.length} records that could not be read`);
  return {
    mode: "expert_tuning",
    source: sourceName(path, "conversation"),
    digest: digestOfFiles(folder.read),
    metadata: metadataOf(nodes, options.op),
    nodes,
    children: tree && childrenOf(tree, rejects),
    rejects,
  };
}

/** Orders node ids by the number at their end, then by name: without a tree this is the order of the conversation. */
export function compareNodeIds(a: string, b: string): number {
  const [left, right] = [a, b].map((id) => /0*(\d*)$/.exec(id)?.[1] ?? "");
  return lengthOf(left) - lengthOf(right) || compareText(left ?? "", right ?? "") || compareText(a, b);
}

function lengthOf(text: string | undefined): number {
  return text?.length ?? 0;
}

async function readNodeFiles(
  folder: TraceFolder,
  rejects: Reject[],
  reporter: Reporter,
): Promise<Map<string, ConversationNode>> {
  const nodes = new Map<string, ConversationNode>();
  const ids = [...folder.list(nodesFolder).folders].sort(compareNodeIds);
  let left = maxNodesText;
  for (const [index, id] of ids.entries()) {
    if (index % 1000 === 0) reporter.progress("reading nodes", index, ids.length);
    const actions = `${nodesFolder}/${id}/actions`;
    // A listing follows links, so that every folder on the way has to be one in the listing above it.
    const isFolder = folder.list(`${nodesFolder}/${id}`).folders.has("actions");
    if (!isFolder || !folder.list(actions).files.has(actionsFile)) continue;
    const file = `${actions}/${actionsFile}`;
    if (left <= 0) {
      rejects.push({ file, line: 1, reason: "the conversation is too long to be read whole" });
      continue;
    }
    const found = await readJsonObject(folder, file, maxNodeBytes, rejects);
    left -= found?.chars ?? 0;
    const node = found && nodeFrom(found.value, id, file, rejects);
    if (node) nodes.set(id, node);
  }
  return nodes;
}

function nodeFrom(
  value: JsonValue,
  id: string,
  file: string,
  rejects: Reject[],
): ConversationNode | undefined {
  const parsed = nodeFileSchema.safeParse(value);
  if (!parsed.success) {
    rejects.push({ file, line: 1, reason: "it has no list of actions" });
    return undefined;
  }
  const actions = parsed.data.actions.flatMap((entry): ConversationAction[] => {
    const action = actionSchema.safeParse(entry);
    if (!action.success) {
      rejects.push({ file, line: 1, reason: "an action in it is not an object" });
      return [];
    }
    const { tool_name: tool, arguments: given, result = null, timestamp } = action.data;
    return [{ tool, arguments: given, result, timestamp }];
  });
  return { id, turn: parsed.data.turn, actions, file, hasFile: true };
}

/** Adds the actions that only the tree tells. A question that still waits for its answer tells nothing. */
function withRecovered(
  files: ReadonlyMap<string, ConversationNode>,
  tree: ReadonlyMap<string, ConversationTreeNode> | undefined,
  rejects: Reject[],
): Map<string, ConversationNode> {
  const nodes = new Map(files);
  for (const [id, node] of tree ?? []) {
    const own = files.get(id);
    const { action, result = null } = node;
    if ((own && own.actions.length > 0) || !action || textAt(result, "status") === "waiting") continue;
    rejects.push({
      file: treeFile,
      line: 1,
      reason: `the actions of ${JSON.stringify(id)} are missing in its own file and were read here`,
    });
    nodes.set(id, {
      id,
      turn: own?.turn ?? node.state_snapshot.turn,
      actions: [{ tool: action.type, arguments: action.arguments, result, timestamp: action.timestamp }],
      file: treeFile,
      hasFile: own !== undefined,
    });
  }
  return new Map([...nodes].sort(([a], [b]) => compareNodeIds(a, b)));
}

function metadataOf(
  nodes: ReadonlyMap<string, ConversationNode>,
  op: string | undefined,
): ConversationTrace["metadata"] {
  const found = { op_name: "", dsl: "", backend: "", arch: "" };
  for (const { actions } of nodes.values()) {
    for (const action of actions) {
      for (const key of ["op_name", "dsl", "backend", "arch"] as const) {
        const value = action.arguments[key];
        if (found[key] === "" && typeof value === "string" && /^[\w .+-]{1,80}$/.test(value))
          found[key] = value;
      }
    }
  }
  return { ...found, op_name: op ?? (found.op_name || "kernel") };
}
