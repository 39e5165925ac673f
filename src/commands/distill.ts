import { maskedMaterial } from "../distill/masked-material.ts";
import { secretKindWords } from "../secrets/finding-words.ts";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { homePath, libraryHome, type LibraryHome } from "../config/library-home.ts";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import { sha256 } from "../digest.ts";
import type { DistillResult, TraceFailure } from "../distill/distill-result.ts";
import { parseEvidenceFile, writeEvidenceFile } from "../distill/evidence-file.ts";
import {
  type Proposal,
  type ProposedSkill,
  requireProposal,
  requireProposedSkill,
} from "../distill/proposal.ts";
import { distillMaterial, type LibraryState, type Outcome } from "../distill/distill-material.ts";
import { type Intake, type IntakeItem, readIntake } from "../distill/intake.ts";
import type { Mode } from "../distill/material.ts";
import { openWorkspace, traceFolderName, type Workspace } from "../distill/workspace.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import type { Budget } from "../models/budget.ts";
import type { ModelSpec } from "../models/spec.ts";
import { budgetOf, openConfiguredModel } from "./configured-model.ts";
import type { Context } from "./context.ts";
import { readLibraryState } from "./library-state.ts";
import { reportedPath } from "./reported-path.ts";
import { reproduceCommand } from "./reproduce.ts";
import { defaultRunFolder, ignoreRuns, modelFrom, requireOtherFolder } from "./run-folder.ts";
import { fetchUploaded, type UploadedTraces } from "./uploaded-traces.ts";

export interface DistillRequest {
  paths: readonly string[];
  /** Traces that a workflow run uploaded, in addition to the paths. */
  artifact?: UploadedTraces | undefined;
  mode: Mode | "auto";
  op?: string | undefined;
  /** A model spec; the configuration's teacher when absent. */
  model?: string | undefined;
  /** The library to write to; the configured one when absent. */
  output?: string | undefined;
  workspace?: string | undefined;
  config?: string | undefined;
  dryRun: boolean;
}

/** What stays the same for all traces of a run. */
interface Run {
  request: DistillRequest;
  /** How the traces turned out to be read. */
  mode: Mode | "auto";
  /** Files that are no traces. */
  others: readonly string[];
  context: Context;
  loaded: LoadedConfig;
  home: LibraryHome;
  model: ModelSpec;
  budget: Budget;
  state: LibraryState;
  workspace: Workspace;
  workspaceRoot: string;
}

/**
 * Distils traces into claims of skills: reads each trace, asks the distiller for operations, applies them to the
 * library and leaves a proposal. A trace that fails ends the run only where no other gave anything; else what is done
 * is kept, and the result names the failures.
 * Throws `Failure` for unusable input, a model that fails and a skill that would not pass lint.
 */
export async function distill(request: DistillRequest, outer: Context): Promise<DistillResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const loaded = await loadConfig(context.cwd, request.config);
  const home = await libraryHome(context.cwd, loaded, request.output);
  const model = modelFrom(request.model ?? loaded.config.model, context.cwd);
  if (request.paths.length === 0 && request.artifact === undefined) {
    throw usageFailure(
      "No trace is named.",
      "Write overproof distill PATH, for example traces/softmax/logs.",
    );
  }
  const state = await readLibraryState(home, context);
  const { mode, op } = request;
  await using uploaded = request.artifact && (await fetchUploaded(request.artifact, context));
  const paths = request.paths.map((path) => ({ path: resolve(context.cwd, path), named: path }));
  if (uploaded) paths.push({ path: uploaded.folder, named: `artifact ${request.artifact?.name ?? ""}` });
  const { reporter, now } = context;
  const intake = await readIntake(paths, { mode, op, reporter, known: knownTraces(state) });

  const named = request.workspace;
  const folder = named === undefined ? defaultWorkspace(home, intake) : resolve(context.cwd, named);
  await requireOtherFolder(model, folder);
  const workspaceRoot = named === undefined ? home.home : folder;
  const workspace = await openWorkspace(folder, { root: workspaceRoot, reporter, now });
  if (named === undefined) await ignoreRuns(home);
  const budget = budgetOf(loaded.config);
  const run: Run = {
    request,
    mode: intake.mode,
    others: intake.others,
    context,
    loaded,
    home,
    model,
    budget,
    state,
    workspace,
    workspaceRoot,
  };
  try {
    if (intake.sessions.length > 0) await workspace.writeJson("traces.json", { traces: intake.sessions });
    const { outcomes, failures, thrown } = await distillAll(intake.items, run);
    const isProposed = outcomes.some((outcome) => outcome.status === "proposed");
    if (failures.length > 0 && !isProposed) throw thrown;
    const result = await conclude(outcomes, failures, run);
    await workspace.writeJson("result.json", result);
    return result;
  } catch (error) {
    await workspace.writeJson("result.json", failedResult(error, run)).catch(() => undefined);
    throw error;
  } finally {
    await workspace.close();
  }
}

/** The digests of all traces that skills of the library have learned from. */
function knownTraces(state: LibraryState): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const file of state.evidence.values()) {
    if (!state.skills.has(file.skill)) continue;
    for (const trace of file.traces) known.set(trace.sha256, file.skill);
  }
  return known;
}

/**
 * One material after the other, each on the library as those before it leave it. A service that failed, or a budget that
 * is spent, would fail the next trace as well: then the rest is not tried.
 */
async function distillAll(
  items: readonly IntakeItem[],
  run: Run,
): Promise<{ outcomes: Outcome[]; failures: TraceFailure[]; thrown: unknown }> {
  const outcomes: Outcome[] = [];
  const failures: TraceFailure[] = [];
  let first: unknown;
  let isOver = false;
  for (const [index, item] of items.entries()) {
    const path = item.paths.join(", ");
    if (isOver) {
      failures.push({ trace: path, reason: "It was not tried.", remedy: "Distil it again.", exit_code: 3 });
      continue;
    }
    try {
      const outcome = await distillOne(item, index, items.length, run);
      outcomes.push(outcome);
      if (outcome.skill) remember(run.state, outcome.skill, outcome.files);
    } catch (error) {
      if (failures.length === 0) first = error;
      failures.push({ trace: path, reason: reasonOf(error), ...endOf(error) });
      isOver = !(error instanceof Failure) || error.exitCode === 3;
    }
  }
  return { outcomes, failures, thrown: first };
}

function endOf(error: unknown): Pick<TraceFailure, "remedy" | "exit_code"> {
  if (error instanceof Failure) return { remedy: error.remedy, exit_code: error.exitCode };
  return { remedy: "This is a bug; please report it.", exit_code: 3 };
}

async function distillOne(item: IntakeItem, index: number, count: number, run: Run): Promise<Outcome> {
  if (item.material === undefined) return item.outcome;
  const { context, workspace, loaded } = run;
  const name = traceFolderName(index + 1);
  const { now } = context;
  const own =
    count === 1
      ? workspace
      : await openWorkspace(join(workspace.folder, name), {
          root: run.workspaceRoot,
          reporter: workspace.reporter,
          now,
        });
  try {
    const teacher = await openConfiguredModel(await recordingOf(run.model, count === 1 ? undefined : name), {
      budget: run.budget,
      recordFolder: own.folder,
      context: { ...context, reporter: own.reporter },
    });
    const read = teacher && item.taught ? await item.taught(teacher) : item.material;
    const material = await maskedMaterial(read, item.redactor);
    for (const words of secretKindWords(item.redactor.findings))
      own.reporter.warning(`${item.paths.join(", ")}: ${words}`);
    const outcome = await distillMaterial(material, {
      state: run.state,
      teacher,
      workspace: own,
      config: loaded.config,
      now,
    });
    // Here it is one trace that fails, and not the run.
    if (outcome.skill) requireProposedSkill(outcome.skill);
    if (outcome.skill) await requireNoSecrets(proposedTexts(outcome.skill));
    return outcome;
  } finally {
    if (own !== workspace) await own.close();
  }
}

/** What a proposal says besides the files, which were looked at when they were made. */
function proposedTexts({
  text: _text,
  files: _files,
  evidence_file: _evidence,
  ...rest
}: ProposedSkill): { name: string; text: string }[] {
  return [{ name: `The proposal for ${rest.name}`, text: JSON.stringify(rest, null, 2) }];
}

/** A recorded run of several traces holds a recording for each, in folders of the same names. */
async function recordingOf(model: ModelSpec, name: string | undefined): Promise<ModelSpec> {
  if (model.kind !== "replay" || name === undefined) return model;
  const folder = join(model.folder, name);
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isThere ? { ...model, folder } : model;
}

/** As the files would be read again, so that digests of what is remembered are digests of the files. */
function remember(state: LibraryState, skill: ProposedSkill, files: Outcome["files"] = new Map()): void {
  for (const [path, content] of files) state.files.set(path, content);
  const written = writeEvidenceFile(skill.evidence_file);
  state.skills.set(skill.name, { path: skill.path, text: skill.text });
  state.evidence.set(skill.name, parseEvidenceFile(written, skill.name));
}

/** Writes the proposal, and the library unless this is a dry run. */
async function conclude(
  outcomes: readonly Outcome[],
  failures: readonly TraceFailure[],
  run: Run,
): Promise<DistillResult> {
  const { request, context, home, loaded, workspace } = run;
  const proposed = outcomes.flatMap((outcome) => (outcome.skill ? [outcome.skill] : []));
  const base = {
    command: "distill",
    mode: run.mode,
    workspace: reportedPath(workspace.folder, context.cwd),
    dry_run: request.dryRun,
    ...(failures.length > 0 ? { failures: [...failures] } : {}),
    ...(run.others.length > 0 ? { not_traces: [...run.others] } : {}),
  } as const;
  if (proposed.length === 0) {
    const status = outcomes.some((outcome) => outcome.status === "unchanged") ? "unchanged" : "empty";
    const reasons = outcomes.map((outcome) => outcome.reason).filter((text) => text !== undefined);
    return { ...base, status, reason: inWords([...new Set(reasons)]), skills: [], proposal: null };
  }
  const proposal: Proposal = {
    format: 1,
    command: "distill",
    mode: run.mode,
    reproduce: reproduceCommand({ ...request, mode: run.mode }, context.cwd, loaded.folder),
    skills: proposed,
  };
  requireProposal(proposal);
  await requireNoSecrets([{ name: "The command that makes the proposal again", text: proposal.reproduce }]);
  await workspace.writeJson("proposal.json", proposal);
  if (!request.dryRun) await writeLibrary(home, proposed, run.state.files);
  return {
    ...base,
    status: "proposed",
    skills: inTheEnd(proposed).map(({ name, path, change }) => ({
      name,
      path: homePath(home, join(home.library, path)),
      change,
      file: reportedPath(join(home.library, path), context.cwd),
    })),
    proposal: reportedPath(join(workspace.folder, "proposal.json"), context.cwd),
  };
}

/** The first reasons, and how many more there are: a folder may hold hundreds of traces. */
function inWords(reasons: readonly string[]): string {
  const more = reasons.length - 3;
  const shown = reasons.slice(0, 3).join(" ");
  return more > 0 ? `${shown} And ${more} more of this kind.` : shown;
}

/** Each skill once, as its last trace leaves it; it is new when the first trace added it. */
function inTheEnd(skills: readonly ProposedSkill[]): ProposedSkill[] {
  const last = new Map<string, ProposedSkill>();
  for (const skill of skills) {
    last.set(skill.name, { ...skill, change: last.get(skill.name)?.change ?? skill.change });
  }
  return [...last.values()];
}

async function writeLibrary(
  home: LibraryHome,
  skills: readonly ProposedSkill[],
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const beside = [...files].map(([path, content]) => ({
    path: join(home.library, path),
    content,
    root: home.root,
  }));
  await writeStaged([
    ...beside,
    ...inTheEnd(skills).flatMap((skill) => [
      { path: join(home.library, skill.path), content: skill.text, root: home.root },
      {
        path: join(home.evidence, `${skill.name}.json`),
        content: writeEvidenceFile(skill.evidence_file),
        root: home.home,
      },
    ]),
  ]);
}

/** Named after the traces, so that the same run uses the same folder. */
function defaultWorkspace(home: LibraryHome, { digests }: Intake): string {
  const [first, ...others] = digests;
  const digest = others.length === 0 ? (first ?? "") : sha256([first, ...others].join("\n"));
  return defaultRunFolder(home, "distill", digest);
}

function failedResult(error: unknown, { workspace, context, request, mode }: Run): Record<string, unknown> {
  const { remedy, exit_code } = endOf(error);
  return {
    command: "distill",
    mode,
    status: "failed",
    reason: reasonOf(error),
    remedy,
    exit_code,
    skills: [],
    workspace: reportedPath(workspace.folder, context.cwd),
    proposal: null,
    dry_run: request.dryRun,
  };
}
