import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { laterLog } from "./later-log.ts";
import { chatCompletion, type ModelServer, type Scripted, startModelServer } from "./model-server.ts";
import { action, cli, type Run } from "./run.ts";
import { logs, name, startWorld, type World } from "./world.ts";

const skill = "skills/triton-cuda/evolved-improvement/triton-cuda-case-elementwise-relu";

/** Solves a question where it sees the skill. */
const student: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = /question-(\d+)/.exec(text)?.[1];
  chatCompletion(text.includes("BLOCK_SIZE") ? `ANSWER-${id}-DONE` : "I do not know.")(response, request);
};

function casesText(): string {
  const evals = Array.from({ length: 10 }, (_, id) => ({
    id,
    prompt: `Solve question-${id}`,
    overproof: { checks: [{ kind: "contains", text: `ANSWER-${id}-DONE` }] },
  }));
  return JSON.stringify({ skill_name: "triton-cuda-case-elementwise-relu", evals });
}

async function writeCases({ folder }: World): Promise<void> {
  const path = join(folder, skill, "evals/evals.json");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, casesText());
}

/** Distils into the working tree, where the skill can be measured. */
async function distil(world: World, from = logs, ...more: string[]): Promise<Run> {
  const args = ["distill", from, "--mode", "search_log", "--model", "offline", ...more, "--json"];
  return cli(args, { cwd: world.folder, env: { OVERPROOF_API_KEY: "" } });
}

async function evaluated(world: World, model: ModelServer): Promise<Run> {
  const spec = `openai:fake@${model.url}/v1`;
  const args = ["evaluate", skill, "--student", spec, "--repeats", "2", "--results", "results", "--json"];
  return cli(args, { cwd: world.folder });
}

test("the A/B of exactly the proposed text is in the pull request, also where it comes later", async () => {
  await using world = await startWorld();
  await using model = await startModelServer(student);
  const { proposal } = JSON.parse((await distil(world)).stdout) as { proposal: string };
  await world.propose(proposal);
  expect((await world.github.pulls(name))[0]?.body).toContain("A/B: not evaluated yet");

  await writeCases(world);
  const measured = await evaluated(world, model);
  expect(measured.stdout).toContain('"verdict": "better"');
  const later = await world.propose(proposal, "--results", "results");
  expect(later.result).toMatchObject({ status: "updated", number: 1, commit: null });
  const [pull, ...others] = await world.github.pulls(name);
  expect(others).toEqual([]);
  const body = pull?.body ?? "";
  expect(body).not.toContain("not evaluated");
  expect(body).toContain(
    "**Yes, this may merge: triton-cuda-case-elementwise-relu makes openai:fake better, +100.0 points",
  );
  expect(body).toMatch(/\| `triton-cuda-case-elementwise-relu`<br>`openai:fake`<br>10 × 2 /);
  expect(body).not.toContain(model.url);
  expect(body.indexOf("## A/B")).toBeLessThan(body.indexOf("## Claims and what they rest on"));
  expect(body.length).toBeLessThan(60_000);

  const again = await world.propose(proposal, "--results", "results");
  expect(again.result).toMatchObject({ status: "unchanged", number: 1 });
  expect(world.github.violations).toEqual([]);
});

test("results of another text say nothing about the proposed one, and the body says so", async () => {
  await using world = await startWorld();
  await using model = await startModelServer(student);
  await distil(world);
  await writeCases(world);
  await evaluated(world, model);
  const next = await distil(world, await laterLog(world.folder));
  const { proposal } = JSON.parse(next.stdout) as { proposal: string };
  const summary = join(world.folder, "summary.md");
  await writeFile(summary, "");
  const { code } = await action(
    { command: "propose", proposal, results: "results", "dry-run": "true" },
    { cwd: world.folder, env: { ...world.env, GITHUB_STEP_SUMMARY: summary } },
  );
  expect(code).toBe(0);
  expect(await readFile(summary, "utf8")).toContain("**A/B: not evaluated as it stands here.**");
  const { result } = await world.propose(proposal, "--results", "results", "--dry-run");
  expect(result.body).toContain("**A/B: not evaluated as it stands here.**");
  expect(result.body).not.toContain("## A/B");
  const empty = await world.propose(proposal, "--results", "nothing", "--dry-run");
  expect(empty.stderr).toContain("There are no results in nothing.");
  expect(empty.result.body).toContain("**A/B: not evaluated yet.**");
});

test("distill --evaluate measures what it changed, or says in a sentence why not", async () => {
  await using world = await startWorld();
  await using model = await startModelServer(student);
  const evaluation = async (from: string, ...more: string[]): Promise<Record<string, unknown>> => {
    const { stdout, code } = await distil(world, from, "--evaluate", ...more);
    expect(code).toBe(0);
    return (JSON.parse(stdout) as { evaluation: Record<string, unknown> }).evaluation;
  };
  expect(await evaluation(logs, "--dry-run")).toMatchObject({
    status: "not evaluated",
    reason: "A dry run leaves nothing to evaluate.",
  });
  expect(await evaluation(logs)).toMatchObject({ reason: "No student is configured." });
  expect(await evaluation(logs)).toMatchObject({ reason: "No skill was changed." });
  const students = `evaluate:\n  students: ["openai:fake@${model.url}/v1"]\n  repeats: 2\n`;
  await writeFile(join(world.folder, "overproof.yml"), students);
  const later = await laterLog(world.folder);
  await writeCases(world);
  expect(await evaluation(later)).toMatchObject({
    command: "evaluate",
    status: "complete",
    skills: [{ name: "triton-cuda-case-elementwise-relu", students: [{ verdict: "better", cases: 10 }] }],
  });
  expect(model.requests).toHaveLength(40);
});
