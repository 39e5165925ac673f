import { expect, test } from "vitest";
import { outcomeOf, type SessionEnd } from "./session-outcome.ts";

const end = (known: Partial<SessionEnd>): string => {
  const nothing = {
    label: undefined,
    exitStatus: undefined,
    lastTest: undefined,
    lastRun: undefined,
    finalText: "",
  };
  const { status, by } = outcomeOf({ ...nothing, ...known });
  return `${status} by ${by}`;
};

test("a label wins over a verifier, that over runs, these over words", () => {
  expect(end({ label: "failure", exitStatus: "resolved", lastRun: true })).toBe("failure by label");
  expect(end({ exitStatus: "resolved", lastRun: false })).toBe("success by verifier");
  expect(end({ exitStatus: "submitted", lastRun: false, finalText: "All tests pass." })).toBe(
    "failure by heuristic",
  );
  expect(end({ finalText: "Done, all tests pass." })).toBe("success by final_text");
  expect(end({ finalText: "I could not make it pass." })).toBe("failure by final_text");
  expect(end({})).toBe("unknown by heuristic");
});

test("the last test counts more than the last run, and a doubt of the agent makes it partial", () => {
  expect(end({ lastTest: true, lastRun: true })).toBe("success by heuristic");
  expect(end({ lastTest: true, lastRun: false })).toBe("partial by heuristic");
  expect(end({ lastTest: false, lastRun: true })).toBe("failure by heuristic");
  expect(end({ lastRun: true, finalText: "The odd sizes still fail." })).toBe("partial by heuristic");
});
