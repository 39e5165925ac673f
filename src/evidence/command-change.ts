import { type CommandLine, type CommandPart, isSameFamily } from "./session-command.ts";

/** What differs between two command lines of one family, told from the second. */
export interface CommandChange {
  /** Variables with their new values. */
  environment: readonly (readonly [name: string, value: string])[];
  /** Options of the shared part: the old value is null where the option is new, the new one where it is gone. */
  options: readonly { name: string; from: string | null; to: string | null }[];
  /** Commands that prepare, and that the first line did not hold. */
  steps: readonly string[];
}

export function commandChange(before: CommandLine, after: CommandLine): CommandChange {
  const known = new Set(before.parts.map((part) => part.text));
  const isIn = (line: CommandLine, part: CommandPart): CommandPart | undefined =>
    line.parts.find((other) => other.role === "run" && isSameFamily(other.family, part.family));
  const shared = after.parts.findIndex((part) => part.role === "run" && isIn(before, part));
  const steps = after.parts
    .filter((part, index) => part.role !== "probe" && (part.role !== "run" || index < shared))
    .filter((part) => !known.has(part.text) && !(part.role === "run" && isIn(before, part)))
    .map((part) => part.text);
  const texts = new Set(after.parts.map((part) => part.text));
  const options = after.parts.flatMap((part) => {
    const old = part.role === "run" ? isIn(before, part) : undefined;
    // Where one part stands several times, as for several sizes, it is one that stayed that counts.
    const stays = before.parts.some((other) => other.family === old?.family && texts.has(other.text));
    return old === undefined || stays ? [] : optionChanges(old, part);
  });
  const environment = [...after.environment].filter(
    ([name, value]) => before.environment.get(name) !== value,
  );
  return { environment, options: uniqueOptions(options), steps };
}

/** Options that say how much is computed and not how: with them a time is another time. */
const workload =
  /^-{0,2}(?:[mnkbd]|size|sizes|rows?|cols?|columns|vocab|batch(?:[-_]size)?|seq(?:[-_]?len)?|len(?:gth)?|dim|hidden|heads?|shape|iters?|iterations|reps?|repeats?|warmup|dtype|device|steps)=?$/i;

/** Whether the change makes measurements before and after it incomparable. */
export function changesWorkload({ options }: CommandChange): boolean {
  return options.some(({ name }) => workload.test(name));
}

/** The parts of the change in words, such as `TORCH_CUDA_ARCH_LIST=9.0` and `--bk 64 instead of 8`. */
export function changeParts({ environment, options, steps }: CommandChange): string[] {
  return [
    ...environment.map(([name, value]) => `${name}=${value}`),
    ...options.map(({ name, from, to }) => {
      const withValue = (value: string): string =>
        name.endsWith("=") || value === "" ? `${name}${value}` : `${name} ${value}`;
      if (to === null) return `without ${withValue(from ?? "")}`;
      const now = withValue(to);
      return from === null || from === "" ? now : `${now} instead of ${from}`;
    }),
    ...steps,
  ];
}

/** Options that change what is printed or how much is run, and not how a program works. */
const display =
  /^-(?:[qvxslj]+\d*|k|n|rA?|-tb=?|-maxfail=?|-lf|-ff|-last-failed|-verbose|-quiet|-no-header|-durations=?|-color=?|-capture=?|-parallel=?)$/;
/** A word without a flag matters where it names a file that is compiled or linked. */
const compiled = /\.(?:c|cc|cpp|cxx|cu|hip|o|a|so|rs|f90)$/;

function optionChanges(before: CommandPart, after: CommandPart): CommandChange["options"][number][] {
  const matters = (name: string): boolean =>
    name.startsWith("-") ? !display.test(name) : compiled.test(name);
  const changes: { name: string; from: string | null; to: string | null }[] = [];
  for (const [name, to] of after.options) {
    const from = before.options.get(name);
    if (from !== to && matters(name)) changes.push({ name, from: from ?? null, to });
  }
  for (const [name, from] of before.options) {
    if (!after.options.has(name) && matters(name)) changes.push({ name, from, to: null });
  }
  return changes;
}

function uniqueOptions(options: readonly CommandChange["options"][number][]): CommandChange["options"] {
  const seen = new Map(options.map((option) => [JSON.stringify(option), option]));
  return [...seen.values()];
}
