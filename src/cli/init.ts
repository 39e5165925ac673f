import type { Command } from "commander";
import type { Door } from "./door.ts";

/** Commands for a repository's first day: init, doctor. */
export function registerInit(program: Command, door: Door): void {
  const { context, view, print, printJson, endWith } = door;
  program
    .command("init")
    .description("write configuration and workflows into this repository, and leave alone what is there")
    .option("--action <owner/overproof@ref>", "how workflows name the Action")
    .option("--no-example", "without the example trace")
    .option("--force", "make files that differ new", false)
    .option("--dry-run", "say what would be written, and write nothing", false)
    .option("--json", "print the result as JSON", false)
    .action(
      async (options: {
        action?: string;
        example: boolean;
        force: boolean;
        dryRun: boolean;
        json: boolean;
      }) => {
        const { init } = await import("../commands/init.ts");
        const { json: asJson, ...request } = options;
        const result = await init(request, context);
        if (asJson) return printJson(result);
        const { initText } = await import("../terminal/init-text.ts");
        print(initText(result, view));
      },
    );

  program
    .command("doctor")
    .description(
      "check that everything is there: configuration, workflows, git, keys, and GitHub with a token",
    )
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print the findings as JSON", false)
    .action(async (options: { config?: string; json: boolean }) => {
      const { doctor } = await import("../commands/doctor.ts");
      const result = await doctor({ config: options.config, node: process.versions.node }, context);
      if (result.status === "broken") endWith(1);
      if (options.json) return printJson(result);
      const { doctorText } = await import("../terminal/doctor-text.ts");
      print(doctorText(result, view));
    });
}
