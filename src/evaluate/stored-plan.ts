import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import { type Plan, planSchema } from "./plan.ts";
import { arms } from "./trial.ts";

/** The plan of the results in a folder, relative to it. */
export const planFile = "plan.json";

/** No evaluation asks for more; a plan that does would only fill the memory. */
const mostTrials = 5_000_000;

/**
 * Reads the plan that lies beside results. `folder` is where, `shown` how messages name it. Throws `Failure` (exit code
 * 2) for one that is missing, damaged or larger than any evaluation.
 */
export async function readPlan(folder: string, shown = folder): Promise<Plan> {
  const remedy = "Name a folder that overproof evaluate wrote with --results.";
  const text = await readFile(join(folder, planFile), "utf8").catch((error: unknown) => {
    throw usageFailure(`There is no plan in ${shown}: ${reasonOf(error)}.`, remedy, error);
  });
  const source = { file: `${shown}/${planFile}`, kind: "the plan of an evaluation", remedy };
  const plan = parsedJson(text, planSchema, source);
  const cases = plan.skills.reduce((sum, skill) => sum + skill.cases.length, 0);
  const trials = cases * plan.students.length * plan.repeats * arms.length;
  if (trials > mostTrials) {
    throw usageFailure(`${source.file} asks for ${trials} trials, more than ${mostTrials}.`, remedy);
  }
  return plan;
}
