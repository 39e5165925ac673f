import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseArchive } from "../src/skills/archive.ts";
import { laterLog } from "./later-log.ts";
import { chatCompletion, type Scripted } from "./model-server.ts";
import { overlappingSkills } from "./overlapping-skills.ts";
import { cli, filesBelow, type TemporaryFolder, temporaryFolder } from "./run.ts";
import { branchTrigger, pullRequestTrigger } from "./workflow-runner/triggers.ts";
import type { WorkflowResult } from "./workflow-runner/run-workflow.ts";
import { endOf, gateSummary, name, startWorkflowWorld, type WorkflowWorld } from "./workflow-world.ts";
import { logs } from "./world.ts";

const skill = "triton-cuda-case-elementwise-relu";
const folder = `skills/triton-cuda/evolved-improvement/${skill}`;
const caseCount = 12;

/** Knows every second answer by itself, and every one with the lesson of the second trace. */
const student: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = Number(/question-(\d+)/.exec(text)?.[1]);
  const knows = id % 2 === 0 || text.includes("num_stages");
  chatCompletion(knows ? `ANSWER-${id}-DONE` : "I do not know.")(response, request);
};

/** What the team wrote down for the skill to be measured by. */
function cases(): string {
  const evals = Array.from({ length: caseCount }, (_, index) => ({
    id: index + 1,
    prompt: `Solve question-${100 + index}.`,
    overproof: { checks: [{ kind: "contains", text: `ANSWER-${100 + index}-DONE` }] },
  }));
  return JSON.stringify({ skill_name: skill, evals }, null, 2);
}

/** Files of a log, as they are committed below `traces/`. */
async function traceFiles(from: string, to: string): Promise<Record<string, string>> {
  const files = Object.entries(await filesBelow(from));
  return Object.fromEntries(files.map(([path, text]) => [`traces/${to}/logs/${path}`, text]));
}

/** A library that has learned from one trace already, by the command line, and two more skills that overlap. */
async function library(place: TemporaryFolder): Promise<Record<string, string>> {
  await cp(logs, join(place.path, "traces/first/logs"), { recursive: true });
  const distilled = await cli(["distill", "traces", "--model", "offline"], { cwd: place.path });
  expect(distilled).toMatchObject({ code: 0 });
  const { [`${folder}/SKILL.md`]: text = "", ...files } = await filesBelow(place.path);
  const evidence = `.overproof/evidence/${skill}.json`;
  expect(text).not.toContain("num_stages");
  return {
    "README.md": "# Skills\n",
    "overproof.yml": 'model: offline\nevaluate:\n  students: ["MODEL"]\n  repeats: 1\n',
    ...(await traceFiles(logs, "first")),
    [`${folder}/SKILL.md`]: text,
    [`${folder}/evals/evals.json`]: cases(),
    [evidence]: files[evidence] ?? "",
    ...overlappingSkills(),
  };
}

/** The same search once more: every version of the second trace, a little slower. */
async function sameLesson(from: string): Promise<Record<string, string>> {
  const record = join(from, "relu/profiling/speed_up_record.txt");
  const times = (await readFile(record, "utf8")).replaceAll(
    /generation_time: (\d+)/g,
    (_, us: string) => `generation_time: ${Number(us) + 1}`,
  );
  await writeFile(record, times);
  return traceFiles(from, "third");
}

/** How many requests reached the student meanwhile. */
async function asked<T>({ model }: WorkflowWorld, during: () => Promise<T>): Promise<[T, number]> {
  const before = model.requests.length;
  return [await during(), model.requests.length - before];
}

it("a trace becomes a skill, a reviewer corrects it, the gate lets it in, and the library stays small", async () => {
  await using place = await temporaryFolder();
  await using world = await startWorkflowWorld({ files: await library(place), student });
  const { github } = world;
  const { git, comments, checks } = github.repository(name);
  const evaluate = async (number: number): Promise<WorkflowResult> =>
    world.run("evaluate.yml", await pullRequestTrigger(github, name, number));

  // An agent has searched again, and somebody commits what it left behind.
  const later = await laterLog(place.path);
  await github.commit(name, { files: await traceFiles(later, "second"), message: "Trace of a search" });
  const [distilled, distilledCalls] = await asked(world, async () =>
    world.run("distill.yml", await branchTrigger(github, name, "push")),
  );
  expect(endOf(distilled)).toBe("success");
  // Three arms: the student alone, with the skill as it was, and as it is proposed.
  expect(distilledCalls).toBe(3 * caseCount);

  // A pull request appears. It says what is new, what each claim rests on, and whether it helps.
  const [proposed] = await github.pulls(name);
  expect(proposed).toMatchObject({
    title: `Extend skill ${skill}`,
    head: "overproof/distill/triton-cuda-relu",
    state: "open",
    login: "github-actions[bot]",
  });
  expect(proposed?.body).toContain("Set `num_stages` to `3`");
  expect(proposed?.body).toMatch(/\| .*better.* \|/);
  const number = proposed?.number ?? 0;
  const branch = proposed?.head ?? "";
  expect(await git("log", "-1", "--format=%(trailers:only,unfold)", branch)).toMatch(
    /^Overproof-Trace: [0-9a-f]{64}\nOverproof-Mode: search_log\n?$/,
  );

  // Its check takes over what was measured for the pull request, and holds it against the replies.
  const [first, firstCalls] = await asked(world, () => evaluate(number));
  expect(endOf(first)).toBe("success");
  expect(firstCalls).toBe(0);
  const [comment] = comments.values();
  expect(comment?.body).toContain("✅ **Yes, this may merge");

  // The reviewer knows an exception and writes it into the skill, on the branch.
  const text = await git("show", `${branch}:${folder}/SKILL.md`);
  const exception = "**Do** set `num_stages` to `3`, unless shared memory is short.";
  const edited = text.replace("**Do** set `num_stages` to `3`.", exception);
  expect(edited).not.toBe(text);
  const edit = await github.commit(name, {
    branch,
    files: { [`${folder}/SKILL.md`]: `${edited}\n` },
    message: "Name an exception",
  });

  // Only the arm with the edited skill is asked. The comment is the same one, brought up to date.
  const [second, secondCalls] = await asked(world, () => evaluate(number));
  expect(endOf(second)).toBe("success");
  expect(secondCalls).toBe(caseCount);
  expect(gateSummary(second)).toContain("✅ **Yes, this may merge");
  expect([...comments.values()].map(({ id }) => id)).toEqual([comment?.id]);
  expect([...checks.values()].filter(({ headSha }) => headSha === edit)).toMatchObject([
    { name: "overproof / gate", conclusion: "success" },
  ]);
  await world.merge(number);
  expect(await git("show", `main:${folder}/SKILL.md`)).toContain(exception);

  // Another trace teaches the same: no pull request, no commit, and no word of the reviewer's is lost.
  await github.commit(name, { files: await sameLesson(later), message: "Trace of another search" });
  const branches = await git("for-each-ref", "refs/heads");
  const [known, knownCalls] = await asked(world, async () =>
    world.run("distill.yml", await branchTrigger(github, name, "push")),
  );
  expect(endOf(known)).toBe("success");
  expect(known.jobs["distill"]?.outputs["changed"]).toBe("false");
  expect(known.jobs["propose"]?.conclusion).toBe("skipped");
  expect(knownCalls).toBe(0);
  expect(await github.pulls(name)).toHaveLength(1);
  expect(await git("for-each-ref", "refs/heads")).toBe(branches);

  // Two of the skills overlap. One takes their place, and the index says where they are.
  const before = new Map<string, string>();
  for (const path of Object.keys(overlappingSkills()))
    before.set(path, await git("rev-parse", `main:${path}`));
  const organized = await world.run("organize.yml", await branchTrigger(github, name, "schedule"));
  expect(endOf(organized)).toBe("success");
  const merging = (await github.pulls(name))[1];
  expect(merging?.state).toBe("open");
  for (const path of before.keys()) expect(merging?.body).toContain(path.split("/").at(-2));
  const trailers = await git("log", "-1", "--format=%(trailers:only,unfold)", merging?.head ?? "");
  expect(trailers.match(/^Overproof-Supersedes: /gm)).toHaveLength(before.size);
  expect(endOf(await evaluate(merging?.number ?? 0))).toBe("success");
  await world.merge(merging?.number ?? 0, "squash");
  const paths = await git("ls-tree", "-r", "--name-only", "main", "skills/");
  expect(paths).toContain("triton-cuda-merged-");
  expect(paths).toContain(folder);
  for (const path of before.keys()) expect(paths).not.toContain(path);
  const archive = parseArchive(await git("show", "main:.overproof/archive.json"), "archive.json");
  expect(archive.retired.map(({ path }) => `skills/${path}`).sort()).toEqual([...before.keys()].sort());

  // Somebody misses one of them, and has it back byte for byte.
  const [missed = ""] = before.keys();
  const inputs = { name: missed.split("/").at(-2) ?? "" };
  const restored = await world.run(
    "restore.yml",
    await branchTrigger(github, name, "workflow_dispatch", { inputs }),
  );
  expect(endOf(restored)).toBe("success");
  const back = (await github.pulls(name))[2];
  expect(back?.title).toContain(inputs.name);
  await world.merge(back?.number ?? 0, "rebase");
  expect(await git("rev-parse", `main:${missed}`)).toBe(before.get(missed));
  const left = parseArchive(await git("show", "main:.overproof/archive.json"), "archive.json");
  expect(left.retired.map((entry) => entry.name)).not.toContain(inputs.name);
  expect(github.violations).toEqual([]);
}, 180_000);
