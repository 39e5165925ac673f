import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const root = join(import.meta.dirname, "fixtures/akg/error_fix");

const fixSchema = z.object({
  task_id: z.union([z.string(), z.number()]).transform(String),
  error_step: z.number(),
  success_step: z.number(),
  failures_before_success: z.number(),
  error_log: z.string(),
  error_log_total_chars: z.number(),
  error_log_truncated: z.boolean(),
  failed_impl: z.string().nullable(),
  success_impl: z.string().nullable(),
  failed_sha256: z.string().nullable(),
  success_sha256: z.string().nullable(),
  identical_after_stripping: z.boolean(),
  diff: z.string(),
  diff_lines: z.number(),
  added: z.number(),
  removed: z.number(),
});
/** A fix as AKG's collector returns it. */
export type RecordedFix = z.infer<typeof fixSchema>;
export const recordedKeys = Object.keys(fixSchema.shape) as (keyof RecordedFix)[];

const caseSchema = z.object({
  op_name: z.string(),
  quirks: z.array(z.object({ id: z.string(), affects: z.string() })),
  metadata: z
    .object({ op_name: z.string(), dsl: z.string(), backend: z.string(), arch: z.string() })
    .optional(),
  entries: z.number().optional(),
  tasks: z
    .array(
      z.object({
        task_id: z.union([z.string(), z.number()]).transform(String),
        entries: z.number(),
        passed_any: z.boolean(),
      }),
    )
    .optional(),
  fixes: z.array(fixSchema).optional(),
  truth: z.object({
    tasks: z.array(
      z.object({
        task_id: z.string(),
        passed: z.boolean(),
        failures: z.array(
          z.object({ step: z.number(), cause: z.string(), signature: z.string(), fix: z.string() }),
        ),
      }),
    ),
  }),
});

export interface AkgFixCase {
  name: string;
  logDir: string;
  expected: z.infer<typeof caseSchema>;
  /** Ids of the defects that show in the recorded result. */
  quirks: string[];
}

/** All fix log cases, in order of name. */
export function akgFixCases(): AkgFixCase[] {
  return readdirSync(root)
    .sort()
    .map((name) => {
      const json: unknown = JSON.parse(readFileSync(join(root, name, "expected.json"), "utf8"));
      const expected = caseSchema.parse(json);
      const quirks = expected.quirks.map((quirk) => quirk.id);
      return { name, logDir: join(root, name, "input/logs"), expected, quirks };
    });
}

/** Every code of a case, by its path below the log folder. */
export function codeOfCase({ logDir }: AkgFixCase, file: string): string {
  return readFileSync(join(logDir, file), "utf8");
}
