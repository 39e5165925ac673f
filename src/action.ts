import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import type { Context } from "./commands/context.ts";
import type { Annotation } from "./github/check-run.ts";
import { type ExitCode, Failure, reasonOf } from "./failure.ts";
import { readInputs, type Inputs } from "./inputs.ts";
import type { Reporter } from "./reporter.ts";

/** What a command hands to the workflow. */
interface Concluded {
  outputs: Record<string, string>;
  /** Markdown for the step summary. */
  summary: string;
  /** Sentences that fail the step, although the command did its work: a validation said no, a trace failed. */
  failures?: string[];
  exitCode?: ExitCode | 0;
}

const emptyOutputs = {
  status: "",
  changed: "false",
  skills: "[]",
  proposal: "",
  "pull-request-number": "",
  "pull-request-url": "",
  page: "",
  matrix: '{"include":[]}',
  results: "",
  key: "",
};

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

async function run(inputs: Inputs): Promise<Concluded> {
  const context = contextOf(inputs);
  switch (inputs.command) {
    case "distill": {
      const { distill } = await import("./commands/distill.ts");
      const result = await distill(inputs.request, context);
      const { exitCodeOf } = await import("./distill/distill-result.ts");
      const { distillSummary } = await import("./report/distill-summary.ts");
      return {
        outputs: {
          status: result.status,
          changed: String(result.status === "proposed"),
          skills: JSON.stringify(result.skills),
          proposal: result.proposal ?? "",
        },
        summary: distillSummary(result),
        failures: (result.failures ?? []).map(({ trace, reason, remedy }) => `${trace}: ${reason} ${remedy}`),
        exitCode: exitCodeOf(result),
      };
    }
    case "generate": {
      const { generate } = await import("./commands/generate.ts");
      const { readMaterials } = await import("./commands/read-materials.ts");
      const result = await generate(inputs.request, context, readMaterials(context));
      const { generateSummary } = await import("./report/generate-summary.ts");
      return {
        outputs: {
          status: result.status,
          changed: String(result.status === "proposed"),
          skills: JSON.stringify(result.skills),
        },
        summary: generateSummary(result),
      };
    }
    case "propose": {
      const { propose } = await import("./commands/propose.ts");
      const result = await propose(inputs.request, context);
      const { proposeSummary } = await import("./report/propose-summary.ts");
      return {
        outputs: {
          status: result.status,
          changed: String(result.status === "created" || result.status === "updated"),
          skills: JSON.stringify(result.skills),
          "pull-request-number": result.number === null ? "" : String(result.number),
          "pull-request-url": result.url ?? "",
        },
        summary: proposeSummary(result),
      };
    }
    case "evaluate": {
      const { evaluate } = await import("./commands/evaluate.ts");
      const { result } = await evaluate(inputs.request, context);
      if ("include" in result) {
        return { outputs: { status: "planned", matrix: JSON.stringify(result) }, summary: "" };
      }
      const { exitCodeOf } = await import("./evaluate/evaluation-result.ts");
      const { evaluateSummary } = await import("./report/evaluate-summary.ts");
      const exitCode = exitCodeOf(result);
      return {
        outputs: { status: result.status, results: result.results },
        summary: evaluateSummary(result),
        ...(exitCode === 0
          ? {}
          : { failures: [`The evaluation is ${result.status}: ${result.ended}.`], exitCode }),
      };
    }
    case "report": {
      const { report } = await import("./commands/report.ts");
      const { evaluation, markdown, html } = await report(inputs.request, context);
      return { outputs: { status: evaluation.status, page: html ?? "" }, summary: markdown };
    }
    case "gate": {
      const { gate } = await import("./commands/gate.ts");
      const result = await gate(inputs.request, context);
      // Where the check run is written it carries the remarks; else the step does.
      if (result.check === null) annotate(result.annotations);
      return {
        outputs: {
          status: result.status,
          skills: JSON.stringify(result.skills),
          page: result.html ?? "",
          key: result.key ?? "",
        },
        summary: result.markdown,
        ...(result.status === "blocked" ? { failures: [result.sentence], exitCode: 1 as const } : {}),
      };
    }
    case "lint": {
      const { lint } = await import("./commands/lint.ts");
      const result = await lint(inputs.request, context);
      for (const { severity, rule, message, hint, file, line } of result.findings) {
        const annotate = severity === "error" ? core.error : core.warning;
        annotate(`${message} ${hint}`, { file, startLine: line, title: rule });
      }
      const { lintSummary } = await import("./report/lint-summary.ts");
      return {
        outputs: { status: result.errors > 0 ? "failed" : "passed" },
        summary: lintSummary(result),
        ...(result.errors > 0
          ? { failures: [`${result.errors} findings must be corrected.`], exitCode: 1 as const }
          : {}),
      };
    }
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
  const { outputs, summary, failures = [], exitCode = 0 } = await run(inputs);
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
