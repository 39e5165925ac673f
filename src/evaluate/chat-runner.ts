import { sha256 } from "../digest.ts";
import { Failure } from "../failure.ts";
import { excerpt } from "../models/excerpt.ts";
import type { Model } from "../models/model.ts";
import type { Arrived, ArrivedAnswers } from "./arrived-answers.ts";
import { frameDigest, requestDigest } from "./chat-request.ts";
import { type CheckResult, checkText, runCheck } from "./check.ts";
import type { TrialMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import type { SuiteCase } from "./suite.ts";
import type { Trial } from "./trial.ts";
import type { TrialBudget } from "./trial-budget.ts";

/** Judges an answer by the assertions of its case: one result for each, in their order. Throws `Failure` (exit code 3). */
export type Judge = (one: SuiteCase, reply: string) => Promise<CheckResult[]>;

export interface ChatRunner {
  student: Model;
  /** Undefined where assertions are not judged. */
  judge: Judge | undefined;
  budget: TrialBudget;
  arrived: ArrivedAnswers;
  now: () => Date;
}

/** A finished trial with its reply, or word that the budget allows no further call. */
export type TrialEnd = { trial: Trial; reply: string | null } | "budget spent";

/**
 * Runs one trial in a plain chat: asks the student, holds its answer against the checks, and has the assertions judged.
 * A refusal or an answer that was cut off is an answer, which failed. A service that keeps failing makes the trial an excluded one.
 * Throws `Failure` (exit code 2) for what would fail all trials, such as a wrong key.
 */
export async function runChatTrial(
  planned: PlannedTrial,
  material: TrialMaterial,
  runner: ChatRunner,
): Promise<TrialEnd> {
  const { budget, arrived } = runner;
  const purpose = purposeOf(planned);
  const base = frameOf(planned, material);
  let answer = arrived.get(planned.key);
  try {
    if (answer === undefined) {
      answer = await ask(planned, material, runner, purpose);
      arrived.put(answer);
    }
    const checks = [...endingOf(answer), ...(await judged(material.case, answer.text, runner.judge))];
    const outcome = checks.every((check) => check.passed) ? "passed" : "failed";
    const trial: Trial = {
      ...base,
      ...measuredIn(answer),
      outcome,
      checks,
      error: null,
      finished_at: time(runner),
    };
    return { trial, reply: answer.text };
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    if (budget.hasRefused(thrown)) return "budget spent";
    if (thrown.exitCode !== 3) throw thrown;
    const error = { class: errorClass(thrown, answer !== undefined), message: excerpt(thrown.message) };
    const measured = answer ? measuredIn(answer) : { ...unmeasured, calls: budget.attempts(purpose) };
    const trial: Trial = {
      ...base,
      ...measured,
      outcome: "excluded",
      checks: [],
      error,
      finished_at: time(runner),
    };
    return { trial, reply: answer?.text ?? null };
  } finally {
    budget.settle(purpose);
  }
}

/** Names a trial in messages and to the budget; no two trials that run at once have the same. */
function purposeOf({ skill, arm, case: one, student, identity }: PlannedTrial): string {
  return `case ${one.id} of ${skill}, ${arm}, repeat ${identity.repeat + 1}, ${student.spec}`;
}

async function ask(
  { key }: PlannedTrial,
  { request: { system, prompt, sampling } }: TrialMaterial,
  { student, budget }: ChatRunner,
  purpose: string,
): Promise<Arrived> {
  const { temperature, max_output_tokens: maxOutputTokens } = sampling;
  const { text, stop, model, usage, costUsd, latencyMs } = await student.chat({
    purpose,
    system,
    prompt,
    maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
  });
  return {
    key,
    text,
    stop,
    model,
    tokens: { input: usage.inputTokens, cached_input: usage.cachedInputTokens, output: usage.outputTokens },
    cost_usd: costUsd,
    latency_ms: latencyMs,
    calls: budget.attempts(purpose),
  };
}

/** An answer that is none has failed, even where its case only forbids something. */
function endingOf({ text, stop }: Arrived): Trial["checks"] {
  const evidence = {
    length: "It was cut off at its limit.",
    refusal: "It is a refusal.",
    complete: "It is empty.",
  };
  if (stop === "complete" && text.trim() !== "") return [];
  return [{ check: "The answer is complete.", passed: false, evidence: evidence[stop] }];
}

async function judged(one: SuiteCase, reply: string, judge: Judge | undefined): Promise<Trial["checks"]> {
  const checks: Trial["checks"] = [];
  for (const check of one.checks) checks.push({ check: checkText(check), ...(await runCheck(check, reply)) });
  if (judge === undefined || one.assertions.length === 0) return checks;
  const results = await judge(one, reply);
  for (const [index, check] of one.assertions.entries()) {
    checks.push({
      check,
      ...(results[index] ?? { passed: false, evidence: "The judge said nothing about it." }),
    });
  }
  return checks;
}

function frameOf({ key, identity, case: one }: PlannedTrial, { request, given }: TrialMaterial) {
  const frame = frameDigest(request, given);
  if (frame === undefined) throw new Error(`The request of case ${one.id} does not hold its skill.`);
  return {
    format: 1 as const,
    key,
    identity,
    case: one.id,
    frame_sha256: frame,
    request_sha256: requestDigest(request),
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

function time({ now }: ChatRunner): string {
  return now().toISOString();
}

/** The words of `attempt-error.ts` and `retry.ts`, in which a service's failures arrive here. */
const errorClasses: readonly (readonly [RegExp, string])[] = [
  [/ (?:answered|refused the request \() ?(\d{3})/, "http"],
  [/has no quota left/, "quota"],
  [/sent nothing for|was not done after/, "timeout"],
  [/gave no answer|cut its answer off|broke its answer off|damaged answer/, "network"],
];

/** `http-503`, `quota`, `timeout`, `network` or `service`; `judge` where the student had answered. */
function errorClass({ message }: Failure, hasAnswer: boolean): string {
  if (hasAnswer) return "judge";
  for (const [pattern, name] of errorClasses) {
    const found = pattern.exec(message);
    if (found) return found[1] === undefined ? name : `${name}-${found[1]}`;
  }
  return "service";
}
