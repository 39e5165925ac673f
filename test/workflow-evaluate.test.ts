import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { findInterpreter } from "../src/kernels/interpreter.ts";
import { casesText, help, skillPath, skillText } from "./gate-world.ts";
import { fencedKernel, goodKernel, kernelMark, problemText, wrongKernel } from "./kernel-problems.ts";
import { chatCompletion, type Scripted } from "./model-server.ts";
import { cli, temporaryFolder } from "./run.ts";
import { endOf, name, startWorkflowWorld } from "./workflow-world.ts";
import { git } from "./github/git.ts";
import { ourProgram } from "./workflow-runner/program.ts";
import { runWorkflow } from "./workflow-runner/run-workflow.ts";
import { branchTrigger, pullRequestTrigger } from "./workflow-runner/triggers.ts";

const runners = [["ubuntu-latest"], ["self-hosted", "linux", "gpu", "h100"]];

const student: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = /question-(\d+)/.exec(text)?.[1];
  const kernel = text.includes(kernelMark) ? goodKernel("square") : wrongKernel("square");
  const answer = Number(id) % 2 === 0 || text.includes(help) ? `ANSWER-${id}-DONE` : "I do not know.";
  chatCompletion(id === undefined ? fencedKernel(kernel) : answer)(response, request);
};

const files = {
  "overproof.yml": `evaluate:
  students: ["MODEL"]
  repeats: 1
kernels: { device: cpu, pairs: 3, seconds: 0.1, trials: 1, timing: false }
`,
  [skillPath]: skillText("of old"),
  "skills/probe-skill/skill_meta.json": casesText(),
};

const kernelSkill = {
  "skills/kernel-skill/SKILL.md": skillText(kernelMark).replaceAll("probe-skill", "kernel-skill"),
  "skills/kernel-skill/evals/kernels.json": JSON.stringify({
    kernels: [{ id: "square", problem: "problems/square.py", dsl: "abi" }],
  }),
  "skills/kernel-skill/evals/problems/square.py": problemText("square"),
};

let hasPython = false;
beforeAll(async () => {
  hasPython = await findInterpreter({ environment: process.env }).then(
    () => true,
    () => false,
  );
});

it("has kernels written on one machine and measured on another, without keys and without the skill", async (test) => {
  test.skip(!hasPython, "No Python with NumPy.");
  await using world = await startWorkflowWorld({ files, student });
  const number = await world.open({ ...kernelSkill, [skillPath]: skillText(help) });
  const trigger = await pullRequestTrigger(world.github, name, number);
  const secrets = { OVERPROOF_API_KEY: "sk-a-model-key" };
  const result = await world.run("evaluate.yml", trigger, { runners, secrets });
  const [kernels] = result.jobs["kernels"]?.instances ?? [];
  expect(endOf(result)).toBe("success");
  expect(kernels?.steps.map((step) => step.log).join("\n")).not.toContain(secrets.OVERPROOF_API_KEY);
  const gate = result.jobs["gate"]?.instances[0]?.steps.find(({ id }) => id === "gate");
  expect(gate?.summary).toContain("kernel-skill");
  expect(gate?.summary).toContain("probe-skill");
  expect(gate?.outputs["key"]).toMatch(/^[0-9a-f]{32}$/);
  expect(world.github.violations).toEqual([]);
});

it("shows the table of the skills that somebody asks for by hand", async () => {
  await using world = await startWorkflowWorld({ files, student });
  const inputs = { skills: "skills/probe-skill" };
  const trigger = await branchTrigger(world.github, name, "workflow_dispatch", { inputs });
  const result = await world.run("evaluate.yml", trigger);
  expect(endOf(result)).toBe("success");
  const steps = result.jobs["gate"]?.instances[0]?.steps ?? [];
  expect(steps.find(({ id }) => id === "gate")?.outcome).toBe("skipped");
  expect(steps.find(({ id }) => id === "report")?.summary).toContain("probe-skill");
});

it("runs as init writes it, with the Action by its name", async () => {
  await using world = await startWorkflowWorld({ files, student });
  await using program = await ourProgram();
  await using other = await temporaryFolder();
  await git(other.path, ["init", "--quiet"]);
  const written = await cli(["init", "--action", "octo-org/overproof@v1", "--no-example"], {
    cwd: other.path,
  });
  expect(written).toMatchObject({ code: 0, stderr: "" });
  const workflow = join(other.path, ".github/workflows/evaluate.yml");
  expect(await readFile(workflow, "utf8")).not.toContain("job.workflow_repository");
  const number = await world.open({ [skillPath]: skillText(help) });
  const result = await runWorkflow({
    github: world.github,
    repository: name,
    workflow,
    trigger: await pullRequestTrigger(world.github, name, number),
    programs: { "octo-org/overproof": program.path },
    workflowRepository: name,
  });
  expect(endOf(result)).toBe("success");
  expect(result.jobs["gate"]?.instances).toMatchObject([{ name: "overproof / gate", conclusion: "success" }]);
});
