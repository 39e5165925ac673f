import { usageFailure } from "../failure.ts";
import { anthropicBatches } from "./anthropic-batch.ts";
import { type BatchModel, inParts } from "./batch.ts";
import { attemptLimits } from "./deadline.ts";
import { keyFor } from "./keys.ts";
import { openAiBatches } from "./openai-batch.ts";
import type { OpenModelOptions } from "./open-model.ts";
import { retryRule, withRetries } from "./retry.ts";
import { formatModelSpec, parseModelSpec } from "./spec.ts";

/**
 * The batches of the model that a spec names. Before a submission is repeated whose answer did not arrive, the batch is
 * looked for, so that none is paid twice. Throws `Failure` (exit code 2) for a spec that has no provider and for a
 * missing key.
 */
export function openBatchModel(
  text: string,
  options: Pick<OpenModelOptions, "keys" | "now" | "sleep" | "random" | "reporter" | "limits">,
): BatchModel {
  const spec = parseModelSpec(text);
  if (spec.kind !== "anthropic" && spec.kind !== "openai") {
    throw usageFailure(`${text} has no batches.`, "Name a model of a provider, or leave out --batch.");
  }
  const { now, sleep, random, reporter } = options;
  const name = formatModelSpec(spec);
  const apiKey = keyFor(spec, options.keys);
  const provider = (spec.kind === "anthropic" ? anthropicBatches : openAiBatches)({
    spec,
    apiKey,
    limits: options.limits ?? attemptLimits,
    now,
  });
  const repeated = <T>(attempt: () => Promise<T>): Promise<T> =>
    withRetries(attempt, { name, rule: retryRule, sleep, random, reporter });
  return {
    spec: name,
    parts: (requests) => inParts(requests, provider),
    prepare: (requests) => repeated(() => provider.prepare(requests)),
    submit(prepared, requests) {
      let mayExist = false;
      return repeated(async () => {
        const found = mayExist ? await provider.find(prepared) : undefined;
        mayExist = true;
        return found ?? (await provider.submit(prepared.ticket, requests));
      });
    },
    find: (prepared) => repeated(() => provider.find(prepared)),
    poll: (batch) => repeated(() => provider.poll(batch)),
    results: (batch, take) => repeated(() => provider.results(batch, take)),
  };
}
