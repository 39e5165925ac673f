import { applyPatch } from "diff";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { fixLogEvidence, taughtFixes } from "../src/evidence/fix-items.ts";
import type { FixLog, FixRecord } from "../src/evidence/fix-log.ts";
import { collectErrorFix } from "../src/evidence/fix-records.ts";
import { strippedSource } from "../src/evidence/source-text.ts";
import { groupBy } from "../src/group-by.ts";
import { silentReporter } from "../src/reporter.ts";
import { akgFixCases, codeOfCase, type RecordedFix, recordedKeys } from "./akg-fix-fixtures.ts";

const cases = akgFixCases();
const outcomes: { case: string; quirks: string; exact: string; better: string }[] = [];
let planted = 0;
let recovered = 0;

/** Fields of recorded fixes that a quirk makes wrong; the fixes that only we have are checked against the truth. */
const betterFields: Record<string, (keyof RecordedFix)[]> = {
  // EF3: no diff is made up for code that is missing.
  "missing-code": ["diff", "diff_lines", "added", "removed"],
  // EF5: code of the first run was written over by the second, and each run counts its own failures.
  "resumed-run": [
    "failures_before_success",
    "failed_impl",
    "success_impl",
    "failed_sha256",
    "success_sha256",
    "identical_after_stripping",
    "diff",
    "diff_lines",
  ],
  // EF9: the file that the verifier ran.
  "several-impl-files": ["failed_impl", "success_impl", "failed_sha256", "success_sha256"],
};

/** What we have beyond the recorded fixes, as `task error_step>fixed_step`, by the quirk that hid it. */
const moreFixes: Record<string, string[]> = {
  "many-fails": [
    ...[2, 5, 8, 11, 14, 17, 20, 23].map((step) => `_Gen2_Task9 ${step}>${step + 3}`),
    ...[2, 5, 8, 11].map((step) => `_Gen2_Task10 ${step}>${step + 3}`),
  ],
  "missing-code": ["_Init_Task3 2>5"],
  "numeric-ids-and-missing-steps": ["0 1>4", "1 1>4"],
  "odd-records": ["_Init_Task1 2>5", "_Init_Task2 2>5"],
  "one-record-per-line": ["_Init_Task2 2>5"],
  "resumed-run": ["0 3>5"],
  "workflow-adaptive-search": ["_Init_Task2 2>5", "_Gen2_Task6 2>5", "_Gen2_Task6 5>8", "_Gen2_Task6 8>11"],
  "workflow-evolve": ["1_Island0_Task0 2>5", "2_Island0_Task0 2>5"],
  "workflow-kernelgen": ["0 1>3"],
};

function nameOf({ task_id, error_step, fixed_step }: FixRecord): string {
  return `${task_id} ${error_step}>${fixed_step}`;
}

function comparable(fix: RecordedFix | FixRecord, without: readonly string[]): Record<string, unknown> {
  // AKG trims a diff, so that an empty line of context at its end is missing there.
  const diff = fix.diff.trimEnd();
  const whole: Record<string, unknown> = {
    ...fix,
    diff,
    diff_lines: diff === "" ? 0 : diff.split("\n").length,
  };
  return Object.fromEntries(
    recordedKeys.filter((key) => !without.includes(key)).map((key) => [key, whole[key]]),
  );
}

describe.each(cases)("the AKG fix log $name", (fixture) => {
  const { name, expected, quirks } = fixture;
  const without = betterFields[name] ?? [];
  let log: FixLog;

  beforeAll(async () => {
    log = await collectErrorFix(fixture.logDir, { op: expected.op_name, reporter: silentReporter });
    const isWhole = expected.metadata !== undefined;
    const exact = isWhole ? ["metadata", "entries", ...(quirks.includes("EF10") ? [] : ["tasks"])] : [];
    const more = moreFixes[name]?.length ?? 0;
    if (without.length === 0 && isWhole) exact.push(`fixes (${expected.fixes?.length ?? 0})`);
    outcomes.push({
      case: name,
      quirks: quirks.join(" ") || "none",
      exact: exact.join(", ") || "none",
      better:
        [...(without.length > 0 ? without : []), ...(more > 0 ? [`${more} more fixes`] : [])].join(", ") ||
        "none",
    });
  });

  it("has metadata, counts and tasks as recorded", () => {
    if (expected.metadata === undefined) {
      // EF1: AKG stops at one odd record.
      expect(log).toMatchObject({
        metadata: { op_name: "silu", dsl: "triton_cuda" },
        entries: 4,
        rejects: [],
      });
      return;
    }
    expect(log.metadata).toEqual(expected.metadata);
    expect(log.entries).toBe(expected.entries);
    const tasks = log.tasks.map(({ task_id, entries, passed_any }) => ({ task_id, entries, passed_any }));
    // EF10: the number 0 is an id.
    const hidden = quirks.includes("EF10") ? [{ task_id: "0", entries: 2, passed_any: true }] : [];
    expect(tasks).toEqual([...hidden, ...(expected.tasks ?? [])]);
  });

  it("has every recorded fix, equal in every field that no quirk spoils", () => {
    for (const recorded of expected.fixes ?? []) {
      const ours = log.fixes.find(
        (fix) => fix.task_id === recorded.task_id && fix.error_step === recorded.error_step && fix.run === 1,
      );
      expect(ours && comparable(ours, without)).toEqual(comparable(recorded, without));
      expect(ours?.fixed_step).toBe(recorded.success_step);
    }
  });

  it("has the other failures that were overcome, and no more", () => {
    const recorded = new Set(
      (expected.fixes ?? []).map((fix) => `${fix.task_id} ${fix.error_step}>${fix.success_step}`),
    );
    const more = log.fixes.map(nameOf).filter((fix) => !recorded.has(fix));
    expect(more.sort()).toEqual((moreFixes[name] ?? []).toSorted());
    expect(log.flaky).toEqual([]);
  });

  it("has diffs that turn the failing code into the next, and lasting ones into code of the success", () => {
    for (const fix of log.fixes) {
      if (fix.diff === "" || fix.failed_impl === null || fix.fixed_impl === null) continue;
      const [failed, fixed] = [fix.failed_impl, fix.fixed_impl].map((file) =>
        strippedSource(codeOfCase(fixture, file), "python"),
      );
      expect(applyPatch(failed ?? "", `${fix.diff}\n`)).toBe(fixed);
      if (fix.lasting_diff === "" || fix.success_impl === null) continue;
      const success = strippedSource(codeOfCase(fixture, fix.success_impl), "python").split("\n");
      expect(applyPatch(failed ?? "", `${fix.lasting_diff}\n`)).not.toBe(false);
      const added = fix.lasting_diff
        .split("\n")
        .slice(2)
        .filter((line) => line.startsWith("+"));
      expect(added.filter((line) => !success.includes(line.slice(1)))).toEqual([]);
    }
  });

  it("recovers the failures that were planted and overcome, with the words that identify them", () => {
    for (const task of expected.truth.tasks.filter(({ passed }) => passed)) {
      const causes = groupBy(task.failures, ({ cause, signature }) => `${cause}\0${signature}`);
      for (const group of causes.values()) {
        planted += 1;
        const fix = log.fixes.find(
          (found) => found.task_id === task.task_id && group.some(({ step }) => step === found.error_step),
        );
        if (fix) recovered += 1;
        if (fix === undefined || fix.signature === "") continue;
        expect(fix.error_lines.join("\n").replaceAll(/\s+/g, " ")).toContain(
          (group[0]?.signature ?? "").replace("nan in output", "output contains nan"),
        );
      }
    }
    const unsolved = expected.truth.tasks.filter(({ passed, failures }) => !passed && failures.length > 0);
    expect(log.open.map(({ task_id }) => task_id)).toEqual(unsolved.map(({ task_id }) => task_id));
  });

  it("gives every item an id of its own and a place", () => {
    const items = fixLogEvidence(log);
    expect(new Set(items.map((item) => item.id)).size).toBe(items.length);
    expect(items.filter((item) => item.places.length === 0)).toEqual([]);
    expect(items[0]?.kind).toBe("task");
    expect(items.filter((item) => item.kind === "fix")).toHaveLength(taughtFixes(log).length);
  });
});

describe("the set of AKG fix logs", () => {
  afterAll(() => {
    console.table(outcomes);
    const whole = outcomes.filter((outcome) => outcome.better === "none").length;
    console.log(
      `${whole} of ${outcomes.length} cases equal in every part, the others better where a quirk is`,
    );
    console.log(`${recovered} of ${planted} planted failures recovered`);
  });

  it("is complete", () => {
    expect(cases).toHaveLength(13);
    const names = new Set(cases.map(({ name }) => name));
    const listed = z.array(z.string()).parse([...Object.keys(betterFields), ...Object.keys(moreFixes)]);
    expect(listed.filter((name) => !names.has(name))).toEqual([]);
  });

  it("has differences from the recorded results only where a quirk is", () => {
    const differing = cases.filter(({ name }) => name in betterFields || name in moreFixes);
    expect(differing.filter(({ quirks }) => quirks.length === 0)).toEqual([]);
  });

  it("recovers all planted failures but one, which printed the same text again after a change", () => {
    expect({ planted, recovered }).toEqual({ planted: 49, recovered: 48 });
  });
});
