import { dirname } from "node:path";
import type { DistillResult } from "../distill/distill-result.ts";
import { type Evaluated, exitCodeOf, type MeasuredResult } from "../evaluate/evaluation-result.ts";
import { type ExitCode, Failure } from "../failure.ts";
import { readEvent } from "../github/event.ts";
import type { Context } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import { repositoryAround } from "./evaluation.ts";
import { trustedConfig } from "./trusted-config.ts";

/** The evaluation of what was distilled, as programs read it and with what people are told; or why there is none. */
export type DistilledEvaluation =
  | { exitCode: 0 | ExitCode; json: MeasuredResult; evaluated: Pick<Evaluated, "figures" | "policy"> }
  | { exitCode: 0 | ExitCode; json: NotEvaluated; evaluated: null };

interface NotEvaluated {
  status: "not evaluated";
  /** A sentence each; the remedy is empty where there is nothing to do. */
  reason: string;
  remedy: string;
}

/**
 * Measures the skills that a distillation changed, with the configured students and up to the configured budget. What
 * was distilled is in the library by then: a failure a user can cause is said and not thrown.
 */
export async function evaluateDistilled(
  { skills, status, dry_run: isDry }: DistillResult,
  { config }: { config?: string | undefined },
  context: Context,
): Promise<DistilledEvaluation> {
  if (status !== "proposed") return notEvaluated("No skill was changed.", "");
  if (isDry) return notEvaluated("A dry run leaves nothing to evaluate.", "Leave out --dry-run.");
  try {
    const event = await readEvent(context.environment);
    const repository = await repositoryAround({}, context);
    const { loaded } = await trustedConfig(repository, event, { config }, context);
    if (loaded.config.evaluate.students.length === 0) {
      return notEvaluated("No student is configured.", "List students under evaluate in overproof.yml.");
    }
    const { result, ...evaluated } = await evaluate(
      {
        skills: skills.map(({ file }) => dirname(file)),
        withCases: true,
        students: [],
        placebo: false,
        aa: false,
        plan: false,
        config,
      },
      context,
    );
    if (evaluated.figures === null || !("missing" in result)) {
      return notEvaluated(
        "None of the changed skills has cases that can be measured.",
        "Write evals/evals.json beside a SKILL.md.",
      );
    }
    return { exitCode: exitCodeOf(result), json: result, evaluated };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return notEvaluated(error.message, error.remedy, error.exitCode);
  }
}

function notEvaluated(reason: string, remedy: string, exitCode: 0 | ExitCode = 0): DistilledEvaluation {
  return { exitCode, json: { status: "not evaluated", reason, remedy }, evaluated: null };
}
