import type { SearchRecord } from "./search-log.ts";

/** Who was derived from whom, free of circles. Order is that of the records. */
export interface LineageTree {
  roots: SearchRecord[];
  children: ReadonlyMap<string, SearchRecord[]>;
  /** Records whose parent is not used because they descend from themselves. */
  cut: SearchRecord[];
}

/**
 * The tree of a search. A version without a parent, or with one that is no record, is a root. In a circle of parents
 * the version that comes first in the records becomes one. Linear and iterative: chains may have any length.
 */
export function lineageTree(records: readonly SearchRecord[]): LineageTree {
  const byId = new Map(records.map((record) => [record.task_id, record]));
  const order = new Map(records.map((record, index) => [record, index]));
  const cut = new Set<SearchRecord>();
  const walkOf = new Map<SearchRecord, number>();
  for (const [walk, start] of records.entries()) {
    let record: SearchRecord | undefined = start;
    while (record && !walkOf.has(record)) {
      walkOf.set(record, walk);
      record = byId.get(record.parent_id);
    }
    if (record && walkOf.get(record) === walk) cut.add(firstOfCircle(record, byId, order));
  }

  const roots: SearchRecord[] = [];
  const children = new Map<string, SearchRecord[]>();
  for (const record of records) {
    const parent = cut.has(record) ? undefined : byId.get(record.parent_id);
    if (!parent) roots.push(record);
    else {
      const siblings = children.get(parent.task_id);
      if (siblings) siblings.push(record);
      else children.set(parent.task_id, [record]);
    }
  }
  return { roots, children, cut: [...cut] };
}

function firstOfCircle(
  member: SearchRecord,
  byId: ReadonlyMap<string, SearchRecord>,
  order: ReadonlyMap<SearchRecord, number>,
): SearchRecord {
  let first = member;
  for (let next = byId.get(member.parent_id); next && next !== member; next = byId.get(next.parent_id)) {
    if ((order.get(next) ?? 0) < (order.get(first) ?? 0)) first = next;
  }
  return first;
}
