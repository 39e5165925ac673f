import { sha256 } from "../digest.ts";
import { commonCommands } from "../evidence/command-sequences.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { runClass } from "../evidence/session-sequences.ts";
import { familiesOf, readCommand } from "../evidence/session-command.ts";
import type { SessionEvidence } from "../evidence/session.ts";
import { differentSuccesses } from "./session-procedure.ts";
import type { SkillFileBeside } from "./skill-files.ts";

/** Commands that several sessions ran one after the other, as a file beside the skill. */
export interface SessionScript {
  item: Evidence;
  commands: readonly string[];
  /** How many different sessions hold it. */
  support: number;
  /** A text to read and to run by hand: nothing runs it, and it is not executable. */
  file: SkillFileBeside;
}

/**
 * The plain commands that most sessions share, where there are at least three of them in at least two traces that did
 * not fail. Its name is made of our own words and a digest.
 */
export function sharedScript(sessions: readonly SessionEvidence[]): SessionScript | undefined {
  const different = differentSuccesses(sessions);
  const shared = commonCommands(different.map(({ plainCommands }) => plainCommands));
  const holders = shared?.holders.flatMap((index) => different[index] ?? []) ?? [];
  const [first] = holders;
  if (!shared || !first) return undefined;
  const { commands } = shared;
  const support = new Set(holders.map(({ trace }) => trace)).size;
  if (support < 2) return undefined;
  const classes = [...new Set(commands.flatMap((command) => familiesOf(readCommand(command)).map(runClass)))];
  const name = `${classes.join("-")}-${sha256(commands.join("\n")).slice(0, 8)}`;
  const seen = `${support} traces of agent sessions`;
  return {
    commands,
    support,
    file: {
      path: `scripts/${name}.sh`,
      content: [
        `# From ${seen}: in each of them these commands passed, one after the other.`,
        "# Read them before you run them in the project's folder: bash FILE",
        "set -euo pipefail",
        "",
        ...commands,
        "",
      ].join("\n"),
    },
    item: {
      id: `${first.trace.slice(0, 8)}:script-${commands.length}-${support}`,
      kind: "procedure",
      trace: first.trace,
      places: holders
        .flatMap(({ items }) => items.find(({ kind }) => kind === "task")?.places ?? [])
        .slice(0, 20),
      summary: `${support} traces ran ${commands.length} commands one after the other, and each passed.`,
      command: commands.join(" && "),
    },
  };
}
