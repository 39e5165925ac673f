import { describeCall } from "./call.ts";
import type { JsonValue } from "./json-value.ts";
import { callArguments } from "./message-content.ts";
import type { Call, Origin, Step } from "./session.ts";

/** A step with what is known of it; the rest is what formats leave out. */
export function newStep(source: Step["source"], origin: Origin, known: Partial<Step> = {}): Step {
  return {
    conversation: 0,
    source,
    timestamp: null,
    text: "",
    reasoning: "",
    model: null,
    calls: [],
    usage: null,
    isCopied: false,
    subagent: null,
    branch: "active",
    origin,
    ...known,
  };
}

/** A call without a result yet. Its arguments come as an object or as the JSON text that a model wrote. */
export function newCall(
  id: string,
  tool: string,
  args: JsonValue | undefined,
  origin: Origin,
  sessionCwd: string | null = null,
): Call {
  return { id, tool, ...describeCall(tool, callArguments(args), sessionCwd), result: null, origin };
}
