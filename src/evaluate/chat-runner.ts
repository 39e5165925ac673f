import type { Failure } from "../failure.ts";
import type { Message, Model } from "../models/model.ts";
import type { Arrived } from "./arrived-answers.ts";
import { caseChecks } from "./case-checks.ts";
import type { ChatRequest } from "./chat-request.ts";
import { fileAsked, mostReads, withFile } from "./disclosure.ts";
import type { ScriptRunner } from "./eval-script.ts";
import type { ChatMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import type { Trial } from "./trial.ts";
import { endTrial, type TrialEnd, type TrialSetting } from "./trial-end.ts";
import { chosenIn, triggerCheck } from "./trigger-request.ts";

export interface ChatRunner extends TrialSetting {
  student: Model;
  /** Undefined where no case has a script. */
  scripts?: ScriptRunner | undefined;
  /** Why a batch left a trial without an answer that is not asked for again in this run; undefined for all others. */
  missing?: ((key: string) => Failure | undefined) | undefined;
}

/** What a request is as a message. */
export function messageOf({ system, prompt, sampling }: ChatRequest, purpose: string): Message {
  const { temperature, max_output_tokens: maxOutputTokens } = sampling;
  return {
    purpose,
    system,
    prompt,
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(temperature === undefined ? {} : { temperature }),
  };
}

/**
 * Runs one trial in a plain chat: asks the student, and holds its answer against the checks or against the choice that
 * a trigger query asks for. A refusal or an answer that was cut off is an answer, which failed. Throws as `endTrial`
 * does.
 */
export async function runChatTrial(
  planned: PlannedTrial,
  material: ChatMaterial,
  runner: ChatRunner,
): Promise<TrialEnd> {
  const { trigger } = material;
  return endTrial(planned, material, runner, {
    ask: (purpose) => ask(planned, material, runner, purpose),
    async checksOf(answer) {
      if (trigger !== undefined) {
        return [...endingOf(answer), triggerCheck(trigger, chosenIn(answer.text, planned.skill))];
      }
      return [...endingOf(answer), ...(await caseChecks(material.case, answer.text, runner.scripts))];
    },
    errorClass,
  });
}

/** Asks until the student does not ask for a file of the skill any more. Answers on the way are kept as well. */
async function ask(
  { key }: PlannedTrial,
  { request: first, given, isDisclosed }: ChatMaterial,
  runner: ChatRunner,
  purpose: string,
): Promise<Arrived> {
  let request = first;
  const earlier: Arrived[] = [];
  for (;;) {
    const round = earlier.length;
    const answer = runner.arrived.get(key, round) ?? (await askOnce(key, request, runner, purpose));
    const path = isDisclosed && given !== null && round < mostReads ? fileAsked(answer.text) : undefined;
    if (given === null || path === undefined) return earlier.reduceRight(joined, answer);
    const onTheWay = { ...answer, round };
    if (runner.arrived.get(key, round) === undefined) runner.arrived.put(onTheWay);
    earlier.push(onTheWay);
    request = withFile(request, path, given);
  }
}

/** The last answer, with what those before it took. */
function joined(last: Arrived, before: Arrived): Arrived {
  const sum = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : a + b;
  return {
    ...last,
    tokens: {
      input: sum(last.tokens.input, before.tokens.input),
      cached_input: sum(last.tokens.cached_input, before.tokens.cached_input),
      output: sum(last.tokens.output, before.tokens.output),
    },
    cost_usd: sum(last.cost_usd, before.cost_usd),
    latency_ms: last.latency_ms + before.latency_ms,
    calls: last.calls + before.calls,
  };
}

async function askOnce(
  key: string,
  request: ChatRequest,
  { student, budget, missing }: ChatRunner,
  purpose: string,
): Promise<Arrived> {
  const reason = missing?.(key);
  if (reason !== undefined) throw reason;
  const before = budget.attempts(purpose);
  const { text, stop, model, usage, costUsd, latencyMs } = await student.chat(messageOf(request, purpose));
  return {
    key,
    text,
    stop,
    model,
    tokens: { input: usage.inputTokens, cached_input: usage.cachedInputTokens, output: usage.outputTokens },
    cost_usd: costUsd,
    latency_ms: latencyMs,
    calls: budget.attempts(purpose) - before,
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

/** The words of `attempt-error.ts` and `retry.ts`, in which a service's failures arrive here. */
const errorClasses: readonly (readonly [RegExp, string])[] = [
  // Before all others: what follows are the provider's own words. Some say that an account is empty as a bad request.
  [/^\S+ refused the request \(400\): .*(?:credit balance|billing|quota)/i, "quota"],
  [/^\S+ refused the request \((\d{3})\)/, "http"],
  [/ expired in its batch/, "expired"],
  [/ was canceled in its batch/, "canceled"],
  [/ answered (\d{3})/, "http"],
  [/has no quota left/, "quota"],
  [/sent nothing for|was not done after/, "timeout"],
  [/gave no answer|cut its answer off|broke its answer off|damaged answer/, "network"],
];

/** `expired`, `canceled`, `http-503`, `quota`, `timeout`, `network` or `service`. */
export function errorClass({ message }: Failure): string {
  for (const [pattern, name] of errorClasses) {
    const found = pattern.exec(message);
    if (found) return found[1] === undefined ? name : `${name}-${found[1]}`;
  }
  return "service";
}
