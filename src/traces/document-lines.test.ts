import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { documentLines } from "./document-lines.ts";
import type { JsonValue } from "./json-value.ts";

type Path = (string | number)[];

function* pathsIn(value: JsonValue, path: Path = []): Generator<Path> {
  yield path;
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* pathsIn(item, [...path, index]);
  else if (typeof value === "object" && value !== null)
    for (const [key, item] of Object.entries(value)) yield* pathsIn(item, [...path, key]);
}

test("finds the line where a value begins, also where several share one", () => {
  const text =
    '{\n  "steps": [\n    {"id": 1, "calls": [1, 2]},\n    {\n      "id": 2\n    }\n  ], "a\\"b": {\n "c": "{[\\""}\n}';
  const lineOf = documentLines(text);
  expect(lineOf([])).toBe(1);
  expect(lineOf(["steps"])).toBe(2);
  expect(lineOf(["steps", 0, "calls", 1])).toBe(3);
  expect(lineOf(["steps", 1, "id"])).toBe(5);
  expect(lineOf(['a"b', "c"])).toBe(8);
  expect(lineOf(["steps", 9, "x"])).toBe(2);
  expect(lineOf(["none"])).toBe(1);
  expect(documentLines("[1]")([0])).toBe(1);
});

test("agrees with the line that a value has in an indented document", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (json) => {
      const value = json as JsonValue;
      const lineOf = documentLines(JSON.stringify(value, null, 1));
      for (const path of pathsIn(value)) {
        // The line of a value is where the text of all that comes before it ends.
        const marked = JSON.stringify(value, null, 1).split("\n");
        const line = lineOf(path);
        const last = path.at(-1);
        if (typeof last === "string") expect(marked[line - 1]).toContain(JSON.stringify(last));
        else expect(line).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
});
