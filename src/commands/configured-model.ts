import type { Config } from "../config/config.ts";
import { priceTable } from "../config/price-table.ts";
import { type Budget, createBudget } from "../models/budget.ts";
import { type Keys, keyVariables } from "../models/keys.ts";
import type { Model } from "../models/model.ts";
import type { BatchModel } from "../models/batch.ts";
import { openBatchModel } from "../models/open-batch.ts";
import { openModel } from "../models/open-model.ts";
import { formatModelSpec, type ModelSpec } from "../models/spec.ts";
import type { Context } from "./context.ts";

/** The budget of a run, for all its models together. */
export function budgetOf(config: Config): Budget {
  const { tokens, usd, calls } = config.budget;
  return createBudget({ maxTokens: tokens, maxUsd: usd, maxCalls: calls }, priceTable(config));
}

/**
 * Opens a model of a run, its teacher or a student; undefined for `offline`. Keys come from the environment that the
 * door handed over, and the folder of a replay is read from the working folder. Throws as `openModel` does.
 */
export async function openConfiguredModel(
  spec: ModelSpec,
  options: { budget: Budget; recordFolder?: string; context: Context },
): Promise<Model | undefined> {
  const { environment, now, sleep, random, reporter } = options.context;
  return openModel(formatModelSpec(spec), {
    keys: keysIn(environment),
    budget: options.budget,
    recordFolder: options.recordFolder,
    now: () => now().getTime(),
    sleep,
    random,
    reporter,
  });
}

/** Opens the batches of a provider's model, as `openBatchModel` does. */
export function openConfiguredBatches(spec: string, context: Context): BatchModel {
  const { environment, now, sleep, random, reporter } = context;
  return openBatchModel(spec, {
    keys: keysIn(environment),
    now: () => now().getTime(),
    sleep,
    random,
    reporter,
  });
}

function keysIn(environment: Context["environment"]): Keys {
  return {
    anthropic: environment[keyVariables.anthropic],
    openai: environment[keyVariables.openai],
    compatible: environment[keyVariables.compatible],
  };
}
