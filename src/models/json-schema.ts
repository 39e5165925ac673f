import { z } from "zod";
import type { ZodType } from "zod";

/** The JSON Schema of what a model has to write: before defaults and transformations, which are ours. */
export function jsonSchemaOf(schema: ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" });
}

/** The system text for a model that its server cannot hold to a schema. */
export function withSchema(system: string, schema: ZodType | undefined): string {
  return [system, ...(schema === undefined ? [] : [schemaInstruction(schema)])]
    .filter((part) => part !== "")
    .join("\n\n");
}

function schemaInstruction(schema: ZodType): string {
  return `Answer with one JSON value and nothing else. It has to fit this JSON Schema:\n${JSON.stringify(jsonSchemaOf(schema))}`;
}

/**
 * True where an object may have keys that the schema does not name. Anthropic's structured output closes every object,
 * so that such an object could only ever be empty.
 */
export function hasOpenObject(schema: ZodType): boolean {
  const waiting: unknown[] = [z.toJSONSchema(schema, { unrepresentable: "any" })];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === null || typeof node !== "object") {
      continue;
    }
    if ("additionalProperties" in node && node.additionalProperties !== false) {
      return true;
    }
    waiting.push(...Object.values(node));
  }
  return false;
}
