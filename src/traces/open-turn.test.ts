import { describe, expect, it } from "vitest";
import { newCall, newStep } from "./new-step.ts";
import { openTurn } from "./open-turn.ts";
import { resultOf } from "./result-of.ts";
import type { Call } from "./session.ts";

const at = (line: number) => ({ file: "session.jsonl", line_from: line, line_to: line });
const bash = (id: string, line = 1) => newCall(id, "bash", { command: "ls" }, at(line));
const answer = (text: string) => (call: Call) => resultOf(call, text, at(9));

describe("openTurn", () => {
  it("gives out closed steps in order, as soon as their calls have results", () => {
    const turn = openTurn();
    const first = turn.start(newStep("agent", at(1)));
    turn.addCall(first, bash("a"));
    const second = turn.start(newStep("user", at(2)));
    const third = turn.start(newStep("user", at(3)));
    expect(turn.ready()).toEqual([]);
    expect(turn.answer("a", answer("x"))).toBe(true);
    expect(turn.ready()).toEqual([first, second]);
    expect(turn.rest()).toEqual([third]);
    expect(first.calls[0]?.result?.text).toBe("x");
  });

  it("gives a result without an id to the oldest call that is open", () => {
    const turn = openTurn();
    const first = turn.start(newStep("agent", at(1)));
    turn.addCall(first, bash("a"));
    const second = turn.start(newStep("agent", at(2)));
    turn.addCall(second, bash("b"));
    for (const text of ["one", "two"]) expect(turn.answer("", answer(text))).toBe(true);
    expect(turn.answer("", answer("three"))).toBe(false);
    expect([...first.calls, ...second.calls].map((call) => call.result?.text)).toEqual(["one", "two"]);
  });

  it("gives a result to the newest step where an id was used before", () => {
    const turn = openTurn();
    const first = turn.start(newStep("agent", at(1)));
    turn.addCall(first, bash("a"));
    const second = turn.start(newStep("agent", at(2)));
    turn.addCall(second, bash("a"));
    expect(turn.answer("a", answer("x"))).toBe(true);
    expect([first, second].map((step) => step.calls[0]?.result?.text)).toEqual([undefined, "x"]);
  });

  it("says when a step is answered and when it is full", () => {
    const turn = openTurn();
    const step = turn.start(newStep("agent", at(1)));
    for (let index = 0; index < 256; index += 1) {
      expect(turn.isFull()).toBe(false);
      turn.addCall(step, bash(`c${index}`, index + 1));
    }
    expect([turn.isFull(), turn.isAnswered()]).toEqual([true, false]);
    expect(step.origin).toEqual({ file: "session.jsonl", line_from: 1, line_to: 256 });
    turn.answer("c7", answer("x"));
    expect(turn.isAnswered()).toBe(true);
    turn.start(newStep("agent", at(300), { text: "x".repeat(1_000_000) }));
    expect([turn.isFull(), turn.isAnswered()]).toEqual([true, false]);
  });
});
