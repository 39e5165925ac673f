import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { silentReporter } from "../../src/reporter.ts";
import { openSession } from "../../src/traces/read-session.ts";
import { sessionCounter } from "../../src/traces/session-counts.ts";
import type { BenchResult } from "./bench-result.ts";
import { type GeneratedCounts, type SessionFormat, writeGeneratedSession } from "./generated-session.ts";

const sizes = [20, 200, 1000];
const formats: readonly SessionFormat[] = ["claude-code", "codex"];

interface Measured extends GeneratedCounts {
  milliseconds: number;
  peakMegabytes: number;
  steps: number;
}

/** Sessions of three sizes, each read in a process of its own, so that the peak of its memory is its own. */
export async function run(): Promise<BenchResult> {
  const rows: BenchResult["rows"] = [];
  for (const format of formats) {
    for (const size of sizes) {
      const folder = await mkdtemp(join(tmpdir(), "session-read-"));
      try {
        const path = join(folder, "session.jsonl");
        const written = writeGeneratedSession(path, format, size);
        const read = await measureInChild(path);
        if (read.tool_calls !== written.tool_calls || read.failed_tool_calls !== written.failed_tool_calls)
          throw new Error(
            `${format}, ${size} MB: ${JSON.stringify(read)} was read of ${JSON.stringify(written)}`,
          );
        rows.push({
          format,
          "size (MB)": size,
          "time (s)": (read.milliseconds / 1000).toFixed(1),
          "MB/s": Math.round((size * 1000) / read.milliseconds),
          "peak memory (MB)": Math.round(read.peakMegabytes),
          steps: read.steps,
          calls: read.tool_calls,
        });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
  }
  return {
    name: "session-read",
    method:
      "Detecting, reading, masking and counting generated agent sessions with a line of a quarter of the file, each once in a new process; memory is the peak of the process. The calls that are read are those that were written.",
    rows,
  };
}

async function measureInChild(path: string): Promise<Measured> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, path]);
  return JSON.parse(stdout) as Measured;
}

async function measure(path: string): Promise<Measured> {
  const start = performance.now();
  const { traces } = await openSession(path, { reporter: silentReporter });
  const [trace] = traces;
  if (trace === undefined) throw new Error(`${path} holds no trace`);
  const counter = sessionCounter();
  let steps = 0;
  for await (const step of trace.steps()) {
    counter.add(step);
    steps += 1;
  }
  const { tool_calls, failed_tool_calls } = counter.entry(trace, "unknown");
  const milliseconds = performance.now() - start;
  return {
    milliseconds,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    steps,
    tool_calls,
    failed_tool_calls,
  };
}

if (import.meta.main) {
  const [path] = process.argv.slice(2);
  if (path === undefined) console.table((await run()).rows);
  else console.log(JSON.stringify(await measure(path)));
}
