import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeAkgLog } from "../../test/akg-log-folder.ts";
import { plantedSecrets } from "../../test/secrets-trace.ts";
import { Failure } from "../failure.ts";
import { silentReporter } from "../reporter.ts";
import { readAkgLog } from "./akg-log.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akg-log-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (logDir: string, op?: string) => readAkgLog(logDir, { op, reporter: silentReporter });

async function failureOf(logDir: string, op?: string): Promise<Failure> {
  try {
    await read(logDir, op);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

describe("readAkgLog", () => {
  it("takes the only operator when none is named", async () => {
    writeAkgLog(folder, { op: "relu", tasks: [{ task_id: "0", gen_time: 5 }] });
    const log = await read(folder);
    expect(log.op).toBe("relu");
    expect(log.checks.map(({ task_id, passed }) => [task_id, passed])).toEqual([["0", true]]);
    expect(log.measurements).toHaveLength(1);
    expect(log.lineage.rows).toHaveLength(1);
    expect([...log.folder.read.keys()].sort()).toEqual([
      "relu/profiling/speed_up_record.txt",
      "relu_lineage_graph.md",
      "verification_results.jsonl",
    ]);
  });

  it("leaves records of other operators aside", async () => {
    const record = (task_name: string) => JSON.stringify({ task_name, task_id: "0", passed: true });
    writeFileSync(join(folder, "verification_results.jsonl"), `${record("relu")}\n${record("gelu")}`);
    expect((await read(folder, "gelu")).checks.map((check) => check.line)).toEqual([2]);
  });

  it("keeps the last thousand characters of a log, whole ones", async () => {
    const error_log = `${"x".repeat(10)}${"😀".repeat(1000)}`;
    writeAkgLog(folder, { op: "relu", tasks: [{ task_id: "0", passed: false, error_log }] });
    expect((await read(folder)).checks[0]?.error_log_end).toBe("😀".repeat(1000));
  });

  it("names the operators when none or an unknown one is asked for", async () => {
    writeAkgLog(folder, { op: "relu", tasks: [{ task_id: "0", gen_time: 5 }] });
    mkdirSync(join(folder, "gelu/Iteration0_Step01_verify"), { recursive: true });
    const several = await failureOf(folder);
    expect(several.remedy).toContain('"gelu", "relu"');
    const unknown = await failureOf(folder, "silu");
    expect(unknown.message).toContain('"silu"');
    expect(unknown.remedy).toContain('"gelu", "relu"');
    expect([several.exitCode, unknown.exitCode]).toEqual([2, 2]);
  });

  it("names no operator whose name holds a secret", async () => {
    const token = plantedSecrets().find(({ kind }) => kind === "github-token")?.value ?? "";
    writeAkgLog(folder, { op: "relu", tasks: [{ task_id: "0", gen_time: 5 }] });
    writeAkgLog(folder, { op: token, tasks: [{ task_id: "0", gen_time: 5 }] });
    const failure = await failureOf(folder);
    expect(failure.remedy).toContain("[secret:github-token:1]");
    expect(`${failure.message}${failure.remedy}`).not.toContain(token);
  });

  it("refuses what is no folder, and a folder without a log", async () => {
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "empty"));
    const failures = [
      await failureOf(join(folder, "missing")),
      await failureOf(join(folder, "file")),
      await failureOf(join(folder, "empty")),
    ];
    expect(failures.map((failure) => failure.exitCode)).toEqual([2, 2, 2]);
    expect(failures[0]?.message).toMatch(/missing cannot be opened/);
    expect(failures[1]?.message).toMatch(/file is a file, not a log folder/);
    expect(failures[2]?.message).toMatch(
      /verification_results\.jsonl.*speed_up_record\.txt.*_lineage_graph\.md/,
    );
  });

  it("refuses a log file that cannot be read", async () => {
    writeAkgLog(folder, { op: "relu", tasks: [{ task_id: "0", gen_time: 5 }] });
    rmSync(join(folder, "relu_lineage_graph.md"));
    mkdirSync(join(folder, "relu_lineage_graph.md"));
    const failure = await failureOf(folder, "relu");
    expect(failure.message).toContain("relu_lineage_graph.md cannot be read");
    expect(failure.exitCode).toBe(2);
  });

  it("follows no link out of the folder", async () => {
    writeAkgLog(join(folder, "log"), { op: "relu", tasks: [{ task_id: "0", gen_time: 5 }], lineage: false });
    writeFileSync(join(folder, "secret"), "| task_id | parent |\n|-|-|\n| stolen | - |");
    symlinkSync(join(folder, "secret"), join(folder, "log/relu_lineage_graph.md"));
    expect((await failureOf(join(folder, "log"))).message).toContain("a folder, a link or a device");
  });

  it("opens nothing that an operator's name leads to outside of the folder", async () => {
    const inside = join(folder, "log");
    mkdirSync(inside);
    writeAkgLog(join(folder, "other"), { op: "relu", tasks: [{ task_id: "0", gen_time: 5 }] });
    const record = { task_name: "../other/relu", task_id: "0", passed: true };
    writeFileSync(join(inside, "verification_results.jsonl"), JSON.stringify(record));
    const log = await read(inside);
    expect(log.op).toBe("../other/relu");
    expect(log.measurements).toEqual([]);
    expect([...log.folder.read.keys()]).toEqual(["verification_results.jsonl"]);
  });
});
