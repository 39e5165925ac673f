import fc from "fast-check";
import { expect, it } from "vitest";
import "../../test/property-seed.ts";
import { parseRunId } from "./workflow-run.ts";

it("reads the id of a run, and nothing that merely looks like one", () => {
  expect(parseRunId("1234567890")).toBe(1234567890);
  for (const text of ["", "0", "-1", "1.5", "1e3", "0x10", "12 34", "9".repeat(30), "run 5"]) {
    expect(() => parseRunId(text)).toThrow(expect.objectContaining({ name: "Failure", exitCode: 2 }));
  }
});

it("reads every whole number back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
      expect(parseRunId(`${id}`)).toBe(id);
    }),
  );
});
