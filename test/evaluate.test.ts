import { spawn } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { EvaluationJson } from "../src/evaluate/evaluation-json.ts";
import { openResultStore } from "../src/evaluate/result-store.ts";
import type { ShardMatrix } from "../src/evaluate/shards.ts";
import { seededRandom } from "../src/evaluate/statistics/random.ts";
import type { Trial } from "../src/evaluate/trial.ts";
import { cliBundle } from "./bundle.ts";
import { git } from "./github/git.ts";
import { chatCompletion, type ModelServer, plain, type Scripted, startModelServer } from "./model-server.ts";
import { cli, hasStack, type Run, temporaryFolder } from "./run.ts";

const mark = "zebra-quartz-playbook";

function skillText(more = ""): string {
  return `---
name: probe-skill
description: "Answer numbered questions. Use when a question has a number."
---

# Playbook ${mark}

Answer with the code of the question.${more}
`;
}

async function writeSkill(folder: string, options: { cases: number; text?: string }): Promise<void> {
  const skill = join(folder, "skills/probe-skill");
  await mkdir(skill, { recursive: true });
  await writeFile(join(skill, "SKILL.md"), options.text ?? skillText());
  const tests = Array.from({ length: options.cases }, (_, index) => ({
    input: `Solve question-${100 + index}`,
    expected: { contains: [`ANSWER-${100 + index}-DONE`] },
  }));
  await writeFile(join(skill, "skill_meta.json"), JSON.stringify({ metadata: {}, tests }));
}

/** Solves questions in a share of the requests, with the skill in them and without. */
function student(shares: { none: number; head: number }): Scripted {
  const random = seededRandom(7);
  return (response, request) => {
    const text = JSON.stringify(request.body);
    const id = /question-(\d+)/.exec(text)?.[1];
    const isSolved = random() < (text.includes(mark) ? shares.head : shares.none);
    chatCompletion(isSolved ? `ANSWER-${id}-DONE` : "I do not know.")(response, request);
  };
}

/** Whether a student solves a question depends on the question and the skill alone. */
const steady: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = Number(/question-(\d+)/.exec(text)?.[1]);
  const isSolved = text.includes(mark) ? id % 4 !== 0 : id % 2 === 0;
  chatCompletion(isSolved ? `ANSWER-${id}-DONE` : "I do not know.")(response, request);
};

function evaluate(server: ModelServer, cwd: string, ...args: string[]): Promise<Run> {
  const spec = `openai:fake@${server.url}/v1`;
  return cli(["evaluate", "skills/probe-skill", "--student", spec, ...args], { cwd });
}

function judged({ stdout, stderr }: Run): EvaluationJson {
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as EvaluationJson;
}

it("measures a skill outside of a repository and without a configuration, and says what it found", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(student({ none: 0.2, head: 0.9 }));
  await writeSkill(folder.path, { cases: 12 });
  const args = ["--repeats", "3", "--seed", "1", "--results", "results", "--json"];
  const run = await evaluate(server, folder.path, ...args);
  expect(run.code).toBe(0);
  const result = judged(run);
  expect(result).toMatchObject({
    command: "evaluate",
    status: "complete",
    skills: [
      {
        name: "probe-skill",
        students: [
          {
            student: `openai:fake@${server.url}/v1`,
            verdict: "better",
            cases: 12,
            repeats: 3,
            arms: {
              none: { rate: expect.any(Number) as number },
              head: { rate: expect.any(Number) as number },
            },
            needed: 0,
          },
        ],
      },
    ],
    calls: 72,
    cost_usd: null,
    excluded: 0,
  });
  const measured = result.skills[0]?.students[0];
  expect(Object.keys(measured?.arms ?? {})).toEqual(["none", "head"]);
  const { value, low, high } = measured?.difference ?? {};
  expect(Number(low)).toBeLessThan(Number(value));
  expect(Number(high)).toBeGreaterThan(Number(value));
  expect(run.stderr).toContain("72 trials, 0 of them known: 72 calls to make");
  expect(run.stderr).toContain("random by seed 1");
  expect(server.requests).toHaveLength(72);

  const again = await evaluate(server, folder.path, ...args);
  expect(judged(again)).toEqual({ ...result, run: { calls: 0, cost_usd: null } });
  expect(server.requests).toHaveLength(72);

  const report = await cli(["report", "--results", "results", "--json"], { cwd: folder.path });
  expect(judged(report).skills).toEqual(result.skills);
  const text = await evaluate(server, folder.path, ...args.filter((arg) => arg !== "--json"));
  expect(text.stdout).toMatch(/^Yes, this may merge: probe-skill makes openai:fake better/);
  expect(text.stdout).toMatch(/^ {2}head − none .*│.*●.* points \(/m);
  expect(text.stdout).toContain("\nResults: results\n");
  const markdown = await cli(["report", "--results", "results"], { cwd: folder.path });
  expect(markdown.stdout).toContain("| `probe-skill`<br>");
});

it("calls harm worse, and a skill that is ignored neither", async () => {
  await using folder = await temporaryFolder();
  await using harmed = await startModelServer(student({ none: 0.9, head: 0.2 }));
  await writeSkill(folder.path, { cases: 12 });
  const worse = await evaluate(harmed, folder.path, "--repeats", "3", "--results", "worse", "--json");
  expect(worse.code).toBe(0);
  expect(judged(worse).skills[0]?.students[0]?.verdict).toBe("worse");
  await using ignoring = await startModelServer(
    plain(200, { choices: [{ finish_reason: "stop", message: { content: "?" } }] }),
  );
  const same = await evaluate(ignoring, folder.path, "--repeats", "1", "--results", "same", "--json");
  expect(["cannot tell", "no worse"]).toContain(judged(same).skills[0]?.students[0]?.verdict);
});

/** The results of a folder, without what differs from run to run: how long it took and when. */
async function storedIn(folder: string): Promise<Map<string, Trial>> {
  const store = await openResultStore(folder);
  const trials = [...store.all()].map((trial) => ({ ...trial, latency_ms: 0, finished_at: "" }));
  await store.close();
  expect(store.damaged).toEqual([]);
  return new Map(trials.sort((a, b) => (a.key < b.key ? -1 : 1)).map((trial) => [trial.key, trial]));
}

it("goes on after kill -9 at any moment: the same results, and no answer that arrived paid twice", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(steady);
  await writeSkill(folder.path, { cases: 40 });
  const spec = `openai:fake@${server.url}/v1`;
  const args = ["evaluate", "skills/probe-skill", "--student", spec, "--repeats", "3", "--json"];
  await cli([...args, "--results", "whole"], { cwd: folder.path });
  const planned = server.requests.length;
  expect(planned).toBe(240);

  const random = seededRandom(11);
  let kills = 0;
  for (let round = 0; round < 20; round += 1) {
    const child = spawn(process.execPath, [cliBundle, ...args, "--results", "killed"], {
      cwd: folder.path,
      env: { PATH: process.env["PATH"], HOME: "/nonexistent" },
      stdio: "ignore",
    });
    const before = server.requests.length;
    const ended = new Promise<void>((done) => child.on("exit", () => done()));
    // From the first call on, wherever the machine is by then.
    const deadline = Date.now() + 20_000;
    while (server.requests.length === before && child.exitCode === null && Date.now() < deadline)
      await sleep(2);
    await sleep(random() * 250);
    if (child.exitCode === null) kills += 1;
    child.kill("SIGKILL");
    await ended;
  }
  const last = await cli([...args, "--results", "killed"], { cwd: folder.path });
  expect(last.code).toBe(0);
  expect(kills).toBeGreaterThan(5);
  const stored = await storedIn(join(folder.path, "killed"));
  expect(stored).toEqual(await storedIn(join(folder.path, "whole")));
  expect(judged(last)).toMatchObject({ status: "complete", missing: 0 });
  // At most the calls in flight are lost with a process: four run at once.
  const paid = server.requests.length - planned;
  expect(paid).toBeGreaterThanOrEqual(planned);
  expect(paid).toBeLessThanOrEqual(planned + 4 * kills);
  expect(await readdir(join(folder.path, "killed"))).not.toContain(".arrived-trials");
}, 300_000);

it("gives the same results and the same report in seven shards as in one run", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(steady);
  await writeSkill(folder.path, { cases: 10 });
  // With a clock that stands, nothing in a result depends on when and how fast it came.
  const env = { SOURCE_DATE_EPOCH: "1767225600" };
  const run = (...args: string[]): Promise<Run> =>
    cli(
      [
        "evaluate",
        "skills/probe-skill",
        "--student",
        `openai:fake@${server.url}/v1`,
        "--repeats",
        "2",
        ...args,
      ],
      { cwd: folder.path, env },
    );
  await run("--results", "whole");
  const plan = await run("--plan", "--shards", "7");
  expect(plan.stdout.trim().split("\n")).toHaveLength(1);
  const { include } = JSON.parse(plan.stdout) as ShardMatrix;
  expect(include.map(({ shard }) => shard)).toEqual(["1/7", "2/7", "3/7", "4/7", "5/7", "6/7", "7/7"]);
  expect(include.reduce((sum, { calls }) => sum + calls, 0)).toBe(40);
  expect(new Set(include.flatMap(({ labels }) => labels))).toEqual(new Set(["ubuntu-latest"]));

  await mkdir(join(folder.path, "merged"));
  for (const { shard } of include) {
    const results = `part-${shard.replace("/", "-")}`;
    const part = await run("--shard", shard, "--results", results, "--json");
    expect(JSON.parse(part.stdout)).toMatchObject({ status: "partial", shard, skills: [] });
    await cp(join(folder.path, results), join(folder.path, "merged"), { recursive: true });
  }
  expect(await storedIn(join(folder.path, "merged"))).toEqual(await storedIn(join(folder.path, "whole")));
  const reports: string[] = [];
  for (const results of ["whole", "merged"]) {
    reports.push((await cli(["report", "--results", results], { cwd: folder.path, env })).stdout);
  }
  expect(reports[0]).toContain("probe-skill");
  expect(reports[1]).toBe(reports[0]);
  const whole = await run("--results", "merged", "--json");
  expect(judged(whole)).toMatchObject({ status: "complete", missing: 0 });
  expect(server.requests).toHaveLength(80);
}, 180_000);

it("plans 1,000 cases without a call", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(steady);
  await writeSkill(folder.path, { cases: 1000 });
  const { stdout, code } = await evaluate(server, folder.path, "--repeats", "5", "--plan");
  expect(code).toBe(0);
  const { include } = JSON.parse(stdout) as ShardMatrix;
  expect(include).toHaveLength(10);
  const calls = include.map((job) => job.calls);
  expect(calls.reduce((sum, one) => sum + one, 0)).toBe(10_000);
  expect(Math.max(...calls) - Math.min(...calls)).toBeLessThanOrEqual(20);
  expect(server.requests).toHaveLength(0);
  expect(await readdir(folder.path)).toEqual(["skills"]);
});

it("compares with the skill on the target branch, and leaves base out where nothing changed", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(steady);
  await writeSkill(folder.path, { cases: 4, text: skillText("").replace(mark, "old") });
  const commit = async (message: string): Promise<void> => {
    await git(folder.path, ["add", "."]);
    const who = ["-c", "user.name=A Person", "-c", "user.email=person@example.com"];
    await git(folder.path, [...who, "commit", "--quiet", "-m", message]);
  };
  await git(folder.path, ["init", "--quiet", "--initial-branch=main"]);
  await commit("Old");
  await git(folder.path, ["checkout", "--quiet", "-b", "topic"]);
  await writeSkill(folder.path, { cases: 4 });
  await commit("New");
  const args = ["--repeats", "1", "--results", join(folder.path, "results"), "--json"];
  const arms = async (...more: string[]): Promise<string[]> => {
    const result = judged(await evaluate(server, folder.path, ...args, ...more));
    return Object.keys(result.skills[0]?.students[0]?.arms ?? {});
  };
  expect(await arms()).toEqual(["none", "base", "head"]);
  expect(await arms("--placebo")).toEqual(["none", "base", "head", "placebo"]);
  expect(await arms("--base", "topic")).toEqual(["none", "head"]);
  expect(await arms("--head", "main", "--base", "topic")).toEqual(["none", "base", "head"]);
  // The skill as it was and as it is were measured before, under other names.
  expect(server.requests).toHaveLength(4 * 4);
  const plan = JSON.parse(await readFile(join(folder.path, "results/plan.json"), "utf8")) as { base: string };
  expect(plan.base).toBe((await git(folder.path, ["rev-parse", "topic"])).trim());
});

it("measures one arm against itself, and refuses a margin below the noise", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(student({ none: 0.5, head: 0.5 }));
  await writeSkill(folder.path, { cases: 8 });
  const noisy = await evaluate(server, folder.path, "--aa", "--repeats", "1", "--json");
  expect(noisy.code).toBe(1);
  expect(JSON.parse(noisy.stdout)).toMatchObject({
    status: "refused",
    margin: 0.1,
    noise: [{ skill: "probe-skill", arm: "head", cases: 8, refusesMargin: true }],
  });
  await using still = await startModelServer(steady);
  const quiet = await evaluate(still, folder.path, "--aa", "--repeats", "1", "--json");
  expect(JSON.parse(quiet.stdout)).toMatchObject({ status: "complete", noise: [{ flipRate: 0, spread: 0 }] });
  expect(quiet.code).toBe(0);
  expect(still.requests).toHaveLength(16);
});

it("refuses what cannot be measured, in one sentence and without a call", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(steady);
  await writeSkill(folder.path, { cases: 2 });
  const refused = async (code: number, words: string, ...args: string[]): Promise<void> => {
    const run = await cli(["evaluate", ...args], { cwd: folder.path });
    expect(run.stderr).toContain(words);
    expect(hasStack(run.stderr)).toBe(false);
    expect(run.code).toBe(code);
  };
  const spec = ["--student", `openai:fake@${server.url}/v1`];
  await refused(2, "No student is named", "skills/probe-skill");
  await refused(2, "neither a folder with a skill nor the name of one", "nothing", ...spec);
  await refused(2, "cannot be a student", "skills/probe-skill", "--student", "offline");
  await refused(2, "is no shard", "skills/probe-skill", ...spec, "--shard", "9/7");
  await refused(
    2,
    "cannot be reached in steps",
    "skills/probe-skill",
    ...spec,
    "--repeats",
    "2",
    "--max-repeats",
    "3",
  );
  await refused(2, "price of openai:fake", "skills/probe-skill", ...spec, "--budget-usd", "1");
  await refused(2, "needs a key", "skills/probe-skill", "--student", "openai:gpt");
  await refused(2, "is not in a git repository", "skills/probe-skill", ...spec, "--base", "main");
  await writeSkill(folder.path, { cases: 2, text: skillText(" For 101 that is answer-101-done.") });
  await refused(1, "contains the answer of its case 2: SKILL.md:8", "skills/probe-skill", ...spec);
  await rm(join(folder.path, "skills/probe-skill/skill_meta.json"));
  await refused(2, "has no case that can be measured", "skills/probe-skill", ...spec);
  await refused(2, "No skill of the library has cases", ...spec);
  expect(server.requests).toHaveLength(0);
});
