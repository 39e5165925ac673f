import type { Command } from "commander";
import type { Door } from "./door.ts";

interface OrganizeOptions {
  library?: string;
  model?: string;
  workspace?: string;
  output?: string;
  evaluate: boolean;
  results?: string;
  config?: string;
  review: boolean;
  dryRun: boolean;
  json: boolean;
}

/** The command that keeps a library small: organize. */
export function registerOrganize(program: Command, { context, print, printJson }: Door): void {
  program
    .command("organize")
    .description(
      "merge skills by theme and split fix skills that have grown too long, without losing a claim",
    )
    .argument("[scope...]", "parts of the library, such as triton-cuda (default: all of it)")
    .option("--library <dir>", "library (default: the configured one)")
    .option("--model <spec>", "teacher: offline, anthropic:MODEL, openai:MODEL[@BASE_URL] or replay:DIR")
    .option("--workspace <dir>", "folder for the files of this run (default: .overproof/runs/...)")
    .option("--output <dir>", "write the new skills there, and leave the library as it is")
    .option("--evaluate", "have the configured students prove that nothing is lost", false)
    .option("--results <dir>", "folder of plan and results of that (default: .overproof/results)")
    .option(
      "--review",
      "list skills that need a new evaluation, or could be retired, and change nothing",
      false,
    )
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--dry-run", "print what becomes of every claim, and write the workspace and nothing else", false)
    .option("--json", "print the result as JSON", false)
    .action(async (scopes: string[], options: OrganizeOptions) => {
      const { review: isReview, json: asJson, ...rest } = options;
      if (isReview) {
        const { reviewLibrary } = await import("../commands/review-library.ts");
        const result = await reviewLibrary({ scopes, library: rest.library, config: rest.config }, context);
        if (asJson) return printJson(result);
        const { reviewText } = await import("../terminal/review-text.ts");
        return print(reviewText(result));
      }
      const { organize } = await import("../commands/organize.ts");
      const result = await organize({ scopes, ...rest }, context);
      if (asJson) return printJson(result);
      const { organizeText } = await import("../terminal/organize-text.ts");
      print(organizeText(result, rest));
    });
}
