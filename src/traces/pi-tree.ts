import { idTable } from "./id-table.ts";
import { textAt } from "./json-value.ts";
import type { JsonLine } from "./session.ts";

/** The parent of a root. */
const none = -1;

/**
 * Which entries of a Pi session lie on the branch of its last entry. Entries are counted from 0 in the order of the
 * file; of each only its id and its parent are kept. Version 1 has no ids and is a plain list.
 */
export async function piTree(entries: AsyncIterable<JsonLine>) {
  const indexOf = idTable();
  const parents: number[] = [];
  const repeated = new Set<number>();
  let last = none;
  for await (const { value } of entries) {
    const index = parents.length;
    const [id, parent] = [textAt(value, "id"), textAt(value, "parentId")];
    if (textAt(value, "type") === "session" || id === "") parents.push(none);
    else if (indexOf.get(id) !== undefined) {
      parents.push(none);
      repeated.add(index);
    } else {
      // The line of a parent that is not there was damaged: the branch goes on with the entry before.
      parents.push(parent === "" ? none : (indexOf.get(parent) ?? last));
      indexOf.set(id, index);
      last = index;
    }
  }
  const active = activeBranch(parents, last);
  return {
    isActive: (index: number): boolean => last === none || active[index] === 1,
    isRepeated: (index: number): boolean => repeated.has(index),
  };
}

function activeBranch(parents: readonly number[], last: number): Uint8Array {
  const active = new Uint8Array(parents.length);
  // A parent always comes before its children, so that the walk ends.
  for (let at = last; at !== none; at = parents[at] ?? none) active[at] = 1;
  return active;
}
