import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { sha256 } from "../digest.ts";
import { type Arrived, openArrivedAnswers } from "./arrived-answers.ts";

const answer = (name: string): Arrived => ({
  key: sha256(name),
  text: `Answer ${name}\nwith lines`,
  stop: "complete",
  model: "small",
  tokens: { input: 5, cached_input: null, output: 2 },
  cost_usd: null,
  latency_ms: 12,
  calls: 1,
});

it("keeps an answer for the next process until its trial is stored, also after a half-written line", async () => {
  await using folder = await temporaryFolder();
  const first = await openArrivedAnswers(folder.path, "trials", () => false);
  first.put(answer("a"));
  await appendFile(join(folder.path, ".arrived-trials"), '{"key":"12');
  const second = await openArrivedAnswers(folder.path, "trials", () => false);
  second.put(answer("b"));
  const third = await openArrivedAnswers(folder.path, "trials", () => false);
  expect(third.get(sha256("a"))).toEqual(answer("a"));
  expect(third.get(sha256("b"))).toEqual(answer("b"));
  third.settle(sha256("a"));
  await third.close();
  expect(await readdir(folder.path)).toEqual([".arrived-trials"]);
  const fourth = await openArrivedAnswers(folder.path, "trials", () => true);
  expect(fourth.get(sha256("b"))).toBeUndefined();
  await fourth.close();
  expect(await readdir(folder.path)).toEqual([]);
});

it("keeps answers on the way until their trial is stored", async () => {
  await using folder = await temporaryFolder();
  const first = await openArrivedAnswers(folder.path, "trials", () => false);
  for (const round of [0, 1]) first.put({ ...answer("a"), round });
  const second = await openArrivedAnswers(folder.path, "trials", () => false);
  expect(second.get(sha256("a"))).toBeUndefined();
  expect(second.get(sha256("a"), 1)).toEqual({ ...answer("a"), round: 1 });
  expect(second.get(sha256("a"), 2)).toBeUndefined();
  second.put(answer("a"));
  second.settle(sha256("a"));
  await second.close();
  expect(await readdir(folder.path)).toEqual([]);
});
