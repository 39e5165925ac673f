import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../digest.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { writeStaged } from "../files/staged-write.ts";
import { isFinished, type TrialLookup } from "./measured-case.ts";
import { type Plan, plannedTrials, planSchema } from "./plan.ts";
import { arms } from "./trial.ts";

/** The plan of the results in a folder, relative to it. */
export const planFile = "plan.json";
/** Plans of earlier results that the one beside them does not ask for, each by its name. */
const earlierFolder = "plans";
const planNames = /^[0-9a-f]{12}$/;

/** No evaluation asks for more; a plan that does would only fill the memory. */
const mostTrials = 5_000_000;

/**
 * Reads the plan that lies beside results, or the earlier one of that name. `folder` is where, `shown` how messages name
 * it. Throws `Failure` (exit code 2) for one that is missing, damaged or larger than any evaluation.
 */
export async function readPlan(folder: string, shown = folder, name?: string): Promise<Plan> {
  if (name !== undefined) await requireEarlier(folder, shown, name);
  const file = name === undefined ? planFile : `${earlierFolder}/${name}.json`;
  const remedy = "Name a folder that overproof evaluate wrote with --results.";
  const text = await readFile(join(folder, file), "utf8").catch((error: unknown) => {
    throw usageFailure(`There is no plan in ${shown}: ${reasonOf(error)}.`, remedy, error);
  });
  const source = { file: `${shown}/${file}`, kind: "the plan of an evaluation", remedy };
  const plan = parsedJson(text, planSchema, source);
  const cases = plan.skills.reduce((sum, skill) => sum + skill.cases.length, 0);
  const trials = cases * plan.students.length * plan.repeats * arms.length;
  if (trials > mostTrials) {
    throw usageFailure(`${source.file} asks for ${trials} trials, more than ${mostTrials}.`, remedy);
  }
  return plan;
}

/** The names of the plans of earlier results, in their order. */
export async function earlierPlans(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, earlierFolder)).catch(() => []);
  return names
    .filter((one) => one.endsWith(".json"))
    .map((one) => one.slice(0, -".json".length))
    .filter((one) => planNames.test(one))
    .sort();
}

async function requireEarlier(folder: string, shown: string, name: string): Promise<void> {
  const names = await earlierPlans(folder);
  if (names.includes(name)) return;
  throw usageFailure(
    `${shown} has no earlier plan ${JSON.stringify(name)}.`,
    names.length === 0 ? "Leave out --plan." : `Write --plan with one of ${names.join(", ")}.`,
  );
}

/**
 * Whether a plan may take the place of the one that lies beside the results without leaving any of them unreported: there
 * is none, or one that cannot be read, or it asks for no finished result that the other does not ask for.
 */
export async function mayReplacePlan(folder: string, plan: Plan, results: TrialLookup): Promise<boolean> {
  const earlier = await planBeside(folder);
  return earlier === undefined || !hasMore(earlier, plan, results);
}

/**
 * Writes the plan of an evaluation beside its results. One that is replaced and asks for results that this one does not ask
 * for stays under a name of its own, which is returned: a report can still be made from it.
 */
export async function keepPlan(
  folder: string,
  plan: Plan,
  results: TrialLookup,
): Promise<string | undefined> {
  const earlier = await planBeside(folder);
  const isKept = earlier !== undefined && hasMore(earlier, plan, results);
  const name = isKept ? sha256(JSON.stringify(earlier)).slice(0, 12) : undefined;
  await writeStaged([
    ...(name === undefined ? [] : [planAt(folder, `${earlierFolder}/${name}.json`, earlier)]),
    planAt(folder, planFile, plan),
  ]);
  return name;
}

function planAt(
  folder: string,
  file: string,
  plan: Plan | undefined,
): { path: string; content: string; root: string } {
  return { path: join(folder, file), content: `${JSON.stringify(plan, null, 2)}\n`, root: folder };
}

function hasMore(earlier: Plan, plan: Plan, results: TrialLookup): boolean {
  const asked = new Set(plannedTrials(plan).map(({ key }) => key));
  return plannedTrials(earlier).some(({ key }) => !asked.has(key) && isFinished(results.get(key)));
}

async function planBeside(folder: string): Promise<Plan | undefined> {
  try {
    return planSchema.safeParse(JSON.parse(await readFile(join(folder, planFile), "utf8"))).data;
  } catch {
    return undefined;
  }
}
