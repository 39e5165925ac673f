import * as fc from "fast-check";
import { expect, test } from "vitest";
import { partitionOf, separated, unitedClusters } from "./partition.ts";

const name = fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "unknown", "__proto__", "");
const clusters = fc.array(fc.record({ reason: fc.string(), skills: fc.array(name, { maxLength: 8 }) }), {
  maxLength: 6,
});
const names = ["a", "b", "c", "d", "e", "f", "g"];

test("whatever an answer says, each skill is in exactly one place, and every fault of the answer is told", () => {
  fc.assert(
    fc.property(clusters, (proposed) => {
      const { clusters: found, rest, repairs } = partitionOf(proposed, names);
      const placed = [...found.flatMap(({ skills }) => skills), ...rest];
      expect(placed.toSorted()).toEqual(names);
      const said = proposed.flatMap(({ skills }) => skills);
      const known = new Set(names);
      const unknown = said.filter((one) => !known.has(one)).length;
      const double = said.length - unknown - new Set(said.filter((one) => known.has(one))).size;
      expect(repairs).toHaveLength(unknown + double + rest.length);
    }),
  );
});

test("a skill stays where it was named first", () => {
  const { clusters: found } = partitionOf(
    [
      { reason: "x", skills: ["a", "b"] },
      { reason: "y", skills: ["b", "c"] },
    ],
    names,
  );
  expect(found.map(({ skills }) => skills)).toEqual([["a", "b"], ["c"]]);
});

test("skills that must stay apart end in different clusters, and no skill is lost by that", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...names)), fc.func(fc.boolean()), (skills, conflicts) => {
      const conflict = (one: string, other: string): string | null =>
        conflicts([one, other].toSorted().join("")) ? "they differ" : null;
      const { clusters: parted, repairs } = separated([{ reason: "x", skills }], conflict);
      expect(parted.flatMap((cluster) => cluster.skills).toSorted()).toEqual(skills.toSorted());
      for (const cluster of parted)
        for (const one of cluster.skills)
          for (const other of cluster.skills) if (one !== other) expect(conflict(one, other)).toBeNull();
      expect(repairs.length).toBe(Math.max(0, parted.length - 1));
    }),
  );
});

test("clusters of two questions that share a skill are one", () => {
  const united = unitedClusters([
    { reason: "x", skills: ["a", "b"] },
    { reason: "y", skills: ["c"] },
    { reason: "z", skills: ["b", "c", "d"] },
  ]);
  expect(united.map(({ skills }) => skills.toSorted())).toEqual([["a", "b", "c", "d"]]);
});
