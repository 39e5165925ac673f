import { verdictWords } from "../kernels/verdict-words.ts";
import { measurementId } from "./bundled-case.ts";
import type { KernelAnswer } from "./kernel-answer.ts";
import type { KernelBundle } from "./kernel-bundle.ts";
import type { KernelOutcome, Measurement } from "./kernel-outcome.ts";
import { knownSum } from "./arm-figures.ts";
import type { PlannedTrial } from "./plan.ts";
import type { Trial } from "./trial.ts";

/** What the trial of a kernel case waits for. */
export type KernelState =
  | { step: "ask"; round: number; earlier: { reply: string; feedback: string } | null }
  | { step: "measure"; candidate: string }
  | { step: "done"; last: KernelAnswer; measured: Measurement | null };

/** Where a trial is by what its bundle holds. */
export function stateOf({ key, case: one }: PlannedTrial, bundle: KernelBundle): KernelState {
  const last = bundle.answers(key).at(-1);
  if (last === undefined) return { step: "ask", round: 0, earlier: null };
  const bundled = bundle.caseOf(one.sha256);
  const { candidate_sha256: candidate, reply_sha256: reply, round } = last;
  const next = (measured: Measurement | null, feedback: string): KernelState => {
    const isOver = measured !== null && endings.has(measured.results[0].verdict);
    if (isOver || round >= bundled.measuring.rounds || reply === null)
      return { step: "done", last, measured };
    return { step: "ask", round: round + 1, earlier: { reply, feedback } };
  };
  if (candidate === null) return next(null, last.problem ?? "");
  const measured = bundle.measurement(measurementId(bundled, candidate));
  if (measured?.results[0].candidate_sha256 !== candidate) return { step: "measure", candidate };
  return next(measured, verdictWords(measured.results[0]));
}

/** After these a student has nothing to correct. */
const endings: ReadonlySet<string> = new Set(["correct", "invalid-problem", "infrastructure"]);

/**
 * The result of a trial that is done, or that failed for outside reasons; undefined for one that waits. It follows from
 * the bundle alone, so that it is the same wherever it is made.
 */
export function trialOf(planned: PlannedTrial, bundle: KernelBundle): Trial | undefined {
  const state = stateOf(planned, bundle);
  const failed = bundle.failure(planned.key);
  if (state.step === "ask") return failed && excluded(planned, failed, failed.error);
  if (state.step === "measure") return undefined;
  const { last, measured } = state;
  const verdict = measured?.results[0].verdict;
  if (verdict === "invalid-problem" || verdict === "infrastructure") {
    const message = measured?.results[0].reasons.join(" ") ?? "";
    return excluded(planned, last, { class: verdict, message: message.slice(0, 1000) });
  }
  const answers = bundle.answers(planned.key);
  const checks = checksOf(last, measured);
  return {
    ...baseOf(planned, last),
    outcome: checks.every(({ passed }) => passed) ? "passed" : "failed",
    checks,
    tokens: {
      input: knownSum(answers.map(({ tokens }) => tokens.input)),
      cached_input: knownSum(answers.map(({ tokens }) => tokens.cached_input)),
      output: knownSum(answers.map(({ tokens }) => tokens.output)),
    },
    cost_usd: knownSum(answers.map((answer) => answer.cost_usd)),
    latency_ms: answers.reduce((sum, { latency_ms }) => sum + latency_ms, 0),
    calls: answers.reduce((sum, { calls }) => sum + calls, 0),
    error: null,
    kernel: outcomeOf(planned, bundle, { last, measured }),
  };
}

function baseOf({ key, identity, case: one }: PlannedTrial, answer: KernelAnswer) {
  const { model, frame_sha256, request_sha256, reply_sha256, finished_at } = answer;
  return {
    format: 1 as const,
    key,
    identity,
    case: one.id,
    model,
    frame_sha256,
    request_sha256,
    reply_sha256,
    finished_at,
  };
}

function excluded(planned: PlannedTrial, answer: KernelAnswer, error: Trial["error"]): Trial {
  const { tokens, cost_usd, latency_ms, calls } = answer;
  return {
    ...baseOf(planned, answer),
    outcome: "excluded",
    checks: [],
    tokens,
    cost_usd,
    latency_ms,
    calls,
    error,
  };
}

function checksOf({ problem }: KernelAnswer, measured: Measurement | null): Trial["checks"] {
  const answer = "The answer holds one kernel.";
  if (measured === null) return [{ check: answer, passed: false, evidence: problem ?? "" }];
  const [{ verdict, compiled, reasons, shapes, dsl }] = measured.results;
  const said = reasons.join(" ").slice(0, 1000);
  const passed = shapes.filter((shape) => shape.passed).length;
  return [
    { check: answer, passed: true, evidence: `It holds a kernel in ${dsl}.` },
    {
      check: "The kernel compiles.",
      passed: compiled,
      evidence: compiled ? "It compiles." : said,
    },
    {
      check: "The kernel is correct.",
      passed: verdict === "correct",
      evidence:
        verdict === "correct"
          ? `${passed} of ${shapes.length} shapes agree with the reference.`
          : `${verdict}: ${said}`,
    },
  ];
}

function outcomeOf(
  { key, case: one }: PlannedTrial,
  bundle: KernelBundle,
  { last, measured }: { last: KernelAnswer; measured: Measurement | null },
): KernelOutcome {
  const answers = bundle.answers(key);
  const bundled = bundle.caseOf(one.sha256);
  const seconds = answers.map(({ candidate_sha256: candidate }) =>
    candidate === null ? 0 : (bundle.measurement(measurementId(bundled, candidate))?.seconds.total ?? 0),
  );
  const result = measured?.results[0];
  return {
    verdict: result?.verdict ?? "no-kernel",
    compiled: result?.compiled ?? false,
    candidate_sha256: last.candidate_sha256,
    speedup: result?.speedup ?? null,
    milliseconds: result?.times?.candidate.median_ms ?? null,
    device: measured === null ? null : deviceOf(measured),
    harness_sha256: measured?.harness.sha256 ?? null,
    answers: answers.length,
    device_seconds: seconds.reduce((sum, one) => sum + one, 0),
  };
}

function deviceOf({
  device: { kind, name, torch, triton, cuda, driver },
}: Measurement): KernelOutcome["device"] {
  return { kind, name, torch, triton, cuda, driver };
}
