import type { JsonValue } from "./json-value.ts";

/** No date of this century is this many milliseconds: smaller numbers are seconds. */
const leastMilliseconds = 1e11;
const leastMicroseconds = 1e14;
const leastNanoseconds = 1e17;

/** A time as ISO text: such a text as it is, or the seconds, milli-, micro- or nanoseconds since 1970. Else null. */
export function isoTime(value: JsonValue | undefined): string | null {
  if (typeof value === "string") {
    if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value)) return value.replace(" ", "T");
    return /^\d{1,20}(\.\d+)?$/.test(value) ? isoTime(Number(value)) : null;
  }
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) return null;
  const date = new Date(milliseconds(value));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function milliseconds(value: number): number {
  if (value >= leastNanoseconds) return Math.round(value / 1e6);
  if (value >= leastMicroseconds) return Math.round(value / 1e3);
  return Math.round(value >= leastMilliseconds ? value : value * 1e3);
}
