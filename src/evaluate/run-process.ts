import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { onInterrupt } from "./interrupt.ts";
import { killed, killStrays, watchDescent } from "./stray-processes.ts";

export interface ProcessRequest {
  program: string;
  args: readonly string[];
  /** All of its environment. Something in it names a path below `folder`. */
  environment: Readonly<Record<string, string>>;
  cwd: string;
  /** For its standard input. */
  input: string;
  /** The folder that belongs to this process alone: whatever still works in it afterwards is killed. */
  folder: string;
  timeLimitMs: number;
  /** Of standard output and standard error together. */
  outputLimitBytes: number;
  /** Whether the program writes to descriptor 3 once it has got hold of what it is to run. */
  saysBegun?: boolean;
  /** Whether its descendants are looked for while it runs, to find those that leave its session. */
  isWatched?: boolean;
}

export interface ProcessEnd {
  /** Null where a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** The limit that it was stopped for. */
  stoppedBy: "time" | "output" | null;
  output: string;
  /** The end of standard error. */
  errors: string;
  /** Whether it said that it has begun; true for a program that does not say so. */
  hasBegun: boolean;
}

/** In milliseconds: from the request to end until the end, and from the end until pipes are let go of. */
const graceMs = 2000;
const pipesMs = 500;
const keptErrors = 8192;

/**
 * Runs a program without a shell, in a process group of its own, to its end or to a limit. When it returns, nothing that
 * the program started is left. Rejects with the system's error where the program cannot be started.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessEnd> {
  const { program, args, environment, cwd, input, folder, timeLimitMs, outputLimitBytes } = request;
  const { saysBegun = false, isWatched = false } = request;
  const stdio = ["pipe", "pipe", "pipe", ...(saysBegun ? (["pipe"] as const) : [])] as const;
  const child = spawn(program, args, { cwd, env: environment, detached: true, stdio: [...stdio] });
  const { pid } = child;
  const descent = isWatched && pid !== undefined ? watchDescent(pid) : undefined;
  const killGroup = (signal: NodeJS.Signals): void => {
    if (pid !== undefined) killed(-pid, signal);
  };
  using _cleanup = onInterrupt(() => killGroup("SIGKILL"));
  const ended = Promise.withResolvers<Pick<ProcessEnd, "exitCode" | "signal">>();
  const closed = new Promise<void>((done) => child.once("close", () => done()));
  child.once("error", (error) => ended.reject(error));
  child.once("exit", (exitCode, signal) => ended.resolve({ exitCode, signal }));

  let stoppedBy: ProcessEnd["stoppedBy"] = null;
  let harder: NodeJS.Timeout | undefined;
  const stop = (reason: "time" | "output"): void => {
    if (stoppedBy !== null) return;
    stoppedBy = reason;
    killGroup("SIGTERM");
    harder = setTimeout(() => killGroup("SIGKILL"), graceMs);
  };
  const timer = setTimeout(() => stop("time"), timeLimitMs);

  const output: Buffer[] = [];
  let errors = Buffer.alloc(0);
  let bytes = 0;
  const isWithin = (chunk: Buffer): boolean => {
    bytes += chunk.length;
    if (bytes > outputLimitBytes) stop("output");
    return bytes <= outputLimitBytes;
  };
  child.stdout.on("data", (chunk: Buffer) => void (isWithin(chunk) && output.push(chunk)));
  child.stderr.on("data", (chunk: Buffer) => {
    if (isWithin(chunk)) errors = Buffer.concat([errors, chunk]).subarray(-keptErrors);
  });
  let hasBegun = !saysBegun;
  const [, , , begun] = child.stdio;
  if (begun instanceof Readable) begun.on("data", () => (hasBegun = true)).on("error", () => undefined);
  // A program may end without reading what it is given.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);

  try {
    const end = await ended.promise;
    const all = await allOutput();
    return { ...end, stoppedBy, output: all, errors: errors.toString("utf8"), hasBegun };
  } finally {
    clearTimeout(timer);
    clearTimeout(harder);
    descent?.stop();
  }

  /** The pipes stay open as long as anybody holds them, so first everybody has to go. */
  async function allOutput(): Promise<string> {
    killGroup("SIGKILL");
    await descent?.kill();
    await killStrays(folder);
    await Promise.race([closed, sleep(pipesMs)]);
    child.stdout.destroy();
    child.stderr.destroy();
    if (begun instanceof Readable) begun.destroy();
    return Buffer.concat(output).toString("utf8");
  }
}
