import { expect, it } from "vitest";
import { kernelResultSchema, problemResultSchema } from "./kernel-result.ts";

const sha = "a".repeat(64);
const times = { median_ms: 1, p10_ms: 0.9, p90_ms: 1.2, n: 31 };
const candidate = {
  candidate: "k1",
  candidate_sha256: sha,
  dsl: "cpp",
  verdict: "correct",
  reasons: [],
  compiled: true,
  correct: true,
  shapes: [{ name: "main", trials: 5, passed: true, worst_ratio: 0.3, max_abs: 1e-6, max_rel: null }],
  compile: { seconds: 0.2, cached: false, log_tail: "" },
  times: { candidate: times, eager: times, compiled: null },
  speedup: { median: 1.1, low: 1, high: 1.2, against: "eager" },
  samples: { pairs: [[1, 0.9]] },
  library_ops: [],
  hints: [{ line: 3, text: "calls the framework" }],
  log_tail: "",
};
const common = {
  format: 1,
  harness: { version: "1", sha256: sha },
  started: "2026-01-01T00:00:00.000Z",
  finished: "2026-01-01T00:01:00.000Z",
  seed_commitment: sha,
  seed: "5eed",
  device: {
    kind: "cpu",
    name: "a processor",
    backend: "torch",
    torch: "1.13.1",
    triton: null,
    cuda: null,
    driver: null,
    threads: 1,
    throttled: null,
    others: [],
  },
  isolation: { sandbox: "bwrap", network: "none", limits: true },
  problem: { name: "03_softmax", sha256: sha, format: "python", flags: [] },
  seconds: { total: 3, kernels: 1 },
};
const result = { ...common, results: [candidate], versus: [{ one: "k1", other: "k2", ratio: null, n: 0 }] };

function isFit(change: object): boolean {
  return kernelResultSchema.safeParse({ ...result, results: [{ ...candidate, ...change }] }).success;
}

it("takes a result as the interface describes it", () => {
  expect(kernelResultSchema.parse(result)).toEqual(result);
  expect(problemResultSchema.parse(common)).toEqual(common);
});

it("takes a candidate that was right by calling a library", () => {
  expect(isFit({ verdict: "library", times: null, speedup: null, samples: null })).toBe(true);
});

it.for([
  ["a verdict that nobody knows", { verdict: "excellent" }],
  ["correct without having been right", { correct: false }],
  ["correct without having been compiled", { compiled: false }],
  ["a speedup of what is wrong", { verdict: "wrong", correct: false }],
  ["an infinite figure", { speedup: { ...candidate.speedup, high: Infinity } }],
  ["a time that is not positive", { times: { ...candidate.times, eager: { ...times, median_ms: 0 } } }],
  ["an unknown key", { verified_by: "the candidate" }],
  ["a digest that is none", { candidate_sha256: "abc" }],
  ["words without end", { log_tail: "x".repeat(100_000) }],
  ["samples without end", { samples: { pairs: Array.from({ length: 100_001 }, () => [1, 1]) } }],
] as const)("refuses %s", ([, change]) => {
  expect(isFit(change)).toBe(false);
});

it("refuses a format that it does not know", () => {
  expect(kernelResultSchema.safeParse({ ...result, format: 2 }).success).toBe(false);
  expect(problemResultSchema.safeParse(result).success).toBe(false);
});
