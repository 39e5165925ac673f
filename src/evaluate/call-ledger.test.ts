import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import "../../test/property-seed.ts";
import { temporaryFolder } from "../../test/run.ts";
import { sha256 } from "../digest.ts";
import { type CallEvent, countCalls, openCallLedger } from "./call-ledger.ts";

const key = fc.constantFrom(sha256("one"), sha256("two"), sha256("three"));
const asker = fc.oneof(
  fc.record({ trial: key }),
  fc.record({ trial: key, judgement: fc.constantFrom(sha256("yes"), sha256("no")) }),
);
const event: fc.Arbitrary<CallEvent> = fc.oneof(
  asker.map((one) => ({ event: "sent" as const, ...one })),
  asker.map((one) => ({ event: "unreached" as const, ...one })),
  fc
    .tuple(asker, fc.option(fc.double({ min: 0, max: 10, noNaN: true })))
    .map(([one, usd]) => ({ event: "charged" as const, ...one, usd })),
);

it("counts what was noted, by whom it was asked for, over several runs and writers", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(event, { maxLength: 12 }), { maxLength: 4 }), async (runs) => {
      await using folder = await temporaryFolder();
      for (const [index, events] of runs.entries()) {
        const ledger = await openCallLedger(folder.path, index % 2 === 0 ? "trials" : "shard-1-of-2");
        for (const one of events) ledger.note(one);
      }
      const { students, judge } = await countCalls([folder.path]);
      const all = runs.flat();
      const calls = (some: CallEvent[]): number =>
        some.reduce((sum, one) => sum + (one.event === "sent" ? 1 : one.event === "unreached" ? -1 : 0), 0);
      for (const [trial, counted] of students) {
        const own = all.filter((one) => one.judgement === undefined && one.trial === trial);
        expect(counted.calls).toBe(calls(own));
      }
      const judged = all.filter(({ judgement }) => judgement !== undefined);
      expect([...judge.values()].reduce((sum, one) => sum + one.calls, 0)).toBe(calls(judged));
      const costs = [...students.values(), ...judge.values()].flatMap((one) => one.costs);
      expect(costs).toHaveLength(all.filter((one) => one.event === "charged").length);
    }),
    { numRuns: 30 },
  );
});

it("passes over what a killed process left half-written, and loses no line after it", async () => {
  await using folder = await temporaryFolder();
  const trial = sha256("one");
  const path = join(folder.path, "calls-trials.ndjson");
  (await openCallLedger(folder.path, "trials")).note({ event: "sent", trial });
  await appendFile(path, '{"n":2,"event":"se');
  (await openCallLedger(folder.path, "trials")).note({ event: "sent", trial });
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(4);
  expect((await countCalls([folder.path])).students.get(trial)?.calls).toBe(2);
});

it("makes nothing before the first call", async () => {
  await using folder = await temporaryFolder();
  await openCallLedger(join(folder.path, "results"), "trials");
  expect(await countCalls([join(folder.path, "results")])).toEqual({ students: new Map(), judge: new Map() });
  expect(await readdir(folder.path)).toEqual([]);
});
