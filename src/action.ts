import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import { emptyOutputs } from "./action/concluded.ts";
import { runCommand } from "./action/run-command.ts";
import type { Context } from "./commands/context.ts";
import type { Annotation } from "./github/check-run.ts";
import { Failure, reasonOf } from "./failure.ts";
import { readInputs, type Inputs } from "./inputs.ts";
import type { Reporter } from "./reporter.ts";

const reporter: Reporter = {
  // Old workflow commands (`##[...]`) are obeyed anywhere in a line of the log.
  info: (message) => core.info(message.replaceAll("##[", "## [")),
  warning: (message, place) =>
    core.warning(
      message,
      place ? { file: place.file, ...(place.line === undefined ? {} : { startLine: place.line }) } : {},
    ),
  // A log has no bars; commands say what they do as they begin it.
  progress: () => undefined,
};

/** Environment for the commands: keys come from inputs, by the names that the terminal uses. */
function contextOf(inputs: Inputs): Context {
  return {
    cwd: process.env["GITHUB_WORKSPACE"] || process.cwd(),
    environment: { ...process.env, ...inputs.secrets },
    reporter,
    now: () => new Date(),
    random: Math.random,
    sleep: async (milliseconds) => sleep(milliseconds),
  };
}

const levels = { notice: core.notice, warning: core.warning, failure: core.error };

function annotate(annotations: readonly Annotation[]): void {
  for (const { path: file, line: startLine, level, title, message } of annotations) {
    levels[level](message, { file, startLine, title });
  }
}

/** A log whose reader went away is no error of the command; a full disk under it is said where it can be. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.exitCode ||= 2;
  process.stderr.write(`overproof: the log cannot be written: ${reasonOf(error)}\n`);
});
process.stderr.on("error", () => undefined);

try {
  for (const [name, value] of Object.entries(emptyOutputs)) core.setOutput(name, value);
  const inputs = readInputs((name) => core.getInput(name));
  for (const secret of Object.values(inputs.secrets)) if (secret !== "") core.setSecret(secret);
  const concluded = await runCommand(inputs, contextOf(inputs));
  const { outputs, summary, annotations = [], failures = [], exitCode = 0 } = concluded;
  annotate(annotations);
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
  // Outside of a runner there is no summary file, and the command has done its work all the same.
  if (summary !== "" && process.env["GITHUB_STEP_SUMMARY"]) await core.summary.addRaw(summary, true).write();
  for (const failure of failures) core.setFailed(failure);
  if (exitCode !== 0) process.exitCode = exitCode;
} catch (error) {
  core.setFailed(
    error instanceof Failure ? `${error.message} ${error.remedy}` : `This is a bug: ${reasonOf(error)}`,
  );
  process.exitCode = error instanceof Failure ? error.exitCode : 3;
  if (!(error instanceof Failure)) core.debug(error instanceof Error ? (error.stack ?? "") : "");
}
