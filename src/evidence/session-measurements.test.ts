import { describe, expect, test } from "vitest";
import { improvementOf, isBaseline, measurementsOf, testCounts } from "./session-measurements.ts";

const shown = (text: string): string[] =>
  measurementsOf(text).map(({ name, value, unit }) => `${name}: ${value} ${unit}`);

describe("figures of an output", () => {
  test.each([
    ["triton 61.2 us 2193 GB/s", ["triton: 61.2 us", "triton: 2193 GB/s"]],
    ["PASS 64 rows, 1912 us (torch 402 us)", ["64 rows: 1912 us", "torch: 402 us"]],
    ["sum PASS 1.02 ms (251 GB/s)", ["sum: 1020 us", "sum: 251 GB/s"]],
    [
      "triton 0.391 ms 351 TFLOPS | cublas 0.196 ms",
      ["triton: 391 us", "triton: 351 TFLOPS", "cublas: 196 us"],
    ],
    ["torch 41.0 us  cuda 12.4 us", ["torch: 41 us", "cuda: 12.4 us"]],
    ["    Duration                        us        48.10", ["duration: 48.1 us"]],
    ["rmsnorm 29.8 us (2.41x)", ["rmsnorm: 29.8 us", "rmsnorm: 2.41 x"]],
    ["latency=3.2ms, 1,024 GB/s", ["latency: 3200 us", "latency: 1024 GB/s"]],
    ["3 passed in 4.02s", []],
    ["tile 32x32, 8192x4096", []],
    ["sleep 3 s", ["sleep: 3000000 us"]],
    ["3 s", []],
  ])("%s", (line, expected) => {
    expect(shown(line)).toEqual(expected);
  });

  test("that are printed several times count once, with the median", () => {
    expect(shown("PASS 921 GB/s\nPASS 918 GB/s\nPASS 922 GB/s")).toEqual([": 921 GB/s"]);
  });

  test("of a run that failed are taken from lines that pass", () => {
    const text = "PASS 64 rows, 155 us\n128 rows, 3 us\nRuntimeError: no";
    expect(measurementsOf(text, true).map(({ name }) => name)).toEqual(["64 rows"]);
  });
});

test("names of what is compared with are baselines", () => {
  expect(["torch", "torch eager", "cublas", "reference"].map(isBaseline)).toEqual([true, true, true, true]);
  expect(["triton", "ours", "torchless kernel"].map(isBaseline)).toEqual([false, false, false]);
});

test("less time and more bandwidth are improvements", () => {
  expect(improvementOf(100, 75, "low")).toBe(0.25);
  expect(improvementOf(100, 125, "high")).toBe(0.25);
  expect(improvementOf(100, 125, "low")).toBe(-0.25);
});

test("the last summary of a test runner is counted", () => {
  expect(testCounts("F..\n1 failed, 3 passed in 6.31s")).toEqual({ passed: 3, failed: 1 });
  expect(testCounts("nothing")).toBeUndefined();
});
