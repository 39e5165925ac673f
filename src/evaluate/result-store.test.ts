import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256 } from "../digest.ts";
import { openResultStore } from "./result-store.ts";
import { type Trial, type TrialIdentity, trialKey } from "./trial.ts";

let root = "";
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "results-"))));
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;
const newFolder = (): string => join(root, String((folders += 1)));

function trial(repeat: number, more: Partial<Trial> = {}): Trial {
  const identity: TrialIdentity = {
    harness: "1",
    measurement: "capability",
    runner: "chat",
    case_sha256: sha256("case"),
    given_sha256: null,
    student: "openai:m",
    student_version: "",
    sampling: { max_output_tokens: 100 },
    repeat,
  };
  return {
    format: 1,
    key: trialKey(identity),
    identity,
    case: "1",
    outcome: "passed",
    checks: [],
    tokens: { input: 1, cached_input: null, output: 2 },
    cost_usd: null,
    latency_ms: 3,
    model: "m",
    frame_sha256: sha256("frame"),
    request_sha256: sha256("request"),
    reply_sha256: sha256("reply"),
    error: null,
    calls: 1,
    finished_at: "2026-01-01T00:00:00.000Z",
    ...more,
  };
}

test("what was added is there when the folder is opened again, with its reply", async () => {
  const folder = newFolder();
  const store = await openResultStore(folder);
  await store.add(trial(0), "reply");
  await store.add(trial(1), "reply");
  await store.close();
  const again = await openResultStore(folder);
  expect([...again.all()]).toEqual([trial(0), trial(1)]);
  expect(await again.reply(sha256("reply"))).toBe("reply");
  expect(await again.reply(sha256("other"))).toBeUndefined();
});

test("a line that a killed process left half-written is cut off, and nothing else", async () => {
  const folder = newFolder();
  const store = await openResultStore(folder);
  await store.add(trial(0), null);
  await store.close();
  await appendFile(join(folder, "trials.jsonl"), JSON.stringify(trial(1)).slice(0, 100));
  const resumed = await openResultStore(folder);
  expect([...resumed.all()]).toEqual([trial(0)]);
  expect(resumed.damaged).toEqual(["trials.jsonl:2"]);
  await resumed.add(trial(2), null);
  await resumed.close();
  const lines = (await readFile(join(folder, "trials.jsonl"), "utf8")).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line) as Trial)).toEqual([trial(0), trial(2)]);
});

test("the latest result of a key counts: what was excluded once may be run again", async () => {
  const folder = newFolder();
  const store = await openResultStore(folder);
  await store.add(trial(0, { outcome: "excluded" }), null);
  await store.add(trial(0), null);
  await store.close();
  const again = await openResultStore(folder);
  expect([...again.all()]).toEqual([trial(0)]);
});

test("shards in one folder are read together", async () => {
  const folder = newFolder();
  for (const [index, writer] of ["shard-1-of-2", "shard-2-of-2"].entries()) {
    const store = await openResultStore(folder, writer);
    await store.add(trial(index), null);
    await store.close();
  }
  expect([...(await openResultStore(folder)).all()].map(({ identity }) => identity.repeat)).toEqual([0, 1]);
});

test("a result that is not what its key says is no result", async () => {
  const folder = newFolder();
  await (await openResultStore(folder)).close();
  const forged = { ...trial(0), identity: { ...trial(0).identity, student: "openai:other" } };
  await writeFile(join(folder, "trials.jsonl"), `${JSON.stringify(forged)}\nnonsense\n`);
  const store = await openResultStore(folder);
  expect([...store.all()]).toEqual([]);
  expect(store.damaged).toEqual(["trials.jsonl:1", "trials.jsonl:2"]);
});
