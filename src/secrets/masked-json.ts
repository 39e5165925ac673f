import { isJsonObject, type JsonValue } from "../traces/json-value.ts";

/** Masks one string; `name` is the key, flag or header that it stands beside, or empty. */
export type MaskString = (text: string, name: string) => string;

type Container = JsonValue[] | { [key: string]: JsonValue };

interface Open {
  parts: Iterator<{ key: string; part: JsonValue; name: string }>;
  copy: Container;
}

/**
 * A copy of a value with every string masked, keys too, in the order of the document. A string is seen together with
 * its key, with the flag before it in a list of arguments, and with the `name` or `key` beside a `value`. Any depth:
 * nothing recurses.
 */
export function maskedJson(value: JsonValue, maskString: MaskString): JsonValue {
  const open: Open[] = [];
  const copied = (part: JsonValue, name: string): JsonValue => {
    if (typeof part === "string") return maskString(part, name);
    if (typeof part !== "object" || part === null) return part;
    const copy: Container = Array.isArray(part) ? [] : {};
    open.push({ parts: partsOf(part, name), copy });
    return copy;
  };
  const result = copied(value, "");
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const next = last.parts.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const { key, part, name } = next.value;
    if (Array.isArray(last.copy)) last.copy.push(copied(part, name));
    else put(last.copy, maskString(key, ""), copied(part, name));
  }
  return result;
}

function* partsOf(
  value: Container,
  name: string,
): Generator<{ key: string; part: JsonValue; name: string }, undefined> {
  if (Array.isArray(value)) {
    let before: JsonValue | undefined;
    for (const part of value) {
      yield { key: "", part, name: isFlag(before) ? before : name };
      before = part;
    }
    return;
  }
  const label = labelOf(value);
  for (const [key, part] of Object.entries(value))
    yield { key, part, name: isValueKey(key) ? label || name : key };
}

/** Not an assignment, because a key may be `__proto__`. */
function put(copy: { [key: string]: JsonValue }, key: string, value: JsonValue): void {
  Object.defineProperty(copy, key, { value, configurable: true, enumerable: true, writable: true });
}

function isFlag(value: JsonValue | undefined): value is string {
  return typeof value === "string" && /^--?[A-Za-z][\w-]{0,60}$/.test(value);
}

/** Attributes are often written as `{"key": "api_key", "value": {"stringValue": "…"}}`. */
function isValueKey(key: string): boolean {
  return key === "value" || key === "stringValue" || key === "string_value";
}

function labelOf(value: JsonValue): string {
  if (!isJsonObject(value)) return "";
  const label = value["key"] ?? value["name"];
  return typeof label === "string" ? label.slice(0, 128) : "";
}
