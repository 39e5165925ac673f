import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { akgVectors } from "../../test/akg-fixtures.ts";
import { parseLineageGraph } from "./lineage-table.ts";

/** Vectors where AKG reads a table that is none of tasks (SL2), with the rows of the task table. */
const better: Record<string, unknown> = {
  l03: {},
  l07: { a: { parent_id: "b", generation: 12, gen_time: 5, speedup: 2 } },
};

function rowsById(text: string) {
  const { rows } = parseLineageGraph(text, "op_lineage_graph.md");
  return Object.fromEntries(
    rows.map(({ task_id, parent_id, generation, gen_time_us, speedup }) => [
      task_id,
      { parent_id, generation, gen_time: gen_time_us ?? "inf", speedup },
    ]),
  );
}

describe("parseLineageGraph", () => {
  for (const { id, input, expected } of akgVectors("parse_lineage_table")) {
    it(`${id} of parse_lineage_table: ${id in better ? "the task table only" : "as AKG"}`, () => {
      expect(rowsById(String(input["text"]))).toEqual(better[id] ?? expected);
    });
  }

  it("uses every vector", () => {
    const ids = akgVectors("parse_lineage_table").map((vector) => vector.id);
    expect(ids).toHaveLength(9);
    expect(ids).toEqual(expect.arrayContaining(Object.keys(better)));
  });

  it("finds columns by English names in any order", () => {
    const text =
      "| Parent | Extra | Speedup | Task ID | gen_time | Generation |\n|-|-|:-:|-|-|-|\n| a | | 2x | b | 4 us | G2 |";
    expect(rowsById(text)).toEqual({ b: { parent_id: "a", generation: 2, gen_time: 4, speedup: 2 } });
  });

  it("reads an empty parent as none and keeps columns in place around empty cells", () => {
    const text = "| task_id | generation | gen_time | speedup | parent |\n|-|-|-|-|-|\n| a |  |  | 2x |  |";
    expect(rowsById(text)).toEqual({ a: { parent_id: "", generation: 0, gen_time: "inf", speedup: 2 } });
  });

  it("reports rows that lack columns and rows that come twice", () => {
    const text = "| task_id | parent |\n|-|-|\n| a |\n| b | a |\n| b | c |";
    const { rows, rejects } = parseLineageGraph(text, "g.md");
    expect(rows.map(({ task_id, parent_id, line }) => [task_id, parent_id, line])).toEqual([["b", "c", 5]]);
    expect(rejects).toEqual([
      { file: "g.md", line: 3, reason: "a row of the task table lacks columns" },
      { file: "g.md", line: 5, reason: "a second row for b replaces the first" },
    ]);
  });

  it("reads the totals at the end of the search", () => {
    const text = "- **停止原因**: x\n- **总提交**: 14 | **总成功**: 12 | **总失败**: 2\n";
    expect(parseLineageGraph(text, "g.md").totals).toEqual({ submitted: 14, succeeded: 12 });
    expect(parseLineageGraph("no totals", "g.md").totals).toBeUndefined();
  });

  it("throws for no text", () => {
    const cell = fc.constantFrom("|", "task_id", "parent", "-", "\n", "a", "5us", "∞", "总提交: 1", " ");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(cell, { maxLength: 40 }).map((cells) => cells.join("")),
        ),
        (text) => {
          for (const { task_id } of parseLineageGraph(text, "g").rows) expect(task_id).not.toBe("");
        },
      ),
    );
  });
});
