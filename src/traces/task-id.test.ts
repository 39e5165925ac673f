import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareTaskIds, taskIdSchema } from "./task-id.ts";

describe("task ids", () => {
  it("are ordered by the numbers in them", () => {
    const ids = ["_Gen10_Task3", "_Gen2_Task10", "_Gen2_Task2", "_Init_Task1", "10", "9", "_Gen2_Task02"];
    expect(ids.sort(compareTaskIds)).toEqual([
      "9",
      "10",
      "_Gen2_Task02",
      "_Gen2_Task2",
      "_Gen2_Task10",
      "_Gen10_Task3",
      "_Init_Task1",
    ]);
  });

  it("have one order, whichever two are compared", () => {
    const id = fc.string({ unit: fc.constantFrom("_", "a", "T", "0", "1", "2", "9"), maxLength: 6 });
    fc.assert(
      fc.property(id, id, id, (a, b, c) => {
        expect(Math.sign(compareTaskIds(a, b))).toBe(-Math.sign(compareTaskIds(b, a)) || 0);
        expect(compareTaskIds(a, b) === 0).toBe(a === b);
        const [first = "", , last = ""] = [a, b, c].sort(compareTaskIds);
        expect(compareTaskIds(first, last)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it("may be numbers, but not empty, endless or with control characters", () => {
    expect(taskIdSchema.parse(0)).toBe("0");
    for (const id of ["", " ", "a\nb", "x".repeat(201), null, true]) {
      expect(taskIdSchema.safeParse(id).success).toBe(false);
    }
  });
});
