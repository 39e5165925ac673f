import { type KnownResult, readResult } from "./call-result.ts";
import type { Call, CallResult, Origin } from "./session.ts";

/** What a tool answered to a call, with what the format records beside the text. */
export function resultOf(
  call: Call,
  text: string,
  origin: Origin,
  known: Omit<KnownResult, "kind" | "command"> = {},
): CallResult {
  return readResult(text, { ...known, kind: call.kind, command: call.command }, origin);
}
