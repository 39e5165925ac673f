import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { libraryHome, homePath, type LibraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import { readEvidenceFiles, writeEvidenceFile } from "../distill/evidence-file.ts";
import { distillSearchLog, type LibraryState, type Outcome } from "../distill/search-log.ts";
import { type Proposal, type ProposedSkill } from "../distill/proposal.ts";
import { openWorkspace, type Workspace } from "../distill/workspace.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { writeStaged } from "../files/staged-write.ts";
import { scanLibrary } from "../skills/library.ts";
import { readTrace } from "../traces/read-trace.ts";
import type { Context } from "./context.ts";
import { budgetOf, openTeacher } from "./teacher.ts";

export interface DistillRequest {
  paths: readonly string[];
  mode: "auto" | "search_log";
  op?: string | undefined;
  /** A model spec; the configuration's teacher when absent. */
  model?: string | undefined;
  /** The library to write to; the configured one when absent. */
  output?: string | undefined;
  workspace?: string | undefined;
  config?: string | undefined;
  dryRun: boolean;
}

export interface DistillResult {
  command: "distill";
  mode: "search_log";
  status: "proposed" | "unchanged" | "empty";
  /** Why nothing is proposed; absent when something is. */
  reason?: string;
  skills: { name: string; path: string; change: "added" | "changed" }[];
  workspace: string;
  /** The proposal file; null when nothing is proposed. */
  proposal: string | null;
  dry_run: boolean;
}

/**
 * Distils traces into claims of skills: reads each trace, asks the distiller for operations, applies them to the
 * library and leaves a proposal. Throws `Failure` for unusable input, a model that fails and a skill that would
 * not pass lint.
 */
export async function distill(request: DistillRequest, context: Context): Promise<DistillResult> {
  const loaded = await loadConfig(context.cwd, request.config);
  const home = libraryHome(context.cwd, loaded, request.output);
  const state = await readLibrary(home, context);
  if (request.paths.length === 0) {
    throw usageFailure(
      "No trace is named.",
      "Write overproof distill PATH, for example traces/softmax/logs.",
    );
  }
  const traces = [];
  for (const path of request.paths) {
    traces.push(
      await readTrace(resolve(context.cwd, path), {
        op: request.op,
        reporter: context.reporter,
      }),
    );
  }

  const folder = resolve(
    context.cwd,
    request.workspace ??
      defaultWorkspace(
        home,
        traces.map((trace) => trace.digest),
      ),
  );
  const workspace = await openWorkspace(folder, context.reporter, context.now);
  const budget = budgetOf(loaded.config);
  const outcomes: Outcome[] = [];
  try {
    for (const [index, trace] of traces.entries()) {
      const own = traces.length === 1 ? workspace : await subWorkspace(workspace, index, context);
      const teacher = await openTeacher(request.model ?? loaded.config.model, {
        budget,
        recordFolder: own.folder,
        context: { ...context, reporter: own.reporter },
      });
      const outcome = await distillSearchLog(trace, {
        state,
        teacher,
        workspace: own,
        config: loaded.config,
        now: context.now,
      });
      outcomes.push(outcome);
      if (outcome.skill) remember(state, outcome.skill);
    }
    const result = await conclude(request, outcomes, { home, workspace, context });
    await workspace.writeJson("result.json", result);
    return result;
  } catch (error) {
    await workspace.writeJson("result.json", failedResult(error, workspace)).catch(() => undefined);
    throw error;
  } finally {
    await workspace.close();
  }
}

async function readLibrary(home: LibraryHome, context: Context): Promise<LibraryState> {
  const { skills, rejected } = await scanLibrary(home.library);
  for (const { path, findings } of rejected) {
    const [first] = findings;
    context.reporter.warning(`${first?.message ?? "This skill is not valid."} It is left alone.`, {
      file: path,
      line: first?.line,
    });
  }
  return {
    skills: new Map(skills.map(({ name, path, skill }) => [name, { path, text: skill.text }])),
    evidence: await readEvidenceFiles(home.evidence),
    rejected: new Set(rejected.map(({ path }) => path)),
  };
}

function remember(state: LibraryState, skill: ProposedSkill): void {
  state.skills.set(skill.name, { path: skill.path, text: skill.text });
  state.evidence.set(skill.name, skill.evidence_file);
}

/** Writes the proposal, and the library unless this is a dry run. */
async function conclude(
  request: DistillRequest,
  outcomes: readonly Outcome[],
  run: { home: LibraryHome; workspace: Workspace; context: Context },
): Promise<DistillResult> {
  const { home, workspace, context } = run;
  const proposed = outcomes.flatMap((outcome) => (outcome.skill ? [outcome.skill] : []));
  const first = outcomes[0];
  const base = {
    command: "distill",
    mode: "search_log",
    workspace: shown(context, workspace.folder),
    dry_run: request.dryRun,
  } as const;
  if (proposed.length === 0 || !first) {
    const status = outcomes.some((outcome) => outcome.status === "unchanged") ? "unchanged" : "empty";
    const reason = outcomes
      .map((outcome) => outcome.reason)
      .filter((text) => text !== undefined)
      .join(" ");
    return { ...base, status, reason, skills: [], proposal: null };
  }
  const proposal: Proposal = {
    format: 1,
    command: "distill",
    mode: "search_log",
    op: first.op,
    scope: first.scope,
    reproduce: reproduceCommand(request, context),
    rejects: outcomes.reduce((sum, outcome) => sum + outcome.rejects, 0),
    skills: proposed,
  };
  await workspace.writeJson("proposal.json", proposal);
  if (!request.dryRun) await writeLibrary(home, proposed);
  return {
    ...base,
    status: "proposed",
    skills: proposed.map(({ name, path, change }) => ({
      name,
      path: homePath(home, join(home.library, path)),
      change,
    })),
    proposal: shown(context, join(workspace.folder, "proposal.json")),
  };
}

async function writeLibrary(home: LibraryHome, skills: readonly ProposedSkill[]): Promise<void> {
  const latest = new Map(skills.map((skill) => [skill.name, skill]));
  await writeStaged(
    [...latest.values()].flatMap((skill) => [
      { path: join(home.library, skill.path), content: skill.text },
      { path: join(home.evidence, `${skill.name}.json`), content: writeEvidenceFile(skill.evidence_file) },
    ]),
  );
}

/** Named after the traces, so that the same run uses the same folder. */
function defaultWorkspace(home: LibraryHome, digests: readonly string[]): string {
  const name = digests
    .map((digest) => digest.slice(0, 12))
    .slice(0, 4)
    .join("-");
  return join(home.home, ".overproof", "runs", `distill-${name}`);
}

async function subWorkspace(workspace: Workspace, index: number, context: Context): Promise<Workspace> {
  return openWorkspace(
    join(workspace.folder, String(index + 1).padStart(2, "0")),
    context.reporter,
    context.now,
  );
}

/**
 * The command that makes this proposal again, from the folder of the repository. It is published, so it names
 * neither folders of this machine nor the address of a server.
 */
function reproduceCommand(request: DistillRequest, context: Context): string {
  const paths = request.paths.map((path) => {
    const inside = relative(context.cwd, resolve(context.cwd, path));
    return inside.startsWith("..") || isAbsolute(inside) ? basename(inside) : inside || ".";
  });
  const options = [
    "--mode search_log",
    ...(request.op === undefined ? [] : [`--op ${quote(request.op)}`]),
    ...(request.model === undefined
      ? []
      : [`--model ${quote(request.model.replace(/@https?:.*$/, "@BASE_URL"))}`]),
  ];
  return ["overproof distill", ...paths.map(quote), ...options, "--dry-run"].join(" ");
}

/** Relative to the working folder when inside it: a path that is valid for the reader, and names no machine. */
function shown(context: Context, path: string): string {
  const inside = relative(context.cwd, path);
  return inside !== "" && !inside.startsWith("..") ? inside : path;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function failedResult(error: unknown, workspace: Workspace): Record<string, unknown> {
  return {
    command: "distill",
    mode: "search_log",
    status: "failed",
    reason: reasonOf(error),
    ...(error instanceof Failure ? { remedy: error.remedy, exit_code: error.exitCode } : {}),
    skills: [],
    workspace: workspace.folder,
    proposal: null,
  };
}
