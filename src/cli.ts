#!/usr/bin/env node
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import type { Door } from "./cli/door.ts";
import { registerArchive } from "./cli/archive.ts";
import { registerDistill } from "./cli/distill.ts";
import { registerEvaluate } from "./cli/evaluate.ts";
import { registerInit } from "./cli/init.ts";
import { registerKernel } from "./cli/kernel.ts";
import { registerLibrary } from "./cli/library.ts";
import { registerOrganize } from "./cli/organize.ts";
import type { Context } from "./commands/context.ts";
import { Failure, reasonOf } from "./failure.ts";
import { escapedJson } from "./terminal/json-text.ts";
import { oneLine, withoutCommands } from "./terminal/one-line.ts";
import { terminalReporter } from "./terminal/terminal-reporter.ts";

const colourOut = wantsColour(process.stdout);
const context: Context = {
  cwd: process.cwd(),
  environment: process.env,
  reporter: terminalReporter(process.stderr, { colour: wantsColour(process.stderr), now: Date.now }),
  now: clock(process.env["SOURCE_DATE_EPOCH"]),
  random: Math.random,
  sleep: async (milliseconds) => sleep(milliseconds),
};
const door: Door = {
  context,
  view: { columns: Math.min(process.stdout.columns ?? 80, 120), colour: colourOut },
  isTerminal: process.stdout.isTTY,
  print,
  printJson: (value) => print(json(value)),
  printPieces: async (pieces) => pipeline(escapedPieces(pieces), process.stdout, { end: false }),
  complain,
  endWith: (exitCode) => {
    process.exitCode = exitCode;
  },
};

const program = new Command("overproof")
  .description("Skills distilled from agent traces, and proven before they merge.")
  .version(packageJson.version)
  .exitOverride()
  .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
  .addHelpText(
    "after",
    `
Examples:
  $ overproof distill traces                     skills from every trace in a folder, without a model
  $ overproof distill traces/softmax/logs --model anthropic:MODEL
  $ overproof propose PROPOSAL --dry-run
  $ overproof lint skills
  $ overproof show NAME
  $ overproof organize triton-cuda --dry-run     what would be merged, claim by claim

Exit codes: 0 done, 1 a gate or validation said no, 2 wrong usage or input, 3 an outside service failed,
or the program itself did.`,
  );

registerDistill(program, door);
registerLibrary(program, door);
registerEvaluate(program, door);
registerKernel(program, door);
registerOrganize(program, door);
registerArchive(program, door);
registerInit(program, door);

function json(value: unknown): string {
  return escapedJson(JSON.stringify(value, null, 2));
}

function print(text: string): void {
  const safe = withoutCommands(text);
  process.stdout.write(safe.endsWith("\n") ? safe : `${safe}\n`);
}

async function* escapedPieces(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield escapedJson(piece);
}

/** Colour only on a terminal, and by the conventions of NO_COLOR and FORCE_COLOR. */
function wantsColour(stream: NodeJS.WriteStream): boolean {
  if (process.env["NO_COLOR"]) return false;
  if (process.env["FORCE_COLOR"] && process.env["FORCE_COLOR"] !== "0") return true;
  return stream.isTTY && process.env["TERM"] !== "dumb";
}

/** The clock, or the fixed time that reproducible builds ask for by SOURCE_DATE_EPOCH (in seconds). */
function clock(epoch: string | undefined): () => Date {
  const seconds = epoch === undefined || !/^\d{1,11}$/.test(epoch) ? undefined : Number(epoch);
  return () => (seconds === undefined ? new Date() : new Date(seconds * 1000));
}

function complain(problem: string, remedy: string): void {
  process.stderr.write(`overproof: ${oneLine(problem)}\n${withoutCommands(oneLine(remedy))}\n`);
}

// A reader that closes the pipe early, such as head, is no error; a full disk behind it is one.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  complain(`The result cannot be written: ${reasonOf(error)}.`, "Make room, and run it again.");
  process.exit(2);
});
// Without a place for complaints the exit code still tells.
process.stderr.on("error", () => undefined);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof Failure) {
    complain(error.message, error.remedy);
    process.exitCode = error.exitCode;
  } else {
    complain(
      `This is a bug: ${reasonOf(error)}`,
      "Please report it, with what OVERPROOF_DEBUG=1 prints in addition.",
    );
    if (process.env["OVERPROOF_DEBUG"] && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = 3;
  }
}
