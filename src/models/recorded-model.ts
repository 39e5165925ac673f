import { parseModelSpec } from "./spec.ts";

/** A model for the record: its provider and name, never the address of a server or the folder of a replay. */
export function recordedModel(spec: string, answered: string): string {
  const { kind } = parseModelSpec(spec);
  return kind === "anthropic" || kind === "openai" ? `${kind}:${answered}` : answered;
}
