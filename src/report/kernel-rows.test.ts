import { expect, it } from "vitest";
import type { KernelFigures, KernelSpeed } from "../evaluate/kernel-figures.ts";
import { kernelRemarks } from "./kernel-rows.ts";

function speedOf(more: Partial<KernelSpeed>): string {
  const speed: KernelSpeed = {
    ratio: { value: 9.08, low: 7.18, high: 11.48 },
    cases: 3,
    duels: 3,
    p: 0.25,
    verdict: "no difference shown",
    ...more,
  };
  const figures: KernelFigures = {
    devices: [{ kind: "cuda", name: "a device" }],
    harnesses: ["x"],
    cases: 3,
    arms: new Map(),
    speed,
  };
  return kernelRemarks(figures).at(-1) ?? "";
}

it("says of a large ratio that nothing shows whether it is for want of cases", () => {
  expect(speedOf({})).toBe(
    "Speed: 9.08 times (7.18 to 11.48) as fast over 3 cases correct in both arms: no difference shown, since so few cannot show one (p 0.2500; the best kernels of both arms were timed against each other).",
  );
  expect(speedOf({ p: 0.5 })).toContain("arms: no difference shown (p 0.5000; ");
  expect(speedOf({ cases: 8, duels: 8, p: 2 ** -7, verdict: "faster" })).toContain(
    "arms: faster (p 0.0078; ",
  );
});
