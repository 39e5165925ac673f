import type { JsonValue } from "./json-value.ts";
import { isJsonObject, textAt } from "./json-value.ts";
import { newCall } from "./new-step.ts";
import { structured, toolAnswer } from "./otel-messages.ts";
import type { OtelRecord } from "./otlp-records.ts";
import { resultOf } from "./result-of.ts";
import type { Call, CallResult, Origin } from "./session.ts";

/** A span of a tool's call. Arguments and result are recorded only where the user asked for it. */
export interface ToolSpan {
  traceId: string;
  parentId: string;
  id: string;
  tool: string;
  arguments: JsonValue | undefined;
  answer: JsonValue | undefined;
  start: number;
  durationMs: number | null;
  hasFailed: boolean;
  origin: Origin;
}

export function toolSpan(record: OtelRecord, origin: Origin): ToolSpan {
  const { attributes, start, end } = record;
  const args = structured(attributes["gen_ai.tool.call.arguments"]);
  return {
    traceId: record.traceId,
    parentId: record.parentId,
    id: textAt(attributes, "gen_ai.tool.call.id"),
    tool: textAt(attributes, "gen_ai.tool.name") || record.name.replace(/^execute_tool\s*/, "") || "tool",
    arguments: isJsonObject(args) ? args : attributes["gen_ai.tool.call.arguments"],
    answer: attributes["gen_ai.tool.call.result"],
    start: start ?? 0,
    durationMs: start === null || end === null ? null : Math.round(end - start),
    hasFailed: record.hasFailed || attributes["error.type"] !== undefined,
    origin,
  };
}

/** The call that a span tells alone. */
export function spanCall(span: ToolSpan): Call {
  const call = newCall(span.id, span.tool, span.arguments, span.origin);
  call.result = callResult(call, span.answer, span.origin, span);
  return call;
}

/** The result of a call: the answer that a message tells, and what only the span of the tool knows. */
export function callResult(
  call: Call,
  answer: JsonValue | undefined,
  origin: Origin,
  span: ToolSpan | undefined,
): CallResult {
  const told = toolAnswer(answer);
  return resultOf(call, told.text, origin, {
    exitCode: told.exitCode ?? (span === undefined ? null : toolAnswer(span.answer).exitCode),
    isError: span?.hasFailed === true ? true : null,
    durationMs: span?.durationMs ?? null,
  });
}
