import { parseModelSpec } from "../models/spec.ts";
import { isDisclosed, type PlannedTrial } from "./plan.ts";

/** Why the calls of a trial are made one by one, as the end of a sentence about its student; undefined where a batch may take it. */
export function whyPlain({ student, case: one }: Pick<PlannedTrial, "student" | "case">): string | undefined {
  if (student.runner === "command") return "is an agent";
  const { kind } = parseModelSpec(student.spec);
  if (kind !== "anthropic" && kind !== "openai") return "answers from a recording";
  return isDisclosed(student, one) ? "gets skills step by step" : undefined;
}
