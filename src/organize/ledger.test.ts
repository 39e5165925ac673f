import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Failure } from "../failure.ts";
import { type LedgerEntry, requireCompleteLedger } from "./ledger.ts";

const claims = ["c-1", "c-2", "c-3"].flatMap((claim) => ["a", "b"].map((source) => ({ source, claim })));
const whole: LedgerEntry[] = claims.map((claim) => ({
  ...claim,
  title: "",
  state: "kept",
  into: { skill: "m", claim: "c-1" },
  reason: "",
}));

test("a ledger names each claim of each source once, and nothing else", () => {
  expect(() => requireCompleteLedger(whole, claims)).not.toThrow();
  fc.assert(
    fc.property(fc.shuffledSubarray(whole), fc.subarray(whole), (some, more) => {
      const entries = [...some, ...more];
      const isWhole = entries.length === whole.length && new Set(entries).size === whole.length;
      const check = (): void => requireCompleteLedger(entries, claims);
      if (isWhole) expect(check).not.toThrow();
      else expect(check).toThrow(Failure);
    }),
  );
});

const [first] = whole;

test.each([
  ["dropped without a reason", { state: "dropped", into: null, reason: " " }, /Nothing says why/],
  ["dropped and placed", { state: "dropped", reason: "wrong" }, /dropped and where/],
  ["kept nowhere", { into: null }, /does not say where/],
] as const)("refuses a claim that is %s", (_, changed, problem) => {
  const entry = { ...first, ...changed } as LedgerEntry;
  expect(() => requireCompleteLedger([entry, ...whole.slice(1)], claims)).toThrow(problem);
});
