import { expect, it } from "vitest";
import type { KernelCheckResult } from "../commands/kernel-check.ts";
import { kernelCheckText } from "./kernel-check-text.ts";

const times = { median_ms: 2, p10_ms: 1.9, p90_ms: 2.2, n: 31 };
const result: KernelCheckResult = {
  command: "kernel check",
  verdict: "correct",
  compiled: true,
  correct: true,
  reasons: [],
  speedup: 1.5,
  speedup_low: 1.4,
  speedup_high: 1.6,
  against: "eager",
  times: { candidate: times, eager: times, compiled: null },
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
  problem: { name: "03_softmax", sha256: "a".repeat(64), format: "python", flags: [] },
  candidate: { sha256: "b".repeat(64), dsl: "cpp" },
  shapes: [],
  compile: { seconds: 0.2, cached: false, log_tail: "" },
  library_ops: [],
  hints: [],
  log_tail: "",
};
const view = { columns: 80, colour: false };

it.for([
  ["eager", "torch", "against PyTorch, eager", "eager  "],
  ["compiled", "torch", "against torch.compile", "eager  "],
  ["numpy", "abi", "against the reference in", "NumPy  "],
] as const)("says what a time is compared with: %s", ([against, backend, words, row]) => {
  const text = kernelCheckText({ ...result, against, device: { ...result.device, backend } }, view);
  expect(text).toContain(words);
  expect(text).toContain(`\n${row}`);
});

it("explains a result that the framework computed", () => {
  const library = {
    ...result,
    verdict: "library" as const,
    reasons: ["The framework does the work: aten::_softmax."],
    times: null,
    speedup: null,
    log_tail: "a warning of the compiler",
  };
  const text = kernelCheckText(library, view);
  expect(text).toMatch(/^library\n +The framework does the work: aten::_softmax\.\n/);
  expect(text.replaceAll(/\s+/g, " ")).toContain("operators of the framework computed them");
  expect(text.replaceAll(/\s+/g, " ")).toContain("unless kernels.library is allowed");
  expect(text).toContain("a warning of the compiler");
  expect(kernelCheckText(result, view)).not.toContain("kernels.library");
});
