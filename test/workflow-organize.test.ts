import { expect, it } from "vitest";
import { chatCompletion } from "./model-server.ts";
import { overlappingSkills } from "./overlapping-skills.ts";
import { endOf, name, startWorkflowWorld, type WorkflowWorld } from "./workflow-world.ts";
import { branchTrigger } from "./workflow-runner/triggers.ts";

async function start(): Promise<WorkflowWorld> {
  return startWorkflowWorld({
    files: { "README.md": "# Skills\n", "overproof.yml": "model: offline\n", ...overlappingSkills() },
    student: chatCompletion("I do not know."),
  });
}

it("merges twins by a pull request, and has nothing to do once it is merged", async () => {
  await using world = await start();
  const first = await world.run("organize.yml", await branchTrigger(world.github, name, "schedule"));
  expect(endOf(first)).toBe("success");
  const [pull] = await world.github.pulls(name);
  expect(pull).toMatchObject({ login: "github-actions[bot]", base: "main", state: "open" });
  await world.merge(pull?.number ?? 0);
  const { git } = world.github.repository(name);
  expect(await git("show", "main:.overproof/archive.json")).toContain("triton-cuda-case-reduction-wide-rows");
  const skills = await git("ls-tree", "-r", "--name-only", "main", "skills/");
  expect(skills).toContain("triton-cuda-merged-");
  expect(skills).not.toContain("triton-cuda-case-reduction-wide-rows/");
  const again = await world.run("organize.yml", await branchTrigger(world.github, name, "schedule"));
  expect(endOf(again)).toBe("success");
  expect(again.jobs["propose"]?.conclusion).toBe("skipped");

  const inputs = { name: "triton-cuda-case-reduction-wide-rows" };
  const restored = await world.run(
    "restore.yml",
    await branchTrigger(world.github, name, "workflow_dispatch", { inputs }),
  );
  expect(endOf(restored)).toBe("success");
  expect(await world.github.pulls(name)).toHaveLength(2);
  expect(world.github.violations).toEqual([]);
}, 120_000);

it("proposes nothing in a dry run, and nothing outside of the scope that is asked for", async () => {
  await using world = await start();
  const { github } = world;
  const dry = await branchTrigger(github, name, "workflow_dispatch", { inputs: { "dry-run": "true" } });
  expect(endOf(await world.run("organize.yml", dry))).toBe("success");
  const other = await branchTrigger(github, name, "workflow_dispatch", { inputs: { scope: "cpp" } });
  await world.run("organize.yml", other);
  expect(await github.pulls(name)).toEqual([]);
});
