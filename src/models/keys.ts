import { usageFailure } from "../failure.ts";
import type { ServedSpec } from "./spec.ts";

/**
 * The keys that a door found. A provider's key goes to that provider's own address and to no other;
 * `compatible` goes to the address that a spec names.
 */
export interface Keys {
  anthropic?: string | undefined;
  openai?: string | undefined;
  compatible?: string | undefined;
}

/** The environment variable that each key comes from: for the doors, which read it, and for messages. */
export const keyVariables = {
  anthropic: "ANTHROPIC_API_KEY",
  openai: "OPENAI_API_KEY",
  compatible: "OVERPROOF_API_KEY",
} as const satisfies Record<keyof Keys, string>;

export function keyKind(spec: ServedSpec): keyof Keys {
  return spec.baseUrl === undefined ? spec.kind : "compatible";
}

/** The key for this spec. Throws `Failure` (exit code 2) where a provider needs one and none was given. */
export function keyFor(spec: ServedSpec, keys: Keys): string | undefined {
  const kind = keyKind(spec);
  const key = keys[kind]?.trim() || undefined;
  if (key === undefined && kind !== "compatible") {
    throw usageFailure(
      `${spec.kind}:${spec.model} needs a key, and none was given.`,
      `Set ${keyVariables[kind]}, or write offline to work without a model.`,
    );
  }
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key)) {
    throw usageFailure(
      `The key in ${keyVariables[kind]} holds characters that no key has.`,
      `Set ${keyVariables[kind]} again, without line breaks or spaces.`,
    );
  }
  return key;
}

/** True where the key would cross the network unencrypted. */
export function sendsKeyInTheClear(spec: ServedSpec, key: string | undefined): boolean {
  const url = spec.baseUrl === undefined ? null : URL.parse(spec.baseUrl);
  return (
    key !== undefined &&
    url?.protocol === "http:" &&
    !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  );
}
