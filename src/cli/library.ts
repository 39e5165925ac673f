import type { Command } from "commander";
import type { Door } from "./door.ts";

/** Commands that look at a library: lint, list, show. */
export function registerLibrary(program: Command, door: Door): void {
  const { context, view, print, printJson, printPieces, endWith } = door;
  program
    .command("lint")
    .description("check SKILL.md files against the Agent Skills specification")
    .argument("[path...]", "libraries or SKILL.md files (default: the configured library)")
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print the findings as JSON", false)
    .action(async (paths: string[], options: { config?: string; json: boolean }) => {
      const { lint } = await import("../commands/lint.ts");
      const result = await lint({ paths, config: options.config }, context);
      const { lintTable } = await import("../report/lint-table.ts");
      if (options.json) printJson(result);
      else print(lintTable(result, view));
      if (result.errors > 0) endWith(1);
    });

  program
    .command("list")
    .description("list the skills of a library")
    .argument("[library]", "library (default: the configured one)")
    .option("--config <file>", "configuration (default: overproof.yml here or above)")
    .option("--json", "print the list as JSON", false)
    .action(async (library: string | undefined, options: { config?: string; json: boolean }) => {
      const { list } = await import("../commands/list.ts");
      const result = await list({ library, config: options.config }, context);
      const { libraryTable } = await import("../report/library-table.ts");
      if (options.json) printJson(result);
      else print(libraryTable(result, view));
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
          const { showTrace } = await import("../commands/show-trace.ts");
          return await printPieces(showTrace(name, context));
        }
        const { show } = await import("../commands/show.ts");
        const result = await show({ name, library: options.library, config: options.config }, context);
        if (options.json) return printJson(result);
        const { showText } = await import("../terminal/show-text.ts");
        print(showText(result, view));
      },
    );
}
