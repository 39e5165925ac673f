import { expect, test } from "vitest";
import type { DistillResult } from "../distill/distill-result.ts";
import { distillText } from "./distill-text.ts";

const result: DistillResult = {
  command: "distill",
  mode: "session",
  status: "unchanged",
  reason: "All of it is known.",
  workspace: ".overproof/runs/x",
  dry_run: false,
  skills: [],
  proposal: null,
};

test("lists the first files that are no traces, and counts the others", () => {
  const others = Array.from({ length: 7 }, (_, index) => `traces/${index}.bin: it is neither`);
  const text = distillText({ ...result, not_traces: others }, {});
  expect(text).toContain("7 files are no traces:\n  traces/0.bin: it is neither\n");
  expect(text).toContain("  traces/4.bin: it is neither\n  and 2 more\n");
  expect(distillText({ ...result, not_traces: others.slice(0, 1) }, {})).toContain("1 file is no trace:\n");
  expect(distillText(result, {})).not.toContain("no trace");
});
