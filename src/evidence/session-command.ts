import { type SimpleCommand, simpleCommands, type Word } from "./shell-words.ts";

/** What a part of a command line is for: a `run` builds, tests or measures; the others prepare or look. */
type Role = "run" | "setup" | "edit" | "probe";

/** One simple command of a command line, without pipes, redirections and what only wraps it. */
export interface CommandPart {
  role: Role;
  /** As it is written, without assignments before it. */
  text: string;
  /** Program and first words: what is compared between two runs. Empty for parts that are no run. */
  family: string;
  /**
   * Flags with their values, in their order; a word without a flag has its own text as key and an empty value. A
   * flag that is written `-arch=sm_90` has `-arch=` as key.
   */
  options: ReadonlyMap<string, string>;
  /** The file that a here-document is written to. */
  written: { path: string; content: string } | undefined;
}

/** A command line as the parts it runs, with the environment that it sets. */
export interface CommandLine {
  parts: readonly CommandPart[];
  environment: ReadonlyMap<string, string>;
}

/** Longer command lines are scripts; their start tells what they run. */
const maxLength = 4000;
const maxParts = 40;

const probes = new Set(
  `ls cat head tail grep rg egrep fgrep find fd which whereis type echo printf pwd tree stat file wc du df date whoami
  uname hostname nvidia-smi lscpu free ps top test [ [[ awk sort uniq cut tr diff cmp jq xxd od less more sleep true
  false exit wait kill ldd nm objdump cuobjdump readelf history man id groups set shopt jobs fg read return`.split(
    /\s+/,
  ),
);
const setups = new Set(
  `rm mkdir mv cp ln touch chmod chown export unset source . conda mamba apt apt-get yum dnf brew pip pip3 uv npm pnpm
  yarn git tar unzip module alias pushd popd ulimit sudo umask rsync wget curl`.split(/\s+/),
);
/** Words that wrap another command. */
const wrappers =
  /^(?:sudo|nohup|exec|command|time|then|do|else|if|while|until|!|\(|\{|stdbuf|nice|ionice|taskset|setsid)$/;
const assignment = /^[A-Za-z_]\w*=/;
/** Compilers are told apart by what they compile, runners of tests by what they run. */
const interpreters = /^(?:python[\d.]*|node|ruby|perl|bash|sh|zsh|julia|Rscript)$/;

/** Reads a command line well enough to compare it with others; it is never run. Linear, and never throws. */
export function readCommand(line: string): CommandLine {
  const parts: CommandPart[] = [];
  const environment = new Map<string, string>();
  for (const command of simpleCommands(line.slice(0, maxLength))) {
    if (parts.length >= maxParts) break;
    const part = readPart(command, environment);
    if (part) parts.push(part);
  }
  return { parts, environment };
}

/** The families of the parts that are runs, in their order, each once. */
export function familiesOf(line: CommandLine): string[] {
  return [...new Set(line.parts.filter((part) => part.role === "run").map((part) => part.family))];
}

/** What a command line runs, with the variables it sets and without what only prepares. */
export function runText({ parts, environment }: CommandLine): string {
  const variables = [...environment].map(
    ([name, value]) => `${name}=${/[\s'"]/.test(value) ? JSON.stringify(value) : value} `,
  );
  const runs = [...new Set(parts.filter((part) => part.role === "run").map((part) => part.text))];
  return `${variables.join("")}${runs.join(" && ")}`;
}

/** Whether two families are one: equal, or one names no file and so covers what the other runs. */
export function isSameFamily(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `);
}

/** Whether two runs share a part. */
export function sharesFamily(one: readonly string[], other: readonly string[]): boolean {
  return one.some((family) => other.some((second) => isSameFamily(family, second)));
}

function readPart(command: SimpleCommand, environment: Map<string, string>): CommandPart | undefined {
  const words = unwrapped(command.words, environment);
  const [program = "", ...rest] = words.map((word) => word.value);
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name === "" || /^(?:cd|for|done|fi|esac|case|in|\)|\}|[)}]+)$/.test(name)) return undefined;
  if (name === "export" || name === "env") {
    for (const word of rest) if (assignment.test(word)) setVariable(environment, word);
    if (rest.every((word) => assignment.test(word))) return undefined;
  }
  const text = words
    .map((word) => word.raw)
    .join(" ")
    .replace(/[)}]+$/, "");
  const { written } = command;
  const role = written ? "edit" : roleOf(name, rest);
  return role === "run"
    ? { role, text, family: familyOf(program, rest), options: optionsOf(rest), written }
    : { role, text: written ? `${text} > ${written.path}` : text, family: "", options: new Map(), written };
}

/** The words of the command itself; assignments before it go into the environment. */
function unwrapped(words: readonly Word[], environment: Map<string, string>): readonly Word[] {
  const value = (index: number): string => words[index]?.value ?? "";
  let start = 0;
  for (; start < words.length; start += 1) {
    const word = value(start);
    if (assignment.test(word)) setVariable(environment, word);
    else if (word === "timeout") {
      while (value(start + 1).startsWith("-"))
        start += /^(?:-[sk]|--signal|--kill-after)$/.test(value(start + 1)) ? 2 : 1;
      if (/^\d/.test(value(start + 1))) start += 1;
    } else if (word === "env" && assignment.test(value(start + 1))) continue;
    else if (!wrappers.test(word)) break;
    else while (/^-\w/.test(value(start + 1))) start += 1;
  }
  return words.slice(start);
}

function setVariable(environment: Map<string, string>, word: string): void {
  const at = word.indexOf("=");
  environment.set(word.slice(0, at), word.slice(at + 1));
}

function roleOf(name: string, rest: readonly string[]): Role {
  const first = rest.find((word) => !word.startsWith("-")) ?? "";
  if (rest.length > 0 && rest.every((word) => /^(?:-V|--version|-version|--help|-h)$/.test(word)))
    return "probe";
  if (name === "sed" || name === "perl") {
    return rest.some((word) => /^-\w*i|^--in-place/.test(word)) ? "edit" : "probe";
  }
  if (name === "patch" || name === "tee") return "edit";
  if (name === "git") {
    if (first === "apply") return "edit";
    return /^(?:log|diff|status|show|branch|blame|grep|ls-files|rev-parse|remote)$/.test(first)
      ? "probe"
      : "setup";
  }
  if (/^(?:pip3?|conda|npm|uv)$/.test(name) && /^(?:list|show|freeze|info|view)$/.test(first)) return "probe";
  if (/^(?:npm|pnpm|yarn|uv|conda)$/.test(name) && /^(?:run|test|t|exec|bench|build)$/.test(first))
    return "run";
  if (interpreters.test(name) && rest.includes("-m") && /^(?:pip|venv|ensurepip)$/.test(first))
    return "setup";
  if (name === "make" && /^(?:clean|distclean)$/.test(first)) return "setup";
  if (probes.has(name)) return "probe";
  return setups.has(name) ? "setup" : "run";
}

/** Flags that take no value although a word follows them often. */
const bare = /^-(?:[a-zA-Z]|-(?:no-|with-|verbose|quiet|inplace|autotune|check|release|debug|all)[\w-]*)$/;

function optionsOf(rest: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? "";
    const next = rest[index + 1];
    const [, name, value] = /^(--?[\w-]+=)(.*)$/s.exec(word) ?? [];
    if (name !== undefined) options.set(name, value ?? "");
    else if (
      /^-{1,2}[A-Za-z]/.test(word) &&
      next !== undefined &&
      !/^-[A-Za-z-]/.test(next) &&
      !bare.test(word)
    ) {
      options.set(word, next);
      index += 1;
    } else options.set(word, "");
  }
  return options;
}

/** How much of an inline script names its family: two scripts are hardly ever the same run. */
const scriptStart = 60;

function familyOf(program: string, rest: readonly string[]): string {
  const name = program.startsWith("./") ? program : program.slice(program.lastIndexOf("/") + 1);
  if (/^pytest$|^py\.test$/.test(name)) return ["pytest", ...filesOf(rest)].join(" ");
  if (interpreters.test(name)) {
    const base = name.replace(/[\d.]+$/, "");
    const module = rest.indexOf("-m");
    if (module >= 0) {
      const [tool = "", ...others] = rest.slice(module + 1);
      return familyOf(tool, others);
    }
    const script = rest.indexOf("-c");
    if (script >= 0) return `${base} -c ${(rest[script + 1] ?? "").slice(0, scriptStart)}`;
    const words = rest.filter((word) => !word.startsWith("-"));
    const isBuild = /^setup\.py$/.test(words[0] ?? "");
    return [base, ...words.slice(0, isBuild ? 2 : 1)].join(" ");
  }
  if (/^(?:make|ninja|cargo|go|npm|pnpm|yarn|just|bazel|gradle|mvn|dotnet|uv)$/.test(name)) {
    return [name, ...rest.filter((word) => !word.startsWith("-") && !word.includes("=")).slice(0, 1)].join(
      " ",
    );
  }
  if (/^(?:ncu|nsys|nvprof|compute-sanitizer|cuda-memcheck|rocprof|perf|valgrind)$/.test(name)) return name;
  return [name, ...filesOf(rest).slice(0, 2)].join(" ");
}

/** Words that name files, without pytest's `::test` parts. */
function filesOf(rest: readonly string[]): string[] {
  return rest
    .filter((word) => !word.startsWith("-"))
    .map((word) => word.split("::", 1)[0] ?? "")
    .filter((word) => /[./]/.test(word) && !/^[\d.]+$/.test(word));
}
