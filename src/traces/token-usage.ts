import { isJsonObject, numberAt, objectAt, type JsonValue } from "./json-value.ts";
import type { Usage } from "./session.ts";

/** Usage as OpenAI's APIs count it, both chat completions and Responses: the cached tokens are part of the input. */
export function openAiUsage(usage: JsonValue | undefined): Usage | null {
  const input = numberAt(usage, "prompt_tokens") ?? numberAt(usage, "input_tokens");
  const output = numberAt(usage, "completion_tokens") ?? numberAt(usage, "output_tokens");
  if (input === null && output === null) return null;
  const cachedInput =
    numberAt(objectAt(usage, "prompt_tokens_details"), "cached_tokens") ??
    numberAt(objectAt(usage, "input_tokens_details"), "cached_tokens");
  return { input: input ?? 0, cachedInput: cachedInput ?? 0, output: output ?? 0, costUsd: null };
}

/** Usage as Anthropic's API counts it: `input_tokens` are those that were neither read from nor written to a cache. */
export function anthropicUsage(usage: JsonValue | undefined): Usage | null {
  if (!isJsonObject(usage)) return null;
  const fresh = numberAt(usage, "input_tokens");
  const output = numberAt(usage, "output_tokens");
  if (fresh === null && output === null) return null;
  const read = numberAt(usage, "cache_read_input_tokens") ?? 0;
  const written = numberAt(usage, "cache_creation_input_tokens") ?? 0;
  return { input: (fresh ?? 0) + read + written, cachedInput: read, output: output ?? 0, costUsd: null };
}
