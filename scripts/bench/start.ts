import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { BenchResult } from "./bench-result.ts";

const dist = resolve(import.meta.dirname, "../../dist");
const runs = 20;

/** From start to the usage error, and how much code that reads: the gate job pays this on every pull request. */
export async function run(): Promise<BenchResult> {
  const bare = median(() => start(["-e", "0"], 0));
  const entries = ["action.js", "cli.js"].map((entry) => {
    const args = [join(dist, entry), ...(entry === "cli.js" ? ["no-such-command"] : [])];
    const env = { PATH: process.env["PATH"], INPUT_COMMAND: "no-such-command" };
    return {
      entry: `dist/${entry}`,
      "start ms (median)": median(() => start(args, 2, env)).toFixed(0),
      "bare node ms": bare.toFixed(0),
      "static code kB": (staticSize(join(dist, entry)) / 1000).toFixed(0),
    };
  });
  return {
    name: "Start of both doors",
    method: `Process start to exit with a usage error, median of ${runs} after one warm-up run; the size counts the entry and everything that it imports statically.`,
    rows: entries,
  };
}

/** Runs Node to its end; anything but the expected exit would make the time of a failure the result. */
function start(args: string[], expected: number, env?: Record<string, string | undefined>): void {
  const ended = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (ended.error) throw ended.error;
  if (ended.status !== expected)
    throw new Error(`${args.join(" ")} ended with ${ended.status} instead of ${expected}: ${ended.stderr}`);
}

function median(measure: () => unknown): number {
  measure();
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const begin = performance.now();
    measure();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)] ?? 0;
}

/** Bytes of a module and of all that it imports statically, each once. */
export function staticSize(entry: string): number {
  const seen = new Set<string>();
  const open = [entry];
  let bytes = 0;
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    bytes += statSync(file).size;
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:import|from)\s*"(\.[^"]+)"/g)) {
      open.push(join(dirname(file), specifier ?? ""));
    }
  }
  return bytes;
}
