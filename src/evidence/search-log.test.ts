import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LoggedTask, versionFolder, writeAkgLog } from "../../test/akg-log-folder.ts";
import { silentReporter } from "../reporter.ts";
import { compressSearchLog } from "./compressed-search-log.ts";
import { searchLogEvidence } from "./search-log-items.ts";
import { collectSearchLog, type SearchLog } from "./search-log.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "search-log-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const op = "relu";
const speedupFile = "relu/profiling/speed_up_record.txt";

function write(...tasks: LoggedTask[]): void {
  writeAkgLog(folder, { op, tasks });
}

const collect = (from = folder) => collectSearchLog(from, { op, reporter: silentReporter });

function recordOf(log: SearchLog, task: string) {
  return log.records.find((record) => record.task_id === task);
}

describe("collectSearchLog", () => {
  it("takes time and code from the same version when several versions of a task passed (SL5)", async () => {
    const first = { task_id: "a", step: 2, gen_time: 20, code: "x = 'fast'\n" };
    const second = { task_id: "a", step: 5, gen_time: 30, code: "x = 'slow'\n" };
    const unverified = { task_id: "a", step: 8, gen_time: 10, passed: false };
    write(first, second, unverified);
    const log = await collect();
    expect(recordOf(log, "a")).toMatchObject({
      gen_time_us: 20,
      impl: "relu/Iterationa_Step02_verify/relu_triton_cuda_impl.py",
      measured_at: { file: speedupFile, line: 1 },
    });
    expect(log.code.get("a")).toBe(first.code);
  });

  it("takes the time of another version for want of one that passed, and says so", async () => {
    write({ task_id: "a", step: 2, code: "x = 1\n" }, { task_id: "a", step: 5, gen_time: 10, passed: false });
    const log = await collect();
    expect(recordOf(log, "a")?.gen_time_us).toBe(10);
    expect(log.rejects).toEqual([
      { file: speedupFile, line: 1, reason: expect.stringContaining("Iterationa_Step05_verify") },
    ]);
  });

  it("reads no code of a version that did not pass, and code from this folder only (SL8)", async () => {
    write(
      { task_id: "a", gen_time: 5, code: "x = 1\n" },
      { task_id: "b", gen_time: 6, passed: false, code: "y\n" },
    );
    const log = await collect();
    expect(log.records.map(({ task_id, has_code }) => [task_id, has_code])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    const outside = {
      task_name: op,
      task_id: "c",
      passed: true,
      verify_dir: `/relu/../../${folder}/relu/..`,
    };
    writeFileSync(join(folder, "verification_results.jsonl"), JSON.stringify(outside));
    expect(recordOf(await collect(), "c")).toMatchObject({ in_verification: true, impl: null });
  });

  it("prefers the file named after operator and dsl, then Python by name, then C++ (SL20)", async () => {
    const task = { task_id: "a", gen_time: 5, code: "exact = 1\n" };
    write(task);
    const versions = join(folder, versionFolder(op, task));
    const implementation = async () =>
      recordOf(await collect(), "a")
        ?.impl?.split("/")
        .at(-1);
    writeFileSync(join(versions, "z_impl.py"), "z = 1\n");
    writeFileSync(join(versions, "a_impl.py"), "a = 1\n");
    writeFileSync(join(versions, "kernel_impl.cpp"), "int a;\n");
    expect(await implementation()).toBe("relu_triton_cuda_impl.py");
    rmSync(join(versions, "relu_triton_cuda_impl.py"));
    expect(await implementation()).toBe("a_impl.py");
    rmSync(join(versions, "a_impl.py"));
    rmSync(join(versions, "z_impl.py"));
    expect(await implementation()).toBe("kernel_impl.cpp");
  });

  it("reads no code through a link", async () => {
    const task = { task_id: "a", gen_time: 5 };
    write(task);
    mkdirSync(join(folder, versionFolder(op, task)), { recursive: true });
    writeFileSync(join(folder, "secret.py"), "key = 1\n");
    symlinkSync(join(folder, "secret.py"), join(folder, versionFolder(op, task), "relu_triton_cuda_impl.py"));
    expect(recordOf(await collect(), "a")).toMatchObject({ impl: null, has_code: false });
  });

  it("keeps a task that never passed as the parent of one that did (SL13)", async () => {
    write(
      { task_id: "a", gen_time: 9, code: "a\n" },
      { task_id: "b", parent_id: "a" },
      { task_id: "c", parent_id: "b", gen_time: 5, code: "c\n" },
    );
    const records = (log: SearchLog) =>
      log.records.map(({ task_id, in_verification }) => [task_id, in_verification]);
    expect(records(await collect())).toEqual([
      ["a", true],
      ["b", true],
      ["c", true],
    ]);
    const [first, , third] = ["a", "b", "c"].map((task_id) =>
      JSON.stringify({ task_name: op, task_id, passed: true }),
    );
    writeFileSync(join(folder, "verification_results.jsonl"), `${first}\n${third}`);
    expect(records(await collect())).toEqual([
      ["a", true],
      ["b", false],
      ["c", true],
    ]);
  });

  it("takes the rounded time of the lineage table where no measurement is one (SL11)", async () => {
    write({ task_id: "a", gen_time: 12.345678, code: "a\n" });
    writeFileSync(join(folder, speedupFile), "task_id: a, generation_time: -4 us, speedup: -1x\n");
    const log = await collect();
    expect(recordOf(log, "a")).toMatchObject({
      gen_time_us: 12.35,
      measured_at: { file: "relu_lineage_graph.md", line: 7 },
    });
    expect(log.rejects).toHaveLength(1);
  });

  it("breaks circles of parents and says where (SL16)", async () => {
    write(
      { task_id: "a2", parent_id: "a10", gen_time: 9, code: "a\n" },
      { task_id: "a10", parent_id: "a2", gen_time: 8, code: "b\n" },
      { task_id: "self", parent_id: "self", gen_time: 7, code: "c\n" },
    );
    const log = await collect();
    expect(log.rejects).toEqual([
      { file: "relu_lineage_graph.md", line: 7, reason: expect.stringContaining("a2 descends from itself") },
      {
        file: "relu_lineage_graph.md",
        line: 9,
        reason: expect.stringContaining("self descends from itself"),
      },
    ]);
    expect(compressSearchLog(log).chain.map(({ parent_id, child_id }) => [parent_id, child_id])).toEqual([
      ["a2", "a10"],
    ]);
  });

  it("counts tasks and lists those that never passed with the end of their log (SL7)", async () => {
    write(
      { task_id: "a", gen_time: 9, code: "a\n" },
      { task_id: "b", passed: false, step: 2, error_log: "first" },
      { task_id: "b", passed: false, step: 5, error_log: "last" },
      { task_id: "c", passed: false, step: 2 },
      { task_id: "c", gen_time: 9, step: 5 },
    );
    const log = await collect();
    expect(log.failures).toEqual([
      { task_id: "b", step: 5, error_log: "last", file: "verification_results.jsonl", line: 29 },
    ]);
    writeFileSync(join(folder, "relu_lineage_graph.md"), "");
    expect((await collect()).counts).toEqual({ total_tasks: 3, success_count: 2 });
    writeFileSync(join(folder, "relu_lineage_graph.md"), "- **总提交**: 9 | **总成功**: 4 | **总失败**: 5\n");
    expect((await collect()).counts).toEqual({ total_tasks: 9, success_count: 4 });
  });

  it("has one digest for one content, wherever it lies", async () => {
    write({ task_id: "a", gen_time: 9, code: "a = 1\n" });
    const { digest } = await collect();
    const copy = join(folder, "copy");
    mkdirSync(copy);
    for (const name of ["relu", "relu_lineage_graph.md", "verification_results.jsonl"])
      cpSync(join(folder, name), join(copy, name), { recursive: true });
    expect((await collect(copy)).digest).toBe(digest);
    writeFileSync(join(copy, "relu/Iterationa_Step02_verify/relu_triton_cuda_impl.py"), "a = 2\n");
    expect((await collect(copy)).digest).not.toBe(digest);
  });

  it("warns of what it skipped, a few times at most", async () => {
    write({ task_id: "a", gen_time: 9 });
    writeFileSync(join(folder, speedupFile), "noise\n".repeat(30));
    const warnings: string[] = [];
    const reporter = { ...silentReporter, warning: (message: string) => warnings.push(message) };
    const log = await collectSearchLog(folder, { op, reporter });
    expect(log.rejects).toHaveLength(30);
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toMatch(/^10 more/);
  });

  it("throws for no text in its files", async () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(
          fc.constantFrom(
            '{"task_id":"a","passed":true,"verify_dir":"relu/x"}',
            "task_id: a, generation_time: 5 us",
            "| task_id | parent |",
            "| a | a |",
            "|-|-|",
            "\n",
            "{",
            "|",
          ),
        )
        .map((parts) => parts.join("\n")),
    );
    mkdirSync(join(folder, "relu/profiling"), { recursive: true });
    await fc.assert(
      fc.asyncProperty(text, text, text, async (records, measurements, lineage) => {
        writeFileSync(join(folder, "verification_results.jsonl"), records);
        writeFileSync(join(folder, speedupFile), measurements);
        writeFileSync(join(folder, "relu_lineage_graph.md"), lineage);
        const log = await collect();
        const ids = searchLogEvidence(log, compressSearchLog(log)).map((item) => item.id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});
