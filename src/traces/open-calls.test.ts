import { describe, expect, test } from "vitest";
import { newCall, newStep } from "./new-step.ts";
import { openCalls } from "./open-calls.ts";
import { resultOf } from "./result-of.ts";

const origin = { file: "s.jsonl", line_from: 1, line_to: 1 };
const stepWith = (...ids: string[]) =>
  newStep("agent", origin, { calls: ids.map((id) => newCall(id, "bash", { command: "make" }, origin)) });
const says = (text: string) => (call: Parameters<typeof resultOf>[0]) => resultOf(call, text, origin);

describe("steps", () => {
  test("wait, in their order, for the results of their calls", () => {
    const calls = openCalls();
    const [first, second] = [stepWith("a", "b"), stepWith()];
    calls.add(first);
    calls.add(second);
    expect(calls.ready()).toEqual([]);
    calls.answer("b", says("of b"));
    expect(calls.ready()).toEqual([]);
    calls.answer("a", says("of a"));
    expect(calls.ready()).toEqual([first, second]);
    expect(calls.rest()).toEqual([]);
    expect(first.calls.map((call) => call.result?.text)).toEqual(["of a", "of b"]);
  });

  test("do not wait for ever", () => {
    const calls = openCalls({ steps: 2, characters: 1000 });
    for (const id of ["a", "b", "c"]) calls.add(stepWith(id));
    expect(calls.ready().map((step) => step.calls[0]?.id)).toEqual(["a"]);
    expect(calls.answer("a", says("late"))).toBe(false);
    expect(calls.answer("", says("of b"))).toBe(true);
    expect(calls.rest().map((step) => step.calls[0]?.result?.text)).toEqual(["of b", undefined]);
  });

  test("do not wait with more characters than fit, whatever they are a part of", () => {
    const calls = openCalls({ steps: 10, characters: 1000 });
    const waits = (id: string, text: string) =>
      newStep("agent", origin, { text, calls: [newCall(id, "bash", { command: "make" }, origin)] });
    const [first, second, third] = [waits("a", "x".repeat(300)), waits("b", ""), waits("c", "z".repeat(300))];
    for (const step of [first, second, third]) calls.add(step);
    expect(calls.ready()).toEqual([]);
    calls.answer("b", says("y".repeat(600)));
    expect(calls.ready()).toEqual([first, second]);
    calls.addCall(newCall("d", "write", { content: "w".repeat(900) }, origin));
    expect(calls.ready()).toEqual([third]);
    expect(calls.rest()).toEqual([]);
  });

  test("take calls that come later", () => {
    const calls = openCalls();
    const step = stepWith();
    calls.add(step);
    calls.addCall(newCall("a", "bash", {}, origin));
    expect(calls.ready()).toEqual([]);
    calls.answer("a", says("ok"));
    expect(calls.ready()).toEqual([step]);
  });
});

test("a result belongs to the oldest call of its id, and each call has one", () => {
  const calls = openCalls();
  const step = stepWith("a", "a");
  calls.add(step);
  expect(["first", "second", "third"].map((text) => calls.answer("a", says(text)))).toEqual([
    true,
    true,
    false,
  ]);
  expect(step.calls.map((call) => call.result?.text)).toEqual(["first", "second"]);
});

test("a step with fifty thousand calls is answered in linear time", { timeout: 20_000 }, () => {
  const calls = openCalls();
  const ids = Array.from({ length: 50_000 }, (_, index) => `c${index}`);
  calls.add(newStep("agent", origin, { calls: ids.map((id) => newCall(id, "none", {}, origin)) }));
  let early = 0;
  for (const id of ids) {
    early += calls.ready().length;
    calls.answer(id, says("ok"));
  }
  expect(early).toBe(0);
  expect(calls.ready()).toHaveLength(1);
});
