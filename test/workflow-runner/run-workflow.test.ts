import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startGitHub } from "../github/github.ts";
import { temporaryFolder } from "../run.ts";
import { runWorkflow, type WorkflowResult } from "./run-workflow.ts";
import { branchTrigger } from "./triggers.ts";
import type { WorkflowCall } from "./workflow-call.ts";

const name = "octo/skills";
const checkout = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1";

/** Runs the jobs of a workflow that is started by hand. */
async function runJobs(
  jobs: string,
  options: Partial<WorkflowCall> & { inputs?: Record<string, unknown> } = {},
): Promise<WorkflowResult> {
  await using github = await startGitHub();
  await using folder = await temporaryFolder();
  await github.createRepository(name, { files: { "a.txt": "A\n", "deep/b.txt": "B\n" } });
  const workflow = join(folder.path, "test.yml");
  const on =
    "on:\n  workflow_dispatch:\n    inputs:\n      word: { default: none }\n      flag: { type: boolean }\n";
  await writeFile(workflow, `name: test\n${on}permissions: {}\njobs:\n${jobs}`);
  const { inputs = {}, ...more } = options;
  const trigger = await branchTrigger(github, name, "workflow_dispatch", { inputs });
  const fixed = { github, repository: name, workflow, trigger, programs: {}, workflowRepository: name };
  return await runWorkflow({ ...fixed, ...more });
}

function conclusions({ jobs }: WorkflowResult): Record<string, string> {
  return Object.fromEntries(Object.entries(jobs).map(([id, { conclusion }]) => [id, conclusion]));
}

it("hands outputs from step to step and from job to job, through a matrix that a job makes", async () => {
  const result = await runJobs(
    `
  one:
    runs-on: ubuntu-latest
    outputs: { list: "\${{ steps.make.outputs.list }}" }
    steps:
      - id: make
        run: |
          echo 'list<<END' >>"$GITHUB_OUTPUT"
          echo '[{"n": 1}, {"n": 2}]' >>"$GITHUB_OUTPUT"
          echo END >>"$GITHUB_OUTPUT"
          echo "GREETING=hello" >>"$GITHUB_ENV"
      - env: { WORD: "\${{ inputs.word }} \${{ inputs.flag }}" }
        run: echo "$GREETING, $WORD" >>"$GITHUB_STEP_SUMMARY"
  two:
    needs: one
    name: two (\${{ matrix.n }})
    strategy: { matrix: { include: "\${{ fromJSON(needs.one.outputs.list) }}" } }
    runs-on: ubuntu-latest
    steps: [run: 'test "\${{ matrix.n }}" -gt 0']
`,
    { inputs: { word: "world", flag: "true" } },
  );
  expect(conclusions(result)).toEqual({ one: "success", two: "success" });
  expect(result.jobs["one"]?.instances[0]?.steps[1]?.summary).toBe("hello, world true\n");
  expect(result.jobs["two"]?.instances.map(({ name: job }) => job)).toEqual(["two (1)", "two (2)"]);
});

it("skips what follows a failure, but for what asks to run all the same", async () => {
  const result = await runJobs(`
  bad:
    runs-on: ubuntu-latest
    steps:
      - { run: exit 3, continue-on-error: true, id: borne }
      - { run: 'test "\${{ steps.borne.outcome }} \${{ steps.borne.conclusion }}" = "failure success"' }
      - { run: exit 4 }
      - { run: echo never }
      - { run: echo cleaned, if: failure() }
  skipped:
    needs: bad
    runs-on: ubuntu-latest
    steps: [{ run: echo never }]
  after:
    needs: skipped
    runs-on: ubuntu-latest
    steps: [{ run: echo never }]
  last:
    needs: [bad, skipped]
    if: always()
    runs-on: ubuntu-latest
    steps: [{ run: 'test "\${{ needs.bad.result }} \${{ needs.skipped.result }}" = "failure skipped"' }]
`);
  expect(conclusions(result)).toEqual({
    bad: "failure",
    skipped: "skipped",
    after: "skipped",
    last: "success",
  });
  const steps = result.jobs["bad"]?.instances[0]?.steps.map(({ conclusion }) => conclusion);
  expect(steps).toEqual(["success", "success", "failure", "skipped", "success"]);
  expect(result.conclusion).toBe("failure");
});

it("cancels a job that finds no machine, one that nobody approves of, and a run that somebody stops", async () => {
  const jobs = `
  gpu:
    runs-on: [self-hosted, gpu]
    steps: [{ run: echo measured }]
  guarded:
    environment: \${{ inputs.word != 'none' && 'gpu' || '' }}
    runs-on: ubuntu-latest
    steps: [{ run: echo approved }]
  last:
    needs: [gpu, guarded]
    if: always()
    runs-on: ubuntu-latest
    steps: [run: 'echo "\${{ needs.gpu.result }}"']
`;
  expect(conclusions(await runJobs(jobs))).toEqual({ gpu: "cancelled", guarded: "success", last: "success" });
  const runners = [["ubuntu-latest"], ["self-hosted", "linux", "gpu"]];
  const inputs = { word: "some" };
  const refused = await runJobs(jobs, { runners, inputs });
  expect(conclusions(refused)).toEqual({ gpu: "success", guarded: "failure", last: "success" });
  const approved = await runJobs(jobs, { runners, inputs, approved: ["gpu"] });
  expect(conclusions(approved)).toEqual({ gpu: "success", guarded: "success", last: "success" });
  const stopped = await runJobs(jobs, { runners, cancelAt: "guarded" });
  expect(conclusions(stopped)).toEqual({ gpu: "success", guarded: "cancelled", last: "success" });
});

it("checks out with the rights of the job, in whole or in part, and carries files by artifacts", async () => {
  const result = await runJobs(`
  pack:
    runs-on: ubuntu-latest
    permissions: { contents: read }
    steps:
      - { uses: ${checkout}, with: { persist-credentials: false, fetch-depth: 0 } }
      - { run: mkdir -p out/.hidden && cp a.txt deep/b.txt out/ && cp a.txt out/.hidden/ }
      - { uses: actions/upload-artifact@v7, with: { name: files, path: out } }
      - { uses: actions/upload-artifact@v7, with: { name: files-2, path: "out/a.txt\\ndeep" } }
      - { uses: actions/upload-artifact@v7, with: { name: none, path: nowhere } }
  unpack:
    needs: pack
    runs-on: ubuntu-latest
    permissions: { contents: read }
    steps:
      - uses: ${checkout}
        with: { persist-credentials: false, sparse-checkout: deep, sparse-checkout-cone-mode: false }
      - { run: test ! -e a.txt && test -e deep/b.txt }
      - { uses: actions/download-artifact@v8, with: { name: files, path: one } }
      - { run: test -e one/a.txt && test -e one/b.txt && test ! -e one/.hidden }
      - { uses: actions/download-artifact@v8, with: { pattern: files*, path: all } }
      - { run: test -e all/files/a.txt && test -e all/files-2/out/a.txt && test -e all/files-2/deep/b.txt }
      - { uses: actions/download-artifact@v8, with: { pattern: files-*, path: flat } }
      - { run: test -e flat/deep/b.txt }
  denied:
    runs-on: ubuntu-latest
    permissions: {}
    steps: [{ uses: ${checkout}, with: { persist-credentials: false } }]
  missing:
    runs-on: ubuntu-latest
    steps: [{ uses: actions/download-artifact@v8, with: { name: other } }]
`);
  expect(conclusions(result)).toEqual({
    pack: "success",
    unpack: "success",
    denied: "failure",
    missing: "failure",
  });
});

it("refuses a workflow that GitHub would refuse", async () => {
  const job = "  one:\n    runs-on: ubuntu-latest\n    steps: [{ run: echo }]\n";
  const second = job.replace("one:", "two:\n    needs: three");
  await expect(runJobs(job + second)).rejects.toThrow("three");
  await expect(runJobs("  one:\n    steps: [{ run: echo }]\n")).rejects.toThrow("runs-on");
  await expect(runJobs(job, { inputs: { other: 1 } })).rejects.toThrow("Unexpected inputs provided: other");
});
