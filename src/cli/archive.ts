import type { Command } from "commander";
import type { LandingRequest } from "../commands/landing-place.ts";
import { usageFailure } from "../failure.ts";
import type { Door } from "./door.ts";

const tokenWords =
  "\nThe token is read from GITHUB_TOKEN or GH_TOKEN; it needs contents: write and pull-requests: write.";

/** Commands about retired skills: history, restore, retire. */
export function registerArchive(program: Command, door: Door): void {
  const { context, view, print, printJson } = door;
  program
    .command("history")
    .description("tell the life of a skill across moves and merges, or list the retired skills")
    .argument("[name]", "name of a skill (default: the whole library)")
    .option("--library <dir>", "library (default: the configured one)")
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print it as JSON", false)
    .action(
      async (name: string | undefined, options: { library?: string; config?: string; json: boolean }) => {
        const { history } = await import("../commands/history.ts");
        const { json: asJson, ...rest } = options;
        const result = await history({ name, ...rest }, context);
        if (asJson) return printJson(result);
        const { historyText } = await import("../terminal/history-text.ts");
        print(historyText(result, view));
      },
    );

  landing(
    program
      .command("restore")
      .description("bring a retired skill back, byte for byte, on a branch with a pull request")
      .argument("<name[@commit]>", "name of the skill, and the commit to take it from"),
  ).action(async (skill: string, options: LandingOptions) => {
    const { restore } = await import("../commands/restore.ts");
    const { json: asJson, ...rest } = options;
    const result = await restore({ skill, ...rest }, context);
    if (asJson) return printJson(result);
    const { proposeText } = await import("../terminal/propose-text.ts");
    print(proposeText(result));
  });

  landing(
    program
      .command("retire")
      .description("take a skill out of the tree on a branch with a pull request; history keeps it")
      .argument("[name]", "name of the skill")
      .option("--reason <text>", "why it goes")
      .option("--results <dir>", "results of its last evaluation (default: .overproof/results)")
      .option("--import-archive", "move the skills that AKG put into .archive/ to git history", false),
  ).action(async (name: string | undefined, options: RetireOptions) => {
    const { json: asJson, importArchive, reason, results, ...rest } = options;
    const result = await retireOrImport();
    if (asJson) return printJson(result);
    const { proposeText } = await import("../terminal/propose-text.ts");
    print(proposeText(result));

    async function retireOrImport() {
      if (importArchive) {
        if (name !== undefined || reason !== undefined) {
          throw usageFailure(
            "--import-archive takes all that AKG put away.",
            "Leave the name and --reason out.",
          );
        }
        const { importAkgArchive } = await import("../commands/import-archive.ts");
        return importAkgArchive(rest, context);
      }
      if (name === undefined || reason === undefined) {
        throw usageFailure(
          name === undefined ? "No skill is named." : "A skill is retired for a reason.",
          "Write overproof retire NAME --reason TEXT.",
        );
      }
      const { retire } = await import("../commands/retire.ts");
      return retire({ name, reason, results, ...rest }, context);
    }
  });
}

interface LandingOptions extends LandingRequest {
  json: boolean;
}

interface RetireOptions extends LandingOptions {
  reason?: string;
  results?: string;
  importArchive: boolean;
}

/** The options of every command that ends in a pull request. */
function landing(command: Command): Command {
  return command
    .option("--repository <owner/name>", "on GitHub (default: from the remote origin)")
    .option("--base <branch>", "target branch (default: the repository's default branch)")
    .option("--library <dir>", "library (default: the configured one)")
    .option("--no-push", "make the branch and the commit here and stop")
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--dry-run", "print what would be proposed and change nothing", false)
    .option("--json", "print the result as JSON", false)
    .addHelpText("after", tokenWords);
}
