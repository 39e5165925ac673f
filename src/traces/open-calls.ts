import type { JsonValue } from "./json-value.ts";
import type { Call, CallResult, Step } from "./session.ts";

/** A call without a result must not hold a whole session in memory: after so many the first goes on without. */
export interface WaitingLimits {
  steps: number;
  /** Of words, arguments and results; an argument that is told twice, as a patch too, counts twice. */
  characters: number;
}
const defaultLimits: WaitingLimits = { steps: 256, characters: 32_000_000 };
/** For documents that are in memory as a whole anyway. */
export const wholeDocument: WaitingLimits = {
  steps: Number.POSITIVE_INFINITY,
  characters: Number.POSITIVE_INFINITY,
};

interface Waiting {
  step: Step;
  unanswered: number;
  characters: number;
}

interface OpenCall {
  call: Call;
  waiting: Waiting;
}

/**
 * Attaches results to calls. Steps wait, in their order, until all their calls have results. A result without an id
 * belongs to the oldest call that is open; where ids repeat, it belongs to the oldest call of its id.
 */
export function openCalls(limits: WaitingLimits = defaultLimits) {
  const waiting: Waiting[] = [];
  const open = new Set<OpenCall>();
  const openById = new Map<string, Set<OpenCall>>();
  /** Of all steps that wait. */
  let characters = 0;

  return { add, addCall, answer, ready, rest };

  function add(step: Step): void {
    const entry: Waiting = { step, unanswered: 0, characters: 0 };
    waiting.push(entry);
    grow(entry, step.text.length + step.reasoning.length);
    for (const call of step.calls) grow(entry, charactersOf(call));
    for (const call of step.calls) if (call.result === null) wait(call, entry);
  }

  /** Adds a call to the step that was added last. */
  function addCall(call: Call): void {
    const last = waiting.at(-1);
    if (last === undefined) return;
    last.step.calls.push(call);
    grow(last, charactersOf(call));
    if (call.result === null) wait(call, last);
  }

  function wait(call: Call, entry: Waiting): void {
    const slot: OpenCall = { call, waiting: entry };
    entry.unanswered += 1;
    open.add(slot);
    const sameId = openById.get(call.id);
    if (sameId === undefined) openById.set(call.id, new Set([slot]));
    else sameId.add(slot);
  }

  /** False where no call waits for this result. */
  function answer(id: string, result: (call: Call) => CallResult): boolean {
    const slot = firstOf(id === "" ? open : openById.get(id));
    if (slot === undefined) return false;
    slot.call.result = result(slot.call);
    grow(slot.waiting, slot.call.result.text.length);
    slot.waiting.unanswered -= 1;
    close(slot);
    return true;
  }

  function grow(entry: Waiting, more: number): void {
    entry.characters += more;
    characters += more;
  }

  /** The steps that wait for nothing any more, and those that waited too long. */
  function ready(): Step[] {
    let count = 0;
    let left = characters;
    for (const entry of waiting) {
      const isOver = waiting.length - count > limits.steps || left > limits.characters;
      if (entry.unanswered > 0 && !isOver) break;
      left -= entry.characters;
      count += 1;
    }
    return release(count);
  }

  /** All steps that are left, also those with calls that were never answered. */
  function rest(): Step[] {
    return release(waiting.length);
  }

  function release(count: number): Step[] {
    const released = waiting.splice(0, count);
    for (const entry of released) characters -= entry.characters;
    if (released.some((entry) => entry.unanswered > 0)) {
      const gone = new Set(released);
      for (const slot of open) if (gone.has(slot.waiting)) close(slot);
    }
    return released.map((entry) => entry.step);
  }

  function close(slot: OpenCall): void {
    open.delete(slot);
    const sameId = openById.get(slot.call.id);
    sameId?.delete(slot);
    if (sameId?.size === 0) openById.delete(slot.call.id);
  }
}

function charactersOf(call: Call): number {
  const others = [call.command, call.patch, call.result?.text];
  return others.reduce((sum, text) => sum + (text?.length ?? 0), charactersIn(call.arguments));
}

/** Of all strings in a value. */
function charactersIn(value: JsonValue): number {
  let count = 0;
  const open: JsonValue[] = [value];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one === "string") count += one.length;
    else if (typeof one === "object" && one !== null)
      for (const inner of Object.values(one)) open.push(inner);
  }
  return count;
}

function firstOf<T>(set: Set<T> | undefined): T | undefined {
  for (const value of set ?? []) return value;
  return undefined;
}
