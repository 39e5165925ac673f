import { mkdir, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { reasonOf, usageFailure } from "../failure.ts";
import { findProgram } from "../files/find-program.ts";
import { excerpt } from "../models/excerpt.ts";
import type { Reporter } from "../reporter.ts";
import type { Agent } from "./agent.ts";
import { readableParts, sandboxed, sandboxView, shell, togetherEnding } from "./agent-sandbox.ts";
import type { AgentWorkspace } from "./agent-workspace.ts";
import { runProcess } from "./run-process.ts";
import type { Isolation } from "./trial.ts";

/** Where the agents of one evaluation run, and what their runs have shown so far. */
export interface AgentBench {
  isolationOf(agent: Agent): Isolation;
  /** The command line that isolates a command; `named` are the values of variables that it gets. */
  isolated(
    command: readonly string[],
    parts: { agent: Agent; workspace: AgentWorkspace; named: readonly string[] },
  ): Promise<string[]>;
  /**
   * Runs an agent when no other one is at work, where it could see the folders of other runs, or where it has to be `alone`
   * for another reason.
   */
  inTurn<T>(agent: Agent, work: () => Promise<T>, options?: { alone: boolean }): Promise<T>;
  /** By an agent's spec: its dearest run so far. */
  dearest: Map<string, RunCost>;
  /** Specs of agents that have left a log that can be read. */
  leftLog: Set<string>;
}

/** Null where the log did not tell. */
export interface RunCost {
  usd: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
}

/** The best isolation that works on this machine. */
interface Found {
  kind: Isolation;
  /** Of bwrap or unshare. */
  program: string;
  /** Why it is not bwrap. */
  problem: string;
}

/**
 * Prepares the agents of an evaluation. `hidden` are folders that a sandboxed agent sees nothing of, and the repositories
 * around them. Warns once where agents are not isolated; throws `Failure` (exit code 2) where one must be.
 */
export async function openAgentBench(
  agents: ReadonlyMap<string, Agent>,
  options: {
    hidden: readonly string[];
    environment: Readonly<Record<string, string | undefined>>;
    reporter: Reporter;
  },
): Promise<AgentBench> {
  const path = options.environment["PATH"] ?? "";
  const around = await Promise.all(options.hidden.map(repositoryFolders));
  const view = await sandboxView([...options.hidden, ...around.flat()]);
  const isWanted = [...agents.values()].some(({ settings }) => settings.isolation !== "none");
  const found: Found = isWanted
    ? await bestIsolation(path, view)
    : { kind: "none", program: "", problem: "" };
  tellIsolation(agents, found, options.reporter);
  const isolationOf = ({ settings }: Agent): Isolation =>
    settings.isolation === "none" ? "none" : found.kind;
  let last: Promise<unknown> = Promise.resolve();
  return {
    isolationOf,
    async isolated(command, { agent, workspace, named }) {
      const kind = isolationOf(agent);
      if (kind === "none") return [...command];
      if (kind === "unshare") return togetherEnding(command, found.program, isRoot());
      const [program = ""] = command;
      // As they are written: a prompt comes with a pull request, and must not choose what is shown.
      const written = [...agent.settings.command.slice(1), ...agent.readable, ...named];
      const readable = await readableParts(view, { program, path, named: written });
      return sandboxed(command, { bwrap: found.program, view, readable, workspace });
    },
    async inTurn(agent, work, { alone } = { alone: false }) {
      const isShared = found.kind !== "bwrap" && agent.settings.isolation !== "none";
      if (!alone && !isShared) return work();
      const turn = last.then(work);
      last = turn.catch(() => undefined);
      return turn;
    },
    dearest: new Map(),
    leftLog: new Set(),
  };
}

function tellIsolation(
  agents: ReadonlyMap<string, Agent>,
  { kind, problem }: Found,
  reporter: Reporter,
): void {
  const specs = (mode: string): string[] =>
    [...agents].filter(([, { settings }]) => settings.isolation === mode).map(([spec]) => spec);
  const [strict] = specs("required");
  const remedy =
    "Install bubblewrap and allow user namespaces (on Ubuntu 24.04: sysctl kernel.apparmor_restrict_unprivileged_userns=0).";
  if (strict !== undefined && kind !== "bwrap") {
    throw usageFailure(`${strict} must run in a sandbox, and bwrap does not work here: ${problem}.`, remedy);
  }
  const usual = specs("auto");
  if (usual.length > 0 && kind !== "bwrap") {
    const risk =
      kind === "unshare"
        ? "It can read and change what its user can"
        : "It can read and change what its user can, and leave processes behind that spoil later trials";
    reporter.warning(
      `${usual.join(", ")} is not isolated, because bwrap does not work here: ${problem}. ${risk}; agents run one at a time. ${remedy}`,
    );
  }
  const chosen = specs("none");
  if (chosen.length > 0) reporter.info(`${chosen.join(", ")} is not isolated, as the configuration says.`);
}

/** Tries them with what each run has: a kernel, a container and a policy may forbid either. */
async function bestIsolation(path: string, view: Parameters<typeof sandboxed>[1]["view"]): Promise<Found> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "overproof-trial-"));
  const workspace = { folder, work: join(folder, "work"), temporary: join(folder, "tmp") };
  try {
    for (const one of [workspace.work, workspace.temporary]) await mkdir(one);
    const works = async (command: readonly string[]): Promise<string> => {
      const [program = "", ...args] = command;
      const limits = { timeLimitMs: 10_000, outputLimitBytes: 65_536 };
      const environment = { PATH: path, HOME: workspace.work };
      const request = { program, args, cwd: workspace.work, folder, environment, input: "", ...limits };
      try {
        const end = await runProcess({ ...request, saysBegun: true });
        if (end.exitCode === 0 && end.hasBegun) return "";
        return excerpt(end.errors.trim(), { limit: 200 }) || `it ends with ${end.exitCode ?? end.signal}`;
      } catch (error) {
        return reasonOf(error);
      }
    };
    const nothing = [shell, "-c", ":"];
    const bwrap = await findProgram("bwrap", path);
    const problem =
      bwrap === undefined
        ? "it is not installed"
        : await works(sandboxed(nothing, { bwrap, view, readable: [], workspace }));
    if (bwrap !== undefined && problem === "") return { kind: "bwrap", program: bwrap, problem };
    const unshare = await findProgram("unshare", path);
    if (unshare !== undefined && (await works(togetherEnding(nothing, unshare, isRoot()))) === "")
      return { kind: "unshare", program: unshare, problem };
    return { kind: "none", program: "", problem };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The repository that a folder lies in, and for a work tree of another one the folder with its history. */
async function repositoryFolders(folder: string): Promise<string[]> {
  for (let at = folder; ; at = dirname(at)) {
    const git = join(at, ".git");
    // A work tree has a file with one line: https://git-scm.com/docs/gitrepository-layout.
    const text = await readFile(git, "utf8").catch((error: unknown) =>
      error instanceof Error && "code" in error && error.code === "EISDIR" ? "" : undefined,
    );
    const named = /^gitdir: (.+)$/m.exec(text ?? "")?.[1];
    if (named !== undefined) return [at, resolve(at, named, "../..")];
    if (text !== undefined) return [at];
    if (at === dirname(at)) return [];
  }
}
