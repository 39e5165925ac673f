import { join, resolve } from "node:path";
import { libraryHome, type LibraryHome } from "../config/library-home.ts";
import { loadConfig, type LoadedConfig } from "../config/load.ts";
import { sha256 } from "../digest.ts";
import { readEvidenceFiles } from "../distill/evidence-file.ts";
import { openWorkspace, type Workspace } from "../distill/workspace.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { firstIssue } from "../files/parsed-json.ts";
import { changeLibrary, finishInterrupted } from "../organize/journal.ts";
import type { LedgerEntry } from "../organize/ledger.ts";
import { type LibraryScan, scanForOrganize, scopesOf } from "../organize/library-scan.ts";
import { organizeLibrary, type OrganizedMerge } from "../organize/organize-library.ts";
import {
  type NoLossProof,
  type OrganizeProposal,
  organizeProposalSchema,
} from "../organize/organize-proposal.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { budgetOf, openConfiguredModel } from "./configured-model.ts";
import type { Context } from "./context.ts";
import { libraryChanges, writeOutput } from "./organized-library.ts";
import { reportedPath } from "./reported-path.ts";
import { reproduceOrganize } from "./reproduce-organize.ts";
import { defaultRunFolder, ignoreRuns, modelFrom, requireOtherFolder } from "./run-folder.ts";

export interface OrganizeRequest {
  /** Those to organise; all of the library where none is named. */
  scopes: readonly string[];
  /** The configured library when absent. */
  library?: string | undefined;
  /** A model spec; the configuration's teacher when absent. */
  model?: string | undefined;
  workspace?: string | undefined;
  /** Another folder that the survivors are written to; the library stays as it is then. */
  output?: string | undefined;
  /** Has the configured students solve the cases of the sources, with each source and with its survivor. */
  evaluate?: boolean | undefined;
  /** Folder of plan and results of that; `.overproof/results` when absent. */
  results?: string | undefined;
  config?: string | undefined;
  dryRun: boolean;
}

interface PlacedSkill {
  name: string;
  /** Of the SKILL.md, relative to the library. */
  path: string;
}

export interface OrganizeResult {
  command: "organize";
  status: "proposed" | "unchanged" | "empty";
  /** Why nothing is proposed. */
  reason?: string;
  scopes: string[];
  merged: (PlacedSkill & { sources: string[] })[];
  split: { source: string; into: PlacedSkill[] }[];
  archived: PlacedSkill[];
  untouched: PlacedSkill[];
  ledger: LedgerEntry[];
  proof: NoLossProof | null;
  notes: string[];
  proposal: string | null;
  workspace: string;
  dry_run: boolean;
}

/**
 * Organises a library: sorts the skills of each scope by theme, merges what belongs together, splits fix skills that
 * have grown too long, leaves a proposal, and writes the library unless this is a dry run. In a git repository the
 * superseded skills are removed, and the index of retired skills names the commit that holds them; elsewhere their
 * folders move to `.archive/`. Throws `Failure` for unusable input, a model that fails, and a claim that would be lost.
 */
export async function organize(request: OrganizeRequest, outer: Context): Promise<OrganizeResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const loaded = await loadConfig(context.cwd, request.config);
  const home = await libraryHome(context.cwd, loaded, request.library);
  const model = modelFrom(request.model ?? loaded.config.model, context.cwd);
  if (await finishInterrupted(home))
    context.reporter.info("An interrupted change of the library was finished.");
  const scan = await scanForOrganize(home.library);
  const scopes = wantedScopes(request.scopes, scan);
  const evidence = await readEvidenceFiles(home.evidence);
  const named = request.workspace;
  const folder = named === undefined ? runFolder(home, scan, scopes) : resolve(context.cwd, named);
  await requireOtherFolder(model, folder);
  const { reporter, now } = context;
  const workspace = await openWorkspace(folder, {
    root: named === undefined ? home.home : folder,
    reporter,
    now,
  });
  if (named === undefined) await ignoreRuns(home);
  try {
    const budget = budgetOf(loaded.config);
    const options = {
      budget,
      recordFolder: workspace.folder,
      context: { ...context, reporter: workspace.reporter },
    };
    const teacher = await openConfiguredModel(model, options);
    reportAlone(scan, home, context.cwd, workspace);
    const { merges, notes, failure } = await organizeLibrary(scan, scopes, {
      library: home.library,
      evidenceFolder: home.evidence,
      evidence,
      teacher,
      workspace,
      config: loaded.config,
    });
    if (merges.length === 0 && failure !== undefined) throw failure;
    const result = await conclude(merges, notes, {
      request,
      context,
      loaded,
      home,
      scan,
      scopes,
      workspace,
    });
    await workspace.writeJson("result.json", result);
    return result;
  } catch (error) {
    await workspace
      .writeJson("result.json", failedResult(error, request, workspace, context.cwd))
      .catch(() => undefined);
    throw error;
  } finally {
    await workspace.close();
  }
}

interface Run {
  request: OrganizeRequest;
  context: Context;
  loaded: LoadedConfig;
  home: LibraryHome;
  scan: LibraryScan;
  scopes: readonly string[];
  workspace: Workspace;
}

/** Whether it is proven that nothing is lost; without an evaluation it is not. */
async function proofOf(merges: readonly OrganizedMerge[], run: Run): Promise<NoLossProof> {
  const { request, loaded, home, context } = run;
  const { results, config } = request;
  if (!request.evaluate) {
    return {
      state: "unproven",
      reason: "No evaluation has compared the merged skills with their sources.",
    };
  }
  const { proveNoLoss } = await import("./prove-no-loss.ts");
  return proveNoLoss(merges, { loaded, home, context, results, config });
}

async function conclude(
  merges: readonly OrganizedMerge[],
  notes: readonly string[],
  run: Run,
): Promise<OrganizeResult> {
  const { request, context, loaded, home, scan, scopes, workspace } = run;
  const sources = merges.flatMap((merge) => merge.sources);
  const touched = new Set(sources.map(({ name }) => name));
  const own = scan.skills.filter(({ scope }) => scopes.includes(scope));
  const base: Omit<OrganizeResult, "status" | "reason" | "proof" | "proposal"> = {
    command: "organize",
    scopes: [...scopes],
    merged: merges.flatMap(({ proposed, done }) =>
      proposed.kind === "merge"
        ? done.survivors.map((survivor) => ({
            ...placed(survivor),
            sources: proposed.sources.map(({ name }) => name),
          }))
        : [],
    ),
    split: merges.flatMap(({ proposed, done }) =>
      proposed.kind === "split"
        ? [{ source: proposed.sources[0]?.name ?? "", into: done.survivors.map(placed) }]
        : [],
    ),
    archived: request.output === undefined ? sources.map(placed) : [],
    untouched: own.filter(({ name }) => !touched.has(name)).map(placed),
    ledger: merges.flatMap(({ done }) => done.ledger),
    notes: [...notes],
    workspace: reportedPath(workspace.folder, context.cwd),
    dry_run: request.dryRun,
  };
  await workspace.writeJson("ledger.json", base.ledger);
  if (merges.length === 0) {
    const isEmpty = own.length === 0;
    const reason = isEmpty
      ? "There are no skills to organise."
      : "No skills belong together, and none is too long.";
    return { ...base, status: isEmpty ? "empty" : "unchanged", reason, proof: null, proposal: null };
  }
  const proof = await proofOf(merges, run);
  const proposal = requireFit({
    format: 1,
    command: "organize",
    reproduce: reproduceOrganize(request, context.cwd, loaded.folder),
    scopes: [...scopes],
    merges: merges.map(({ proposed }) => proposed),
    ledger: [...base.ledger],
    proof,
    notes: notes.map((note) => note.slice(0, 2000)).slice(0, 5000),
  });
  await requireNoSecrets([{ name: "The proposal", text: wordsOf(proposal) }]);
  await workspace.writeJson("proposal.json", proposal);
  if (!request.dryRun) {
    if (proof.state === "unproven" && loaded.config.organize["require-proof"]) throw unproven(proof);
    if (request.output === undefined) await changeLibrary(home, await libraryChanges(merges, home, context));
    else await writeOutput(merges, resolve(context.cwd, request.output));
  }
  return {
    ...base,
    status: "proposed",
    proof,
    proposal: reportedPath(join(workspace.folder, "proposal.json"), context.cwd),
  };
}

/** What a proposal says in words of its own; the texts of survivors were looked at when they were made. */
function wordsOf({ merges, reproduce, proof, notes }: OrganizeProposal): string {
  const decisions = merges.map(({ answer, reason }) => ({ answer, reason }));
  return JSON.stringify({ reproduce, proof, notes, decisions }, null, 2);
}

function placed({ name, path }: PlacedSkill): PlacedSkill {
  return { name, path };
}

/** The scopes to organise, sorted. Throws `Failure` (exit code 2) for one that the library does not have. */
function wantedScopes(named: readonly string[], scan: LibraryScan): string[] {
  const known = [...scopesOf(scan).keys()];
  for (const scope of named) {
    if (known.includes(scope)) continue;
    const all = known.length === 0 ? "The library has no skills." : `The library has ${known.join(", ")}.`;
    throw usageFailure(`There is no scope ${JSON.stringify(scope)} in the library.`, all);
  }
  return named.length === 0 ? known : [...new Set(named)].sort();
}

function reportAlone(scan: LibraryScan, home: LibraryHome, cwd: string, { reporter }: Workspace): void {
  for (const { path, line, reason } of scan.alone) {
    reporter.warning(`${reason} The file is left alone.`, {
      file: reportedPath(join(home.library, path), cwd),
      line,
    });
  }
}

/** Named after the skills, so that the same run uses the same folder. */
function runFolder(home: LibraryHome, scan: LibraryScan, scopes: readonly string[]): string {
  const texts = scan.skills.map(({ path, text }) => `${path} ${sha256(text)}`);
  return defaultRunFolder(home, "organize", sha256([...scopes, ...texts].join("\n")));
}

function requireFit(proposal: OrganizeProposal): OrganizeProposal {
  const parsed = organizeProposalSchema.safeParse(proposal);
  if (parsed.success) return parsed.data;
  throw new Failure(`The proposal of this run cannot be written: ${firstIssue(parsed.error)}.`, {
    remedy: "Organise one scope at a time.",
    exitCode: 1,
  });
}

function unproven({ reason }: NoLossProof): Failure {
  return new Failure(
    `It is not proven that these merges lose nothing, and organize.require-proof asks for it: ${reason}`,
    {
      remedy:
        "Name students to evaluate with, or set organize.require-proof to false. The library is as it was.",
      exitCode: 1,
    },
  );
}

function failedResult(
  error: unknown,
  request: OrganizeRequest,
  workspace: Workspace,
  cwd: string,
): Record<string, unknown> {
  return {
    command: "organize",
    status: "failed",
    reason: reasonOf(error),
    remedy: error instanceof Failure ? error.remedy : "This is a bug; please report it.",
    exit_code: error instanceof Failure ? error.exitCode : 3,
    workspace: reportedPath(workspace.folder, cwd),
    proposal: null,
    dry_run: request.dryRun,
  };
}
