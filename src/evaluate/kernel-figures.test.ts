import { expect, it } from "vitest";
import type { DuelOutcome } from "./kernel-duel-file.ts";
import { type KernelFigures, kernelFigures } from "./kernel-figures.ts";
import type { KernelOutcome } from "./kernel-outcome.ts";
import { countedRuns } from "./case-figures.ts";
import type { Measured, MeasuredCase } from "./measured-case.ts";
import { seededRandom } from "./statistics/random.ts";
import { type Trial, type TrialIdentity, trialKey } from "./trial.ts";

const sha = (text: string): string => text.padStart(64, "0").slice(-64);

/** What one run came to: a speedup where it is correct, and else a verdict. */
type Came = number | "wrong" | "compile-error" | "no-kernel";

function trial(came: Came, repeat: number, device: KernelOutcome["device"]): Trial {
  const identity: TrialIdentity = {
    harness: "1",
    measurement: "capability",
    runner: "chat",
    case_sha256: sha("c"),
    given_sha256: null,
    student: "s",
    student_version: "",
    sampling: {},
    repeat,
  };
  const isCorrect = typeof came === "number";
  return {
    format: 1,
    key: trialKey(identity),
    identity,
    case: "c",
    outcome: isCorrect ? "passed" : "failed",
    checks: [],
    tokens: { input: 10, cached_input: null, output: 5 },
    cost_usd: 0.5,
    latency_ms: 1,
    model: "m",
    frame_sha256: sha("f"),
    request_sha256: sha("r"),
    reply_sha256: null,
    error: null,
    calls: 1,
    kernel: {
      verdict: isCorrect ? "correct" : came,
      compiled: isCorrect || came === "wrong",
      candidate_sha256: came === "no-kernel" ? null : sha("k"),
      speedup: isCorrect ? { median: came, low: came, high: came, against: "eager" } : null,
      milliseconds: isCorrect ? 1 / came : null,
      device: came === "no-kernel" ? null : device,
      harness_sha256: sha("h"),
      answers: 2,
      device_seconds: 3,
    },
    finished_at: "2026-01-01T00:00:00Z",
  };
}

const gpu = { kind: "cuda", name: "NVIDIA H100" } as const;

/** Figures of cases with the runs of both arms; each case has a source of its own. */
function figuresOf(
  cases: readonly { none: Came[]; head: Came[]; device?: KernelOutcome["device"] }[],
  duels: DuelOutcome[] = [],
): KernelFigures {
  const measured = {
    skill: { name: "skill" },
    student: { spec: "s" },
    cases: cases.map(({ none, head, device = gpu }, index): MeasuredCase => ({
      planned: {
        id: `case ${index}`,
        sha256: sha(String(index)),
        source: `operator ${index}`,
        seen: false,
        must_pass: false,
        measurement: "capability",
        kernel: { dsl: "triton", problem: "p.py" },
      },
      arms: new Map([
        ["none", none.map((came, repeat) => trial(came, repeat, device))],
        ["head", head.map((came, repeat) => trial(came, repeat, device))],
      ]),
    })),
  } as unknown as Measured;
  const compared = ["head", "none"] as const;
  const found = kernelFigures(measured, compared, {
    runsOf: countedRuns(compared),
    duels,
    alpha: 0.05,
    random: seededRandom("test"),
  });
  if (found === null) throw new Error("There are no kernels.");
  return found;
}

it("counts what compiles, what is correct, and what is more than p times as fast, over all cases", () => {
  const { arms, cases } = figuresOf([
    { none: ["no-kernel", "compile-error"], head: [1, 1.5] },
    { none: ["wrong", 1.2], head: [2, 2.5] },
  ]);
  expect(cases).toBe(2);
  expect(arms.get("none")).toMatchObject({ runs: 4, compiled: 0.5, fast: [0.25, 0.25, 0, 0] });
  // Exactly p times as fast is not more than p.
  expect(arms.get("head")).toMatchObject({ runs: 4, compiled: 1, fast: [1, 0.75, 0.5, 0.25] });
  expect(arms.get("head")).toMatchObject({
    answersPerRun: 2,
    tokensPerRun: 15,
    costPerRun: 0.5,
    deviceSeconds: 12,
  });
});

it("compares speed over the cases that are correct in both arms alone", () => {
  const { arms, speed } = figuresOf([
    { none: [1], head: [4] },
    { none: [1], head: [1] },
    { none: ["wrong"], head: [100] },
  ]);
  expect(arms.get("head")?.speedup).toBeCloseTo(2, 12);
  expect(arms.get("none")?.speedup).toBeCloseTo(1, 12);
  expect(speed).toMatchObject({ cases: 2, duels: 0, verdict: "no difference shown" });
  expect(speed?.ratio.value).toBeCloseTo(2, 12);
});

it("believes kernels that were timed together more than two speedups", () => {
  const ratio = { median: 1.5, low: 1.4, high: 1.6 };
  const duel = {
    skill: "skill",
    student: "s",
    case: sha("0"),
    subject: sha("k"),
    reference: sha("k"),
    ratio,
  };
  const high = { median: 9, low: 9, high: 9 };
  const another = { ...duel, student: "another", ratio: high };
  const ofOtherKernels = { ...duel, subject: sha("x"), ratio: high };
  const { speed } = figuresOf([{ none: [1], head: [3] }], [duel, another, ofOtherKernels]);
  expect(speed).toMatchObject({ cases: 1, duels: 1 });
  expect(speed?.ratio.value).toBeCloseTo(1.5, 12);
});

it.for([
  ["faster", 1.3, 0.02, gpu],
  ["slower", 0.7, 0.02, gpu],
  // Every case is faster by a hair, which a timer's noise makes too.
  ["no difference shown", 1.02, 0.001, gpu],
  // The same gain is within the noise of a processor.
  ["no difference shown", 1.08, 0.005, { kind: "cpu", name: "cpu" }],
  ["faster", 1.08, 0.005, gpu],
] as const)("says %s for a ratio of %f", ([verdict, ratio, spread, device]) => {
  const cases = Array.from({ length: 8 }, (_, index) => ({
    none: [1] as Came[],
    head: [ratio + spread * (index - 3.5)] as Came[],
    device,
  }));
  expect(figuresOf(cases).speed).toMatchObject({ verdict, cases: 8 });
});

it("says nothing about speed from a handful of cases, or from two devices", () => {
  const few = Array.from({ length: 4 }, () => ({ none: [1] as Came[], head: [3] as Came[] }));
  expect(figuresOf(few).speed).toMatchObject({ verdict: "no difference shown", p: 0.125 });
  const two = figuresOf([...few, { none: [1], head: [3], device: { kind: "cpu", name: "cpu" } }]);
  expect(two.devices).toHaveLength(2);
  expect(two.speed).toBeNull();
});
