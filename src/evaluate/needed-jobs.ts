import { z } from "zod";
import { parsedJson } from "../files/parsed-json.ts";

const jobsSchema = z.record(
  z.string().max(200),
  z.looseObject({ result: z.enum(["success", "failure", "cancelled", "skipped"]) }),
);

/**
 * What became of the jobs that had to end before a gate, from `toJSON(needs)` of a workflow: those that failed or were
 * cancelled, as clauses without a full stop. A job that was skipped had nothing to do. Throws `Failure` (exit code 2).
 */
export function failedJobs(json: string): string[] {
  const jobs = parsedJson(json, jobsSchema, {
    file: "The input needs",
    kind: "the context needs of a workflow",
    remedy: "Write needs: ${{ toJSON(needs) }}.",
  });
  return Object.entries(jobs)
    .filter(([, { result }]) => result === "failure" || result === "cancelled")
    .map(([name, { result }]) =>
      result === "failure" ? `the job ${name} failed` : `the job ${name} was cancelled or found no runner`,
    );
}
