import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { report } from "../../src/commands/report.ts";
import { sha256 } from "../../src/digest.ts";
import { silentReporter } from "../../src/reporter.ts";
import { madePlan, madeTrials } from "../../test/made-evaluation.ts";
import type { BenchResult } from "./bench-result.ts";
import { randomFrom } from "./seeded-random.ts";

/** Skills, students, cases and repeats; two arms each. */
const sizes = [
  [5, 2, 20, 5],
  [20, 5, 20, 5],
  [20, 5, 100, 5],
] as const;

/** A report from stored results: reading and checking them, all figures, Markdown, JSON and the HTML page. */
export async function run(): Promise<BenchResult> {
  const rows: BenchResult["rows"] = [];
  for (const size of sizes) rows.push(await measured(size));
  return {
    name: "evaluate-report",
    method:
      "Time of one report, on the clock and of all threads, from a folder with plan.json, results as JSON lines and 40 kept replies: reading, checking and keying every result, all figures with their tests, the Markdown, the JSON and the HTML page. Goal: 100,000 results in under 5 s.",
    rows,
  };
}

async function measured(size: (typeof sizes)[number]): Promise<BenchResult["rows"][number]> {
  const folder = await mkdtemp(join(tmpdir(), "report-bench-"));
  try {
    const results = await writeResults(folder, size);
    const begin = performance.now();
    const cpu = process.cpuUsage();
    const { markdown } = await report(
      { results: folder, html: join(folder, "page.html") },
      { cwd: folder, reporter: silentReporter },
    );
    const { user, system } = process.cpuUsage(cpu);
    return {
      results,
      comparisons: size[0] * size[1],
      seconds: ((performance.now() - begin) / 1000).toFixed(2),
      "CPU seconds": ((user + system) / 1e6).toFixed(2),
      "Markdown characters": markdown.length,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a plan with its results, and gives their number; nothing of them stays in memory. */
async function writeResults(
  folder: string,
  [skills, students, cases, repeats]: (typeof sizes)[number],
): Promise<number> {
  const plan = madePlan({
    skills: Array.from({ length: skills }, (_, index) => `skill-${index}`),
    students: Array.from({ length: students }, (_, index) => `openai:student-${index}`),
    arms: ["none", "head"],
    cases,
    repeats,
  });
  const random = randomFrom(1);
  const replies = Array.from({ length: 40 }, (_, index) => "A reply of some length. ".repeat(index + 10));
  const digests = replies.map(sha256);
  const trials = madeTrials(plan, ({ arm }) => ({
    outcome: random() < (arm === "head" ? 0.7 : 0.5) ? "passed" : "failed",
    reply_sha256: digests[Math.floor(random() * digests.length)] ?? null,
    latency_ms: 500 + 1000 * random(),
    checks: [{ check: "The answer contains the word.", passed: true, evidence: "It does at character 12." }],
  }));
  await mkdir(join(folder, "replies"));
  for (const [index, reply] of replies.entries())
    await writeFile(join(folder, "replies", `${digests[index] ?? ""}.txt`), reply);
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
  const lines = [...trials.values()].map((trial) => `${JSON.stringify(trial)}\n`);
  await writeFile(join(folder, "trials.jsonl"), lines.join(""));
  return trials.size;
}

if (import.meta.main) console.table((await run()).rows);
