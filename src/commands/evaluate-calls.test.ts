import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { expect, it } from "vitest";
import { startBatchServer } from "../../test/batch-server.ts";
import { chatCompletion, plain, type Scripted, startModelServer } from "../../test/model-server.ts";
import {
  evaluateProbe,
  probeContext,
  probeJudge,
  probeStudent,
  writeProbe,
} from "../../test/probe-evaluation.ts";
import { temporaryFolder } from "../../test/run.ts";
import type { MeasuredResult } from "../evaluate/evaluation-result.ts";
import { seededRandom } from "../evaluate/statistics/random.ts";
import { evaluateText } from "../terminal/evaluate-text.ts";
import { report } from "./report.ts";

/** Answers with an error in a share of the requests. */
function unreliable(script: Scripted, share: number, seed: number): Scripted {
  const random = seededRandom(seed);
  return (response, request) =>
    (random() < share ? plain(500, { error: { message: "busy" } }) : script)(response, request);
}

const nonsense = chatCompletion("I would rather not.");

/** Refuses what simple servers do not know, one setting at a time. */
const simple =
  (script: Scripted): Scripted =>
  (response, request) => {
    const refused = ["stream_options", "temperature", "response_format"].find((name) => name in request.body);
    return (
      refused === undefined
        ? script
        : plain(400, { error: { message: `Unknown parameter ${refused}`, param: refused } })
    )(response, request);
  };

const sorts: { name: string; student: Scripted; judge: Scripted; caps: number[] }[] = [
  { name: "all goes well", student: probeStudent, judge: probeJudge, caps: [] },
  { name: "the judge answers nonsense", student: probeStudent, judge: nonsense, caps: [] },
  { name: "the judge cannot be used", student: probeStudent, judge: plain(500, {}), caps: [] },
  {
    name: "requests are repeated",
    student: unreliable(probeStudent, 0.4, 3),
    judge: unreliable(probeJudge, 0.4, 4),
    caps: [],
  },
  { name: "settings are refused", student: simple(probeStudent), judge: simple(probeJudge), caps: [] },
  { name: "limits end the runs", student: probeStudent, judge: probeJudge, caps: [6, 1, 9, 13] },
  {
    name: "limits end runs that fail",
    student: unreliable(probeStudent, 0.5, 5),
    judge: unreliable(nonsense, 0.5, 6),
    caps: [6, 17, 2],
  },
];

it.each(sorts)("counts every request that a server saw once: $name", async ({ student, judge, caps }) => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 4, judged: true });
  await writeFile(join(folder.path, "overproof.yml"), stringify({ evaluate: { temperature: 0.5 } }));
  await using students = await startModelServer(student);
  await using judges = await startModelServer(judge);
  const seen = (): number => students.requests.length + judges.requests.length;
  for (const maxCalls of [...caps, undefined, undefined]) {
    const before = seen();
    const { result, evaluated } = await evaluateProbe(folder.path, {
      students: [`openai:fake@${students.url}/v1`],
      judge: `openai:grader@${judges.url}/v1`,
      maxCalls,
    });
    expect(result.run).toEqual({ calls: seen() - before, cost_usd: null });
    expect(result).toMatchObject({ calls: seen(), cost_usd: null });
    if (maxCalls !== undefined) expect(result.run.calls).toBeLessThanOrEqual(maxCalls);
    expect(evaluated.figures?.totals).toMatchObject({ judgeCalls: judges.requests.length });
    const again = await report({ results: "results" }, probeContext(folder.path));
    expect(again.evaluation.calls).toBe(seen());
  }
});

it("says what it counts, and what this run and all of them took", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 4, judged: true });
  await using students = await startModelServer(probeStudent);
  await using judges = await startModelServer(nonsense, nonsense, probeJudge);
  const said: string[] = [];
  const run = async (maxCalls?: number): Promise<{ text: string; result: MeasuredResult }> => {
    const { result, evaluated } = await evaluateProbe(
      folder.path,
      {
        students: [`openai:fake@${students.url}/v1`],
        judge: `openai:grader@${judges.url}/v1`,
        maxCalls,
      },
      said,
    );
    return { result, text: evaluateText(result, evaluated, { columns: 100, colour: false }) };
  };
  const first = await run(6);
  expect(said).toContain(
    "Limits of this run: 6 calls. Repeated and failed calls count; what earlier runs took does not.",
  );
  expect(first.text).toContain("This run: 6 calls (repeated and failed ones included), price not known");
  const second = await run(50);
  expect(said.join("\n")).toContain("what earlier runs took does not (6 so far).");
  const all = students.requests.length + judges.requests.length;
  expect(second.text).toContain(`This run: ${all - 6} calls`);
  expect(second.text).toContain(`All runs for these results: ${all} calls`);
  expect(second.text).toContain(`${students.requests.length} to students, ${judges.requests.length} to the`);
  expect(`${first.text}${second.text}${said.join("\n")}`).not.toMatch(/\$0/);
});

it("counts the answers of a failing judge that were paid for", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 2, judged: true });
  const price = { "input-per-million": 1_000_000, "output-per-million": 0 };
  const prices = { date: "2026-01-01", models: { fake: price, grader: price } };
  await writeFile(join(folder.path, "overproof.yml"), stringify({ prices }));
  await using students = await startModelServer(probeStudent);
  await using judges = await startModelServer(nonsense);
  const { result } = await evaluateProbe(folder.path, {
    students: [`openai:fake@${students.url}/v1`],
    judge: `openai:grader@${judges.url}/v1`,
  });
  // Each answer takes 12 tokens of input.
  const paid = 12 * (students.requests.length + judges.requests.length);
  expect(judges.requests.length).toBe(8);
  expect(result).toMatchObject({ cost_usd: paid, run: { calls: 12, cost_usd: paid } });
});

it("leaves out calls that reach nobody: a server that is gone, a name and a port that nobody has", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 2 });
  const gone = await startModelServer(probeStudent);
  await gone[Symbol.asyncDispose]();
  for (const url of [gone.url, "http://nobody.invalid", "http://127.0.0.1:9"]) {
    const { result } = await evaluateProbe(folder.path, { students: [`openai:fake@${url}/v1`] });
    expect(result).toMatchObject({ calls: 0, cost_usd: null, run: { calls: 0 }, excluded: 4 });
  }
});

it("counts the lines of ledgers that were copied together once", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 4, judged: true });
  await using students = await startModelServer(probeStudent);
  await using judges = await startModelServer(probeJudge);
  const request = {
    students: [`openai:fake@${students.url}/v1`],
    judge: `openai:grader@${judges.url}/v1`,
  };
  await evaluateProbe(folder.path, { ...request, maxCalls: 5 });
  await cp(join(folder.path, "results"), join(folder.path, "copy"), { recursive: true });
  await evaluateProbe(folder.path, request);
  await cp(join(folder.path, "copy"), join(folder.path, "results/copy"), { recursive: true });
  const { countCalls } = await import("../evaluate/call-ledger.ts");
  const counted = await countCalls([join(folder.path, "results"), join(folder.path, "results/copy")]);
  const sum = [...counted.students.values(), ...counted.judge.values()].reduce(
    (all, { calls }) => all + calls,
    0,
  );
  expect(sum).toBe(students.requests.length + judges.requests.length);
  // Results that came without their ledger still tell of the calls that came to something.
  await rm(join(folder.path, "results/calls-trials.ndjson"));
  const { evaluation } = await report({ results: "results" }, probeContext(folder.path));
  expect(evaluation.calls).toBe(students.requests.length + judges.requests.length);
});

it.each(["openai", "anthropic"] as const)("counts the calls in batches of %s", async (kind) => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 4 });
  let isFirst = true;
  await using server = await startBatchServer({
    answer: (body) => `CODE-${/question-(\d+)/.exec(JSON.stringify(body))?.[1]}`,
    fate: (body) => {
      const text = JSON.stringify(body);
      if (text.includes("question-100")) return { status: 500, message: "busy" };
      return isFirst && text.includes("question-101") ? "expired" : undefined;
    },
  });
  const students = [kind === "openai" ? `openai:fake@${server.url}/v1` : `anthropic:fake@${server.url}`];
  const seen = (): number =>
    server.plain.length + server.batches.reduce((sum, { calls }) => sum + calls.length, 0);
  const first = await evaluateProbe(folder.path, { students, batch: true });
  expect(first.result).toMatchObject({ calls: seen(), run: { calls: seen() } });
  expect(seen()).toBe(8 + 2);
  isFirst = false;
  const before = seen();
  const second = await evaluateProbe(folder.path, { students, batch: true });
  expect(second.result).toMatchObject({ calls: seen(), run: { calls: seen() - before }, excluded: 0 });
  expect(seen() - before).toBe(2);
});

it("counts nothing twice where a server has no batches", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 3 });
  await using server = await startBatchServer({ answer: () => "CODE", withoutBatches: 404 });
  const { result } = await evaluateProbe(folder.path, {
    students: [`openai:fake@${server.url}/v1`],
    batch: true,
    maxCalls: 6,
  });
  expect(server.plain).toHaveLength(6);
  expect(result).toMatchObject({ ended: "complete", calls: 6, run: { calls: 6 } });
});
