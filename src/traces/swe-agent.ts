import { documentOrigin } from "./document-origin.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt, type JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { contentText } from "./message-content.ts";
import { newCall, newStep } from "./new-step.ts";
import { resultOf } from "./result-of.ts";
import type { Call, SessionFile, SessionSink, Step, Usage } from "./session.ts";

type Path = readonly (string | number)[];

/** Actions that hand the work in or end the run: no tool is called. */
const endingAction = /^\s*(?:submit|exit(?:_\w+)?)(?:\s+-\w+)*\s*$/;

/**
 * A trajectory of SWE-agent (`.traj`). Actions and what they printed stand in `trajectory`; the task and the arguments
 * of structured calls in `history`. Of a run with several attempts the document repeats the chosen one at its root:
 * each attempt is a conversation here, and those that were not chosen are abandoned. The format has no exit codes, no
 * times, no model and no usage of single steps.
 */
export async function* readSweAgent(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const document = (await file.document()) ?? null;
  const info = objectAt(document, "info");
  sink.facts(
    knownFacts({
      agent: "SWE-agent",
      agentVersion: textAt(info, "swe_agent_version"),
      exitStatus: textAt(info, "exit_status"),
      submission: textAt(info, "submission"),
    }),
  );
  const attempts = listAt(document, "attempts");
  if (attempts.length === 0) {
    yield* readAttempt(file, document, [], { conversation: 0, branch: "active" }, sink);
    return;
  }
  const chosen = numberAt(info, "best_attempt_idx") ?? attempts.length - 1;
  for (const [index, attempt] of attempts.entries()) {
    const branch = index === chosen ? "active" : "abandoned";
    yield* readAttempt(file, attempt, ["attempts", index], { conversation: index, branch }, sink);
  }
}

function readAttempt(
  file: SessionFile,
  attempt: JsonValue,
  base: Path,
  known: Pick<Step, "conversation" | "branch">,
  sink: SessionSink,
): Step[] {
  const steps = taskSteps(file, attempt, base, known);
  // The model may have been asked again, so that the trajectory holds steps that the history does not.
  const answers = Map.groupBy(
    listAt(attempt, "history").filter(
      (message) => textAt(message, "role") === "assistant" && !isDemo(message),
    ),
    (message) => textAt(message, "action"),
  );
  for (const [index, entry] of listAt(attempt, "trajectory").entries()) {
    const path: Path = [...base, "trajectory", index];
    const origin = documentOrigin(file, path, entry);
    if (!isJsonObject(entry)) {
      sink.damage(origin.line_from, "a step that is not an object");
      continue;
    }
    const action = textAt(entry, "action");
    const structured = listAt(answers.get(action)?.shift(), "tool_calls")[0];
    const text = textAt(entry, "thought") || textAt(entry, "response");
    steps.push(
      newStep("agent", origin, { ...known, text, calls: actionCalls(entry, structured, file, path) }),
    );
    const observation = textAt(entry, "observation");
    if (action.trim() !== "" || observation === "") continue;
    const told = documentOrigin(file, [...path, "observation"], observation);
    steps.push(newStep("system", told, { ...known, text: observation }));
  }
  const last = steps.findLast((step) => step.source === "agent");
  if (last !== undefined) last.usage = attemptUsage(objectAt(objectAt(attempt, "info"), "model_stats"));
  return steps;
}

/** The prompts before the first answer. Demonstrations, which show the model how another task went, are left out. */
function taskSteps(
  file: SessionFile,
  attempt: JsonValue,
  base: Path,
  known: Pick<Step, "conversation" | "branch">,
): Step[] {
  const steps: Step[] = [];
  for (const [index, message] of listAt(attempt, "history").entries()) {
    if (isDemo(message)) continue;
    if (textAt(message, "role") === "assistant") break;
    const text = contentText(isJsonObject(message) ? message["content"] : undefined);
    const source = textAt(message, "role") === "user" ? "user" : "system";
    const origin = documentOrigin(file, [...base, "history", index], message);
    if (text !== "") steps.push(newStep(source, origin, { ...known, text }));
  }
  return steps;
}

function isDemo(message: JsonValue): boolean {
  return isJsonObject(message) && message["is_demo"] === true;
}

/** Tokens are counted for the whole attempt. */
function attemptUsage(stats: Record<string, JsonValue>): Usage | null {
  const [input, output] = [numberAt(stats, "tokens_sent"), numberAt(stats, "tokens_received")];
  if (input === null && output === null) return null;
  return {
    input: input ?? 0,
    cachedInput: 0,
    output: output ?? 0,
    costUsd: numberAt(stats, "instance_cost"),
  };
}

/** The call of a step, with its result. Only one call of a step is carried out, so the observation is its answer. */
function actionCalls(
  entry: Record<string, JsonValue>,
  structured: JsonValue | undefined,
  file: SessionFile,
  path: Path,
): Call[] {
  const action = textAt(entry, "action");
  if (action.trim() === "" || endingAction.test(action)) return [];
  const cwd = workingDirectory(entry["state"]);
  const origin = documentOrigin(file, [...path, "action"], action);
  const fn = objectAt(structured, "function");
  const tool = textAt(fn, "name");
  const call =
    tool === ""
      ? newCall("", "bash", { command: action }, origin, cwd)
      : newCall(textAt(structured, "id"), tool, fn["arguments"], origin, cwd);
  call.cwd ??= call.kind === "shell" ? cwd : null;
  const seconds = numberAt(entry, "execution_time");
  const observation = entry["observation"];
  if (typeof observation === "string")
    call.result = resultOf(call, observation, documentOrigin(file, [...path, "observation"], observation), {
      durationMs: seconds === null ? null : Math.round(seconds * 1000),
    });
  return [call];
}

/** The state after a step: an object, in older files JSON text. */
function workingDirectory(state: JsonValue | undefined): string | null {
  if (typeof state !== "string") return textAt(state, "working_dir") || null;
  try {
    return textAt(JSON.parse(state) as JsonValue, "working_dir") || null;
  } catch {
    return null;
  }
}
