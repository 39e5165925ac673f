import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { expect, it } from "vitest";
import { packageFolder, workflowsFolder } from "./package-folder.ts";
import { writtenWorkflow, writtenWorkflows } from "./written-workflow.ts";

interface Workflow {
  on: Record<string, unknown>;
  jobs: Record<string, { name?: string; steps: { name?: string; uses?: string; with?: unknown }[] }>;
}

it.each(writtenWorkflows)(
  "%s keeps every job and every step but the one that brings the program along",
  async (name) => {
    const text = await readFile(join(await packageFolder(), workflowsFolder, name), "utf8");
    const ours = parse(text) as Workflow;
    const written = parse(writtenWorkflow(text, "octo/overproof@v2")) as Workflow;
    expect(Object.keys(written.jobs)).toEqual(Object.keys(ours.jobs));
    for (const [id, { steps }] of Object.entries(ours.jobs)) {
      const kept = steps
        .filter((step) => step.name !== "Get Overproof")
        .map((step) => (step.uses === "./.overproof/action" ? { ...step, uses: "octo/overproof@v2" } : step));
      expect(written.jobs[id]?.steps).toEqual(kept);
    }
    const { workflow_call: _, ...events } = ours.on;
    expect(written.on).toEqual(events);
  },
);

it("gives the required check its name, and keeps comments", async () => {
  const text = await readFile(join(await packageFolder(), workflowsFolder, "evaluate.yml"), "utf8");
  const written = writtenWorkflow(text, "octo/overproof@v2");
  expect((parse(written) as Workflow).jobs["gate"]?.name).toBe("overproof / gate");
  expect(written).toContain("contents: read # to see what changed");
  expect(written).toMatch(/actions\/checkout@[0-9a-f]{40} # v\d/);
  expect(written.startsWith("# The required check")).toBe(true);
});

it("refuses what is no workflow of ours", () => {
  expect(() => writtenWorkflow("on: {}\n", "octo/overproof@v2")).toThrow("no jobs");
});
