import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { markdownTable } from "markdown-table";
import type { BenchResult } from "./bench/bench-result.ts";

/**
 * `npm run bench [name...]`: measures, prints, and writes `docs/benchmarks/<name>.md` and `.json` with the
 * machine and the commit, so that a figure can be traced to what it was measured on.
 */
const root = resolve(import.meta.dirname, "..");
const benches: Record<string, () => Promise<{ run(): Promise<BenchResult> }>> = {
  "session-read": () => import("./bench/session-read.ts"),
  "session-labels": () => import("./bench/session-labels.ts"),
  "evaluate-report": () => import("./bench/evaluate-report.ts"),
  "claim-dedup": () => import("./bench/claim-dedup.ts"),
  organize: () => import("./bench/organize.ts"),
  "search-log": () => import("./bench/search-log.ts"),
  kernels: () => import("./bench/kernels.ts"),
  start: () => import("./bench/start.ts"),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(
    `There is no benchmark ${unknown.join(", ")}. Name one of ${Object.keys(benches).join(", ")}.`,
  );
  process.exit(2);
}
for (const [name, load] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`Measuring ${name} ...`);
  const result = await (await load()).run();
  const about = { date: new Date().toISOString(), ...commit(), ...machine() };
  const page = render(result, about);
  console.log(page);
  const folder = join(root, "docs", "benchmarks");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify({ ...about, ...result }, null, 2)}\n`);
  await writeFile(join(folder, `${name}.md`), page);
}

function commit(): { commit: string; clean: boolean } {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  return {
    commit: git("rev-parse", "HEAD"),
    clean: git("status", "--porcelain", "--untracked-files=no") === "",
  };
}

function machine(): { cpu: string; cores: number; memory_gib: number; node: string } {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

function render(
  result: BenchResult,
  about: ReturnType<typeof machine> & ReturnType<typeof commit> & { date: string },
): string {
  const [first = {}] = result.rows;
  const keys = Object.keys(first);
  const rows = result.rows.map((row) => keys.map((key) => String(row[key] ?? "")));
  return `# ${result.name}

${result.method}

${markdownTable([keys, ...rows])}

Measured on ${about.date.slice(0, 10)} at commit ${about.commit.slice(0, 12)}${about.clean ? "" : " with uncommitted changes"}:
${about.cpu}, ${about.cores} cores, ${about.memory_gib} GiB, Node ${about.node}.
`;
}
