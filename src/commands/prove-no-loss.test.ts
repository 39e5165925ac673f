import { execFileSync } from "node:child_process";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  chatCompletion,
  type ModelServer,
  type SeenRequest,
  startModelServer,
} from "../../test/model-server.ts";
import {
  methodsBody,
  organizeWorld,
  type OrganizeWorld,
  putFile,
  putSkill,
} from "../../test/organize-world.ts";
import { type Plan, planSchema } from "../evaluate/plan.ts";
import type { Trial } from "../evaluate/trial.ts";
import { Failure } from "../failure.ts";
import { parseOrganizeProposal } from "../organize/organize-proposal.ts";
import { organize, type OrganizeResult } from "./organize.ts";
import { propose } from "./propose.ts";

const rows = { title: "Keep the row in registers", text: "Load each row once: say quartz-a." };
const warps = { title: "Match warps to the width", text: "Use 8 warps for wide rows: say quartz-b." };
const exp2 = { title: "Use exp2", text: "Fold log2(e) into the scale once: say quartz-c." };
const names = ["triton-cuda-case-row-a", "triton-cuda-case-row-b"] as const;

/** A library of two skills that overlap, with so many cases each, and a student that says what its skill tells it to. */
async function world(options: {
  cases: number;
  /** Further cases of the second skill. */
  others?: object[];
  answers?: (text: string) => string;
}): Promise<OrganizeWorld & { model: ModelServer }> {
  const made = await organizeWorld();
  const words = (text: string): string => (text.match(/quartz-[abc]/g) ?? []).join(" ");
  const answer = options.answers ?? words;
  const model = await startModelServer((response, request: SeenRequest) =>
    chatCompletion(answer(JSON.stringify(request.body)))(response, request),
  );
  onTestFinished(() => model[Symbol.asyncDispose]());
  const metadata = { dsl: "triton_cuda", source: "search_log" };
  await putSkill(made, names[0], { metadata, body: methodsBody([rows, warps]) });
  await putSkill(made, names[1], { metadata, body: methodsBody([rows, exp2]) });
  for (const [index, name] of names.entries()) {
    const evals = Array.from({ length: options.cases }, (_, number) => ({
      id: number + 1,
      prompt: `Task ${index}-${number}: what does the playbook say?`,
      expected_output: "",
      overproof: { checks: [{ kind: "contains", text: index === 0 ? "quartz-b" : "quartz-c" }] },
    }));
    const all = { skill_name: name, evals: [...evals, ...(index === 1 ? (options.others ?? []) : [])] };
    await putFile(made.library, `${name}/evals/evals.json`, JSON.stringify(all));
  }
  await putFile(
    made.folder,
    "overproof.yml",
    `evaluate:\n  students: ["openai:fake@${model.url}/v1"]\n  repeats: 5\norganize:\n  require-proof: true\n`,
  );
  return { ...made, model };
}

function git(cwd: string, ...args: string[]): void {
  execFileSync("git", args, { cwd });
}

function commitAll(folder: string): void {
  git(folder, "init", "--quiet", "--initial-branch", "main");
  git(folder, "add", "--all");
  git(folder, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "All");
}

function run({ workspace, context }: OrganizeWorld, dryRun = false): Promise<OrganizeResult> {
  return organize({ scopes: [], model: "offline", workspace, evaluate: true, dryRun }, context);
}

test("a merge that keeps what its sources teach is proven over the cases of both", async () => {
  const made = await world({ cases: 10 });
  const result = await run(made);
  expect(result.proof).toMatchObject({ state: "proven" });
  expect(result.proof?.reason).toContain("20 cases");
  expect(result.merged).toHaveLength(1);
  // Both arms of each case, and none without a skill.
  expect(made.model.requests).toHaveLength(2 * 20 * 5);
});

test("few cases prove nothing, and nothing is written where the configuration asks for proof", async () => {
  const made = await world({ cases: 2 });
  await expect(run(made)).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("cannot tell") as unknown,
  });
});

test("a survivor that makes the student worse is not proven, and the source that pays is named", async () => {
  const made = await world({
    cases: 12,
    // The longer text of the survivor confuses this student on the tasks of the second skill.
    answers: (text) =>
      text.includes("Task 1-") && text.includes("quartz-b") ? "Nothing." : "quartz-b quartz-c",
  });
  await expect(run(made)).rejects.toMatchObject({
    message: expect.stringContaining(`the cases of ${names[1]} got worse`) as unknown,
  });
});

test("without a student, and with one that cannot be reached, it is unproven and says why", async () => {
  const made = await world({ cases: 10 });
  await writeFile(join(made.folder, "overproof.yml"), "evaluate:\n  students: []\n");
  expect((await run(made, true)).proof?.reason).toContain("No student is configured");
  await writeFile(
    join(made.folder, "overproof.yml"),
    'evaluate:\n  students: ["openai:fake@http://127.0.0.1:9/v1"]\n  repeats: 1\n',
  );
  const { proof } = await run(made, true);
  expect(proof?.state).toBe("unproven");
});

test("propose computes the proof anew: neither the proposal nor its plan decides", async () => {
  const made = await world({ cases: 10 });
  commitAll(made.folder);
  const { proposal } = await run(made, true);
  if (proposal === null) throw new Error("nothing is proposed");
  const results = join(made.folder, ".overproof/results");
  const landing = { push: false, dryRun: true, proposal, results };
  const told = await propose(landing, made.context);
  expect(told.body).toMatch(/proven/i);

  await expect(propose({ ...landing, results: undefined }, made.context)).rejects.toMatchObject({
    message: expect.stringContaining("No results came with the proposal") as unknown,
  });

  // A plan that leaves out a case.
  const forged = join(made.folder, "forged");
  await cp(results, forged, { recursive: true });
  const planPath = join(forged, "plan.json");
  const plan = planSchema.parse(JSON.parse(await readFile(planPath, "utf8")));
  plan.skills[0]?.cases.pop();
  await writeFile(planPath, JSON.stringify(plan));
  await expect(propose({ ...landing, results: forged }, made.context)).rejects.toMatchObject({
    message: expect.stringContaining(
      `the results of ${names[0]} are of another text of it or of other cases`,
    ) as unknown,
  });

  // Results of another text.
  plan.skills[0]?.cases.push(...(plan.skills[1]?.cases.slice(-1) ?? []));
  const other = planSchema.parse(JSON.parse(await readFile(join(results, "plan.json"), "utf8")));
  for (const skill of other.skills) skill.given = { ...skill.given, head: skill.given.base ?? null };
  await writeFile(planPath, JSON.stringify(other));
  await expect(propose({ ...landing, results: forged }, made.context)).rejects.toMatchObject({
    message: expect.stringContaining(`the results of ${names[0]} are of another text`) as unknown,
  });

  // A proposal that calls itself proven.
  const text = await readFile(join(made.context.cwd, proposal), "utf8").catch(() =>
    readFile(proposal, "utf8"),
  );
  const claimed = parseOrganizeProposal(text, "proposal.json");
  claimed.proof = { state: "proven", reason: "Believe me." };
  const claimedPath = join(made.folder, "claimed.json");
  await writeFile(claimedPath, JSON.stringify(claimed));
  await expect(
    propose({ ...landing, proposal: claimedPath, results: undefined }, made.context),
  ).rejects.toMatchObject({ exitCode: 1 });
});

test("propose believes no results that their replies contradict, nor those of a student that nobody configured", async () => {
  const made = await world({ cases: 10 });
  commitAll(made.folder);
  const { proposal } = await run(made, true);
  if (proposal === null) throw new Error("nothing is proposed");
  const results = join(made.folder, ".overproof/results");
  const landing = { push: false, dryRun: true, proposal, results };
  expect((await propose(landing, made.context)).body).toMatch(/proven/i);

  // As if every run of the sources had failed: the merge would be called better than they are.
  const forged = join(made.folder, "forged");
  await cp(results, forged, { recursive: true });
  const { skills } = planSchema.parse(JSON.parse(await readFile(join(forged, "plan.json"), "utf8")));
  const bases = new Set(skills.map(({ given }) => given.base));
  const trials = (await readFile(join(forged, "trials.jsonl"), "utf8")).trimEnd().split("\n");
  const lines = trials.map((line) => {
    const trial = JSON.parse(line) as Trial;
    if (!bases.has(trial.identity.given_sha256)) return line;
    const checks = trial.checks.map((check) => ({ ...check, passed: false }));
    return JSON.stringify({ ...trial, outcome: "failed", checks });
  });
  await writeFile(join(forged, "trials.jsonl"), `${lines.join("\n")}\n`);
  await expect(propose({ ...landing, results: forged }, made.context)).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringContaining("Results do not fit their replies") as unknown,
  });

  const configPath = join(made.folder, "overproof.yml");
  const config = await readFile(configPath, "utf8");
  await writeFile(configPath, config.replace("openai:fake@", "openai:another@"));
  await expect(propose(landing, made.context)).rejects.toMatchObject({
    message: expect.stringContaining("the student openai:another") as unknown,
  });
});

/** A proposal with honest results, and what `propose` says to results whose plan was edited. */
async function landing(made: OrganizeWorld): Promise<{
  honest: () => Promise<string>;
  forged: (edit: (plan: Plan) => void) => Promise<string>;
}> {
  commitAll(made.folder);
  const { proposal } = await run(made, true);
  if (proposal === null) throw new Error("nothing is proposed");
  const results = join(made.folder, ".overproof/results");
  const forgedResults = join(made.folder, "forged");
  await cp(results, forgedResults, { recursive: true });
  const plan = await readFile(join(results, "plan.json"), "utf8");
  const said = (folder: string): Promise<string> =>
    propose({ push: false, dryRun: true, proposal, results: folder }, made.context).then(
      () => "proven",
      (error: unknown) => (error instanceof Failure ? error.message : Promise.reject(error)),
    );
  return {
    honest: () => said(results),
    async forged(edit) {
      const edited = planSchema.parse(JSON.parse(plan));
      edit(edited);
      await writeFile(join(forgedResults, "plan.json"), JSON.stringify(edited));
      return said(forgedResults);
    },
  };
}

test("an edited plan proves nothing, and neither do results of students that nobody configures", async () => {
  const made = await world({ cases: 10 });
  const { honest, forged } = await landing(made);
  expect(await honest()).toBe("proven");
  const edits: [edit: (plan: Plan) => void, reason: string][] = [
    [
      ({ skills }) => void (present(skills[1]?.cases[0]).needs = "workspace"),
      `the results of ${names[1]} are of another text of it or of other cases`,
    ],
    [({ skills }) => void skills.push({ ...present(skills[0]), name: "easy" }), "the skill easy beyond"],
    [
      ({ students }) => {
        const agent = { sha256: "0".repeat(64), has_trace: false };
        students[0] = { ...present(students[0]), runner: "command", agent };
      },
      "with other settings than the configured",
    ],
  ];
  for (const [edit, reason] of edits) expect(await forged(edit)).toContain(reason);
  await writeFile(join(made.folder, "overproof.yml"), "organize:\n  require-proof: true\n");
  expect(await honest()).toContain("No student is configured");
});

test("with a configured judge, results without one leave the cases that it should judge unproven", async () => {
  const others = [{ id: "prose", prompt: "Why?", expected_output: "", expectations: ["It says why."] }];
  const made = await world({ cases: 10, others });
  const { honest } = await landing(made);
  expect(await honest()).toBe("proven");
  const configPath = join(made.folder, "overproof.yml");
  const config = await readFile(configPath, "utf8");
  await writeFile(configPath, config.replace("evaluate:\n", "evaluate:\n  judge: openai:strict\n"));
  const said = await honest();
  expect(said).toContain("judged by nobody, and the configuration names openai:strict");
  expect(said).toContain(`the results of ${names[1]} are of another text of it or of other cases`);
});

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the plan has less than it should");
  return value;
}
