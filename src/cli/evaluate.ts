import { type Command, Option } from "commander";
import { exitCodesHelp } from "../evaluate/exit-codes.ts";
import { mergePolicies, type MergePolicy } from "../evaluate/merge-policy.ts";
import { usageFailure } from "../failure.ts";
import { escapedJson } from "../terminal/json-text.ts";
import type { Door } from "./door.ts";
import { collect, positiveNumber, wholeNumber } from "./option-values.ts";

/** Commands of the A/B: evaluate, report, gate. */
export function registerEvaluate(program: Command, door: Door): void {
  const { context, view, isTerminal, print, printJson, endWith } = door;
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
    .option(
      "--reuse",
      "take over results that an earlier workflow run kept for the same plan or pull request",
      false,
    )
    .option("--aa", "measure one arm against itself: the noise floor", false)
    .option("--seed <n>", "of the random order", wholeNumber)
    .option("--results <dir>", "folder of plan and results (default: .overproof/results)")
    .option("--budget-usd <usd>", "spend no more than this in this run", positiveNumber)
    .option(
      "--max-calls <n>",
      "make no more calls than this in this run, repeated and failed ones included",
      wholeNumber,
    )
    .option("--plan", "make no call, and print a matrix of shards as JSON", false)
    .option("--shards <n>", "how many shards the plan has (default: one for each 1,000 calls)", wholeNumber)
    .option("--shard <i/n>", "run one part")
    .option("--generate-only <bundle>", "have kernels written into a folder, for another machine to measure")
    .option("--measure <bundle>", "measure the kernels of such a folder, without network and models")
    .option("--budget-minutes <n>", "hold the device no longer than this for kernels", positiveNumber)
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print the result as JSON", false)
    .addHelpText("after", `\n${exitCodesHelp}`)
    .action(async (skills: string[], options: EvaluateOptions) => {
      const { student, json: asJson, measure, generateOnly, ...rest } = options;
      const request = { skills, students: student, ...rest };
      if (generateOnly !== undefined) {
        if (measure !== undefined)
          throw usageFailure("One machine writes, and one measures.", "Leave one out.");
        const { generateKernels } = await import("../commands/generate-kernels.ts");
        const generated = await generateKernels({ ...request, generateOnly }, context);
        if (generated.ended === "service failed") endWith(3);
        if (asJson) return printJson(generated);
        const { generateKernelsText } = await import("../terminal/generate-kernels-text.ts");
        return print(generateKernelsText(generated));
      }
      const { result, ...told } =
        measure === undefined
          ? await (await import("../commands/evaluate.ts")).evaluate(request, context)
          : await (
              await import("../commands/measure-bundle.ts")
            ).measureKernelBundle({ bundle: measure, ...rest }, context);
      const { exitCodeOf } = await import("../evaluate/evaluation-result.ts");
      endWith(exitCodeOf(result));
      // A matrix is read by a workflow, from one line.
      if ("include" in result) return print(escapedJson(JSON.stringify(result)));
      if (asJson) return printJson(result);
      const { evaluateText } = await import("../terminal/evaluate-text.ts");
      print(evaluateText(result, told, view));
    });

  program
    .command("report")
    .description("rebuild tables and the HTML page from stored results, without network or models")
    .option("--results <dir>", "folder of plan and results (default: .overproof/results)")
    .option("--plan <name>", "of earlier results in the folder, as evaluate named it (default: the latest)")
    .option("--html <file>", "write the page with all cases and replies")
    .option("--teacher <spec>", "which student is the teacher (default: the configured model)")
    .addOption(
      new Option("--policy <policy>", "what blocks a merge (default: gate.block-on)").choices(mergePolicies),
    )
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--markdown", "print Markdown on a terminal too, as into a pipe or a file", false)
    .option("--json", "print the verdicts as JSON", false)
    .action(async (options: ReportOptions) => {
      const { report } = await import("../commands/report.ts");
      const { json: asJson, markdown: asMarkdown, ...rest } = options;
      const { evaluation, markdown, figures, policy } = await report(rest, context);
      if (asJson) return printJson(evaluation);
      // What goes on from here goes into a comment or a file; a person at a terminal reads no table of bars.
      if (asMarkdown || !isTerminal) return print(markdown);
      const { abText } = await import("../terminal/ab-text.ts");
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
    .option("--markdown", "print Markdown on a terminal too, as into a pipe or a file", false)
    .option("--json", "print the decision as JSON", false)
    .action(async (options: GateOptions) => {
      const { gate } = await import("../commands/gate.ts");
      const { json: asJson, markdown: asMarkdown, ...rest } = options;
      const { markdown, page, ...result } = await gate(rest, context);
      endWith(result.status === "blocked" ? 1 : 0);
      if (asJson) return printJson(result);
      if (asMarkdown || !isTerminal) return print(markdown);
      const { gateText } = await import("../terminal/gate-text.ts");
      print(gateText(page, result, view));
    });
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
  markdown: boolean;
  json: boolean;
}

interface ReportOptions {
  markdown: boolean;
  results?: string;
  plan?: string;
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
