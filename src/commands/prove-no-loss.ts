import { dirname, join, resolve } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import type { LoadedConfig } from "../config/load.ts";
import { Failure } from "../failure.ts";
import { learnedByAll, survivorsTogether } from "../organize/merged-skills.ts";
import type { NoLossProof } from "../organize/organize-proposal.ts";
import type { OrganizedMerge } from "../organize/organize-library.ts";
import { believedProof } from "./believed-proof.ts";
import { collectResults } from "./collected-results.ts";
import type { Context } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import type { Replacement } from "./measured-skills.ts";

export interface ProofPlace {
  loaded: LoadedConfig;
  home: LibraryHome;
  context: Context;
  /** Folder of plan and results; `.overproof/results` when absent. */
  results?: string | undefined;
  config?: string | undefined;
}

/**
 * Has the configured students solve the cases of the sources, once with each source and once with its survivor, up to the
 * configured budget. What keeps it from being measured is the reason for no proof; only bugs are thrown.
 */
export async function proveNoLoss(
  merges: readonly OrganizedMerge[],
  { loaded, home, context, results, config }: ProofPlace,
): Promise<NoLossProof> {
  if (loaded.config.evaluate.students.length === 0)
    return unproven("No student is configured, so nothing compared the merged skills with their sources.");
  const merged = merges.map(({ proposed, done, sources }) => ({
    kind: proposed.kind,
    sources,
    survivors: done.survivors,
  }));
  const instead = new Map<string, Replacement>();
  for (const merge of merged) {
    const replacement = { files: survivorsTogether(merge), learned: learnedByAll(merge) };
    for (const { name } of merge.sources) instead.set(name, replacement);
  }
  const skills = merged.flatMap(({ sources }) =>
    sources.map(({ path }) => join(home.library, dirname(path))),
  );
  try {
    const request = { placebo: false, aa: false, plan: false, withCases: true, students: [] };
    const { result } = await evaluate({ ...request, skills, instead, results, config }, context);
    if (!("missing" in result)) return unproven("None of the sources has a case that can be measured.");
    const folder = resolve(context.cwd, result.results);
    const collected = await collectResults(folder, context);
    if (collected === undefined) return unproven("None of the sources has a case that can be measured.");
    const { config: settings, folder: configFolder } = loaded;
    return await believedProof(merged, collected, {
      config: settings,
      folder: configFolder,
      cwd: context.cwd,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unproven(`It could not be measured: ${error.message}`);
  }
}

function unproven(reason: string): NoLossProof {
  return { state: "unproven", reason: reason.slice(0, 2000) };
}
