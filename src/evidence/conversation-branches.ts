import { compareNodeIds, type ConversationTrace, rootId } from "../traces/akg-conversation.ts";

/** A way from the root to a leaf, without what an earlier branch shows already. */
export interface Branch {
  /** The node after which it leaves an earlier branch; undefined where it starts at the root. */
  after: string | undefined;
  /** Its own nodes in order; never empty. */
  nodes: string[];
  /** How many nodes come before its own ones, from the root on. */
  shared: number;
  /** False for nodes that the tree does not lead to, in order of number and name. */
  inTree: boolean;
}

/**
 * The branches of a conversation in the order of its tree. Every node with a file or an action stands in exactly one
 * of them, the root in none. A branch that would only repeat others is none; a child that is missing, or reached
 * before (a cycle), ends its branch. Nodes that the tree does not lead to make a last branch: all of them where there
 * is no tree. Linear, and as deep as the conversation is.
 */
export function conversationBranches(trace: Pick<ConversationTrace, "nodes" | "children">): Branch[] {
  const { nodes, children = new Map<string, readonly string[]>() } = trace;
  const branches: Branch[] = [];
  const reached = new Set([rootId]);
  const open: { id: string; after: string | undefined; shared: number }[] = [];
  const enter = (id: string, after: string | undefined, shared: number): void => {
    for (const child of (children.get(id) ?? []).toReversed()) open.push({ id: child, after, shared });
  };
  enter(rootId, undefined, 0);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { id, after, shared } = next;
    if (reached.has(id)) continue;
    reached.add(id);
    if (nodes.has(id)) {
      const last = branches.at(-1);
      if (last && last.nodes.at(-1) === after) last.nodes.push(id);
      else branches.push({ after, nodes: [id], shared, inTree: true });
      enter(id, id, shared + 1);
    } else enter(id, after, shared);
  }
  const others = [...nodes.keys()].filter((id) => !reached.has(id)).sort(compareNodeIds);
  if (others.length > 0) branches.push({ after: undefined, nodes: others, shared: 0, inTree: false });
  return branches;
}

/**
 * Branches as whole lists of nodes from the root to the leaf, those nodes only that `isShown` lets through. Many long
 * branches would be quadratic: lists after the first `maxIds` ids are only counted.
 */
export function wholeBranches(
  branches: readonly Branch[],
  isShown: (id: string) => boolean,
  maxIds = 100_000,
): { paths: string[][]; leftOut: number } {
  const paths: string[][] = [];
  const position = new Map<string, { branch: Branch; index: number }>();
  let left = maxIds;
  let leftOut = 0;
  for (const branch of branches) {
    for (const [index, id] of branch.nodes.entries()) position.set(id, { branch, index });
    if (!branch.nodes.some(isShown)) continue;
    left -= branch.shared + branch.nodes.length;
    if (left < 0) {
      leftOut += 1;
      continue;
    }
    const parts = [branch.nodes];
    for (let after = branch.after; after !== undefined;) {
      const before = position.get(after);
      parts.push(before?.branch.nodes.slice(0, before.index + 1) ?? []);
      after = before?.branch.after;
    }
    paths.push(parts.toReversed().flat().filter(isShown));
  }
  return { paths, leftOut };
}
