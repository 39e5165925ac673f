import { type Command, Option } from "commander";
import { type Mode, modes } from "../distill/material.ts";
import type { Door } from "./door.ts";
import { collect, wholeNumber } from "./option-values.ts";

/** Commands that make skills: distill, generate, propose. */
export function registerDistill(program: Command, door: Door): void {
  const { context, view, print, printJson, complain, endWith } = door;
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
      const { distill } = await import("../commands/distill.ts");
      const { parseUploaded } = await import("../commands/uploaded-traces.ts");
      const artifact = options.artifact === undefined ? undefined : parseUploaded(options.artifact);
      const result = await distill({ ...distillRequest(paths, options), artifact }, context);
      const { exitCodeOf } = await import("../distill/distill-result.ts");
      for (const { trace, reason, remedy } of result.failures ?? []) complain(`${trace}: ${reason}`, remedy);
      endWith(exitCodeOf(result));
      const { evaluateDistilled } = await import("../commands/evaluate-distilled.ts");
      const evaluation = options.evaluate ? await evaluateDistilled(result, options, context) : undefined;
      if (evaluation) endWith(Math.max(exitCodeOf(result), evaluation.exitCode));
      if (options.json) return printJson({ ...result, ...(evaluation && { evaluation: evaluation.json }) });
      const { distillText } = await import("../terminal/distill-text.ts");
      print(distillText(result, { library: options.output, config: options.config }));
      if (evaluation === undefined) return;
      const { distillEvaluationText } = await import("../terminal/distill-evaluation-text.ts");
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
      const { generate } = await import("../commands/generate.ts");
      const { readMaterials } = await import("../commands/read-materials.ts");
      const { example, json: asJson, ...rest } = options;
      const result = await generate({ task, examples: example, ...rest }, context, readMaterials(context));
      if (asJson) return printJson(result);
      const { generateText } = await import("../terminal/generate-text.ts");
      print(generateText(result));
    });

  program
    .command("propose")
    .description("turn a proposal file into a branch, a commit and a pull request")
    .argument("<proposal>", "proposal.json that distill or organize wrote")
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
      const { propose } = await import("../commands/propose.ts");
      const { json: asJson, ...rest } = options;
      const result = await propose({ proposal, ...rest }, context);
      if (asJson) return printJson(result);
      const { proposeText } = await import("../terminal/propose-text.ts");
      print(proposeText(result));
    });
}

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
): Parameters<typeof import("../commands/distill.ts").distill>[0] {
  const { mode, op, model, output, workspace, config, dryRun } = options;
  return { paths, mode, op, model, output, workspace, config, dryRun };
}
