import type { SessionFacts } from "./session.ts";

/** The facts that a trace tells: those with a text. */
export function knownFacts(told: { [fact in keyof SessionFacts]: string }): SessionFacts {
  return Object.fromEntries(Object.entries(told).filter(([, text]) => text !== ""));
}
