import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { sha256 } from "../digest.ts";
import { type Judgement, judgementKey } from "./judgement.ts";
import { judgementWriter, openJudgements } from "./judgement-store.ts";
import { openResultStore } from "./result-store.ts";

function preference(first: string, second: string): Judgement {
  const basis = {
    kind: "preference" as const,
    judge: "openai:judge",
    prompt: "1",
    case_sha256: sha256("case"),
    first_sha256: sha256(first),
    second_sha256: sha256(second),
  };
  return {
    format: 1,
    basis,
    key: judgementKey(basis),
    preference: "first",
    quote: null,
    reason: "",
    model: "m",
    tokens: { input: 1, cached_input: null, output: 1 },
    cost_usd: null,
    calls: 1,
    finished_at: "2026-01-01T00:00:00.000Z",
  };
}

it("keeps the two orders of a pair apart, and finds both again", async () => {
  await using folder = await temporaryFolder();
  const [one, two] = [preference("a", "b"), preference("b", "a")];
  expect(one.key).not.toBe(two.key);
  const store = await openJudgements(folder.path);
  await Promise.all([store.add(one), store.add(two)]);
  await store.close();
  const again = await openJudgements(folder.path);
  expect([again.get(one.key), again.get(two.key)]).toEqual([one, two]);
});

it("cuts a half-written last line off, and passes over what is no judgement or has another's name", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "judgements.jsonl");
  const [one, two, three] = [preference("a", "b"), preference("b", "a"), preference("a", "c")];
  const lines = [one, { ...two, key: one.key }, { ...two, preference: "both" }].map((line) =>
    JSON.stringify(line),
  );
  await writeFile(path, `${lines.join("\n")}\n{"format":1,"ba`);
  const store = await openJudgements(folder.path);
  expect(store.damaged).toEqual(["judgements.jsonl:2", "judgements.jsonl:3", "judgements.jsonl:4"]);
  await store.add(three);
  await store.close();
  expect((await readFile(path, "utf8")).trim().split("\n").slice(3)).toEqual([JSON.stringify(three)]);
  expect([...(await openJudgements(folder.path)).all()]).toEqual([one, three]);
});

it("reads those of all shards, and no result store takes them for results", async () => {
  await using folder = await temporaryFolder();
  for (const [index, writer] of ["trials", "shard-1-of-2", "shard-2-of-2"].entries()) {
    const store = await openJudgements(folder.path, judgementWriter(writer));
    await store.add(preference("a", `${index}`));
    await store.close();
  }
  expect([...(await openJudgements(folder.path)).all()]).toHaveLength(3);
  await appendFile(join(folder.path, "judgements.jsonl"), "no json\n");
  const results = await openResultStore(folder.path);
  expect(results.damaged).toEqual([]);
  await results.close();
});

it("makes nothing where nothing is added", async () => {
  await using folder = await temporaryFolder();
  const store = await openJudgements(join(folder.path, "results"));
  await store.close();
  await expect(readFile(join(folder.path, "results"))).rejects.toMatchObject({ code: "ENOENT" });
});
