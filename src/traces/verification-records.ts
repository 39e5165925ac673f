import { z } from "zod";
import { jsonObjects } from "./json-objects.ts";
import type { Reject } from "./reject.ts";
import { taskIdSchema } from "./task-id.ts";

/** What an odd value of a field that nothing depends on is read as. */
const optionalText = z.string().optional().catch(undefined);

const schema = z.object({
  task_name: optionalText,
  task_id: taskIdSchema,
  step: z.int().optional().catch(undefined),
  verify_dir: optionalText,
  // Never read from other values: the text "false" must not count as a version that passed.
  passed: z.boolean("`passed` is neither true nor false"),
  error_log: z.string().catch(""),
  timestamp: optionalText,
  framework: optionalText,
  dsl: optionalText,
  backend: optionalText,
  arch: optionalText,
});

/**
 * One check of one version, as AKG's `KernelVerifier` appends it to `verification_results.jsonl`. A task has one
 * record for each attempt that reached the verifier. `verify_dir` is a path of the machine that wrote it.
 */
export interface VerificationRecord extends z.infer<typeof schema> {
  /** First line of the record in its file. */
  line: number;
}

/** The records of a `verification_results.jsonl` in file order; what is none goes to `report`. */
export async function* verificationRecords(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
  report: (reject: Reject) => void,
): AsyncGenerator<VerificationRecord> {
  for await (const item of jsonObjects(chunks)) {
    const { line } = item;
    if (item.kind === "skipped") {
      report({ file, line, reason: `${item.reason}${throughLine(line, item.lastLine)}` });
      continue;
    }
    if (item.replacedBytes) report({ file, line, reason: "bytes that are not UTF-8 were read as U+FFFD" });
    const parsed = schema.safeParse(item.value);
    if (parsed.success) yield { ...parsed.data, line };
    else report({ file, line, reason: `not a verification record: ${issueText(parsed.error)}` });
  }
}

function throughLine(line: number, lastLine: number): string {
  return lastLine > line ? ` (to line ${lastLine})` : "";
}

function issueText(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
}
