/** Anything that JSON can say. */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

export function isJsonObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text at a key, or an empty one. */
export function textAt(value: JsonValue | undefined, key: string): string {
  const found = isJsonObject(value) ? value[key] : undefined;
  return typeof found === "string" ? found : "";
}

/** The list at a key, or an empty one. */
export function listAt(value: JsonValue | undefined, key: string): JsonValue[] {
  const found = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(found) ? found : [];
}

/** The object at a key, or an empty one. */
export function objectAt(value: JsonValue | undefined, key: string): { [key: string]: JsonValue } {
  const found = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(found) ? found : {};
}

/** The finite number at a key, or null. */
export function numberAt(value: JsonValue | undefined, key: string): number | null {
  const found = isJsonObject(value) ? value[key] : undefined;
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}
