import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface WrittenAction {
  tool: string;
  arguments?: Record<string, unknown>;
  result?: unknown;
}

/** A node of a conversation. `parent` is the node before it in the list where nothing else is said. */
export interface WrittenNode {
  id: string;
  parent?: string;
  actions: readonly WrittenAction[];
  /** False leaves the node's own file out, so that only the tree tells of it. */
  file?: boolean;
}

/** Writes a conversation in the format of AKG's trace system into a folder. */
export function writeConversation(folder: string, nodes: readonly WrittenNode[]): void {
  const tree = new Map<string, { children: string[] }>([["root", treeNode("root", null, undefined, 0)]]);
  let previous = "root";
  for (const [index, { id, parent = previous, actions, file }] of nodes.entries()) {
    if (file !== false) writeNode(folder, id, parent, index + 1, actions);
    if (id !== "root") {
      tree.set(id, treeNode(id, parent, actions[0], index + 1));
      tree.get(parent)?.children.push(id);
    }
    previous = id;
  }
  mkdirSync(folder, { recursive: true });
  const trace = { task_id: "cli_1", current_node: previous, tree: Object.fromEntries(tree) };
  writeFileSync(join(folder, "trace.json"), JSON.stringify(trace, undefined, 2));
}

export const ask = (said: string): WrittenAction => ({
  tool: "ask_user",
  arguments: { message: "Shall I go on?" },
  result: { status: "responded", user_response: said },
});

export const generate = (code: string, more: Record<string, unknown> = {}): WrittenAction => ({
  tool: "call_kernelgen_workflow",
  arguments: { op_name: "relu", dsl: "triton_cuda", backend: "cuda", arch: "h100" },
  result: { code, status: "success", ...more },
});

export const profile = (us: number | null): WrittenAction => ({
  tool: "profile_kernel",
  arguments: { op_name: "relu" },
  result: {
    status: us === null ? "fail" : "success",
    gen_time_us: us,
    speedup: us === null ? null : 100 / us,
  },
});

/** A kernel that differs by its block size and number of warps only. */
export function kernel(block: number, warps = 4): string {
  return `import triton\nimport triton.language as tl\n\n\ndef run(x, n):\n    relu_kernel[(n,)](x, n, BLOCK_SIZE=${block}, num_warps=${warps})\n`;
}

function writeNode(
  folder: string,
  id: string,
  parent: string,
  turn: number,
  actions: readonly WrittenAction[],
): void {
  const own = join(folder, "nodes", id, "actions");
  mkdirSync(own, { recursive: true });
  const written = actions.map((action, index) => ({
    action_id: `action_${index}`,
    tool_name: action.tool,
    arguments: action.arguments ?? {},
    result: action.result ?? {},
    timestamp: "2026-03-05T14:00:00.000000",
  }));
  const fact = { node_id: id, parent_node_id: parent, turn, actions: written };
  writeFileSync(join(own, "action_history_fact.json"), JSON.stringify(fact, undefined, 2));
}

function treeNode(id: string, parent: string | null, action: WrittenAction | undefined, turn: number) {
  return {
    node_id: id,
    parent_id: parent,
    state_snapshot: { turn, status: "completed" },
    action: action ? { type: action.tool, arguments: action.arguments ?? {}, timestamp: "" } : null,
    result: action?.result ?? null,
    children: [] as string[],
  };
}
