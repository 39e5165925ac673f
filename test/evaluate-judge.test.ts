import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { EvaluationJson } from "../src/evaluate/evaluation-json.ts";
import { openJudgements } from "../src/evaluate/judgement-store.ts";
import { openResultStore } from "../src/evaluate/result-store.ts";
import type { ShardMatrix } from "../src/evaluate/shards.ts";
import { seededRandom } from "../src/evaluate/statistics/random.ts";
import type { Trial } from "../src/evaluate/trial.ts";
import { cliBundle } from "./bundle.ts";
import { findings, type Said, scriptedJudge, type Shown } from "./judge-script.ts";
import { chatCompletion, type ModelServer, plain, type Scripted, startModelServer } from "./model-server.ts";
import { cli, hasStack, type Run, temporaryFolder } from "./run.ts";

const mark = "zebra-quartz-playbook";
const assertion = "It greets the reader.";

async function writeSkill(folder: string, cases: number, more: object = {}): Promise<void> {
  const skill = join(folder, "skills/probe-skill");
  await mkdir(join(skill, "evals"), { recursive: true });
  await writeFile(
    join(skill, "SKILL.md"),
    `---\nname: probe-skill\ndescription: "Write letters. Use when a letter is asked for."\n---\n\n# ${mark}\n\nBe polite.\n`,
  );
  const evals = Array.from({ length: cases }, (_, index) => ({
    id: index + 1,
    prompt: `Write letter-${100 + index}.`,
    expected_output: "A polite letter.",
    assertions: [assertion],
    ...more,
  }));
  await writeFile(join(skill, "evals/evals.json"), JSON.stringify({ skill_name: "probe-skill", evals }));
}

/** Greets where the skill is in the request. */
const student: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = /letter-(\d+)/.exec(text)?.[1];
  chatCompletion(text.includes(mark) ? `Dear reader, letter ${id}` : `Letter ${id}`)(response, request);
};

/** Finds what is greeted, and prefers it, wherever it stands. */
function fair(shown: Shown): Said {
  const greeting = /Dear reader, letter \d+/;
  if (shown.answers.length === 1) {
    const quote = greeting.exec(shown.answers[0] ?? "")?.[0];
    return findings(shown, () => (quote === undefined ? { verdict: "not met" } : { verdict: "met", quote }));
  }
  const at = shown.answers.findIndex((answer) => greeting.test(answer));
  const preference = at === -1 ? "tie" : at === 0 ? "first" : "second";
  return { preference, quote: shown.answers[at] ?? null, reason: "It greets." };
}

function specs(students: ModelServer, judge: ModelServer): string[] {
  return ["--student", `openai:fake@${students.url}/v1`, "--judge", `openai:grader@${judge.url}/v1`];
}

function evaluate(cwd: string, ...args: string[]): Promise<Run> {
  return cli(["evaluate", "skills/probe-skill", ...args], { cwd });
}

function read({ stdout, stderr }: Run): EvaluationJson {
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as EvaluationJson;
}

async function trialsIn(folder: string): Promise<Trial[]> {
  const store = await openResultStore(folder);
  await store.close();
  expect(store.damaged).toEqual([]);
  return [...store.all()];
}

it("judges prose by another model, tells its calls before the first one, and reports its preference apart", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  await using judge = await startModelServer(scriptedJudge(fair));
  await writeSkill(folder.path, 10);
  const args = [...specs(students, judge), "--repeats", "2", "--results", "results", "--json"];
  const run = await evaluate(folder.path, ...args);
  expect(run.stderr).toContain(
    "40 trials, 0 of them known: 120 calls to make, at most 80 of them to the judge",
  );
  const result = read(run);
  // 2 * 0.5 ** 10
  const pairwise = { wins: 10, losses: 0, ties: 0, p: expect.closeTo(0.001953125, 9) as number };
  expect(result.skills[0]?.students[0]).toMatchObject({ verdict: "better", cases: 10, pairwise });
  // Repeats gave equal replies, which are judged once: 20 replies, and 10 pairs in two orders.
  expect(students.requests).toHaveLength(40);
  expect(judge.requests).toHaveLength(40);
  expect(result).toMatchObject({ status: "complete", calls: 80, excluded: 0 });
  const trials = await trialsIn(join(folder.path, "results"));
  expect(trials.find(({ outcome }) => outcome === "passed")?.checks).toEqual([
    {
      check: assertion,
      passed: true,
      evidence: expect.stringMatching(/^The judge quotes "Dear reader, letter \d+"/) as string,
    },
  ]);

  const again = await evaluate(folder.path, ...args);
  expect(read(again)).toEqual({ ...result, run: { calls: 0, cost_usd: null } });
  expect(again.stderr).toContain("0 calls to make");
  expect(judge.requests).toHaveLength(40);
  const report = await cli(["report", "--results", "results", "--json"], { cwd: folder.path });
  expect(read(report)).toMatchObject({ skills: result.skills, calls: 80 });
  const table = await cli(["report", "--results", "results"], { cwd: folder.path });
  expect(table.stdout).toContain("head in 10 cases, none in 0, neither in 0");
  expect(table.stdout).toContain("the verdict does not rest on it");
  expect(table.stdout).not.toContain(judge.url);
});

it("keeps a preference out of the verdict", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  // It finds every letter polite, and still prefers the one that greets.
  const soft = (shown: Shown): Said =>
    shown.answers.length === 1
      ? findings(shown, () => ({ verdict: "met", quote: shown.answers[0] ?? null }))
      : fair(shown);
  await using judge = await startModelServer(scriptedJudge(soft));
  await writeSkill(folder.path, 10);
  const run = await evaluate(folder.path, ...specs(students, judge), "--repeats", "1", "--json");
  expect(read(run).skills[0]?.students[0]).toMatchObject({
    difference: { value: 0 },
    pairwise: { wins: 10, losses: 0, ties: 0 },
  });
  expect(["no worse", "cannot tell"]).toContain(read(run).skills[0]?.students[0]?.verdict);
});

it("takes a judge that fails for no fault of the student, and asks only it again", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  let isDown = true;
  const unsure: Scripted = (response, request) =>
    isDown
      ? chatCompletion("I would rather not.")(response, request)
      : scriptedJudge(fair)(response, request);
  await using judge = await startModelServer(unsure);
  await writeSkill(folder.path, 4);
  const args = [...specs(students, judge), "--repeats", "1", "--results", "results", "--json"];
  const run = await evaluate(folder.path, ...args);
  const failed = read(run);
  expect(failed.status).toBe("void");
  expect(run.code).toBe(3);
  expect(run.stderr).toContain("The judge keeps failing: The answer of openai:grader@");
  // Each question was asked twice, and every request counts.
  expect(failed.calls).toBe(students.requests.length + judge.requests.length);
  // After five failures in a row the others are not tried.
  expect(failed.excluded).toBeGreaterThanOrEqual(5);
  const trials = await trialsIn(join(folder.path, "results"));
  expect(new Set(trials.map(({ outcome, error }) => `${outcome} ${error?.class}`))).toEqual(
    new Set(["excluded judge"]),
  );
  const asked = students.requests.length;
  isDown = false;
  expect(read(await evaluate(folder.path, ...args))).toMatchObject({
    status: "complete",
    excluded: 0,
    missing: 0,
  });
  expect(students.requests).toHaveLength(8);
  expect(asked).toBeLessThanOrEqual(8);
});

it("refuses a judge that is a student, and one that is none, without a call", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(plain(500, {}));
  await writeSkill(folder.path, 2);
  const refused = async (words: string, ...args: string[]): Promise<void> => {
    const run = await evaluate(folder.path, ...args);
    expect(run.stderr).toContain(words);
    expect(hasStack(run.stderr)).toBe(false);
    expect(run.code).toBe(2);
  };
  const served = `openai:maker/Fake@${server.url}/v1`;
  const same = "is the same model as the student";
  await refused(same, "--student", served, "--judge", served);
  await refused(same, "--student", served, "--judge", "openai:fake");
  await refused(same, "--student", "openai:other", "--student", "openai:fake", "--judge", served);
  await refused("cannot judge answers", "--student", served, "--judge", "offline");
  await refused("cannot judge answers", "--student", served, "--judge", "command:agent");
  await refused("needs a key", "--student", served, "--judge", "openai:gpt");
  const configured = (text: string): Promise<void> => writeFile(join(folder.path, "overproof.yml"), text);
  const price = "{ input-per-million: 1, output-per-million: 1 }";
  await configured(`prices: { date: 2026-01-01, models: { maker/Fake: ${price} } }\n`);
  const grader = `openai:grader@${server.url}/v1`;
  await refused("price of openai:grader", "--student", served, "--judge", grader, "--budget-usd", "1");
  await configured("evaluate:\n  judge: openai:fake\n");
  await refused(same, "--student", served);
  expect(server.requests).toHaveLength(0);
});

it("needs no judge where code can tell", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  const checks = [{ kind: "contains", text: "Dear reader" }];
  await writeSkill(folder.path, 3, { assertions: [], overproof: { checks } });
  const args = ["--student", `openai:fake@${students.url}/v1`, "--repeats", "1", "--json"];
  // Its key is missing, and nobody asks for it.
  const run = read(await evaluate(folder.path, ...args, "--judge", "openai:gpt"));
  expect(run).toMatchObject({ status: "complete", calls: 6 });
  expect(run.skills[0]?.students[0]).not.toHaveProperty("pairwise");
});

it("counts judge and students against one limit of calls, and goes on with the next", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  await using judge = await startModelServer(scriptedJudge(fair));
  await writeSkill(folder.path, 6);
  const args = [...specs(students, judge), "--repeats", "1", "--results", "results", "--json"];
  // 12 answers and 12 judgements of them are needed, and 12 comparisons.
  const ended: unknown[] = [];
  for (const calls of [13, 15, 8]) {
    const before = students.requests.length + judge.requests.length;
    const run = await evaluate(folder.path, ...args, "--max-calls", `${calls}`);
    ended.push((JSON.parse(run.stdout) as { ended: string }).ended);
    expect(students.requests.length + judge.requests.length - before).toBeLessThanOrEqual(calls);
  }
  expect(ended).toEqual(["budget spent", "budget spent", "complete"]);
  expect(students.requests).toHaveLength(12);
  expect(judge.requests).toHaveLength(24);
});

it("gives the same in three shards as in one run", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  await using judge = await startModelServer(scriptedJudge(fair));
  await writeSkill(folder.path, 9);
  const args = [...specs(students, judge), "--repeats", "1", "--json"];
  const plan = await evaluate(folder.path, ...args, "--plan", "--shards", "3");
  const { include } = JSON.parse(plan.stdout) as ShardMatrix;
  expect(include.map(({ calls }) => calls)).toEqual([18, 18, 18]);
  for (const { shard } of include) {
    const part = await evaluate(folder.path, ...args, "--shard", shard, "--results", "merged");
    expect(JSON.parse(part.stdout)).toMatchObject({ status: "partial", calls: 18 });
  }
  expect(
    (await readdir(join(folder.path, "merged"))).filter((name) => name.startsWith("judgements")),
  ).toHaveLength(3);
  const merged = read(await evaluate(folder.path, ...args, "--results", "merged"));
  expect(judge.requests).toHaveLength(36);
  const whole = read(await evaluate(folder.path, ...args, "--results", "whole"));
  expect(merged.skills).toEqual(whole.skills);
  expect(merged.calls).toBe(whole.calls);
});

it("pays for no judgement twice after kill -9 at any moment", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  await using judge = await startModelServer(scriptedJudge(fair));
  await writeSkill(folder.path, 30);
  const args = [
    "evaluate",
    "skills/probe-skill",
    ...specs(students, judge),
    "--repeats",
    "1",
    "--json",
    "--results",
  ];
  const random = seededRandom(5);
  let kills = 0;
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [cliBundle, ...args, "killed"], {
      cwd: folder.path,
      env: { PATH: process.env["PATH"], HOME: "/nonexistent" },
      stdio: "ignore",
    });
    const before = students.requests.length + judge.requests.length;
    const ended = new Promise<void>((done) => child.on("exit", () => done()));
    const deadline = Date.now() + 20_000;
    while (
      students.requests.length + judge.requests.length === before &&
      child.exitCode === null &&
      Date.now() < deadline
    )
      await sleep(2);
    await sleep(random() * 150);
    if (child.exitCode === null) kills += 1;
    child.kill("SIGKILL");
    await ended;
  }
  const last = read(await cli([...args, "killed"], { cwd: folder.path }));
  expect(last).toMatchObject({ status: "complete", missing: 0 });
  expect(kills).toBeGreaterThan(1);
  // 60 replies and 30 pairs in two orders; calls that were in flight are lost with a process, four at once.
  expect(judge.requests.length).toBeGreaterThanOrEqual(120);
  expect(judge.requests.length).toBeLessThanOrEqual(120 + 4 * kills);
  const judgements = await openJudgements(join(folder.path, "killed"));
  expect([...judgements.all()]).toHaveLength(120);
  expect(judgements.damaged).toEqual([]);
}, 120_000);

it("says in the plan who judged, and reads plans from before there was a judge", async () => {
  await using folder = await temporaryFolder();
  await using students = await startModelServer(student);
  await using judge = await startModelServer(scriptedJudge(fair));
  await writeSkill(folder.path, 2);
  await evaluate(folder.path, ...specs(students, judge), "--repeats", "1", "--results", "results", "--json");
  const path = join(folder.path, "results/plan.json");
  const plan = JSON.parse(await readFile(path, "utf8")) as { judge?: string; reproduce: string };
  expect(plan.judge).toBe(`openai:grader@${judge.url}/v1`);
  expect(plan.reproduce).toContain("--judge openai:grader@BASE_URL");
  delete plan.judge;
  await writeFile(path, JSON.stringify(plan));
  const report = read(await cli(["report", "--results", "results", "--json"], { cwd: folder.path }));
  expect(report.skills[0]?.students[0]).not.toHaveProperty("pairwise");
});
