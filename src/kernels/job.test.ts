import "../../test/property-seed.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Job, jobSchema, longestSeconds, writeJob } from "./job.ts";

const limits = {
  compile_seconds: 300,
  run_seconds: 120,
  memory_bytes: 2 ** 33,
  processes: 64,
  file_bytes: 2 ** 30,
};
const job: Job = {
  format: 1,
  problem: { path: "/problems/03_softmax.py", format: "auto" },
  candidates: [{ id: "k1", path: "/candidates/k1.py", dsl: "cpp" }],
  device: "cpu",
  size: null,
  trials: 5,
  shapes: [],
  dtypes: [],
  timing: { pairs: 31, seconds: 20 },
  versus: [],
  policy: { library: "refused" },
  limits,
  cache: null,
};

it("writes a job that reads back the same", () => {
  const candidate = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/),
    path: fc.string({ minLength: 1 }),
    dsl: fc.constantFrom("auto", "triton", "cuda", "cpp", "python", "abi"),
  });
  const jobs = fc.record({
    candidates: fc.uniqueArray(candidate, { selector: ({ id }) => id, maxLength: 5 }),
    trials: fc.integer({ min: 1, max: 1000 }),
    size: fc.constantFrom(null, "tiny", "cpu", "gpu"),
    timing: fc.constantFrom(null, { pairs: 3, seconds: 0.5 }),
  });
  fc.assert(
    fc.property(jobs, (part) => {
      const whole = { ...job, ...part };
      expect(jobSchema.parse(JSON.parse(writeJob(whole)))).toEqual(whole);
    }),
  );
});

it.for([
  ["two candidates of one id", { candidates: [...job.candidates, ...job.candidates] }],
  ["a pair of candidates that are not there", { versus: [["k1", "k2"]] }],
  ["an id that would not do as a file's name", { candidates: [{ id: "../k1", path: "/k1.py", dsl: "cpp" }] }],
  ["a limit of nothing", { limits: { ...limits, memory_bytes: 0 } }],
  ["time without end", { limits: { ...limits, run_seconds: Infinity } }],
  ["an unknown key", { seed: 1 }],
] as const)("refuses %s", ([, part]) => {
  expect(jobSchema.safeParse({ ...job, ...part }).success).toBe(false);
});

it("allows the harness more time with each candidate and pair, and never less than their limits", () => {
  const two = { ...job, candidates: [...job.candidates, { id: "k2", path: "/k2.py", dsl: "cpp" as const }] };
  const pair = { ...two, versus: [["k1", "k2"] as [string, string]] };
  expect(longestSeconds(job)).toBeGreaterThan(300 + 2 * 120 + 2 * 20);
  expect(longestSeconds(two) - longestSeconds(job)).toBeGreaterThan(300 + 120 + 20);
  expect(longestSeconds(pair)).toBeGreaterThan(longestSeconds(two));
});
