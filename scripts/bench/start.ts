import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { BenchResult } from "./bench-result.ts";
import { skillLessChange } from "./skill-less-change.ts";

const dist = resolve(import.meta.dirname, "../../dist");
const runs = 20;

/**
 * From start to the usage error, how much code that reads, and the whole of the gate where no skill is changed: the gate
 * job pays this on every pull request.
 */
export async function run(): Promise<BenchResult> {
  using change = skillLessChange();
  const { folder: cwd, env } = change;
  const bare = median(() => start(["-e", "0"], 0));
  const action = join(dist, "action.js");
  const cli = join(dist, "cli.js");
  const path = { PATH: process.env["PATH"] };
  const cases = [
    {
      what: "dist/action.js, usage error",
      entry: action,
      measure: () => start([action], 2, { env: { ...path, INPUT_COMMAND: "no-such-command" } }),
    },
    {
      what: "dist/cli.js, usage error",
      entry: cli,
      measure: () => start([cli, "no-such-command"], 2, { env: path }),
    },
    {
      what: "dist/action.js, gate without a payload",
      entry: action,
      measure: () => start([action], 2, { cwd, env: { ...env, GITHUB_EVENT_PATH: "" } }),
    },
    {
      what: "dist/action.js, gate of a pull request without skills",
      entry: action,
      measure: () => start([action], 0, { cwd, env }),
    },
  ];
  const rows = cases.map(({ what, entry, measure }) => ({
    what,
    "ms (median)": median(measure).toFixed(0),
    "bare node ms": bare.toFixed(0),
    "static code kB": (staticSize(entry) / 1000).toFixed(0),
  }));
  const concluded = change.summary().split("no skill is changed").length - 1;
  if (concluded !== runs + 1) throw new Error(`The gate concluded ${concluded} times in ${runs + 1} runs.`);
  return {
    name: "Start of both doors, and the gate where no skill is changed",
    method: `Process start to exit, median of ${runs} after one warm-up run. A usage error and a gate whose event has no payload end before anything is read: what they take is loading. The last row is the whole gate, without a token and so without a network, for the event of a pull request that changes the README of a repository of ${change.size}: it reads the configuration of both sides, compares the commits with git and writes its summary. The size counts the entry and everything that it imports statically. Goal: a start under 150 ms, a conclusion within a second.`,
    rows,
  };
}

/** Runs Node to its end; anything but the expected exit would make the time of a failure the result. */
function start(
  args: string[],
  expected: number,
  options: { cwd?: string; env?: Record<string, string | undefined> } = {},
): void {
  const ended = spawnSync(process.execPath, args, { ...options, encoding: "utf8" });
  if (ended.error) throw ended.error;
  if (ended.status !== expected) {
    throw new Error(
      `${args.join(" ")} ended with ${ended.status} instead of ${expected}: ${ended.stdout}${ended.stderr}`,
    );
  }
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
