import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { homePath, libraryHome, type LibraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import { sha256 } from "../digest.ts";
import type { LibraryState } from "../distill/distill-material.ts";
import { writeEvidenceFile } from "../distill/evidence-file.ts";
import { generateSkill } from "../distill/generate.ts";
import type { GenerateResult } from "../distill/generate-result.ts";
import type { Generated, Generation } from "../distill/generation.ts";
import type { Material } from "../distill/material.ts";
import { requestTrace } from "../distill/request-evidence.ts";
import { readRequestWords } from "../distill/request-words.ts";
import { openWorkspace } from "../distill/workspace.ts";
import { readSkillCases } from "../evaluate/case-files.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { findBase, sortedPaths } from "./base-skill.ts";
import { budgetOf, openConfiguredModel } from "./configured-model.ts";
import type { Context } from "./context.ts";
import { readLibraryState } from "./library-state.ts";
import { reportedPath } from "./reported-path.ts";
import { defaultRunFolder, ignoreRuns, modelFrom, requireOtherFolder } from "./run-folder.ts";

export interface GenerateRequest {
  /** What the skill is for. */
  task: string;
  /** Each `in => out`. */
  examples: readonly string[];
  /** Traces of any mode, and at most one skill: its SKILL.md or its folder. */
  from: readonly string[];
  /** The teacher's model spec; the configuration's when absent. */
  model?: string | undefined;
  /** The model spec of the student that tries the skill; nothing is refined when absent. */
  student?: string | undefined;
  /** The library to write to; the configured one when absent. */
  output?: string | undefined;
  workspace?: string | undefined;
  config?: string | undefined;
  /** Whether upskill's `skill_meta.json` is written too. */
  skillMeta: boolean;
  /** Most rounds of refinement; 1 when absent. */
  rounds?: number | undefined;
  /** Of the split into development and held-out cases; 1 when absent. */
  seed?: number | undefined;
  dryRun: boolean;
}

/** Reads traces of any mode into what a distillation is made of. */
export type ReadMaterials = (paths: readonly string[], state: LibraryState) => Promise<Material[]>;

/**
 * Makes a skill from a task, examples, traces and an existing skill, with eval cases of its own, and lets a student
 * try it. The same request over what the library learned it from already changes nothing.
 * Secrets in the words of the request are masked before anything reads them. Throws `Failure`: exit code 2 for a
 * request that cannot be understood, 1 for a secret that is left, 3 for a model that fails.
 */
export async function generate(
  request: GenerateRequest,
  outer: Context,
  readMaterials: ReadMaterials,
): Promise<GenerateResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const { task, examples, redactor, masked } = await readRequestWords(request.task, request.examples);
  const loaded = await loadConfig(context.cwd, request.config);
  const home = await libraryHome(context.cwd, loaded, request.output);
  const model = modelFrom(request.model ?? loaded.config.model, context.cwd);
  const student = request.student === undefined ? undefined : modelFrom(request.student, context.cwd);
  if (student?.kind === "offline") {
    throw usageFailure(
      "The student offline answers nothing.",
      "Name a model with --student, or leave it out.",
    );
  }
  const { skills, traces } = await sortedPaths(request.from, context.cwd);
  if (model.kind === "offline" && traces.length === 0) {
    throw usageFailure(
      "Without a model a skill can be made from traces only.",
      "Name a teacher with --model, such as anthropic:MODEL, or give a trace with --from.",
    );
  }
  const state = await readLibraryState(home, context);
  const [skill] = skills;
  const found = skill === undefined ? undefined : await findBase(skill, home, state);
  const materials = traces.length === 0 ? [] : await readMaterials(traces, state);
  const asked = { task, examples, skill: found === undefined ? null : sha256(found.base.existing.text) };
  const generation: Generation = {
    request: asked,
    trace: requestTrace(asked),
    redactor,
    materials,
    base: found?.base,
    known: await readSkillCases(found?.base.name ?? "", found?.folder ?? "", async (path) =>
      found?.read(path),
    ),
    skillMeta: request.skillMeta,
    rounds: request.rounds ?? 1,
    seed: request.seed ?? 1,
  };

  const digests = [generation.trace, ...materials.flatMap((material) => material.traces)].map(
    (trace) => trace.sha256,
  );
  const folder =
    request.workspace === undefined
      ? defaultRunFolder(home, "generate", sha256(digests.join("\n")))
      : resolve(context.cwd, request.workspace);
  for (const spec of [model, student]) await requireOtherFolder(spec, folder);
  const root = request.workspace === undefined ? home.home : folder;
  const workspace = await openWorkspace(folder, { root, reporter: context.reporter, now: context.now });
  if (request.workspace === undefined) await ignoreRuns(home);
  const base = {
    command: "generate",
    workspace: reportedPath(folder, context.cwd),
    dry_run: request.dryRun,
  } as const;
  for (const words of masked) workspace.reporter.warning(`The request: ${words}`);
  try {
    const budget = budgetOf(loaded.config);
    const own = { ...context, reporter: workspace.reporter };
    const generated =
      alreadyLearned(state, digests) ??
      (await generateSkill(generation, {
        state,
        teacher: await openConfiguredModel(model, { budget, recordFolder: folder, context: own }),
        student:
          student &&
          (await openConfiguredModel(student, {
            budget,
            recordFolder: join(folder, "student"),
            context: own,
          })),
        workspace,
        config: loaded.config,
        now: context.now,
      }));
    if (!request.dryRun) await writeGenerated(generated, home, found?.isInLibrary === true);
    const { draft, cases, refinement, reason, status } = generated;
    const result: GenerateResult = {
      ...base,
      status,
      ...(reason === undefined ? {} : { reason }),
      skills:
        draft === undefined ? [] : [reported(generated, home, context.cwd, found?.isInLibrary === true)],
      cases,
      refinement,
      ...(generated.student === undefined ? {} : { student: generated.student }),
    };
    await workspace.writeJson("result.json", result);
    return result;
  } catch (error) {
    const { remedy, exitCode } = error instanceof Failure ? error : { remedy: reportIt, exitCode: 3 };
    const failed = {
      ...base,
      status: "failed",
      reason: reasonOf(error),
      remedy,
      exit_code: exitCode,
      skills: [],
    };
    await workspace.writeJson("result.json", failed).catch(() => undefined);
    throw error;
  } finally {
    await workspace.close();
  }
}

const reportIt = "This is a bug; please report it.";

/** A skill that was made from all of this before. */
function alreadyLearned(state: LibraryState, digests: readonly string[]): Generated | undefined {
  for (const { skill: name, path, traces } of state.evidence.values()) {
    const known = new Set(traces.map((trace) => trace.sha256));
    if (!state.skills.has(name) || !digests.every((digest) => known.has(digest))) continue;
    return {
      status: "unchanged",
      reason: `The skill ${name} was made from this already.`,
      name,
      path,
      draft: undefined,
      cases: { development: 0, held_out: 0 },
      refinement: [],
      student: undefined,
    };
  }
  return undefined;
}

async function writeGenerated(
  { draft, name, path }: Generated,
  home: LibraryHome,
  isInLibrary: boolean,
): Promise<void> {
  if (draft === undefined) return;
  const target = join(home.library, path);
  if (!isInLibrary && (await stat(target).catch(() => undefined)) !== undefined) {
    throw usageFailure(`${target} exists already.`, "Name another library with --output.");
  }
  const { root } = home;
  await writeStaged([
    { path: target, content: draft.text, root },
    ...draft.files.map((file) => ({ path: join(dirname(target), file.path), content: file.content, root })),
    {
      path: join(home.evidence, `${name}.json`),
      content: writeEvidenceFile(draft.evidence),
      root: home.home,
    },
  ]);
}

function reported(
  { name, path, draft }: Generated,
  home: LibraryHome,
  cwd: string,
  isInLibrary: boolean,
): GenerateResult["skills"][number] {
  const file = join(home.library, path);
  const change = isInLibrary && draft?.change === "changed" ? "changed" : "added";
  return { name, path: homePath(home, file), change, file: reportedPath(file, cwd) };
}
