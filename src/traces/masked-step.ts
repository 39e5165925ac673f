import type { JsonValue } from "./json-value.ts";
import { isJsonObject } from "./json-value.ts";
import type { Call, CallResult, Origin, SessionFacts, Step } from "./session.ts";

/** What hides secrets; the redactor of `secrets/redactor.ts` is one. */
export interface Mask {
  mask(text: string): string;
  /** Every string of a value, nested JSON in strings too. */
  maskValue(value: JsonValue): JsonValue;
}

/** A step with the secrets hidden in everything that the trace says, and without halves of surrogate pairs. */
export function maskedStep(step: Step, mask: Mask): Step {
  const text = textMask(mask);
  return {
    ...step,
    origin: maskedOrigin(step.origin, mask),
    text: text(step.text),
    reasoning: text(step.reasoning),
    model: step.model === null ? null : text(step.model),
    subagent: step.subagent === null ? null : text(step.subagent),
    calls: step.calls.map((call) => maskedCall(call, mask)),
  };
}

/** What the session says about itself, masked like its steps. */
export function maskedFacts(facts: SessionFacts, mask: Mask): SessionFacts {
  const text = textMask(mask);
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, text(value)]));
}

function maskedCall(call: Call, mask: Mask): Call {
  const text = textMask(mask);
  const args = mask.maskValue(call.arguments);
  return {
    ...call,
    origin: maskedOrigin(call.origin, mask),
    id: text(call.id),
    tool: text(call.tool),
    arguments: isJsonObject(args) ? args : {},
    command: call.command === null ? null : text(call.command),
    cwd: call.cwd === null ? null : text(call.cwd),
    paths: call.paths.map(text),
    patch: call.patch === null ? null : text(call.patch),
    result: call.result === null ? null : maskedResult(call.result, mask),
  };
}

function maskedResult(result: CallResult, mask: Mask): CallResult {
  return { ...result, origin: maskedOrigin(result.origin, mask), text: textMask(mask)(result.text) };
}

/** The name of a file may hold a secret too. The same object where it holds none: a reader may still add lines to it. */
function maskedOrigin(origin: Origin, mask: Mask): Origin {
  const file = mask.mask(origin.file);
  return file === origin.file ? origin : { ...origin, file };
}

/** Half a surrogate pair is no text: it could not be stored or sent as UTF-8. */
function textMask(mask: Mask): (text: string) => string {
  return (text) => (text === "" ? "" : mask.mask(text.toWellFormed()));
}
