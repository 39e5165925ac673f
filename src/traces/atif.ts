import { callExtraOf, resultExtraOf, stepExtraOf, trajectoryExtraOf } from "./atif-extra.ts";
import type { TrajectoryExtra } from "./atif-extra.ts";
import { describeCall } from "./call.ts";
import { documentOrigin } from "./document-origin.ts";
import { isoTime } from "./iso-time.ts";
import { isJsonObject, listAt, numberAt, objectAt, textAt } from "./json-value.ts";
import type { JsonValue } from "./json-value.ts";
import { knownFacts } from "./known-facts.ts";
import { answerText, callArguments, contentText, joinTexts } from "./message-content.ts";
import { newStep } from "./new-step.ts";
import { resultOf } from "./result-of.ts";
import type { Call, CallResult, Origin, SessionFile, SessionSink, Step, Usage } from "./session.ts";

type Path = readonly (string | number)[];

/** A trajectory of the document: its own, or one that is embedded in it. */
interface Trajectory {
  path: Path;
  value: JsonValue;
  id: string;
  told: TrajectoryExtra | undefined;
  /** Null for the session's own agent. */
  subagent: string | null;
}

/** A step, where it belongs among the steps of all trajectories, and the trajectories that it started. */
interface ToldStep {
  step: Step;
  place: number | undefined;
  refs: string[];
}

/**
 * Reads a document of the Agent Trajectory Interchange Format, any version 1. Steps of an embedded sub-agent follow
 * the step that refers to it; in a document that `atifDocument` wrote, all steps come in the order of the session.
 */
export async function* readAtif(file: SessionFile, sink: SessionSink): AsyncGenerator<Step> {
  const document = await file.document();
  if (document === undefined) return;
  const [own, ...embedded] = trajectoriesIn(document);
  if (own === undefined) return;
  reportFacts(own, sink);

  const told = new Map([own, ...embedded].map((trajectory) => [trajectory, stepsOf(trajectory, file, sink)]));
  const all = [...told.values()].flat();
  if (all.every(({ place }) => place !== undefined)) {
    for (const { step } of all.toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0))) yield step;
    return;
  }
  yield* inOrderOfReference(own, embedded, told);
}

function trajectoriesIn(document: JsonValue): Trajectory[] {
  const found: Trajectory[] = [];
  const pending: { path: Path; value: JsonValue }[] = [{ path: [], value: document }];
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { path, value } = next;
    const told = trajectoryExtraOf(value);
    const id = textAt(value, "trajectory_id");
    const name = id || textAt(objectAt(value, "agent"), "name") || `sub-agent ${found.length}`;
    const isOwn = path.length === 0;
    const subagent = told?.subagent === undefined ? (isOwn ? null : name) : told.subagent;
    found.push({ path, value, id, told, subagent });
    for (const [index, inner] of listAt(value, "subagent_trajectories").entries())
      if (isJsonObject(inner))
        pending.push({ path: [...path, "subagent_trajectories", index], value: inner });
  }
  return found;
}

function reportFacts({ value, told }: Trajectory, sink: SessionSink): void {
  const agent = objectAt(value, "agent");
  sink.facts(
    knownFacts({
      variant: textAt(value, "schema_version"),
      sessionId: told?.session_id ?? textAt(value, "session_id"),
      agent: told?.agent ?? textAt(agent, "name"),
      agentVersion: told?.agent_version ?? textAt(agent, "version"),
      cwd: told?.cwd ?? "",
      exitStatus: told?.exit_status ?? "",
      submission: told?.submission ?? "",
    }),
  );
  for (const skill of told?.skills ?? []) sink.skill(skill);
  for (let count = 0; count < Math.min(told?.compactions ?? 0, 1000); count += 1) sink.compaction();
}

function* inOrderOfReference(
  own: Trajectory,
  embedded: readonly Trajectory[],
  told: ReadonlyMap<Trajectory, readonly ToldStep[]>,
): Generator<Step> {
  const left = new Set(embedded);
  const byId = new Map(embedded.map((trajectory) => [trajectory.id, trajectory]));
  yield* inside(own);
  for (const trajectory of embedded) if (left.delete(trajectory)) yield* inside(trajectory);

  function* inside(from: Trajectory): Generator<Step> {
    // A stack and not a recursion: references may lead from one to the next a thousand times.
    const open = [told.get(from)?.values()];
    for (let steps = open.at(-1); steps !== undefined; steps = open.at(-1)) {
      const next = steps.next();
      if (next.done === true) {
        open.pop();
        continue;
      }
      yield next.value.step;
      for (const ref of next.value.refs.toReversed()) {
        const trajectory = byId.get(ref);
        if (trajectory !== undefined && left.delete(trajectory)) open.push(told.get(trajectory)?.values());
      }
    }
  }
}

function stepsOf(trajectory: Trajectory, file: SessionFile, sink: SessionSink): ToldStep[] {
  return listAt(trajectory.value, "steps").flatMap((value, index) => {
    const origin = documentOrigin(file, [...trajectory.path, "steps", index], value);
    if (isJsonObject(value)) return toldSteps(value, origin, trajectory);
    sink.damage(origin.line_from, "a step is no object");
    return [];
  });
}

function toldSteps(value: Record<string, JsonValue>, origin: Origin, trajectory: Trajectory): ToldStep[] {
  const extra = stepExtraOf(value);
  const told = textAt(value, "source");
  const source = told === "user" || told === "agent" ? told : "system";
  const results = listAt(objectAt(value, "observation"), "results");
  const calls = listAt(value, "tool_calls").map((call) => callOf(call, origin));
  const loose = attach(calls, results, origin);
  const step = newStep(source, extra?.origin ?? origin, {
    conversation: trajectory.told?.conversation ?? 0,
    timestamp: extra?.timestamp ?? isoTime(value["timestamp"]),
    text: contentText(value["message"]),
    reasoning: extra?.reasoning ?? textAt(value, "reasoning_content"),
    model: extra?.model ?? (textAt(value, "model_name") || null),
    calls: calls.map(({ call }) => call),
    usage: extra?.usage ?? usageOf(value),
    isCopied: value["is_copied_context"] === true,
    subagent: trajectory.subagent,
    branch: trajectory.told?.branch ?? "active",
  });
  const refs = results.flatMap((result) =>
    listAt(result, "subagent_trajectory_ref").map((ref) => textAt(ref, "trajectory_id")),
  );
  const steps: ToldStep[] = [{ step, place: extra?.place, refs }];
  const seen = joinTexts(loose);
  // What the agent saw without having called a tool, as from a terminal that it types into.
  if (seen !== "" && source !== "system") {
    const { timestamp, subagent, branch, conversation } = step;
    const known = { timestamp, subagent, branch, conversation, text: seen };
    steps.push({ step: newStep("system", step.origin, known), place: extra?.place, refs: [] });
  } else step.text = joinTexts([step.text, seen]);
  return steps;
}

/** A call with the id that results name it by. */
interface ToldCall {
  id: string;
  call: Call;
}

function callOf(value: JsonValue, origin: Origin): ToldCall {
  const tool = textAt(value, "function_name");
  const extra = callExtraOf(value);
  const args = callArguments(isJsonObject(value) ? value["arguments"] : undefined);
  const id = textAt(value, "tool_call_id");
  const call: Call =
    extra === undefined
      ? { id, tool, ...describeCall(tool, args), result: null, origin }
      : { ...extra, tool, arguments: args, result: null };
  return { id, call };
}

/** Gives the results to the calls of their step; returns the texts of those that belong to none. */
function attach(calls: readonly ToldCall[], results: readonly JsonValue[], origin: Origin): string[] {
  const loose: string[] = [];
  const ids = new Map<string, Call>();
  for (const { id, call } of calls) if (!ids.has(id)) ids.set(id, call);
  let next = 0;
  for (const result of results) {
    const id = textAt(result, "source_call_id");
    if (id === "") while (calls[next]?.call.result !== null && next < calls.length) next += 1;
    const call = id === "" ? calls[next]?.call : ids.get(id);
    const content = isJsonObject(result) ? result["content"] : undefined;
    if (call === undefined) loose.push(contentText(content));
    else call.result = toolResult(call, result, answerText(content), origin);
  }
  return loose;
}

function toolResult(call: Call, result: JsonValue, text: string, origin: Origin): CallResult {
  const told = resultExtraOf(result);
  if (told !== undefined)
    return {
      text,
      exitCode: told.exit_code,
      isError: told.is_error,
      isCut: told.is_cut,
      durationMs: told.duration_ms,
      origin: told.origin,
    };
  const extra = objectAt(result, "extra");
  const mark = extra["is_error"];
  const exitCode = numberAt(extra, "exit_code");
  return resultOf(call, text, origin, { isError: typeof mark === "boolean" ? mark : null, exitCode });
}

function usageOf(step: JsonValue): Usage | null {
  const metrics = objectAt(step, "metrics");
  const [input, output] = [numberAt(metrics, "prompt_tokens"), numberAt(metrics, "completion_tokens")];
  if (input === null && output === null) return null;
  return {
    input: input ?? 0,
    cachedInput: numberAt(metrics, "cached_tokens") ?? 0,
    output: output ?? 0,
    costUsd: numberAt(metrics, "cost_usd"),
  };
}
