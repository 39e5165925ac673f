import type { Call, CallResult, Step } from "./session.ts";

/** A call without a result must not hold a whole session in memory: after so many steps the first goes on without. */
const defaultMaxWaiting = 256;

interface Waiting {
  step: Step;
  unanswered: number;
}

interface OpenCall {
  call: Call;
  waiting: Waiting;
}

/**
 * Attaches results to calls. Steps wait, in their order, until all their calls have results. A result without an id
 * belongs to the oldest call that is open; where ids repeat, it belongs to the oldest call of its id.
 */
export function openCalls(maxWaiting: number = defaultMaxWaiting) {
  const waiting: Waiting[] = [];
  const open = new Set<OpenCall>();
  const openById = new Map<string, Set<OpenCall>>();

  return { add, addCall, answer, ready, rest };

  function add(step: Step): void {
    const entry: Waiting = { step, unanswered: 0 };
    waiting.push(entry);
    for (const call of step.calls) if (call.result === null) wait(call, entry);
  }

  /** Adds a call to the step that was added last. */
  function addCall(call: Call): void {
    const last = waiting.at(-1);
    if (last === undefined) return;
    last.step.calls.push(call);
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
    slot.waiting.unanswered -= 1;
    close(slot);
    return true;
  }

  /** The steps that wait for nothing any more. */
  function ready(): Step[] {
    let count = 0;
    while (waiting[count]?.unanswered === 0) count += 1;
    return release(Math.max(count, waiting.length - maxWaiting));
  }

  /** All steps that are left, also those with calls that were never answered. */
  function rest(): Step[] {
    return release(waiting.length);
  }

  function release(count: number): Step[] {
    const released = waiting.splice(0, count);
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

function firstOf<T>(set: Set<T> | undefined): T | undefined {
  for (const value of set ?? []) return value;
  return undefined;
}
