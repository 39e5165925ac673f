import { describe, expect, it } from "vitest";
import { akgVectors } from "../../test/akg-fixtures.ts";
import type { Reject } from "./reject.ts";
import { type VerificationRecord, verificationRecords } from "./verification-records.ts";

async function read(text: string) {
  const rejects: Reject[] = [];
  const records: VerificationRecord[] = [];
  const report = (reject: Reject) => rejects.push(reject);
  for await (const record of verificationRecords([Buffer.from(text)], "verification_results.jsonl", report))
    records.push(record);
  return { records, rejects };
}

/** Vectors where AKG's result is wrong though no quirk is noted for them, with the tasks that did pass. */
const better: Record<string, { passed: string[]; rejects: number; why: string }> = {
  v07: { passed: [], rejects: 1, why: 'the text "false" is no pass' },
  v09: { passed: ["0", "7"], rejects: 1, why: "the number 0 is an id (EF10)" },
  v11: { passed: ["a"], rejects: 1, why: "a number between records stops nothing (SL9)" },
  v12: { passed: ["a"], rejects: 0, why: "a byte order mark hides nothing (SL1)" },
};

const vectors = akgVectors("parse_verification", "search_log");

describe("verificationRecords", () => {
  it.each(vectors.filter(({ id }) => !better[id]))(
    "reads $id of parse_verification as AKG does",
    async (vector) => {
      const { records } = await read(String(vector.input["text"]));
      const first = records.find((record) => record.dsl);
      const passed = records.filter((record) => record.passed);
      const dirs = passed.map((record) => [record.task_id, { verify_dir: record.verify_dir }]);
      expect({
        passed: Object.fromEntries(dirs),
        metadata: { dsl: first?.dsl ?? "", backend: first?.backend ?? "", arch: first?.arch ?? "" },
      }).toEqual(vector.expected);
    },
  );

  it.each(Object.entries(better))("reads %s of parse_verification better than AKG", async (id, deviation) => {
    const vector = vectors.find((candidate) => candidate.id === id);
    const { records, rejects } = await read(String(vector?.input["text"]));
    const passed = records.filter((record) => record.passed).map((record) => record.task_id);
    expect(passed).toEqual(deviation.passed);
    expect(rejects).toHaveLength(deviation.rejects);
  });

  it("keeps a record with odd fields that nothing depends on", async () => {
    const { records, rejects } = await read(
      '{"task_id": 3, "passed": true, "step": "2", "dsl": null, "extra": []}',
    );
    expect(records).toEqual([
      expect.objectContaining({ task_id: "3", passed: true, line: 1, error_log: "" }),
    ]);
    expect(records[0]?.step).toBeUndefined();
    expect(rejects).toEqual([]);
  });

  it("reports a record without an id or a result, with file and line", async () => {
    const { records, rejects } = await read('{"passed": true}\n{\n"task_id": "a"\n}\nnoise\nnoise\n');
    expect(records).toEqual([]);
    expect(rejects.map(({ file, line }) => [file, line])).toEqual([
      ["verification_results.jsonl", 1],
      ["verification_results.jsonl", 2],
      ["verification_results.jsonl", 5],
    ]);
    expect(rejects[1]?.reason).toContain("passed");
    expect(rejects[2]?.reason).toBe("text that is not JSON (to line 6)");
  });
});
