import { sha256 } from "../digest.ts";
import { Failure } from "../failure.ts";
import { excerpt } from "../models/excerpt.ts";
import type { Arrived, ArrivedAnswers } from "./arrived-answers.ts";
import type { CheckResult } from "./check.ts";
import { requestDigests, type TrialMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import type { SuiteCase } from "./suite.ts";
import type { Trial } from "./trial.ts";
import type { TrialBudget } from "./trial-budget.ts";

/**
 * Judges an answer by the assertions of its case: one result for each, in their order. `trial` is the key of the trial
 * that it is an answer of. Throws `Failure` (exit code 3).
 */
export type Judge = (one: SuiteCase, reply: string, trial: string) => Promise<CheckResult[]>;

/** A finished trial with its reply, or word that the budget allows no further call. */
export type TrialEnd = { trial: Trial; reply: string | null } | "budget spent";

/** The error classes of trials that their batch did not come to. */
export const leftOpenByBatch: ReadonlySet<string> = new Set(["expired", "canceled"]);

/** What all runners need. */
export interface TrialSetting {
  /** Undefined where assertions are not judged. */
  judge: Judge | undefined;
  budget: TrialBudget;
  arrived: ArrivedAnswers;
  now: () => Date;
}

/** How one runner gets an answer, and what it makes of it. */
export interface TrialSteps {
  ask(purpose: string): Promise<Arrived>;
  /** What code finds out about an answer. */
  checksOf(answer: Arrived): Promise<Trial["checks"]>;
  /** A word for a failure of the infrastructure. */
  errorClass(failure: Failure): string;
}

/**
 * Brings one trial to its end: takes the answer that arrived in an earlier run or gets one, holds it against the checks,
 * and has the assertions judged. A failure of the infrastructure (exit code 3) makes the trial an excluded one. Throws
 * `Failure` (exit code 2) for what would fail all trials, such as a wrong key.
 */
export async function endTrial(
  planned: PlannedTrial,
  material: TrialMaterial,
  setting: TrialSetting,
  steps: TrialSteps,
): Promise<TrialEnd> {
  const { budget, arrived, judge, now } = setting;
  const purpose = purposeOf(planned);
  const base = baseOf(planned, material);
  const time = (): string => now().toISOString();
  let answer = arrived.get(planned.key);
  budget.begin(purpose, { trial: planned.key });
  try {
    if (answer === undefined) {
      answer = await steps.ask(purpose);
      arrived.put(answer);
    }
    const checks = [
      ...(await steps.checksOf(answer)),
      ...(await judged(planned.key, material.case, answer.text, judge)),
    ];
    const outcome = checks.every((check) => check.passed) ? "passed" : "failed";
    const trial: Trial = {
      ...base,
      ...measuredIn(answer),
      outcome,
      checks,
      error: null,
      finished_at: time(),
    };
    return { trial, reply: answer.text };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    if (budget.hasRefused(thrown)) return "budget spent";
    if (thrown.exitCode !== 3) throw thrown;
    const error = {
      class: answer === undefined ? steps.errorClass(thrown) : "judge",
      message: excerpt(thrown.message),
    };
    const measured = answer ? measuredIn(answer) : { ...unmeasured, calls: budget.attempts(purpose) };
    const trial: Trial = {
      ...base,
      ...measured,
      outcome: "excluded",
      checks: [],
      error,
      finished_at: time(),
    };
    return { trial, reply: answer?.text ?? null };
  } finally {
    budget.settle(purpose);
  }
}

/** Names a trial in messages and to the budget; no two trials that run at once have the same. */
export function purposeOf({ skill, arm, case: one, student, identity }: PlannedTrial): string {
  const what = one.measurement === "triggering" ? "trigger query" : "case";
  return `${what} ${one.id} of ${skill}, ${arm}, repeat ${identity.repeat + 1}, ${student.spec}`;
}

async function judged(
  trial: string,
  one: SuiteCase,
  reply: string,
  judge: Judge | undefined,
): Promise<Trial["checks"]> {
  if (judge === undefined || one.assertions.length === 0) return [];
  const results = await judge(one, reply, trial);
  return one.assertions.map((check, index) => ({
    check,
    ...(results[index] ?? { passed: false, evidence: "The judge said nothing about it." }),
  }));
}

function baseOf({ key, identity, case: one }: PlannedTrial, material: TrialMaterial) {
  const { request, frame } = requestDigests(material);
  if (frame === undefined) throw new Error(`The request of case ${one.id} does not hold its skill.`);
  return {
    format: 1 as const,
    key,
    identity,
    case: one.id,
    frame_sha256: frame,
    request_sha256: request,
  };
}

function measuredIn({ text, model, tokens, cost_usd, latency_ms, calls }: Arrived) {
  return { tokens, cost_usd, latency_ms, model, reply_sha256: sha256(text), calls };
}

const unmeasured = {
  tokens: { input: null, cached_input: null, output: null },
  cost_usd: null,
  latency_ms: 0,
  model: "",
  reply_sha256: null,
};
