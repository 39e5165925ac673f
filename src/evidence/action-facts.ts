import type { ConversationAction } from "../traces/akg-conversation.ts";
import { isJsonObject, type JsonValue, numberAt, textAt } from "../traces/json-value.ts";

/** Tools whose arguments are the words of the user. */
const userTools = new Set(["user_request", "user_input"]);

/** Whether a value of an action is the user's own words, or the agent's copy of them. */
export function isUserText(action: ConversationAction, key: string): boolean {
  return (
    key.startsWith("user_") || (userTools.has(action.tool) && /^(?:content|message|text|response)$/.test(key))
  );
}

/** What the user said in an action, not what the agent repeats of it. */
export function saidByUser({ tool, arguments: given, result }: ConversationAction): string[] {
  const texts = [textAt(result, "user_response")];
  if (userTools.has(tool)) {
    for (const key of ["content", "message", "text", "response", "user_input"]) {
      const value = given[key];
      if (typeof value === "string") texts.push(value);
      if (tool === "user_input") texts.push(textAt(result, key));
    }
  }
  return [...new Set(texts.map((text) => text.trim()))].filter((text) => text !== "");
}

/** Whether a value is source code: named so, and more than one line. */
export function isCode(key: string, value: JsonValue): value is string {
  return typeof value === "string" && /(?:^|_)code$/.test(key) && value.trim().includes("\n");
}

export interface ActionCode {
  text: string;
  /** False for code that an action was given to verify or to time. */
  isMade: boolean;
}

/** The code that an action made or was given. */
export function codeOf({ arguments: given, result }: ConversationAction): ActionCode | undefined {
  for (const [key, value] of Object.entries(isJsonObject(result) ? result : {})) {
    if (isCode(key, value)) return { text: value, isMade: true };
  }
  const value = given["generated_code"];
  return value !== undefined && isCode("generated_code", value) ? { text: value, isMade: false } : undefined;
}

export interface MeasuredTime {
  us: number;
  /** How many times as fast as the reference; null where it was not timed. */
  speedup: number | null;
  /** False for the figure that a code generation reports in passing. */
  isProfile: boolean;
}

/**
 * The time of the generated code in microseconds, if an action measured one: `gen_time_us` of a profile, else
 * `gen_time` in the `profile` of a code generation, which AKG prints as a Python dictionary.
 */
export function timeOf({ result }: ConversationAction): MeasuredTime | undefined {
  const profiled = numberAt(result, "gen_time_us");
  if (profiled !== null) {
    const speedup = numberAt(result, "speedup");
    return profiled > 0 ? { us: profiled, speedup, isProfile: true } : undefined;
  }
  const profile = isJsonObject(result) ? result["profile"] : undefined;
  const [us, speedup] = ["gen_time", "speedup"].map((key) => figureIn(profile, key));
  return us === undefined || us <= 0 ? undefined : { us, speedup: speedup ?? null, isProfile: false };
}

function figureIn(profile: JsonValue | undefined, key: string): number | undefined {
  if (isJsonObject(profile)) return numberAt(profile, key) ?? undefined;
  if (typeof profile !== "string") return undefined;
  const found = new RegExp(`['"]${key}['"]\\s*:\\s*(\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?)`, "i").exec(profile);
  const value = Number(found?.[1]);
  return Number.isFinite(value) ? value : undefined;
}
