import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { akgVectors } from "../../test/akg-fixtures.ts";
import { positiveDecimal } from "./decimal.ts";
import { fastestMeasurement, parseSpeedupRecord } from "./speedup-record.ts";

/** Vectors where AKG takes something else than a positive decimal for a time or speedup (SL10, SL11). */
const better: Record<string, Record<string, { speedup: number; gen_time: number | string }>> = {
  p04: { a: { speedup: 0, gen_time: "inf" } },
  p06: { a: { speedup: 0, gen_time: "inf" } },
};

function fastestByTask(text: string) {
  const { measurements } = parseSpeedupRecord(text, "speed_up_record.txt");
  const tasks = Object.entries(Object.groupBy(measurements, (measurement) => measurement.task_id));
  return Object.fromEntries(
    tasks.map(([task, lines]) => {
      const fastest = fastestMeasurement(lines ?? []);
      return [task, { speedup: fastest?.speedup, gen_time: fastest?.gen_time_us ?? "inf" }];
    }),
  );
}

describe("parseSpeedupRecord", () => {
  for (const { id, input, expected } of akgVectors("parse_speedup_record")) {
    it(`${id} of parse_speedup_record: ${better[id] ? "positive decimals only" : "as AKG"}`, () => {
      expect(fastestByTask(String(input["text"]))).toEqual(better[id] ?? expected);
    });
  }

  it("uses every vector", () => {
    const ids = akgVectors("parse_speedup_record").map((vector) => vector.id);
    expect(ids).toHaveLength(12);
    expect(ids).toEqual(expect.arrayContaining(Object.keys(better)));
  });

  it("reports times that are none, but not the writer's own inf", () => {
    const times = ["-4.0 us", "0.000000 us", "1e-05 us", "1,085.5 us", "failed us", "inf us", "12.5us"];
    const text = times.map((time, index) => `task_id: t${index}, generation_time: ${time}`).join("\r\n");
    const { measurements, rejects } = parseSpeedupRecord(text, "f.txt");
    expect(measurements.map((measurement) => measurement.gen_time_us)).toEqual([
      ...Array.from({ length: 6 }, () => undefined),
      12.5,
    ]);
    expect(rejects.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
    expect(rejects[2]?.reason).toBe('generation_time "1e-05" is no positive decimal number');
  });

  it("reports lines without a task, with their number", () => {
    const { measurements, rejects } = parseSpeedupRecord("\nhello\ntask_id: , speedup: 1x\n", "f.txt");
    expect(measurements).toEqual([]);
    expect(rejects).toEqual([
      { file: "f.txt", line: 2, reason: "not a measurement: it names no task_id" },
      { file: "f.txt", line: 3, reason: expect.stringContaining("not a measurement") },
    ]);
  });

  it("throws for no text and never returns a time that is not positive and finite", () => {
    const text = fc.string({
      unit: fc.constantFrom("task_id: a", ", ", "generation_time: ", "1e9", "-", "5", " us", "\n", "∞"),
    });
    fc.assert(
      fc.property(fc.oneof(text, fc.string()), (content) => {
        for (const { gen_time_us = 1 } of parseSpeedupRecord(content, "f").measurements) {
          expect(gen_time_us > 0 && Number.isFinite(gen_time_us)).toBe(true);
        }
      }),
    );
  });
});

describe("positiveDecimal", () => {
  it("takes plain positive decimals only", () => {
    expect(["43.92", " 7 ", ".5", "5.", "５"].map(positiveDecimal)).toEqual([43.92, 7, 0.5, 5, 5]);
    const others = [
      "",
      "0",
      "-1",
      "+5",
      "1e3",
      "1_0",
      "1,0",
      "inf",
      "nan",
      "0x10",
      "9".repeat(400),
      "∞",
      "1 0",
    ];
    expect(others.filter((text) => positiveDecimal(text) !== undefined)).toEqual([]);
  });
});
