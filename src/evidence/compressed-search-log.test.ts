import { applyPatch } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compressSearchLog } from "./compressed-search-log.ts";
import type { SearchLog, SearchRecord } from "./search-log.ts";
import { searchVersions } from "./search-versions.ts";

interface Version {
  id: string;
  parent?: string;
  time?: number;
  /** Undefined: no code was found. */
  code?: string;
  passed?: boolean;
  speedup?: number;
}

function logOf(versions: readonly Version[]): SearchLog {
  const records = versions.map(
    ({ id, parent = "", time, code, passed = true, speedup = 1 }): SearchRecord => ({
      task_id: id,
      parent_id: parent,
      generation: 0,
      gen_time_us: time ?? null,
      speedup,
      in_verification: passed,
      impl: code === undefined ? null : `op/${id}/op_dsl_impl.py`,
      has_code: code !== undefined,
      code_sha256: null,
      measured_at: null,
    }),
  );
  return {
    digest: "0".repeat(64),
    metadata: { dsl: "dsl", backend: "", arch: "", op_name: "op" },
    records,
    failures: [],
    counts: { total_tasks: records.length, success_count: records.length },
    rejects: [],
    code: new Map(versions.flatMap(({ id, code }) => (code === undefined ? [] : [[id, code]]))),
  };
}

function chainOf(versions: readonly Version[]): string[] {
  return compressSearchLog(logOf(versions)).chain.map(
    ({ parent_id, child_id }) => `${parent_id}>${child_id}`,
  );
}

describe("compressSearchLog", () => {
  it("lists the steps of a shared path once and no step that spans others (SL3)", () => {
    const versions = [
      { id: "a", time: 100, code: "a = 1" },
      { id: "b", parent: "a", time: 90, code: "a = 2" },
      { id: "c", parent: "b", time: 70, code: "a = 3" },
      { id: "d", parent: "b", time: 95, code: "a = 4" },
      { id: "e", parent: "c", time: 70, code: "a = 5" },
    ];
    expect(chainOf(versions)).toEqual(["b>c", "a>b"]);
  });

  it("tries first and last of a path without a step, once for all its ends", () => {
    const versions = [
      { id: "a", time: 100, code: "a = 1" },
      { id: "b", parent: "a", time: 95, code: "a = 1  # b" },
      { id: "c", parent: "b", time: 94.9, code: "a = 2" },
      { id: "d", parent: "c", time: 99, code: "a = 3" },
      { id: "e", parent: "c", time: 99, code: "a = 4" },
    ];
    expect(chainOf(versions)).toEqual(["a>c"]);
  });

  it("starts at the first version with a time (SL6)", () => {
    const versions = [
      { id: "a", code: "a = 1" },
      { id: "b", parent: "a", time: 80, code: "a = 2" },
      { id: "c", parent: "b", time: 60, code: "a = 3" },
    ];
    expect(chainOf(versions)).toEqual(["b>c"]);
  });

  it("bridges versions without code, and ignores those that did not pass (SL12, SL14)", () => {
    const versions = [
      { id: "a", time: 100, code: "a = 1" },
      { id: "b", parent: "a", time: 90 },
      { id: "c", parent: "b", time: 10, code: "a = 2", passed: false },
      { id: "d", parent: "c", time: 80, code: "a = 3" },
    ];
    expect(chainOf(versions)).toEqual(["a>d"]);
  });

  it("carries small gains on until they add up to 1 % (SL15)", () => {
    const versions = [
      { id: "a", time: 400, code: "a = 1" },
      { id: "b", parent: "a", time: 398, code: "a = 2" },
      { id: "c", parent: "b", time: 396.5, code: "a = 3" },
      { id: "d", parent: "c", time: 394, code: "a = 4" },
      { id: "e", parent: "d", time: 393, code: "a = 5" },
      { id: "f", parent: "e", time: 300, code: "a = 6" },
    ];
    expect(chainOf(versions)).toEqual(["e>f", "a>d"]);
  });

  it("takes remarks for no step and goes on from the version that changed nothing", () => {
    const versions = [
      { id: "a", time: 100, code: "a = 1" },
      { id: "b", parent: "a", time: 90, code: "# b\na = 1" },
      { id: "c", parent: "b", time: 80, code: "# c\na = 2" },
    ];
    expect(chainOf(versions)).toEqual(["b>c"]);
  });

  it("adds no gain of unchanged code to a small one after it", () => {
    const versions = [
      { id: "a", time: 200, code: "a = 1" },
      { id: "b", parent: "a", time: 100, code: "a = 2" },
      { id: "c", parent: "b", time: 95, code: "a = 2  # c" },
      { id: "d", parent: "c", time: 94.9, code: "a = 3" },
    ];
    expect(chainOf(versions)).toEqual(["a>b"]);
  });

  it("lists versions that were slower or the same, but not those with the same code", () => {
    const { chain, slower, same } = compressSearchLog(
      logOf([
        { id: "a", time: 100, code: "a = 1" },
        { id: "b", parent: "a", time: 150, code: "a = 2" },
        { id: "c", parent: "a", time: 101, code: "a = 3" },
        { id: "d", parent: "a", time: 100.9, code: "a = 4" },
        { id: "e", parent: "a", time: 120, code: "a = 1  # e" },
        { id: "f", parent: "a", time: 120, code: "a = 5", passed: false },
      ]),
    );
    expect(chain).toEqual([]);
    expect(slower.map(({ child_id, improvement }) => [child_id, improvement])).toEqual([
      ["b", -0.5],
      ["c", -0.01],
    ]);
    expect(same.map(({ child_id }) => child_id)).toEqual(["d"]);
    expect(slower[0]?.diff).toBe("--- a/a\n+++ b/b\n@@ -1 +1 @@\n-a = 1\n+a = 2");
  });

  it("names the fastest version that passed, one with code first, equals by speedup and number (SL12, SL17)", () => {
    const best = (...versions: Version[]) => compressSearchLog(logOf(versions)).best?.task_id;
    const code = "a = 1";
    expect(
      best({ id: "a", time: 5, passed: false, code }, { id: "b", time: 9 }, { id: "c", time: 10, code }),
    ).toBe("c");
    expect(best({ id: "a", time: 9 }, { id: "b", time: 10 })).toBe("a");
    expect(best({ id: "t10", time: 9, code }, { id: "t2", time: 9, code })).toBe("t2");
    expect(best({ id: "t2", time: 9, code }, { id: "t10", time: 9, code, speedup: 2 })).toBe("t10");
    expect(best({ id: "a", code })).toBeUndefined();
  });

  it("walks a chain of any length", () => {
    const versions = Array.from({ length: 5000 }, (_, index) => ({
      id: `t${index}`,
      parent: index === 0 ? "" : `t${index - 1}`,
      time: 1000 - index / 10,
      code: `a = ${index}`,
    }));
    const chain = chainOf(versions);
    expect(chain.length).toBeGreaterThan(50);
    expect(chain).toContain("t0>t100");
  });

  it("visits each version once, however many paths share it", () => {
    // A comb: every version of a long chain has an end of its own, so that the paths are as long as they are many.
    const versions = Array.from({ length: 20_000 }, (_, index) => ({
      id: `t${index}`,
      parent: index < 2 ? "" : `t${index % 2 === 0 ? index - 2 : index - 1}`,
      time: index % 2 === 0 ? 1000 - index / 100 : 2000,
      code: index % 2 === 0 ? "a = 1" : "a = 2",
    }));
    const start = performance.now();
    const { slower } = compressSearchLog(logOf(versions));
    expect(performance.now() - start).toBeLessThan(5000);
    expect(slower).toHaveLength(9_999);
  });

  it("gives diffs that turn one version into the other, and steps that are faster", () => {
    const version = fc.record({
      parent: fc.nat(12),
      time: fc.option(fc.integer({ min: 90, max: 110 }), { nil: undefined }),
      code: fc.option(fc.constantFrom("a = 1", "a = 1  # b", "b = 2\na = 1", "c = 3"), { nil: undefined }),
      passed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(version, { maxLength: 12 }), (drawn) => {
        const log = logOf(
          drawn.map(({ parent, time, code, passed }, index) => ({
            id: `t${index}`,
            parent: `t${parent}`,
            passed,
            ...(time === undefined ? {} : { time }),
            ...(code === undefined ? {} : { code }),
          })),
        );
        const versions = searchVersions(log);
        const { chain, slower, same } = compressSearchLog(log, versions);
        for (const { parent_id, child_id, diff } of [...chain, ...slower, ...same])
          expect(applyPatch(versions.codeOf(parent_id) ?? "", `${diff}\n`)).toBe(versions.codeOf(child_id));
        expect(chain.every((step) => step.improvement >= 0.01)).toBe(true);
        expect(slower.every((step) => step.improvement <= -0.01)).toBe(true);
        const pairs = chain.map(({ parent_id, child_id }) => `${parent_id}>${child_id}`);
        expect(new Set(pairs).size).toBe(pairs.length);
      }),
    );
  });
});
