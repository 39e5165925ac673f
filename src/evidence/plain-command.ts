import { signsOfLine } from "../skills/warning-signs.ts";
import { readCommand } from "./session-command.ts";
import { isSuspicious } from "./session-suspicion.ts";

/** Programs that build, test and measure; what else a trace runs is for its own machine, or for nobody. */
const program =
  /^(?:python[\d.]*|pytest|py\.test|torchrun|node|bash|sh|make|cmake|ctest|ninja|nvcc|hipcc|gcc|g\+\+|clang(?:\+\+)?|cc|c\+\+|tsc|ncu|nsys|rocprof|perf|valgrind|compute-sanitizer|cuda-memcheck|(?:\.\/)?[\w-]+\/[\w./-]+|\.\/[\w.-]+)$/;
/** Programs that do many things, with the first words that build, test and measure. */
const subcommand =
  /^(?:cargo (?:build|test|bench|check|clippy|run)|go (?:build|test|vet|run)|dotnet (?:build|test|run)|(?:npm|pnpm|yarn) (?:test|run (?:build|test|bench|check|lint|types)[\w:-]*))(?= |$)/;
/** Only words that mean the same in every shell: no quotes, variables, globs, pipes, redirections, substitutions. */
const plainWords = /^[\w./][\w./=:,+-]*(?: [\w./=:,+-]+)*$/;
/** An absolute path is one of another machine, and one with `..` leads out of the project. */
const strangePath = /(?:^|[ =:,])\/|\.\./;
/** Code in the command line or from standard input. */
const inlineCode =
  /^(?:python|node|bash|sh)\S*(?= ).* (?:-[a-z]*[ceip][a-z]*|--(?:eval|print))(?= |$)| -(?= |$)/;
/** What changes the machine, or what others would see. */
const outside = /(?:^| )(?:install|publish|deploy|upload|release|push|login)\b/;

const maxLength = 200;
const maxLine = 2000;

/**
 * The commands of a command line, where each of them can be written down and run again as it stands: relative paths,
 * plain words, a program that builds, tests or measures. Undefined for any other line, such as one with a pipe, a
 * redirection, a here-document, a variable, a masked secret, an address or a sign that a reviewer is warned of.
 */
export function plainCommands(line: string): string[] | undefined {
  if (line.length > maxLine) return undefined;
  const commands = line
    .trim()
    .split(/\s*&&\s*/)
    .map((command) => command.replaceAll(/[ \t]+/g, " "));
  return commands.every(isPlain) ? commands : undefined;
}

function isPlain(command: string): boolean {
  if (command.length > maxLength || !plainWords.test(command)) return false;
  if (strangePath.test(command) || inlineCode.test(command) || outside.test(command)) return false;
  const [first = ""] = command.split(" ", 1);
  if (!program.test(first) && !subcommand.test(command)) return false;
  const { parts } = readCommand(command);
  if (parts.length !== 1 || parts[0]?.role !== "run") return false;
  return signsOfLine(command, "skill").length === 0 && !isSuspicious(command);
}
