import type { z } from "zod";
import { reasonOf, usageFailure } from "../failure.ts";

/** What a file is called in messages: its path, what it should be ("a proposal"), and what to do when it is not. */
export interface JsonSource {
  file: string;
  kind: string;
  remedy: string;
}

/** Parses JSON against a schema. Throws `Failure` (exit code 2) that names the file and the first thing wrong in it. */
export function parsedJson<T>(text: string, schema: z.ZodType<T>, source: JsonSource): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw usageFailure(`${source.file} is not JSON: ${reasonOf(error)}.`, source.remedy, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw usageFailure(`${source.file} is not ${source.kind}: ${firstIssue(parsed.error)}.`, source.remedy);
}

/** The first thing that a schema objects to, with the path to it, as a clause without a full stop. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return "it does not fit the schema";
  const path = issue.path.join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
