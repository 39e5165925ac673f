import { sha256 } from "../digest.ts";
import { Failure } from "../failure.ts";
import { groupBy } from "../group-by.ts";
import { excerpt } from "../models/excerpt.ts";
import type { Model } from "../models/model.ts";
import type { Reporter } from "../reporter.ts";
import { candidateIn } from "./candidate-answer.ts";
import { errorClass, messageOf } from "./chat-runner.ts";
import { suffixOf } from "./bundled-case.ts";
import type { KernelAnswer } from "./kernel-answer.ts";
import type { KernelBundle } from "./kernel-bundle.ts";
import { repairPrompt } from "./kernel-prompt.ts";
import { stateOf } from "./kernel-state.ts";
import { requestDigests, type TrialMaterial } from "./measured-skill.ts";
import { keepsFailingWords } from "./outside-failures.ts";
import type { PlannedTrial } from "./plan.ts";
import { runOrder } from "./run-order.ts";
import type { RunEnd } from "./run-trials.ts";
import type { Trial } from "./trial.ts";
import type { TrialBudget } from "./trial-budget.ts";
import { purposeOf } from "./trial-end.ts";

export interface KernelAsking {
  bundle: KernelBundle;
  /** By their specs. */
  students: ReadonlyMap<string, Model>;
  budget: TrialBudget;
  materialOf: (trial: PlannedTrial) => TrialMaterial;
  /** The provider of a student: its trials share a number of places. */
  laneOf: (trial: PlannedTrial) => string;
  concurrency: number;
  reporter: Reporter;
  now: () => Date;
}

/** After so many failed calls in a row, no more are made in that lane. */
const mostFailures = 5;

/**
 * Gets one answer for each trial that waits for one: a first kernel, or the correction of one that failed. Answers are in
 * the bundle as they come. A failure of the service is noted there, and tried again by the next call. Throws `Failure`
 * (exit code 2) for what would fail all, such as a wrong key.
 */
export async function askForKernels(trials: readonly PlannedTrial[], asking: KernelAsking): Promise<RunEnd> {
  const { bundle, laneOf, reporter } = asking;
  const waiting = runOrder(
    trials.filter((trial) => stateOf(trial, bundle).step === "ask"),
    bundle.plan.seed,
  );
  let done = 0;
  const onDone = (): void => reporter.progress("Asking for kernels", (done += 1), waiting.length);
  const lanes = [...groupBy(waiting, laneOf).values()];
  const ends = await Promise.all(lanes.map((lane) => askLane(lane, asking, onDone)));
  return ends.find((end) => end === "budget spent") ?? ends.find((end) => end !== "complete") ?? "complete";
}

async function askLane(
  lane: readonly PlannedTrial[],
  asking: KernelAsking,
  onDone: () => void,
): Promise<RunEnd> {
  const left = [...lane].reverse();
  let failures = 0;
  let end: RunEnd = "complete";
  const work = async (): Promise<void> => {
    while (end === "complete") {
      const trial = left.pop();
      if (trial === undefined) return;
      const came = await askOnce(trial, asking);
      if (came === "budget spent") end = came;
      failures = typeof came === "object" ? failures + 1 : 0;
      if (typeof came === "object" && failures >= mostFailures && end === "complete") {
        end = "service failed";
        asking.reporter.warning(keepsFailingWords(came, left.length));
      }
      onDone();
    }
  };
  const workers = Array.from({ length: Math.min(asking.concurrency, left.length) }, work);
  // All of them end before an error goes on: their answers are paid for.
  const ended = await Promise.allSettled(workers);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  return end;
}

async function askOnce(
  trial: PlannedTrial,
  { bundle, students, budget, materialOf, now }: KernelAsking,
): Promise<"answered" | "budget spent" | NonNullable<Trial["error"]>> {
  const state = stateOf(trial, bundle);
  const material = materialOf(trial);
  const student = students.get(trial.student.spec);
  if (state.step !== "ask" || material.runner !== "chat" || student === undefined) {
    throw new Error(`Nobody can be asked for the kernel of ${purposeOf(trial)}.`);
  }
  const { request: sha, frame } = requestDigests(material);
  if (frame === undefined) throw new Error(`The request of ${purposeOf(trial)} does not hold its skill.`);
  const { problem, measuring } = bundle.caseOf(trial.case.sha256);
  const { request } = material;
  const prompt =
    state.earlier === null
      ? request.prompt
      : repairPrompt(request.prompt, await bundle.reply(state.earlier.reply), state.earlier.feedback);
  const purpose = `${purposeOf(trial)}, answer ${state.round + 1}`;
  const suffix = suffixOf(measuring);
  const base = {
    key: trial.key,
    case: trial.case.id,
    arm: trial.arm,
    student: trial.student.spec,
    repeat: trial.identity.repeat,
    round: state.round,
    request_sha256: sha,
    frame_sha256: frame,
  };
  budget.begin(purpose, { trial: trial.key });
  try {
    const { text, model, usage, costUsd, latencyMs } = await student.chat(
      messageOf({ ...request, prompt }, purpose),
    );
    const found = candidateIn(text, { dsl: measuring.dsl, problem: problem.name });
    const candidate = "source" in found ? found.source : null;
    const answer: KernelAnswer = {
      ...base,
      reply_sha256: sha256(text),
      candidate_sha256: candidate === null ? null : sha256(candidate),
      problem: "problem" in found ? found.problem : null,
      model,
      tokens: { input: usage.inputTokens, cached_input: usage.cachedInputTokens, output: usage.outputTokens },
      cost_usd: costUsd,
      latency_ms: latencyMs,
      calls: budget.attempts(purpose),
      error: null,
      finished_at: now().toISOString(),
    };
    await bundle.addAnswer(answer, { reply: text, candidate, suffix });
    return "answered";
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    if (budget.hasRefused(thrown)) return "budget spent";
    if (thrown.exitCode !== 3) throw thrown;
    const error = { class: errorClass(thrown), message: excerpt(thrown.message) };
    const answer: KernelAnswer = {
      ...base,
      ...unanswered,
      calls: budget.attempts(purpose),
      error,
      finished_at: now().toISOString(),
    };
    await bundle.addAnswer(answer, { reply: null, candidate: null, suffix });
    return error;
  } finally {
    budget.settle(purpose);
  }
}

const unanswered = {
  reply_sha256: null,
  candidate_sha256: null,
  problem: null,
  model: "",
  tokens: { input: null, cached_input: null, output: null },
  cost_usd: null,
  latency_ms: 0,
};
