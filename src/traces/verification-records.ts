import { z } from "zod";
import { jsonObjects } from "./json-objects.ts";
import type { Reject } from "./reject.ts";
import { taskIdSchema } from "./task-id.ts";

/** What an odd value of a field that nothing depends on is read as. */
const optionalText = z.string().optional().catch(undefined);

/** Of names of operators, languages and devices: longer ones are cut, so that one odd record spoils nothing else. */
export const longestName = 200;

const optionalName = optionalText.transform((text) => text?.slice(0, longestName));

const schema = z.object({
  task_name: optionalName,
  task_id: taskIdSchema,
  step: z.int().optional().catch(undefined),
  verify_dir: optionalText,
  // Never read from other values: the text "false" must not count as a version that passed.
  passed: z.boolean("`passed` is neither true nor false"),
  error_log: z.string().catch(""),
  timestamp: optionalText,
  framework: optionalText,
  dsl: optionalName,
  backend: optionalName,
  arch: optionalName,
});

/**
 * One check of one version, as AKG's `KernelVerifier` appends it to `verification_results.jsonl`. A task has one
 * record for each attempt that reached the verifier. `verify_dir` is a path of the machine that wrote it.
 */
export interface VerificationRecord extends z.infer<typeof schema> {
  /** First line of the record in its file. */
  line: number;
  /** The id stands in the log without quotes; present only where it does. */
  numeric_id?: true;
}

/**
 * The records of a `verification_results.jsonl` in file order; what is none goes to `report`. `mask` sees each
 * record's words before anything else does.
 */
export async function* verificationRecords(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  file: string,
  report: (reject: Reject) => void,
  mask: (text: string) => string = (text) => text,
): AsyncGenerator<VerificationRecord> {
  for await (const item of jsonObjects(chunks)) {
    const { line } = item;
    if (item.kind === "skipped") {
      report({ file, line, reason: `${item.reason}${throughLine(line, item.lastLine)}` });
      continue;
    }
    if (item.replacedBytes) report({ file, line, reason: "bytes that are not UTF-8 were read as U+FFFD" });
    const parsed = schema.safeParse(item.value);
    const isNumeric = typeof item.value["task_id"] === "number";
    if (parsed.success)
      yield { ...masked(parsed.data, mask), line, ...(isNumeric ? { numeric_id: true } : {}) };
    else report({ file, line, reason: `not a verification record: ${issueText(parsed.error)}` });
  }
}

/** `verify_dir` stays: it is compared with the names of folders, and never told. */
function masked(record: z.infer<typeof schema>, mask: (text: string) => string): z.infer<typeof schema> {
  const some = (text: string | undefined): string | undefined => (text === undefined ? text : mask(text));
  return {
    ...record,
    task_name: some(record.task_name),
    task_id: mask(record.task_id),
    error_log: record.error_log === "" ? "" : mask(record.error_log),
    framework: some(record.framework),
    dsl: some(record.dsl),
    backend: some(record.backend),
    arch: some(record.arch),
  };
}

function throughLine(line: number, lastLine: number): string {
  return lastLine > line ? ` (to line ${lastLine})` : "";
}

function issueText(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
}
