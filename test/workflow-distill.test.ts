import { expect, it } from "vitest";
import { filesBelow } from "./run.ts";
import { chatCompletion } from "./model-server.ts";
import { logs } from "./world.ts";
import { endOf, name, startWorkflowWorld, type WorkflowWorld } from "./workflow-world.ts";
import { branchTrigger, workflowRunTrigger } from "./workflow-runner/triggers.ts";
import { zipOf } from "./zip.ts";

async function start(): Promise<WorkflowWorld> {
  return startWorkflowWorld({
    files: { "README.md": "# Skills\n", "overproof.yml": "model: offline\n" },
    student: chatCompletion("I do not know."),
  });
}

/** Commits a real search log. */
async function pushTrace(world: WorkflowWorld, branch = "main"): Promise<void> {
  const files = Object.entries(await filesBelow(logs)).map(([path, text]) => [
    `traces/softmax/logs/${path}`,
    text,
  ]);
  await world.github.commit(name, { branch, files: Object.fromEntries(files) as Record<string, string> });
}

it("opens a pull request for a trace that is pushed, and does nothing for one that it knows", async () => {
  await using world = await start();
  await pushTrace(world);
  const first = await world.run("distill.yml", await branchTrigger(world.github, name, "push"));
  expect(endOf(first)).toBe("success");
  const [pull, ...others] = await world.github.pulls(name);
  expect(others).toEqual([]);
  expect(pull).toMatchObject({ login: "github-actions[bot]", base: "main", state: "open" });
  expect(pull?.body).toContain("A/B");

  const again = await world.run("distill.yml", await branchTrigger(world.github, name, "push"));
  expect(endOf(again)).toBe("success");
  expect(await world.github.pulls(name)).toHaveLength(1);

  await world.merge(pull?.number ?? 0);
  const known = await world.run("distill.yml", await branchTrigger(world.github, name, "push"));
  expect(endOf(known)).toBe("success");
  expect(known.jobs["distill"]?.outputs["changed"]).toBe("false");
  expect(known.jobs["propose"]?.conclusion).toBe("skipped");
  expect(world.github.violations).toEqual([]);
}, 120_000);

it("leaves traces of other branches alone, and proposes nothing in a dry run", async () => {
  await using world = await start();
  await pushTrace(world, "draft");
  const pushed = await world.run(
    "distill.yml",
    await branchTrigger(world.github, name, "push", { branch: "draft" }),
  );
  expect(pushed.jobs["distill"]?.conclusion).toBe("skipped");
  await pushTrace(world);
  const trigger = await branchTrigger(world.github, name, "workflow_dispatch", {
    inputs: { "dry-run": "true" },
  });
  const dry = await world.run("distill.yml", trigger);
  expect(endOf(dry)).toBe("success");
  expect(dry.jobs["propose"]?.conclusion).toBe("success");
  expect(await world.github.pulls(name)).toEqual([]);
});

it("reads traces that a run of the repository uploaded, and none of a fork's run", async () => {
  await using world = await start();
  const sha = await world.github.repository(name).git("rev-parse", "main");
  const id = world.github.addRun(name, { headSha: sha, event: "push" });
  const zip = await zipOf(await filesBelow(logs));
  world.github.addArtifact(name, { runId: id, name: "traces", zip });
  const run = { id, headSha: sha };
  const foreign = { ...run, headRepository: "stranger/skills" };
  const skipped = await world.run("distill.yml", await workflowRunTrigger(world.github, name, foreign));
  expect(skipped.jobs["distill"]?.conclusion).toBe("skipped");
  const read = await world.run("distill.yml", await workflowRunTrigger(world.github, name, run));
  expect(endOf(read)).toBe("success");
  expect(await world.github.pulls(name)).toHaveLength(1);
});

it("proposes as the App where one is named, and proposes nothing with less than it needs", async () => {
  await using world = await start();
  await pushTrace(world);
  const trigger = await branchTrigger(world.github, name, "push");
  const options = {
    variables: { OVERPROOF_APP_CLIENT_ID: "Iv1.test" },
    secrets: { OVERPROOF_APP_PRIVATE_KEY: "a private key" },
  };
  const write = { contents: "write", pull_requests: "write" } as const;
  const lacking = await world.run("distill.yml", trigger, {
    ...options,
    app: { login: "overproof-test[bot]", permissions: { contents: "write" } },
  });
  expect(endOf(lacking)).toMatch(/Become the App: failure\n.*not granted to this installation/);
  expect(await world.github.pulls(name)).toEqual([]);
  const app = { login: "overproof-test[bot]", permissions: write };
  const result = await world.run("distill.yml", trigger, { ...options, app });
  expect(endOf(result)).toBe("success");
  expect(await world.github.pulls(name)).toMatchObject([{ login: "overproof-test[bot]" }]);
});
