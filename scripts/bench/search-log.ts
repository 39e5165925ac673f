import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { compressSearchLog } from "../../src/evidence/compressed-search-log.ts";
import { searchLogEvidence } from "../../src/evidence/search-log-items.ts";
import { collectSearchLog } from "../../src/evidence/search-log.ts";
import { silentReporter } from "../../src/reporter.ts";
import { writeAkgLog } from "../../test/akg-log-folder.ts";
import type { BenchResult } from "./bench-result.ts";
import { generatedSearch, type SearchShape } from "./generated-search.ts";

const variants: { tasks: number; shape: SearchShape }[] = [
  { tasks: 300, shape: "tree" },
  { tasks: 3_000, shape: "tree" },
  { tasks: 10_000, shape: "tree" },
  { tasks: 30_000, shape: "tree" },
  { tasks: 30_000, shape: "chain" },
];

interface Measured {
  milliseconds: number;
  peakMegabytes: number;
  items: number;
}

/** Evidence of generated search logs: each in a process of its own, the best of three, after the files were written. */
export async function run(): Promise<BenchResult> {
  const rows: BenchResult["rows"] = [];
  for (const { tasks, shape } of variants) {
    const folder = await mkdtemp(join(tmpdir(), "search-log-"));
    try {
      writeAkgLog(folder, generatedSearch(tasks, shape, 7));
      const runs: Measured[] = [];
      for (let repeat = 0; repeat < 3; repeat += 1) runs.push(await measureInChild(folder));
      const milliseconds = Math.min(...runs.map((measured) => measured.milliseconds));
      rows.push({
        tasks,
        shape,
        "time (ms)": Math.round(milliseconds),
        "per task (us)": Math.round((milliseconds * 1000) / tasks),
        "peak memory (MB)": Math.round(Math.max(...runs.map((measured) => measured.peakMegabytes))),
        "evidence items": runs[0]?.items ?? 0,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return {
    name: "search-log",
    method:
      "Reading, stripping, comparing and listing the evidence of generated AKG search logs (1.5 kB of code a version), each run in a new process, fastest of three; memory is the peak of the process.",
    rows,
  };
}

async function measureInChild(folder: string): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, folder]);
  return JSON.parse(stdout) as Measured;
}

async function measure(folder: string): Promise<Measured> {
  const start = performance.now();
  const log = await collectSearchLog(folder, { op: "softmax", reporter: silentReporter });
  const evidence = searchLogEvidence(log, compressSearchLog(log));
  const milliseconds = performance.now() - start;
  return { milliseconds, peakMegabytes: process.resourceUsage().maxRSS / 1024, items: evidence.length };
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) console.table((await run()).rows);
  else console.log(JSON.stringify(await measure(folder)));
}
