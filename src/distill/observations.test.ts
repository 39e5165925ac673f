import { expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import type { SearchVersions } from "../evidence/search-versions.ts";
import { changeTitle } from "./change-words.ts";
import { observe, outcomeOf } from "./observations.ts";

/** Versions by name: their settings, what they come from, and their time. */
type Search = Record<string, { from?: string; settings: string; lines?: string; us: number }>;

function source({ settings, lines = "" }: { settings: string; lines?: string }): string {
  return `import triton\ndef f(x):\n    kernel[grid](x, ${settings})\n${lines}`;
}

function versionsOf(search: Search): SearchVersions {
  return {
    codeOf: (task) => (search[task] ? source(search[task]) : undefined),
    languageOf: () => "python",
    parentOf: (task) => search[task]?.from,
  };
}

function pair(search: Search, kind: Evidence["kind"], parent: string, child: string): Evidence {
  const [before, after] = [search[parent]?.us ?? 0, search[child]?.us ?? 0];
  const lines = (task: string, sign: string): string[] =>
    source(search[task] ?? { settings: "" })
      .split("\n")
      .map((line) => sign + line);
  return {
    id: `t:${parent}>${child}`,
    kind,
    trace: "",
    places: [],
    summary: "",
    parent_id: parent,
    child_id: child,
    parent_gen_time_us: before,
    child_gen_time_us: after,
    improvement: (before - after) / before,
    diff: ["@@ -1 +1 @@", ...lines(parent, "-"), ...lines(child, "+")].join("\n"),
  };
}

const titles = (found: ReturnType<typeof observe>): string[] =>
  found.map((o) => `${outcomeOf(o)}: ${changeTitle(o.change)}`);

test("a step over generations counts by its direct pairs, so that a bundle hides nothing", () => {
  const search: Search = {
    a: { settings: "B=1, W=4", us: 100 },
    b: { from: "a", settings: "B=1, W=8", us: 100.5 },
    c: { from: "b", settings: "B=2, W=8", us: 60 },
  };
  const found = observe(
    [pair(search, "step", "a", "c"), pair(search, "same", "a", "b"), pair(search, "faster", "b", "c")],
    versionsOf(search),
  );
  expect(titles(found)).toEqual(["same: Set `W` to `8`", "faster: Set `B` to `2`"]);
  expect(found[1]).toMatchObject({ onRecordPath: true, faster: [{ id: "t:b>c" }] });
});

test("a change that helps and hurts as often is not settled", () => {
  const search: Search = {
    a: { settings: "B=1, X=1", us: 100 },
    b: { from: "a", settings: "B=2, X=1", us: 80 },
    c: { settings: "B=1, X=2", us: 100 },
    d: { from: "c", settings: "B=2, X=2", us: 120 },
  };
  const [only, ...rest] = observe(
    [pair(search, "step", "a", "b"), pair(search, "slower", "c", "d")],
    versionsOf(search),
  );
  expect(rest).toEqual([]);
  expect(only && [only.faster.length, only.slower.length, outcomeOf(only)]).toEqual([1, 1, "slower"]);
});

test("a part that alone did harm is taken out of a faster bundle", () => {
  const search: Search = {
    a: { settings: "B=1, W=4", us: 100 },
    b: { from: "a", settings: "B=2, W=16", us: 80 },
    c: { settings: "B=9, W=4", us: 50 },
    d: { from: "c", settings: "B=9, W=16", us: 55 },
  };
  const found = observe(
    [pair(search, "step", "a", "b"), pair(search, "slower", "c", "d")],
    versionsOf(search),
  );
  expect(titles(found)).toEqual(["slower: Set `W` to `16`", "faster: Set `B` to `2`"]);
  expect(found[1]?.idle.map((change) => changeTitle(change))).toEqual(["Set `W` to `16`"]);
});

test("one setting to one value is one observation, from whatever it came", () => {
  const search: Search = {
    a: { settings: "W=1", us: 100 },
    b: { from: "a", settings: "W=8", us: 80 },
    c: { settings: "W=2", us: 90 },
    d: { from: "c", settings: "W=8", us: 80 },
  };
  const found = observe([pair(search, "step", "a", "b"), pair(search, "step", "c", "d")], versionsOf(search));
  expect(found).toHaveLength(1);
  expect(found[0]?.change.settings.map((setting) => setting.from)).toEqual(["1", "2"]);
});

test("slower bundles are summed up by the part that they share", () => {
  const search: Search = {
    a: { settings: "B=1, W=4, S=2", us: 50 },
    b: { from: "a", settings: "B=7, W=1, S=2", us: 100 },
    c: { from: "a", settings: "B=7, W=4, S=3", us: 90 },
    d: { from: "a", settings: "B=7, W=2, S=2", us: 95 },
  };
  const found = observe(
    ["b", "c", "d"].map((child) => pair(search, "slower", "a", child)),
    versionsOf(search),
  );
  expect(found.filter((o) => o.amongOthers).map((o) => [changeTitle(o.change), o.slower.length])).toEqual([
    ["Set `B` to `7`", 3],
  ]);
});

test("a rewritten line without a name is a change of its own", () => {
  const search: Search = {
    a: { settings: "B=1", lines: "    y = x / s\n", us: 100 },
    b: { from: "a", settings: "B=1", lines: "    y = x * r\n", us: 90 },
  };
  const diff = "@@ -4 +4 @@\n-    y = x / s\n+    y = x * r";
  const found = observe([{ ...pair(search, "step", "a", "b"), diff }], versionsOf(search));
  expect(titles(found)).toEqual(["faster: Write `y = x * r` instead of `y = x / s`"]);
});

test("reads a version in C as C: counters of loops are no settings, and loops are named whole", () => {
  const sources: Record<string, string> = {
    a: "void f(float *o, long n) {\n  for (long i = 0; i < n; ++i) o[i] = 0;\n}\n",
    b: "void f(float *o, long n) {\n  const long tile = 64;\n  for (long i = 0; i < n; i += tile) g(o + i, tile);\n}\n",
  };
  const versions: SearchVersions = {
    codeOf: (task) => sources[task],
    languageOf: () => "c",
    parentOf: (task) => (task === "b" ? "a" : undefined),
  };
  const search: Search = { a: { settings: "", us: 100 }, b: { from: "a", settings: "", us: 50 } };
  const [observation] = observe([pair(search, "faster", "a", "b")], versions);
  expect(observation?.change.settings).toMatchObject([{ owner: "", name: "tile", to: "64" }]);
  expect(observation?.change.constructsAdded).toEqual(["for (long i = 0; i < n; i += tile)"]);
});

test("blanks inside of a line are no change, whatever was measured", () => {
  const search: Search = {
    a: { settings: "B=1", lines: "y = f(x)\n", us: 100 },
    b: { from: "a", settings: "B=1", lines: "y  =  f( x )\n", us: 77 },
  };
  expect(observe([pair(search, "faster", "a", "b")], versionsOf(search))).toEqual([]);
});
