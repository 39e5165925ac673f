import { compareText } from "../compare-text.ts";
import type { Call } from "../traces/session.ts";
import { plainCommands } from "./plain-command.ts";
import type { CommandLine } from "./session-command.ts";

/** Stands between commands that did not follow each other: code was changed, or something else was run. */
const gap = "";

const maxCommands = 200;

/** Adds what a call ran to the plain commands of a session; what passed once more right away counts once. */
export function addCommands(commands: string[], call: Call, line: CommandLine, passed: boolean): void {
  if (commands.length >= maxCommands) return;
  // Looking at files is no step of a script, and no gap in one.
  if (line.parts.length > 0 && line.parts.every(({ role }) => role === "probe")) return;
  const plain = passed && call.command !== null ? plainCommands(call.command) : undefined;
  for (const command of plain ?? [gap]) if (commands.length < maxCommands) addOne(commands, command);
}

/** Notes that code was changed. */
export function addGap(commands: string[]): void {
  if (commands.length < maxCommands) addOne(commands, gap);
}

function addOne(commands: string[], command: string): void {
  if (commands.at(-1) !== command) commands.push(command);
}

/** Commands that several sequences hold, one right after the other. */
export interface CommandSequence {
  commands: readonly string[];
  /** Indices of the sequences that hold it. */
  holders: readonly number[];
}

const minLength = 3;
const maxLength = 8;

/**
 * The run of three to eight commands that most sequences hold, at least two; of equal ones the longest, then the first
 * in the order of its words. A loop of two commands is none. Linear in the commands.
 */
export function commonCommands(sequences: readonly (readonly string[])[]): CommandSequence | undefined {
  const numbers = new Map<string, number>();
  const numberOf = (command: string): number => {
    const number = numbers.get(command) ?? numbers.size;
    numbers.set(command, number);
    return number;
  };
  const holders = new Map<string, Set<number>>();
  for (const [index, sequence] of sequences.entries()) {
    for (const part of partsOf(sequence.map(numberOf), numberOf(gap))) {
      if (new Set(part).size < minLength) continue;
      const key = part.join();
      holders.set(key, (holders.get(key) ?? new Set()).add(index));
    }
  }
  const commands = [...numbers.keys()];
  const [best] = [...holders]
    .filter(([, found]) => found.size >= 2)
    .map(([key, found]) => ({
      commands: key.split(",").map((number) => commands[Number(number)] ?? gap),
      holders: [...found],
    }))
    .sort(
      (a, b) =>
        b.holders.length - a.holders.length ||
        b.commands.length - a.commands.length ||
        compareText(a.commands.join("\n"), b.commands.join("\n")),
    );
  return best;
}

/** All parts of a sequence of the lengths that count, none over a gap. */
function* partsOf(sequence: readonly number[], gapNumber: number): Generator<number[]> {
  for (let from = 0; from < sequence.length; from += 1) {
    const next = sequence.indexOf(gapNumber, from);
    const end = Math.min(next < 0 ? sequence.length : next, from + maxLength);
    for (let to = from + minLength; to <= end; to += 1) yield sequence.slice(from, to);
  }
}
