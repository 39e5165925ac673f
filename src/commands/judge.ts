import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { assertionJudge } from "../evaluate/assertion-judge.ts";
import { openJudgeDesk } from "../evaluate/judge-desk.ts";
import { judgedPairs } from "../evaluate/judged-pairs.ts";
import type { JudgementStore } from "../evaluate/judgement-store.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import type { ResultStore } from "../evaluate/result-store.ts";
import { runPairs } from "../evaluate/run-pairs.ts";
import type { TrialBudget } from "../evaluate/trial-budget.ts";
import type { Judge } from "../evaluate/trial-end.ts";
import { usageFailure } from "../failure.ts";
import type { Budget } from "../models/budget.ts";
import type { Model } from "../models/model.ts";
import { formatModelSpec, type ModelSpec, parseModelSpec } from "../models/spec.ts";
import { openConfiguredModel } from "./configured-model.ts";
import type { Context } from "./context.ts";
import type { Evaluation } from "./evaluation.ts";

/**
 * The judge of a run as results name it: the one that is named, else that of the configuration; null without one.
 * Throws `Failure` (exit code 2) for what is no chat model, and for one of the students: nobody judges its own work.
 */
export function plannedJudge(
  given: string | undefined,
  config: Config,
  options: { cwd: string; students: readonly { spec: string }[] },
): string | null {
  const named = given ?? config.evaluate.judge;
  if (named === undefined) return null;
  const spec = parseModelSpec(named);
  if (spec.kind === "offline" || spec.kind === "command") {
    throw usageFailure(
      `${formatModelSpec(spec)} cannot judge answers.`,
      "Write --judge anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL or replay:DIR.",
    );
  }
  const judge = formatModelSpec(
    spec.kind === "replay" ? { ...spec, folder: resolve(options.cwd, spec.folder) } : spec,
  );
  const own = options.students.find((student) => isSameModel(judge, student.spec));
  if (own !== undefined) {
    throw usageFailure(
      `The judge ${judge} is the same model as the student ${own.spec}.`,
      "Name another model with --judge, or as evaluate.judge in overproof.yml.",
    );
  }
  return judge;
}

/** Wherever a model is served: gateways put the maker before a model's name, as in `maker/model`. */
function isSameModel(judge: string, student: string): boolean {
  if (judge === student) return true;
  const [one, other] = [judge, student].map((spec) => modelName(parseModelSpec(spec)));
  return one !== undefined && one === other;
}

function modelName(spec: ModelSpec): string | undefined {
  return "model" in spec ? spec.model.toLowerCase().split("/").at(-1) : undefined;
}

/** Opens the judge. Throws `Failure` (exit code 2). */
async function openJudge(spec: string, budget: Budget, context: Context): Promise<Model> {
  const model = await openConfiguredModel(parseModelSpec(spec), { budget, context });
  if (model === undefined) throw usageFailure(`${spec} judges nothing.`, "Name a model with --judge.");
  return model;
}

/** The judge of an evaluation at work. */
export interface Judging {
  judge: Judge;
  /** Compares the answers of head with those of the arm it is judged against, for these trials of the plan. */
  compare(trials: readonly PlannedTrial[]): Promise<"complete" | "budget spent">;
}

/**
 * Opens the judge of an evaluation; undefined where it has none, or no case that needs one. Throws `Failure` (exit code
 * 2) for a model that cannot be opened.
 */
export async function openJudging(
  { plan, config, context, caseOf }: Pick<Evaluation, "plan" | "config" | "context" | "caseOf">,
  parts: { store: ResultStore; judgements: JudgementStore; budget: TrialBudget },
): Promise<Judging | undefined> {
  const isNeeded = plan.skills.some(({ cases }) => cases.some(({ judged }) => judged));
  if (plan.judge === null || !isNeeded) return undefined;
  const { store, judgements, budget } = parts;
  const places = config.evaluate.concurrency;
  const model = await openJudge(plan.judge, budget.budget, context);
  const desk = openJudgeDesk({ spec: plan.judge, model, judgements, budget, places, now: context.now });
  return {
    judge: assertionJudge(desk),
    compare: (trials) =>
      runPairs(judgedPairs(plan, trials), {
        desk,
        results: store,
        caseOf,
        budget,
        concurrency: places,
        reporter: context.reporter,
      }),
  };
}
