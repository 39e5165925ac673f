import { openCalls } from "./open-calls.ts";
import type { Call, CallResult, Step } from "./session.ts";

/** A step with more than this is given out in parts, so that no file makes a step without end. */
const maxCalls = 256;
const maxCharacters = 1_000_000;

/**
 * Builds steps from a stream that tells words, calls, results and usage one by one. The last step stays open for more
 * until another one starts; closed ones wait, in order, for the results of their calls.
 */
export function openTurn() {
  const waiting = openCalls();
  let current: Step | undefined;
  let hasResult = false;

  return { start, last, isAnswered, isFull, addCall, answer, ready, rest };

  /** Closes the open step and opens another one. */
  function start(step: Step): Step {
    if (current !== undefined) waiting.add(current);
    current = step;
    hasResult = false;
    return step;
  }

  /** The step that is still open. */
  function last(): Step | undefined {
    return current;
  }

  /** Whether a call of the open step has its result: what follows was said after it. */
  function isAnswered(): boolean {
    return hasResult;
  }

  /** Whether what follows is too much for the open step. */
  function isFull(): boolean {
    if (current === undefined) return false;
    const { calls, text, reasoning } = current;
    return calls.length >= maxCalls || text.length + reasoning.length >= maxCharacters;
  }

  function addCall(step: Step, call: Call): void {
    step.calls.push(call);
    step.origin.line_to = Math.max(step.origin.line_to, call.origin.line_to);
    if (call.result !== null) hasResult = true;
  }

  /** False where no call waits for this result. */
  function answer(id: string, result: (call: Call) => CallResult): boolean {
    const isOlder = () => waiting.answer(id, result);
    // Without an id it is the oldest call that is answered, and the open step is the newest.
    if (id === "" && isOlder()) return true;
    const call = current?.calls.find((open) => open.result === null && (id === "" || open.id === id));
    if (call === undefined) return id !== "" && isOlder();
    call.result = result(call);
    hasResult = true;
    return true;
  }

  /** The steps that wait for nothing any more. */
  function ready(): Step[] {
    return waiting.ready();
  }

  /** All steps that are left. */
  function rest(): Step[] {
    const steps = waiting.rest();
    if (current !== undefined) steps.push(current);
    current = undefined;
    return steps;
  }
}
