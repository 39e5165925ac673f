#!/usr/bin/env node
import process from "node:process";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import packageJson from "../package.json" with { type: "json" };
import type { Context } from "./commands/context.ts";
import { type Mode, modes } from "./distill/material.ts";
import { mergePolicies, type MergePolicy } from "./evaluate/merge-policy.ts";
import { Failure, reasonOf, usageFailure } from "./failure.ts";
import { type DeviceChoice, devices, type Size, sizes } from "./kernels/choices.ts";
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
const view = { columns: Math.min(process.stdout.columns ?? 80, 120), colour: colourOut };

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

Exit codes: 0 done, 1 a gate or validation said no, 2 wrong usage or input, 3 an outside service failed,
or the program itself did.`,
  );

program
  .command("distill")
  .description("turn traces into new or improved skills, with the evidence for every claim")
  .argument("[path...]", "traces: log folders, conversations, sessions of agents, or folders of them")
  .addOption(new Option("--mode <mode>", "how a trace is read").choices(["auto", ...modes]).default("auto"))
  .option("--artifact <run-id/name>", "traces that a workflow run uploaded (needs GITHUB_TOKEN)")
  .option("--op <name>", "the operator in a log that holds several")
  .option("--model <spec>", "teacher: offline, anthropic:MODEL, openai:MODEL[@BASE_URL] or replay:DIR")
  .option("--output <dir>", "library to write to (default: the configured one)")
  .option("--workspace <dir>", "folder for the files of this run (default: .overproof/runs/...)")
  .option("--evaluate", "measure the changed skills with the configured students afterwards", false)
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--dry-run", "write the workspace and nothing else", false)
  .option("--json", "print the result as JSON", false)
  .action(async (paths: string[], options: Parameters<typeof distillRequest>[1] & DistillExtras) => {
    const { distill } = await import("./commands/distill.ts");
    const { parseUploaded } = await import("./commands/uploaded-traces.ts");
    const artifact = options.artifact === undefined ? undefined : parseUploaded(options.artifact);
    const result = await distill({ ...distillRequest(paths, options), artifact }, context);
    const { exitCodeOf } = await import("./distill/distill-result.ts");
    for (const { trace, reason, remedy } of result.failures ?? []) complain(`${trace}: ${reason}`, remedy);
    process.exitCode = exitCodeOf(result);
    const { evaluateDistilled } = await import("./commands/evaluate-distilled.ts");
    const evaluation = options.evaluate ? await evaluateDistilled(result, options, context) : undefined;
    if (evaluation) process.exitCode = Math.max(exitCodeOf(result), evaluation.exitCode);
    if (options.json) return print(json({ ...result, ...(evaluation && { evaluation: evaluation.json }) }));
    const { distillText } = await import("./terminal/distill-text.ts");
    print(distillText(result, { library: options.output, config: options.config }));
    if (evaluation === undefined) return;
    const { distillEvaluationText } = await import("./terminal/distill-evaluation-text.ts");
    print(`\n${distillEvaluationText(evaluation, view)}`);
  });

program
  .command("generate")
  .description("make a skill from a task, examples, traces or an existing skill, with its eval cases")
  .argument("<task>", "what the skill is for")
  .option("-e, --example <in => out>", "an example of the task; may be repeated", collect, [])
  .option("--from <path>", "a trace, or a skill to start from; may be repeated", collect, [])
  .option("--model <spec>", "teacher (default: the configured one)")
  .option("--student <spec>", "model that tries the skill on its development cases")
  .option("--rounds <n>", "most rounds of refinement", wholeNumber, 1)
  .option("--seed <n>", "of the split into development and held-out cases", wholeNumber, 1)
  .option("--skill-meta", "write upskill's skill_meta.json too", false)
  .option("--output <dir>", "library to write to (default: the configured one)")
  .option("--workspace <dir>", "folder for the files of this run (default: .overproof/runs/...)")
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--dry-run", "write the workspace and nothing else", false)
  .option("--json", "print the result as JSON", false)
  .action(async (task: string, options: GenerateOptions) => {
    const { generate } = await import("./commands/generate.ts");
    const { readMaterials } = await import("./commands/read-materials.ts");
    const { example, json: asJson, ...rest } = options;
    const result = await generate({ task, examples: example, ...rest }, context, readMaterials(context));
    if (asJson) return print(json(result));
    const { generateText } = await import("./terminal/generate-text.ts");
    print(generateText(result));
  });

program
  .command("propose")
  .description("turn a proposal file into a branch, a commit and a pull request")
  .argument("<proposal>", "proposal.json that distill wrote")
  .option("--repository <owner/name>", "on GitHub (default: from the remote origin)")
  .option("--base <branch>", "target branch (default: the repository's default branch)")
  .option("--library <dir>", "library that the proposal is for (default: the configured one)")
  .option("--results <dir>", "results of an evaluation, for the A/B in the pull request")
  .option("--no-push", "make the branch and the commit here and stop")
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--dry-run", "print what would be proposed and change nothing", false)
  .option("--json", "print the result as JSON", false)
  .addHelpText(
    "after",
    "\nThe token is read from GITHUB_TOKEN or GH_TOKEN; it needs contents: write and pull-requests: write.",
  )
  .action(async (proposal: string, options: ProposeOptions) => {
    const { propose } = await import("./commands/propose.ts");
    const { json: asJson, ...rest } = options;
    const result = await propose({ proposal, ...rest }, context);
    if (asJson) return print(json(result));
    const { proposeText } = await import("./terminal/propose-text.ts");
    print(proposeText(result));
  });

program
  .command("lint")
  .description("check SKILL.md files against the Agent Skills specification")
  .argument("[path...]", "libraries or SKILL.md files (default: the configured library)")
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--json", "print the findings as JSON", false)
  .action(async (paths: string[], options: { config?: string; json: boolean }) => {
    const { lint } = await import("./commands/lint.ts");
    const result = await lint({ paths, config: options.config }, context);
    const { lintTable } = await import("./report/lint-table.ts");
    print(options.json ? json(result) : lintTable(result, view));
    if (result.errors > 0) process.exitCode = 1;
  });

program
  .command("list")
  .description("list the skills of a library")
  .argument("[library]", "library (default: the configured one)")
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--json", "print the list as JSON", false)
  .action(async (library: string | undefined, options: { config?: string; json: boolean }) => {
    const { list } = await import("./commands/list.ts");
    const result = await list({ library, config: options.config }, context);
    const { libraryTable } = await import("./report/library-table.ts");
    print(options.json ? json(result) : libraryTable(result, view));
  });

program
  .command("show")
  .description("show a skill with what each claim rests on, or a trace in the neutral form")
  .argument("<skill>", "name of a skill; with --atif, the path of an agent's session")
  .option("--atif", "print the session as an ATIF v1.7 document, secrets masked", false)
  .option("--library <dir>", "library (default: the configured one)")
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--json", "print it as JSON", false)
  .action(
    async (name: string, options: { library?: string; config?: string; json: boolean; atif: boolean }) => {
      if (options.atif) {
        const { showTrace } = await import("./commands/show-trace.ts");
        return await pipeline(escapedPieces(showTrace(name, context)), process.stdout, { end: false });
      }
      const { show } = await import("./commands/show.ts");
      const result = await show({ name, library: options.library, config: options.config }, context);
      if (options.json) return print(json(result));
      const { showText } = await import("./terminal/show-text.ts");
      print(showText(result, view));
    },
  );

interface GenerateOptions {
  example: string[];
  from: string[];
  model?: string;
  student?: string;
  rounds: number;
  seed: number;
  skillMeta: boolean;
  output?: string;
  workspace?: string;
  config?: string;
  dryRun: boolean;
  json: boolean;
}

program
  .command("evaluate")
  .description("measure skills: run their cases with and without them, and judge the difference")
  .argument("[skill...]", "folders or names of skills (default: all of the library that have cases)")
  .option("--student <spec>", "openai:MODEL[@BASE_URL] or anthropic:MODEL; may be repeated", collect, [])
  .option("--judge <spec>", "another model that judges assertions (default: evaluate.judge)")
  .option("--repeats <n>", "runs of each case in each arm", wholeNumber)
  .option("--max-repeats <n>", "give undecided skills more repeats, up to this multiple", wholeNumber)
  .option("--changed", "only skills that differ from the base", false)
  .option("--base <ref>", "commit of the base arm (default: where the target branch was left)")
  .option("--head <ref>", "commit of the head arm (default: the working tree)")
  .option("--placebo", "also measure a text of the same length that is beside the point", false)
  .option("--batch", "use the provider's batches: half the price, up to 24 hours", false)
  .option("--reuse", "take over results that an earlier workflow run kept for the same plan", false)
  .option("--aa", "measure one arm against itself: the noise floor", false)
  .option("--seed <n>", "of the random order", wholeNumber)
  .option("--results <dir>", "folder of plan and results (default: .overproof/results)")
  .option("--budget-usd <usd>", "spend no more than this", positiveNumber)
  .option("--max-calls <n>", "make no more calls than this", wholeNumber)
  .option("--plan", "make no call, and print a matrix of shards as JSON", false)
  .option("--shards <n>", "how many shards the plan has (default: one for each 1,000 calls)", wholeNumber)
  .option("--shard <i/n>", "run one part")
  .option("--generate-only <bundle>", "have kernels written into a folder, for another machine to measure")
  .option("--measure <bundle>", "measure the kernels of such a folder, without network and models")
  .option("--budget-minutes <n>", "hold the device no longer than this for kernels", positiveNumber)
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--json", "print the result as JSON", false)
  .action(async (skills: string[], options: EvaluateOptions) => {
    const { student, json: asJson, measure, generateOnly, ...rest } = options;
    const request = { skills, students: student, ...rest };
    if (generateOnly !== undefined) {
      if (measure !== undefined)
        throw usageFailure("One machine writes, and one measures.", "Leave one out.");
      const { generateKernels } = await import("./commands/generate-kernels.ts");
      const generated = await generateKernels({ ...request, generateOnly }, context);
      if (generated.ended === "service failed") process.exitCode = 3;
      if (asJson) return print(json(generated));
      const { generateKernelsText } = await import("./terminal/generate-kernels-text.ts");
      return print(generateKernelsText(generated));
    }
    const { result, ...told } =
      measure === undefined
        ? await (await import("./commands/evaluate.ts")).evaluate(request, context)
        : await (
            await import("./commands/measure-bundle.ts")
          ).measureKernelBundle({ bundle: measure, ...rest }, context);
    const { exitCodeOf } = await import("./evaluate/evaluation-result.ts");
    process.exitCode = exitCodeOf(result);
    // A matrix is read by a workflow, from one line.
    if ("include" in result) return print(escapedJson(JSON.stringify(result)));
    if (asJson) return print(json(result));
    const { evaluateText } = await import("./terminal/evaluate-text.ts");
    print(evaluateText(result, told, view));
  });

program
  .command("report")
  .description("rebuild tables and the HTML page from stored results, without network or models")
  .option("--results <dir>", "folder of plan and results (default: .overproof/results)")
  .option("--html <file>", "write the page with all cases and replies")
  .option("--teacher <spec>", "which student is the teacher (default: the configured model)")
  .addOption(
    new Option("--policy <policy>", "what blocks a merge (default: gate.block-on)").choices(mergePolicies),
  )
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--markdown", "print Markdown on a terminal too, as into a pipe or a file", false)
  .option("--json", "print the verdicts as JSON", false)
  .action(async (options: ReportOptions) => {
    const { report } = await import("./commands/report.ts");
    const { json: asJson, markdown: asMarkdown, ...rest } = options;
    const { evaluation, markdown, figures, policy } = await report(rest, context);
    if (asJson) return print(json(evaluation));
    // What goes on from here goes into a comment or a file; a person at a terminal reads no table of bars.
    if (asMarkdown || !process.stdout.isTTY) return print(markdown);
    const { abText } = await import("./terminal/ab-text.ts");
    print(abText(figures, { ...view, policy }));
  });

program
  .command("gate")
  .description("decide whether changed skills may merge, and say so in the check and on the pull request")
  .option(
    "--results <dir>",
    "folder of plan and results, or with those of shards (default: .overproof/results)",
  )
  .option("--base <ref>", "commit that the change is held against (default: what the event says)")
  .addOption(
    new Option("--policy <policy>", "what blocks a merge (default: gate.block-on)").choices(mergePolicies),
  )
  .option("--advisory", "say what it would do, and keep nothing from merging", false)
  .option("--needs <json>", "toJSON(needs) of a workflow: jobs that failed block")
  .option("--html <file>", "write the page with all cases and replies")
  .option("--repository <owner/name>", "repository on GitHub (default: the workflow's)")
  .option("--config <file>", "configuration (default: overproof.yml; in a workflow that of the base)")
  .option("--dry-run", "write nothing to GitHub", false)
  .option("--json", "print the decision as JSON", false)
  .action(async (options: GateOptions) => {
    const { gate } = await import("./commands/gate.ts");
    const { json: asJson, ...rest } = options;
    const { markdown, ...result } = await gate(rest, context);
    process.exitCode = result.status === "blocked" ? 1 : 0;
    print(asJson ? json(result) : markdown);
  });

const kernel = program
  .command("kernel")
  .description("compile, verify and time kernels, and check their problems");

kernel
  .command("check")
  .description("compile, verify and time one candidate of a problem")
  .argument("<problem>", "a problem in the form of KernelBench, AKG or gpu-mode")
  .argument("<candidate>", "a file that defines ModelNew")
  .addOption(new Option("--device <device>", "where it runs (default: kernels.device)").choices(devices))
  .addOption(
    new Option("--size <size>", "size of the inputs (default: kernels.size or the problem's)").choices(sizes),
  )
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--json", "print the result as JSON", false)
  .addHelpText(
    "after",
    "\nExit codes: 0 correct, 1 any other verdict, 2 wrong usage, 3 nothing could be measured.",
  )
  .action(async (problem: string, candidate: string, options: KernelOptions) => {
    const { exitCodeOfCheck, kernelCheck } = await import("./commands/kernel-check.ts");
    const { json: asJson, ...rest } = options;
    const result = await kernelCheck({ problem, candidate, ...rest }, context);
    process.exitCode = exitCodeOfCheck(result);
    if (asJson) return print(json(result));
    const { kernelCheckText } = await import("./terminal/kernel-check-text.ts");
    print(kernelCheckText(result, view));
  });

kernel
  .command("lint")
  .description("tell whether problems are too weak to gate a kernel")
  .argument("<problem...>", "problems in the form of KernelBench, AKG or gpu-mode")
  .addOption(new Option("--device <device>", "where they run (default: kernels.device)").choices(devices))
  .addOption(
    new Option("--size <size>", "size of the inputs (default: kernels.size or the problem's)").choices(sizes),
  )
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--json", "print the flags as JSON", false)
  .action(async (problems: string[], options: KernelOptions) => {
    const { kernelLint } = await import("./commands/kernel-lint.ts");
    const { json: asJson, ...rest } = options;
    const result = await kernelLint({ problems, ...rest }, context);
    if (result.flagged > 0) process.exitCode = 1;
    if (asJson) return print(json(result));
    const { kernelLintText } = await import("./terminal/kernel-lint-text.ts");
    print(kernelLintText(result, view));
  });

kernel
  .command("log")
  .description("measure the versions of a kernel and write them as a search log that can be distilled")
  .argument("<problem>", "a problem in the form of KernelBench, AKG or gpu-mode")
  .argument("<version...>", "files with the versions, in the order in which they were written")
  .requiredOption("--output <dir>", "new folder for the log")
  .option("--op <name>", "the operator (default: the problem's name)")
  .option("--parent <n=m>", "version n was made from version m; may be repeated", collect, [])
  .addOption(new Option("--device <device>", "where they run (default: kernels.device)").choices(devices))
  .addOption(
    new Option("--size <size>", "size of the inputs (default: kernels.size or the problem's)").choices(sizes),
  )
  .option("--config <file>", "configuration (default: overproof.yml here or above)")
  .option("--json", "print the result as JSON", false)
  .action(
    async (
      problem: string,
      versions: string[],
      options: KernelOptions & { output: string; op?: string; parent: string[] },
    ) => {
      const { kernelLog } = await import("./commands/kernel-log.ts");
      const { json: asJson, parent, ...rest } = options;
      const result = await kernelLog({ problem, versions, parents: parent, ...rest }, context);
      if (asJson) return print(json(result));
      const { kernelLogText } = await import("./terminal/kernel-log-text.ts");
      print(kernelLogText(result));
    },
  );

kernel
  .command("export")
  .description("write the kernels of an evaluation as KernelBench's eval_results.json")
  .argument("<bundle>", "folder that evaluate --generate-only wrote, or kernels/ of the results")
  .option("--arm <arm>", "whose kernels", "head")
  .option("--output <file>", "file to write", "eval_results.json")
  .option("--json", "print the result as JSON", false)
  .action(async (bundle: string, options: { arm: string; output: string; json: boolean }) => {
    const { kernelExport } = await import("./commands/kernel-export.ts");
    const result = await kernelExport({ bundle, arm: options.arm, output: options.output }, context);
    print(options.json ? json(result) : `${result.samples} samples: ${oneLine(result.file)}\n`);
  });

interface KernelOptions {
  device?: DeviceChoice;
  size?: Size;
  config?: string;
  json: boolean;
}

interface GateOptions {
  results?: string;
  base?: string;
  policy?: MergePolicy;
  advisory: boolean;
  needs?: string;
  html?: string;
  repository?: string;
  config?: string;
  dryRun: boolean;
  json: boolean;
}

interface ReportOptions {
  markdown: boolean;
  results?: string;
  html?: string;
  teacher?: string;
  policy?: MergePolicy;
  config?: string;
  json: boolean;
}

interface EvaluateOptions {
  changed: boolean;
  reuse: boolean;
  student: string[];
  judge?: string;
  repeats?: number;
  maxRepeats?: number;
  base?: string;
  head?: string;
  placebo: boolean;
  batch: boolean;
  aa: boolean;
  seed?: number;
  results?: string;
  budgetUsd?: number;
  maxCalls?: number;
  plan: boolean;
  shards?: number;
  shard?: string;
  generateOnly?: string;
  measure?: string;
  budgetMinutes?: number;
  config?: string;
  json: boolean;
}

interface ProposeOptions {
  results?: string;
  repository?: string;
  base?: string;
  library?: string;
  push: boolean;
  config?: string;
  dryRun: boolean;
  json: boolean;
}

interface DistillExtras {
  artifact?: string;
  evaluate: boolean;
  json: boolean;
}

function distillRequest(
  paths: string[],
  options: {
    mode: Mode | "auto";
    op?: string;
    model?: string;
    output?: string;
    workspace?: string;
    config?: string;
    dryRun: boolean;
  },
): Parameters<typeof import("./commands/distill.ts").distill>[0] {
  const { mode, op, model, output, workspace, config, dryRun } = options;
  return { paths, mode, op, model, output, workspace, config, dryRun };
}

function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a whole number.");
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("Write a number above 0.");
}

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
