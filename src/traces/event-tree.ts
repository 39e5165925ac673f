import { textAt, type JsonValue } from "./json-value.ts";

/** How OpenHands marks the first event of a conversation. */
const root = "__root__";

/**
 * The tree that the events of an OpenHands conversation form: an event follows the one that `parent_id` names; without
 * one, as in older conversations, the event before it (issue 4057 of software-agent-sdk). The active branch leads from
 * the last event to the first.
 */
export function eventTree() {
  const indexes = new Map<string, number>();
  const parents: (string | undefined)[] = [];
  let isTree = false;

  return { add, activeEvents };

  function add(event: { [key: string]: JsonValue }): void {
    const id = textAt(event, "id");
    const index = parents.length;
    if (id !== "" && !indexes.has(id)) indexes.set(id, index);
    const parent = textAt(event, "parent_id");
    if (parent !== "") isTree = true;
    parents.push(parent === "" ? undefined : parent);
  }

  /** Whether the event at an index is on the active branch. */
  function activeEvents(): (index: number) => boolean {
    if (!isTree) return () => true;
    const active = new Set<number>();
    let index: number | undefined = parents.length - 1;
    while (index !== undefined && index >= 0 && !active.has(index)) {
      active.add(index);
      index = parentOf(index);
    }
    return (at) => active.has(at);
  }

  function parentOf(index: number): number | undefined {
    const parent = parents[index];
    const before = index - 1;
    if (parent === undefined) return before;
    // A conversation from before there was a tree is continued with an event that calls itself the first.
    if (parent === root) return before >= 0 && parents[before] === undefined ? before : undefined;
    // The parent may be lost; what is left of the conversation still belongs together.
    return indexes.get(parent) ?? before;
  }
}
