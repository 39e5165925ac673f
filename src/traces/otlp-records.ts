import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";

/** A span or a log record of OpenTelemetry, from OTLP's JSON or from a line of the JavaScript SDK. */
export interface OtelRecord {
  kind: "span" | "log";
  traceId: string;
  spanId: string;
  parentId: string;
  name: string;
  /** Milliseconds since 1970; null where it is not recorded. */
  start: number | null;
  end: number | null;
  attributes: Record<string, JsonValue>;
  /** The body of a log record. */
  body: JsonValue;
  events: { name: string; attributes: Record<string, JsonValue> }[];
  hasFailed: boolean;
  /** Where it stands in its line or document. */
  path: readonly (string | number)[];
}

/** All spans and log records of an OTLP object (`resourceSpans`, `resourceLogs`) or of a flat line. */
export function* otlpRecords(
  value: JsonValue,
  base: readonly (string | number)[] = [],
): Generator<OtelRecord> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      if (isJsonObject(item)) yield* otlpRecords(item, [...base, index]);
    return;
  }
  if (!isJsonObject(value)) return;
  if (value["resourceSpans"] === undefined && value["resourceLogs"] === undefined) {
    if (isJsonObject(value["attributes"])) yield flatRecord(value, base);
    return;
  }
  for (const [resources, scopes, records, kind] of [
    ["resourceSpans", "scopeSpans", "spans", "span"],
    ["resourceLogs", "scopeLogs", "logRecords", "log"],
  ] as const)
    for (const [r, resource] of listAt(value, resources).entries())
      for (const [s, scope] of listAt(resource, scopes).entries())
        for (const [n, record] of listAt(scope, records).entries())
          if (isJsonObject(record))
            yield otlpRecord(record, kind, [...base, resources, r, scopes, s, records, n]);
}

function otlpRecord(
  record: Record<string, JsonValue>,
  kind: "span" | "log",
  path: readonly (string | number)[],
): OtelRecord {
  const code = objectAt(record, "status")["code"];
  return {
    kind,
    traceId: textAt(record, "traceId"),
    spanId: textAt(record, "spanId"),
    parentId: textAt(record, "parentSpanId"),
    name: textAt(record, "name") || textAt(record, "eventName"),
    start: timeOf(record["startTimeUnixNano"] ?? record["timeUnixNano"] ?? record["observedTimeUnixNano"]),
    end: timeOf(record["endTimeUnixNano"]),
    attributes: attributesOf(record["attributes"]),
    body: anyValue(record["body"] ?? null),
    events: eventsOf(record),
    hasFailed: code === 2 || code === "STATUS_CODE_ERROR",
    path,
  };
}

/** A line as exporters of the JavaScript SDK write it: attributes are an object, times are seconds and nanoseconds. */
function flatRecord(record: Record<string, JsonValue>, path: readonly (string | number)[]): OtelRecord {
  const context = objectAt(record, "_spanContext") ?? {};
  const start = timeOf(record["startTime"] ?? record["hrTime"] ?? record["timestamp"]);
  const micros = numberAt(record, "duration");
  const isLog = record["body"] !== undefined || record["hrTime"] !== undefined;
  return {
    kind: isLog ? "log" : "span",
    traceId: textAt(record, "traceId") || textAt(context, "traceId"),
    spanId: textAt(record, "spanId") || textAt(record, "id") || textAt(context, "spanId"),
    parentId:
      textAt(record, "parentSpanId") ||
      textAt(record, "parentId") ||
      textAt(objectAt(record, "parentSpanContext"), "spanId"),
    name: textAt(record, "name") || textAt(record, "eventName"),
    start,
    end: timeOf(record["endTime"]) ?? (start === null || micros === null ? null : start + micros / 1000),
    attributes: attributesOf(record["attributes"]),
    body: record["body"] ?? null,
    events: eventsOf(record),
    hasFailed: objectAt(record, "status")["code"] === 2,
    path,
  };
}

function eventsOf(record: Record<string, JsonValue>): OtelRecord["events"] {
  return listAt(record, "events").map((event) => ({
    name: textAt(event, "name"),
    attributes: attributesOf(isJsonObject(event) ? event["attributes"] : undefined),
  }));
}

function attributesOf(attributes: JsonValue | undefined): Record<string, JsonValue> {
  if (isJsonObject(attributes)) return attributes;
  if (!Array.isArray(attributes)) return {};
  return Object.fromEntries(
    attributes.flatMap((attribute) => {
      const key = textAt(attribute, "key");
      return isJsonObject(attribute) && key !== "" ? [[key, anyValue(attribute["value"] ?? null)]] : [];
    }),
  );
}

/** A value in OTLP's `AnyValue` as plain JSON (opentelemetry-proto, `common.proto`). Files are at most 200 deep. */
function anyValue(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  for (const key of ["stringValue", "boolValue", "doubleValue", "bytesValue"]) {
    const plain = value[key];
    if (plain !== undefined) return plain;
  }
  const int = value["intValue"];
  if (int !== undefined) return typeof int === "string" ? Number(int) : int;
  if (isJsonObject(value["arrayValue"])) return listAt(value["arrayValue"], "values").map(anyValue);
  if (isJsonObject(value["kvlistValue"])) return attributesOf(listAt(value["kvlistValue"], "values"));
  return null;
}

/** Nanoseconds as text, `[seconds, nanoseconds]`, a number of any unit, or an ISO date, in milliseconds. */
function timeOf(value: JsonValue | undefined): number | null {
  if (Array.isArray(value)) {
    const [seconds, nanoseconds] = value;
    if (typeof seconds !== "number" || typeof nanoseconds !== "number") return null;
    return seconds * 1000 + nanoseconds / 1e6;
  }
  if (typeof value === "string" && /^\d{4}-.*(?:Z|[+-]\d\d:\d\d)$/.test(value)) {
    const time = Date.parse(value);
    return Number.isNaN(time) ? null : time;
  }
  // As a number, nanoseconds of this century would lose their last digits, and so round to other milliseconds.
  if (typeof value === "string" && /^\d{18,20}$/.test(value))
    return Number(value.slice(0, -6)) + Number(value.slice(-6)) / 1e6;
  const number = typeof value === "string" && /^\d{1,17}$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || number <= 0 || !Number.isFinite(number)) return null;
  // Seconds, milli-, micro- and nanoseconds of this century differ in their number of digits.
  if (number >= 1e17) return number / 1e6;
  if (number >= 1e14) return number / 1e3;
  return number >= 1e11 ? number : number * 1000;
}
