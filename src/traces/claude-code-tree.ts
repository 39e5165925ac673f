import { isStreamLine } from "./claude-code-stream.ts";
import { idTable } from "./id-table.ts";
import { textAt } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import type { JsonLine } from "./session.ts";

/** No parent; or a parent that the file does not hold. */
const root = -1;
const missing = -2;

/** What only the whole log tells about its entries, which are counted from 0 in the order of the file. */
export interface ClaudeTree {
  /** Whether the branch of the last entry goes through this one. */
  isActive(entry: number): boolean;
  /** Whether an entry with the same id came before, as after a resume. */
  isRepeated(entry: number): boolean;
  /** Whether the log is that of a sub-agent: then its sidechain is all there is. */
  isSidechain: boolean;
}

/** Lines with an id are entries of the tree; others (titles, modes, snapshots, all of a stream) are not counted. */
export function entryId(value: Record<string, JsonValue>): string {
  return isStreamLine(value) ? "" : textAt(value, "uuid");
}

/**
 * Reads a log once and keeps a few bytes for each entry. The active branch leads from the last entry of the
 * conversation up to its root, over compactions by `logicalParentUuid`. Where an entry on the way is damaged, it goes
 * on with the entry before.
 */
export async function claudeTree(lines: AsyncIterable<JsonLine>): Promise<ClaudeTree> {
  const ids = idTable();
  const parents = growing(new Int32Array(1024));
  const repeated = new Set<number>();
  let isSidechain: boolean | undefined;
  let last = root;
  for await (const { value } of lines) {
    const id = entryId(value);
    if (id === "") continue;
    const index = parents.length();
    if (ids.get(id) !== undefined) {
      parents.push(root);
      repeated.add(index);
      continue;
    }
    ids.set(id, index);
    const parent = textAt(value, "parentUuid") || textAt(value, "logicalParentUuid");
    parents.push(parent === "" ? root : (ids.get(parent) ?? missing));
    if (value["type"] !== "user" && value["type"] !== "assistant") continue;
    isSidechain ??= value["isSidechain"] === true;
    if ((value["isSidechain"] === true) === isSidechain) last = index;
  }

  const active = new Uint8Array(parents.length());
  for (let at = last; at >= 0 && active[at] !== 1;) {
    active[at] = 1;
    const parent = parents.at(at);
    at = parent === missing ? at - 1 : parent;
  }
  return {
    isActive: (entry) => active[entry] === 1,
    isRepeated: (entry) => repeated.has(entry),
    isSidechain: isSidechain === true,
  };
}

function growing(start: Int32Array) {
  let numbers = start;
  let count = 0;
  return {
    push(number: number): void {
      if (count === numbers.length) {
        const larger = new Int32Array(2 * count);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[count] = number;
      count += 1;
    },
    at: (index: number): number => numbers[index] ?? root,
    length: (): number => count,
  };
}
