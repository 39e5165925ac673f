import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConversationNode } from "../traces/akg-conversation.ts";
import { conversationBranches, wholeBranches } from "./conversation-branches.ts";

type Tree = Record<string, string[]>;

function trace(tree: Tree | undefined, shown: Iterable<string>) {
  const nodes = new Map<string, ConversationNode>();
  for (const id of shown) nodes.set(id, { id, turn: 0, actions: [], file: "", hasFile: true });
  return { nodes, children: tree && new Map(Object.entries(tree)) };
}

const all = () => true;

describe("conversationBranches", () => {
  it("shows a shared beginning once and says where a branch leaves it (ET8)", () => {
    const tree = { root: ["1"], 1: ["2"], 2: ["3", "5"], 3: ["4"], 4: [], 5: [] };
    const branches = conversationBranches(trace(tree, ["1", "2", "3", "4", "5"]));
    expect(branches).toEqual([
      { after: undefined, nodes: ["1", "2", "3", "4"], shared: 0, inTree: true },
      { after: "2", nodes: ["5"], shared: 2, inTree: true },
    ]);
    expect(wholeBranches(branches, all).paths).toEqual([
      ["1", "2", "3", "4"],
      ["1", "2", "5"],
    ]);
  });

  it("has no branch that is equal to another without the nodes that tell nothing (ET4)", () => {
    const tree = { root: ["1"], 1: ["2", "3"], 2: [], 3: ["4"], 4: [] };
    expect(conversationBranches(trace(tree, ["1"]))).toHaveLength(1);
    expect(conversationBranches(trace(tree, ["1", "4"]))[0]?.nodes).toEqual(["1", "4"]);
  });

  it("breaks cycles and skips children that are not in the tree", () => {
    const tree = { root: ["1", "gone"], 1: ["2"], 2: ["1", "root", "3"], 3: ["2"] };
    expect(conversationBranches(trace(tree, ["1", "2", "3"])).map((branch) => branch.nodes)).toEqual([
      ["1", "2", "3"],
    ]);
  });

  it("tells nodes that the tree does not lead to last, and all of them without a tree", () => {
    const rest = conversationBranches(trace({ root: ["n_1"], n_1: [] }, ["n_1", "n_10", "n_9", "root"]));
    expect(rest.map(({ nodes, inTree }) => ({ nodes, inTree }))).toEqual([
      { nodes: ["n_1"], inTree: true },
      { nodes: ["n_9", "n_10"], inTree: false },
    ]);
    expect(conversationBranches(trace(undefined, ["n_10", "n_9"])).map((branch) => branch.nodes)).toEqual([
      ["n_9", "n_10"],
    ]);
    expect(conversationBranches(trace({ root: [] }, []))).toEqual([]);
  });

  it("goes 100,000 nodes deep with a fork at each of them, and counts the lists that would be too long", () => {
    const depth = 50_000;
    const tree: Tree = { root: ["a0"] };
    for (let n = 0; n < depth; n += 1) {
      tree[`a${n}`] = [`a${n + 1}`, `b${n}`];
      tree[`b${n}`] = [];
    }
    const ids = Object.keys(tree).filter((id) => id !== "root");
    const branches = conversationBranches(trace(tree, ids));
    expect(branches.reduce((sum, branch) => sum + branch.nodes.length, 0)).toBe(2 * depth);
    const { paths, leftOut } = wholeBranches(branches, all);
    expect(paths.flat().length).toBeLessThanOrEqual(100_000);
    expect(paths.length + leftOut).toBe(branches.length);
  });

  it("shows every node with actions exactly once, whatever the tree is like", () => {
    const names = ["root", "a", "b", "c", "d", "e", "f"];
    const children = fc.dictionary(fc.constantFrom(...names), fc.array(fc.constantFrom(...names)));
    fc.assert(
      fc.property(children, fc.subarray(names.slice(1)), (tree, shown) => {
        const branches = conversationBranches(trace(tree, shown));
        const told = branches.flatMap((branch) => branch.nodes);
        expect(told.toSorted()).toEqual(shown.toSorted());
        const before = new Set<string>();
        for (const { after, nodes } of branches) {
          if (after !== undefined) expect(before.has(after)).toBe(true);
          for (const id of nodes) before.add(id);
        }
      }),
    );
  });

  it("has the root-to-leaf paths of a tree, without those that others go on from", () => {
    const parents = fc.array(fc.nat(), { maxLength: 12 });
    fc.assert(
      fc.property(parents, (numbers) => {
        const tree: Tree = { root: [] };
        for (const [index, number] of numbers.entries()) {
          const id = `n${index}`;
          const parent =
            index === 0 ? "root" : (["root", ...Object.keys(tree)][number % (index + 1)] ?? "root");
          tree[parent]?.push(id);
          tree[id] = [];
        }
        const pathsFrom = (id: string): string[][] => {
          const below = (tree[id] ?? []).flatMap(pathsFrom);
          return (below.length === 0 ? [[]] : below).map((path) => [id, ...path]);
        };
        const expected = pathsFrom("root").map((path) => path.slice(1));
        const branches = conversationBranches(trace(tree, Object.keys(tree).slice(1)));
        expect(wholeBranches(branches, all).paths).toEqual(expected.filter((path) => path.length > 0));
      }),
    );
  });
});
