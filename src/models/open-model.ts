import { resolve } from "node:path";
import { usageFailure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import { anthropicProvider } from "./anthropic.ts";
import type { Budget } from "./budget.ts";
import { metered } from "./budget.ts";
import type { Caller } from "./call.ts";
import type { AttemptLimits } from "./deadline.ts";
import { attemptLimits } from "./deadline.ts";
import type { Keys } from "./keys.ts";
import { keyFor, sendsKeyInTheClear } from "./keys.ts";
import type { Model } from "./model.ts";
import { openAiProvider } from "./openai.ts";
import { modelOver } from "./question.ts";
import { recordCalls } from "./recording.ts";
import { openReplay } from "./replay.ts";
import { retryRule, withRetries } from "./retry.ts";
import type { ServedSpec } from "./spec.ts";
import { formatModelSpec, parseModelSpec } from "./spec.ts";

export interface OpenModelOptions {
  keys: Keys;
  /** Of the whole run: the same for all its models. It holds the prices. */
  budget: Budget;
  /** Where prompts and answers are saved, one folder for each model of a run; an earlier recording is replaced. */
  recordFolder?: string | undefined;
  /** Milliseconds since the epoch. */
  now: () => number;
  sleep: (milliseconds: number) => Promise<void>;
  /** Uniform in [0, 1). */
  random: () => number;
  reporter: Reporter;
  limits?: AttemptLimits;
}

/**
 * The model that a spec names; undefined for `offline`. From the inside out: a provider makes one attempt, the budget
 * admits and counts it, failed attempts are repeated, the call is recorded, and the answer is read. No SDK is loaded
 * before the first call. Throws `Failure` (exit code 2) for a bad spec, a missing key, a price that the budget needs,
 * and a folder that is no recording.
 */
export async function openModel(text: string, options: OpenModelOptions): Promise<Model | undefined> {
  const spec = parseModelSpec(text);
  switch (spec.kind) {
    case "offline":
      return undefined;
    case "command":
      throw usageFailure(
        `command:${spec.name} runs an agent, and only evaluate takes one.`,
        "Write anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL, replay:DIR or offline here.",
      );
    case "replay": {
      if (options.recordFolder !== undefined && resolve(options.recordFolder) === resolve(spec.folder)) {
        throw usageFailure(
          `The recording in ${spec.folder} would be overwritten by its own replay.`,
          "Give another workspace, or copy the recording elsewhere first.",
        );
      }
      const { caller, asksAgain } = await openReplay(spec.folder);
      return modelOver(formatModelSpec(spec), await recorded(caller, options), { asksAgain });
    }
    case "anthropic":
    case "openai":
      return modelOver(formatModelSpec(spec), await recorded(served(spec, options), options), {
        asksAgain: true,
      });
  }
}

function served(spec: ServedSpec, options: OpenModelOptions): Caller {
  const { budget, now, sleep, random, reporter } = options;
  const name = formatModelSpec(spec);
  const apiKey = keyFor(spec, options.keys);
  if (sendsKeyInTheClear(spec, apiKey)) {
    reporter.warning(`The key for ${name} crosses the network unencrypted: its address begins with http://.`);
  }
  const model = { spec: name, model: spec.model };
  budget.requirePrice(model);
  const provider = (spec.kind === "anthropic" ? anthropicProvider : openAiProvider)({
    spec,
    apiKey,
    limits: options.limits ?? attemptLimits,
    now,
  });
  const attempt = metered(provider, { budget, model, now });
  const streak = { announced: 0 };
  return (call) =>
    withRetries(() => attempt(call), { name, rule: retryRule, sleep, random, reporter, streak });
}

async function recorded(caller: Caller, { recordFolder }: OpenModelOptions): Promise<Caller> {
  return recordFolder === undefined ? caller : recordCalls(caller, recordFolder);
}
