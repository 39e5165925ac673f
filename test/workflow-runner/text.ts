/** A scalar of a workflow as GitHub writes it in a text; nothing for null. Lists and mappings have no text. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new Error(`${JSON.stringify(value)} stands where a text belongs.`);
}
