import { usageFailure } from "../failure.ts";
import type { CallExtra, ResultExtra, StepExtra, TrajectoryExtra } from "./atif-extra.ts";
import type { JsonValue } from "./json-value.ts";
import type { Call, CallResult, FormatName, SessionFacts, Step, Usage } from "./session.ts";

/** A session that can be read more than once, with the same steps each time. */
export interface ExportedSession {
  format: FormatName;
  /** These three are complete after the steps were read. */
  readonly facts: SessionFacts;
  readonly skills: readonly string[];
  readonly compactions: number;
  steps(): AsyncIterable<Step>;
}

/** Steps that are one trajectory: those of one agent, in one conversation, on one branch. */
interface Part {
  conversation: number;
  subagent: string | null;
  branch: Step["branch"];
  /** Characters of its steps as JSON. */
  length: number;
}

/** Parts of together at most this many characters are told in one reading of the session. */
const maxHeld = 32_000_000;

const schemaVersion = "ATIF-v1.7";

/**
 * Writes a session as an ATIF v1.7 document, piece by piece. The steps of the document are those of the session's own
 * agent on the active branch of its first conversation; what sub-agents did, other conversations and abandoned
 * branches are embedded trajectories. What the format has no field for stands in `extra.overproof`, so that
 * `readAtif` gets the same steps in the same order. The session is read at least twice, and never held as a whole.
 * Throws `Failure` (exit code 2) for a session without steps.
 */
export async function* atifDocument(session: ExportedSession): AsyncGenerator<string> {
  const parts = await partsOf(session);
  const main = [...parts.values()].find(isMain) ?? parts.values().next().value;
  if (main === undefined)
    throw usageFailure(
      "The trace has no steps, and ATIF needs at least one.",
      "Export a trace in which something was said.",
    );

  const facts = session.facts;
  yield `{${members({ schema_version: schemaVersion, session_id: facts.sessionId, agent: agentOf(facts.agent, session) })},"steps":[`;
  let id = 0;
  for await (const { step, place } of placed(session)) {
    if (parts.get(keyOf(step)) !== main) continue;
    yield `${id === 0 ? "\n" : ",\n"}${JSON.stringify(atifStep(step, id + 1, place))}`;
    id += 1;
  }
  yield "\n]";

  const others = [...parts.entries()].filter(([, part]) => part !== main);
  if (others.length > 0) yield `,"subagent_trajectories":[`;
  let number = 0;
  for (const batch of batches(others)) {
    const held = new Map<string, string[]>(batch.map(([key]) => [key, []]));
    for await (const { step, place } of placed(session)) {
      const steps = held.get(keyOf(step));
      steps?.push(JSON.stringify(atifStep(step, steps.length + 1, place)));
    }
    for (const [key, part] of batch) {
      number += 1;
      yield `${number === 1 ? "\n" : ",\n"}${embedded(part, number, held.get(key) ?? [], session)}`;
    }
  }
  if (others.length > 0) yield "\n]";
  yield `,${members({ extra: { overproof: mainExtra(main, session) } })}}\n`;
}

async function partsOf(session: ExportedSession): Promise<Map<string, Part>> {
  const parts = new Map<string, Part>();
  for await (const { step, place } of placed(session)) {
    const { conversation, subagent, branch } = step;
    const key = keyOf(step);
    const part = parts.get(key) ?? { conversation, subagent, branch, length: 0 };
    if (!isMain(part)) part.length += JSON.stringify(atifStep(step, 1, place)).length;
    parts.set(key, part);
  }
  return parts;
}

async function* placed(session: ExportedSession): AsyncGenerator<{ step: Step; place: number }> {
  let place = 0;
  for await (const step of session.steps()) {
    yield { step, place };
    place += 1;
  }
}

function isMain(part: Pick<Part, "conversation" | "subagent" | "branch">): boolean {
  return part.conversation === 0 && part.subagent === null && part.branch === "active";
}

function keyOf({ conversation, subagent, branch }: Step): string {
  return JSON.stringify([conversation, subagent, branch]);
}

function* batches(parts: readonly [string, Part][]): Generator<[string, Part][]> {
  let batch: [string, Part][] = [];
  let length = 0;
  for (const entry of parts) {
    if (batch.length > 0 && length + entry[1].length > maxHeld) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(entry);
    length += entry[1].length;
  }
  if (batch.length > 0) yield batch;
}

function embedded(part: Part, number: number, steps: readonly string[], session: ExportedSession): string {
  const { conversation, subagent, branch } = part;
  const extra: TrajectoryExtra = { conversation, subagent, branch };
  const head = {
    schema_version: schemaVersion,
    trajectory_id: `part-${number}`,
    agent: agentOf(subagent ?? session.facts.agent, session),
  };
  return `{${members(head)},"steps":[\n${steps.join(",\n")}\n],${members({ extra: { overproof: extra } })}}`;
}

function agentOf(name: string | undefined, session: ExportedSession): { name: string; version: string } {
  return { name: name ?? session.format, version: session.facts.agentVersion ?? "unknown" };
}

function mainExtra({ conversation, subagent, branch }: Part, session: ExportedSession): TrajectoryExtra {
  const { facts } = session;
  return {
    format: session.format,
    variant: facts.variant,
    agent: facts.agent,
    agent_version: facts.agentVersion,
    cwd: facts.cwd,
    exit_status: facts.exitStatus,
    submission: facts.submission,
    skills: [...session.skills],
    compactions: session.compactions,
    conversation,
    subagent,
    branch,
  };
}

/** The members of an object as JSON, without its braces; undefined ones are left out. */
function members(value: object): string {
  return JSON.stringify(value).slice(1, -1);
}

function atifStep(step: Step, id: number, place: number): object {
  const isAgent = step.source === "agent";
  const isIso = step.timestamp !== null && !Number.isNaN(Date.parse(step.timestamp));
  const calls = isAgent ? uniqueIds(step.calls) : [];
  const results = calls.flatMap(({ call, id: callId }) =>
    call.result === null ? [] : [atifResult(call.result, callId)],
  );
  const extra: StepExtra = {
    place,
    origin: step.origin,
    timestamp: isIso ? undefined : (step.timestamp ?? undefined),
    reasoning: isAgent || step.reasoning === "" ? undefined : step.reasoning,
    model: isAgent ? undefined : (step.model ?? undefined),
    usage: isAgent ? undefined : (step.usage ?? undefined),
  };
  return {
    step_id: id,
    timestamp: isIso ? step.timestamp : undefined,
    source: step.source,
    model_name: isAgent ? (step.model ?? undefined) : undefined,
    message: step.text,
    reasoning_content: isAgent && step.reasoning !== "" ? step.reasoning : undefined,
    tool_calls: calls.length > 0 ? calls.map(({ call, id: callId }) => atifCall(call, callId)) : undefined,
    observation: results.length > 0 ? { results } : undefined,
    metrics: isAgent && step.usage !== null ? metricsOf(step.usage) : undefined,
    is_copied_context: step.isCopied ? true : undefined,
    extra: { overproof: extra },
  };
}

/** A result names a call of its step, so that ids must differ there. */
function uniqueIds(calls: readonly Call[]): { call: Call; id: string }[] {
  const taken = new Set<string>();
  const copies = new Map<string, number>();
  return calls.map((call) => {
    let copy = copies.get(call.id) ?? (call.id === "" ? 1 : 0);
    let id = call.id;
    for (; copy > 0 || taken.has(id); copy += 1) {
      id = `${call.id || "call"}-${copy + 1}`;
      if (!taken.has(id)) break;
    }
    copies.set(call.id, copy + 1);
    taken.add(id);
    return { call, id };
  });
}

function atifCall(call: Call, id: string): Record<string, JsonValue> {
  const { kind, command, cwd, paths, patch, origin } = call;
  const extra: CallExtra = { id: call.id, kind, command, cwd, paths, patch, origin };
  return {
    tool_call_id: id,
    function_name: call.tool,
    arguments: call.arguments,
    extra: { overproof: { ...extra, origin: { ...origin } } },
  };
}

function atifResult(result: CallResult, id: string): object {
  const extra: ResultExtra = {
    exit_code: result.exitCode,
    is_error: result.isError,
    is_cut: result.isCut,
    duration_ms: result.durationMs,
    origin: result.origin,
  };
  return { source_call_id: id, content: result.text, extra: { overproof: extra } };
}

function metricsOf(usage: Usage): object {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    cached_tokens: usage.cachedInput,
    cost_usd: usage.costUsd ?? undefined,
  };
}
