import { appendFile, readFile, stat } from "node:fs/promises";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { openBatchJournal } from "./batch-journal.ts";

const prepared = (student: string, letter: string) => ({
  student,
  ticket: `file-${letter}`,
  at: 1,
  keys: [letter.repeat(64)],
});

it("knows after a restart which batches are open, and forgets them when all have ended", async () => {
  await using folder = await temporaryFolder();
  const first = await openBatchJournal(folder.path, "trials");
  const one = await first.prepared(prepared("openai:a", "a"));
  const two = await first.prepared(prepared("openai:b", "b"));
  const named = await first.submitted(one, "batch_1");
  expect(named).toEqual({ ...prepared("openai:a", "a"), number: 1, batch: "batch_1" });
  // What a killed process leaves: no close, and half a line.
  await appendFile(first.path, '{"event":"ended","num');

  const second = await openBatchJournal(folder.path, "trials");
  expect(second.open("openai:a")).toEqual([named]);
  expect(second.open("openai:b")).toEqual([two]);
  expect(second.open("openai:c")).toEqual([]);
  expect([...second.names]).toEqual(["batch_1"]);
  const three = await second.prepared(prepared("openai:a", "c"));
  expect(three.number).toBe(3);
  await second.ended(named);
  await second.ended(two);
  await second.close();
  expect(await readFile(second.path, "utf8")).not.toContain('"num{');

  const third = await openBatchJournal(folder.path, "trials");
  expect([...third.open("openai:a"), ...third.open("openai:b")]).toEqual([three]);
  await third.ended(three);
  await third.close();
  await expect(stat(third.path)).rejects.toMatchObject({ code: "ENOENT" });
});
