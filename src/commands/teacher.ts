import type { Config } from "../config/config.ts";
import { type Budget, createBudget } from "../models/budget.ts";
import { keyVariables } from "../models/keys.ts";
import type { Model } from "../models/model.ts";
import { openModel } from "../models/open-model.ts";
import { formatModelSpec, type ModelSpec } from "../models/spec.ts";
import type { Context } from "./context.ts";

/** The budget of a run, for all its models together. */
export function budgetOf(config: Config): Budget {
  const { tokens, usd, calls } = config.budget;
  const prices = config.prices && {
    date: config.prices.date,
    models: Object.fromEntries(
      Object.entries(config.prices.models).map(([name, price]) => [
        name,
        {
          inputPerMillion: price["input-per-million"],
          outputPerMillion: price["output-per-million"],
          ...(price["cached-input-per-million"] === undefined
            ? {}
            : { cachedInputPerMillion: price["cached-input-per-million"] }),
        },
      ]),
    ),
  };
  return createBudget({ maxTokens: tokens, maxUsd: usd, maxCalls: calls }, prices);
}

/**
 * Opens the teacher of a run; undefined for `offline`. Keys come from the environment that the door handed over, and
 * the folder of a replay is read from the working folder.
 */
export async function openTeacher(
  spec: ModelSpec,
  options: { budget: Budget; recordFolder: string; context: Context },
): Promise<Model | undefined> {
  const { environment, now, sleep, random, reporter } = options.context;
  return openModel(formatModelSpec(spec), {
    keys: {
      anthropic: environment[keyVariables.anthropic],
      openai: environment[keyVariables.openai],
      compatible: environment[keyVariables.compatible],
    },
    budget: options.budget,
    recordFolder: options.recordFolder,
    now: () => now().getTime(),
    sleep,
    random,
    reporter,
  });
}
