import { expect, it } from "vitest";
import { readCommandFile } from "./command-file.ts";
import { filledIn, holds, type StateSoFar, valueOf } from "./expression.ts";
import { combinations } from "./matrix.ts";
import { tokenPermissions } from "./token-permissions.ts";

const well: StateSoFar = { isSuccess: true, isFailed: false, isCancelled: false };
const failed: StateSoFar = { isSuccess: false, isFailed: true, isCancelled: false };
const cancelled: StateSoFar = { isSuccess: false, isFailed: false, isCancelled: true };

it("asks for success where a condition does not ask for a state", () => {
  expect(holds(undefined, {}, well)).toBe(true);
  expect(holds(undefined, {}, failed)).toBe(false);
  expect(holds("github.event_name == 'push'", { github: { event_name: "push" } }, failed)).toBe(false);
  expect(holds("always() && github.event_name == 'push'", { github: { event_name: "push" } }, failed)).toBe(
    true,
  );
  expect(holds("${{ failure() }}", {}, failed)).toBe(true);
  expect(holds("always()", {}, cancelled)).toBe(true);
  expect(holds("!cancelled()", {}, cancelled)).toBe(false);
});

it("takes empty texts, null and zero for false", () => {
  for (const value of ["", null, 0, false])
    expect(holds("matrix.value", { matrix: { value } }, well)).toBe(false);
  for (const value of ["no", 1, true, []])
    expect(holds("matrix.value", { matrix: { value } }, well)).toBe(true);
});

it("keeps the kind of a value that is one expression, and makes a text of one in a text", () => {
  const contexts = { needs: { plan: { outputs: { matrix: '{"include":[{"shard":"1/2"}]}' } } }, inputs: {} };
  expect(valueOf("${{ fromJSON(needs.plan.outputs.matrix) }}", contexts, well)).toEqual({
    include: [{ shard: "1/2" }],
  });
  expect(filledIn("results-${{ inputs.none }}-${{ 1 + 0 == 1 }}".replace("1 + 0", "1"), contexts, well)).toBe(
    "results--true",
  );
  expect(valueOf({ a: ["${{ true }}"] }, contexts, well)).toEqual({ a: [true] });
});

it("makes the combinations of a matrix", () => {
  expect(combinations(undefined)).toEqual([{}]);
  expect(combinations({ include: [{ shard: "1/2" }, { shard: "2/2" }] })).toEqual([
    { shard: "1/2" },
    { shard: "2/2" },
  ]);
  expect(combinations({ os: ["a", "b"], node: [1, 2], exclude: [{ os: "b", node: 1 }] })).toEqual([
    { os: "a", node: 1 },
    { os: "a", node: 2 },
    { os: "b", node: 2 },
  ]);
  expect(combinations({ os: ["a"], include: [{ os: "a", more: true }, { os: "c" }] })).toEqual([
    { os: "a", more: true },
    { os: "c" },
  ]);
});

it("reads outputs of one line and of several, and refuses all else", () => {
  expect(readCommandFile("one=1\ntwo<<END\na\nb=c\nEND\nempty=\n")).toEqual({
    one: "1",
    two: "a\nb=c",
    empty: "",
  });
  expect(() => readCommandFile("nothing")).toThrow("neither");
  expect(() => readCommandFile("a<<END\nb")).toThrow("no end");
});

it("gives a fork's pull request nothing to write, and refuses to guess permissions", () => {
  const said = { contents: "read", "pull-requests": "write" };
  expect(tokenPermissions(said, {}, false)).toEqual({
    metadata: "read",
    contents: "read",
    pull_requests: "write",
  });
  expect(tokenPermissions(said, {}, true)).toEqual({
    metadata: "read",
    contents: "read",
    pull_requests: "read",
  });
  expect(tokenPermissions(undefined, {}, false)).toEqual({ metadata: "read" });
  expect(() => tokenPermissions(undefined, undefined, false)).toThrow("not said");
});
