import { expect, test } from "vitest";
import { madeTrials } from "../../test/made-evaluation.ts";
import { configSchema } from "../config/config.ts";
import { makePlan } from "../evaluate/make-plan.ts";
import type { Plan, PlannedCase, PlannedStudent } from "../evaluate/plan.ts";
import { filesInMemory } from "../evaluate/skill-files.ts";
import { measuredSources, type MergedSkills } from "./merged-skills.ts";
import { noLossProof } from "./no-loss-proof.ts";
import type { SourceSkill } from "./skill-pieces.ts";

const { kernels: settings } = configSchema.parse({});
const student: PlannedStudent = {
  spec: "openai:small",
  version: "",
  runner: "chat",
  sampling: { max_output_tokens: 1000 },
};

function skillText(name: string, body: string): string {
  return `---\nname: ${name}\ndescription: What ${name} is for.\n---\n\n${body}\n`;
}

function source(name: string, files: Record<string, object>): SourceSkill {
  const bytes = Object.entries(files).map(([path, value]) => ({
    path,
    bytes: Buffer.from(JSON.stringify(value)),
  }));
  const text = skillText(name, `Load each row once, says ${name}.`);
  return { name, path: `${name}/SKILL.md`, text, evidence: undefined, files: bytes };
}

function mergeOf(survivor: string, ...sources: SourceSkill[]): MergedSkills {
  const text = skillText("rows", survivor);
  const made = { name: "rows", path: "rows/SKILL.md", text, evidence: null, files: [], ledger: [] };
  return { kind: "merge", sources, survivors: [made] };
}

function problemAt(index: number): string {
  return `${"abcdefghijklmnopqrst".charAt(index)}_rows.py`;
}

const problems = filesInMemory(
  new Map(Array.from({ length: 20 }, (_, index) => [problemAt(index), Buffer.from(`number = ${index}\n`)])),
);

/** So many kernel cases of different operators. */
function kernelCases(count: number): Record<string, object> {
  const kernels = Array.from({ length: count }, (_, index) => ({
    id: `kernel-${index}`,
    problem: problemAt(index),
    dsl: "triton",
  }));
  return { "evals/kernels.json": { kernels } };
}

async function planOf(merge: MergedSkills): Promise<Plan> {
  const measured = await measuredSources([merge], {
    hasJudge: false,
    hasAgent: false,
    kernels: { settings, problems },
  });
  return makePlan(measured, [student], {
    seed: 1,
    repeats: 5,
    maxRepeats: 5,
    thresholds: { alpha: 0.05, margin: 0.1, minimum_effect: 0.05 },
    base: null,
    pricesOf: null,
    reproduce: "",
    judge: null,
  });
}

test("every kernel case of a source has to be measured, and not just one", async () => {
  const merge = mergeOf("Load each row once.", source("wide-rows", kernelCases(20)));
  const expected = await planOf(merge);
  expect(expected.skills).toMatchObject([{ name: "wide-rows", cases: { length: 20 } }]);
  const trials = madeTrials(expected, () => ({ outcome: "passed" }));
  const proof = (plan: Plan) => noLossProof([merge], { plan, trials, noise: [] }, expected);
  expect(proof(expected)).toMatchObject({ state: "proven" });
  const skills = expected.skills.map((skill) => ({ ...skill, cases: skill.cases.slice(0, 1) }));
  expect(proof({ ...expected, skills })).toMatchObject({
    state: "unproven",
    reason: expect.stringContaining("the results of wide-rows are of another text of it or of other cases"),
  });
});

test("a plan that asks for anything else proves nothing", async () => {
  const merge = mergeOf("Load each row once.", source("wide-rows", kernelCases(20)));
  const expected = await planOf(merge);
  const trials = madeTrials(expected, () => ({ outcome: "passed" }));
  const otherCases = "the results of wide-rows are of another text of it or of other cases";
  const edits: [edit: (plan: Plan) => void, reason: string][] = [
    [(plan) => void (firstCase(plan).needs = "workspace"), otherCases],
    [(plan) => void (firstCase(plan).measurement = "triggering"), otherCases],
    [(plan) => void (firstCase(plan).source = "one for all"), otherCases],
    [(plan) => void (firstCase(plan).seen = true), otherCases],
    [(plan) => void (firstCase(plan).must_pass = true), otherCases],
    [({ skills }) => void skills[0]?.cases.push({ ...expectedCase, id: "easy" }), otherCases],
    [(plan) => void plan.skills[0]?.cases.push(firstCase(plan)), otherCases],
    [({ skills }) => void skills.push({ ...present(skills[0]), name: "easy" }), "the skill easy beyond"],
    [({ skills }) => void skills.push(present(skills[0])), "the skill wide-rows beyond the sources"],
    [(plan) => void (plan.seed = 2), "their seed is 2, and the configured one is 1"],
    [(plan) => void (plan.repeats = 6), "they are of 6 repeats"],
    [(plan) => void (plan.repeats = 4), "each case was run 4 times"],
    [(plan) => void (plan.looks = 5), "the results were looked at 5 times"],
    [
      (plan) => void (plan.judge = "openai:kind"),
      "judged by openai:kind, and the configuration names nobody",
    ],
    [(plan) => void (plan.students = []), "the student openai:small was not asked"],
    [({ students }) => void (present(students[0]).sampling = {}), "other settings than the configured"],
    [({ students }) => void (present(students[0]).version = "2"), "other settings than the configured"],
    [
      ({ students }) => void students.push({ ...present(students[0]), spec: "openai:friend" }),
      "the student openai:friend beyond the configured ones",
    ],
  ];
  const expectedCase = firstCase(expected);
  for (const [edit, reason] of edits) {
    const plan = structuredClone(expected);
    edit(plan);
    const proof = noLossProof([merge], { plan, trials, noise: [] }, expected);
    expect(proof.state).toBe("unproven");
    expect(proof.reason).toContain(reason);
  }
});

test("the figures are those of the expected plan, whatever a plan calls the folder of a skill", async () => {
  const merge = mergeOf("Load each row once.", source("wide-rows", kernelCases(20)));
  const expected = await planOf(merge);
  const skills = expected.skills.map((skill) => ({ ...skill, path: `library/${skill.path}` }));
  // A lenient threshold in the stored plan is worth nothing.
  const plan = { ...expected, skills, thresholds: { ...expected.thresholds, margin: 1 } };
  const passed = madeTrials(expected, () => ({ outcome: "passed" }));
  expect(noLossProof([merge], { plan, trials: passed, noise: [] }, expected).state).toBe("proven");
  const lost = madeTrials(expected, ({ arm, case: { id } }) => ({
    outcome: arm === "head" && /kernel-[0-5]$/.test(id) ? "failed" : "passed",
  }));
  expect(noLossProof([merge], { plan, trials: lost, noise: [] }, expected).state).toBe("unproven");
});

test("sources without a case that can be measured prove nothing", async () => {
  const merge = mergeOf("Load each row once.", source("wide-rows", {}), source("long-rows", {}));
  const expected = await planOf(merge);
  expect(noLossProof([merge], { plan: expected, trials: new Map(), noise: [] }, expected)).toEqual({
    state: "unproven",
    reason: "Neither of wide-rows and long-rows has a case that can be measured.",
  });
});

test("a survivor that holds an answer of the cases is refused", async () => {
  const answer = "the block size is four hundred and twelve";
  const evals = [
    {
      id: 1,
      prompt: "How large is the block?",
      expected_output: "",
      overproof: { checks: [{ kind: "equals", text: answer }] },
    },
  ];
  const told = source("wide-rows", { "evals/evals.json": { skill_name: "wide-rows", evals } });
  await expect(planOf(mergeOf(`Remember: ${answer}.`, told))).rejects.toMatchObject({ exitCode: 1 });
});

function firstCase({ skills }: Plan): PlannedCase {
  return present(skills[0]?.cases[0]);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the plan has less than it should");
  return value;
}

test("results that are left out prove nothing", async () => {
  const merge = mergeOf("Load each row once.", source("wide-rows", kernelCases(20)));
  const expected = await planOf(merge);
  const trials = madeTrials(expected, ({ case: { id } }) =>
    id === "kernel-3" ? null : { outcome: "passed" },
  );
  const proof = noLossProof([merge], { plan: expected, trials, noise: [] }, expected);
  expect(proof).toEqual({ state: "unproven", reason: "10 trials have no result." });
});
