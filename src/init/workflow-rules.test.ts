import { describe, expect, it } from "vitest";
import { type ActionInterface, usesAction, workflowFindings } from "./workflow-rules.ts";
import { readWorkflow } from "./workflow-document.ts";

const action: ActionInterface = {
  inputs: new Set(["command", "needs", "openai-api-key"]),
  isAction: (uses) => uses.startsWith("octo/overproof@"),
};
const sha = "0123456789abcdef0123456789abcdef01234567";

/** A workflow with one job, whose steps are given. */
function workflow(steps: string, more: { on?: string; job?: string; top?: string } = {}): string {
  const { on = "on: push", job = "permissions: {}", top = "permissions: {}" } = more;
  return `${on}
${top}
jobs:
  work:
    ${job}
    runs-on: ubuntu-latest
    steps:
${steps.replaceAll(/^/gm, "      ")}
`;
}

function rules(text: string): string[] {
  return workflowFindings(text, action).map(({ rule, line }) => `${rule}:${line}`);
}

it("says nothing about a workflow that is as it should be", () => {
  const steps = `- uses: actions/checkout@${sha} # v7.0.1
  with:
    persist-credentials: false
- uses: ./
- run: echo "$GITHUB_SHA" \${{ github.sha }} \${{ runner.temp }}
- uses: octo/overproof@v1
  with: { command: lint }`;
  expect(rules(workflow(steps))).toEqual([]);
});

describe("texts of strangers in scripts", () => {
  it.each([
    "github.event.pull_request.title",
    "github.head_ref",
    "github.ref_name",
    "inputs.paths",
    "steps.distill.outputs.skills",
    "needs.plan.outputs.matrix",
    "matrix.shard",
    "github.event['issue'].body",
    "format('{0}', github.event.comment.body)",
    "env.TITLE",
  ])("finds %s", (expression) => {
    expect(rules(workflow(`- run: |\n    true\n    echo \${{ ${expression} }}`))).toEqual([
      expect.stringMatching(/^injection:\d+$/),
    ]);
  });

  it("names the line, and looks into the scripts of github-script too", () => {
    const steps = `- run: |\n    one\n    two \${{ inputs.a }}\n- uses: actions/github-script@${sha} # v8\n  with:\n    script: return "\${{ inputs.b }}"`;
    const found = workflowFindings(workflow(steps), action);
    expect(found.map(({ rule }) => rule)).toEqual(["injection", "injection"]);
    expect(found[0]?.message).toContain("inputs.a");
  });

  it("leaves them alone where they are handed over as values", () => {
    const steps = `- run: echo "$TITLE"\n  env:\n    TITLE: \${{ github.event.pull_request.title }}`;
    expect(rules(workflow(steps))).toEqual([]);
  });
});

it.each([
  ["actions/setup-node@v7", "pin"],
  ["actions/setup-node@main", "pin"],
  [`actions/setup-node@${sha.slice(0, 12)}`, "pin"],
  ["docker://alpine:3", "pin"],
  [`actions/setup-node@${sha}`, "pin"],
])("finds that %s is not pinned, or does not say its version", (uses, rule) => {
  expect(rules(workflow(`- uses: ${uses}`))).toEqual([`${rule}:8`]);
});

it("finds a checkout that keeps its token", () => {
  expect(rules(workflow(`- uses: actions/checkout@${sha} # v7`))).toEqual(["persist-credentials:8"]);
});

it("finds inputs that the Action does not have, and a step without a command", () => {
  const steps = "- uses: octo/overproof@v1\n  with:\n    comand: gate";
  expect(rules(workflow(steps)).sort()).toEqual(["no-command:8", "unknown-input:10"]);
});

it("finds permissions that are not said, too wide, or without a reason", () => {
  expect(rules(workflow("- run: x", { top: "env: {}" }))).toEqual(["top-permissions:1"]);
  expect(rules(workflow("- run: x", { top: "permissions: write-all" }))).toEqual(["top-permissions:1"]);
  expect(rules(workflow("- run: x", { top: "permissions: { contents: read }" }))).toEqual([
    "top-permissions:2",
  ]);
  expect(rules(workflow("- run: x", { job: "env: {}" }))).toEqual(["job-permissions:4"]);
  expect(rules(workflow("- run: x", { job: "permissions: read-all" }))).toEqual(["job-permissions:4"]);
  const told = "permissions:\n      contents: read # to check out\n      issues: read";
  expect(rules(workflow("- run: x", { job: told }))).toEqual(["permission-reason:7"]);
});

it("finds the key of a model beside a permission to write, and a secret on a machine of one's own", () => {
  const steps =
    "- uses: octo/overproof@v1\n  with:\n    command: distill\n    openai-api-key: ${{ secrets.KEY }}";
  const job = "permissions:\n      contents: write # to push";
  expect(rules(workflow(steps, { job }))).toEqual(["split-trust:12"]);
  expect(rules(workflow(steps, { job: "permissions:\n      contents: read # to read" }))).toEqual([]);
  const own = workflow(steps).replace("runs-on: ubuntu-latest", "runs-on: [self-hosted, gpu]");
  expect(rules(own)).toEqual(["self-hosted-secret:11"]);
});

it("finds what makes a required check hang or lie", () => {
  const steps = "- uses: octo/overproof@v1\n  with: { command: gate }";
  const filtered = "on:\n  pull_request:\n    paths: [skills/**]\n  merge_group:";
  expect(rules(workflow(steps, { on: filtered }))).toEqual(["filtered-check:3"]);
  expect(rules(workflow(steps, { on: "on: pull_request" }))).toEqual(["merge-group:1"]);
  const needing = workflow(steps, { job: "permissions: {}\n    needs: [plan]" });
  expect(rules(needing)).toEqual(["always:4"]);
  expect(rules(needing.replace("needs:", "if: always()\n    needs:"))).toEqual([]);
});

it("finds pull_request_target, and what is no workflow at all", () => {
  expect(rules(workflow("- run: x", { on: "on: [pull_request_target]" }))).toEqual(["pull-request-target:1"]);
  expect(rules("jobs: [\n")).toEqual([expect.stringMatching(/^yaml:/)]);
  expect(rules("")).toEqual(["yaml:1"]);
  expect(rules("- a list")).toEqual(["yaml:1"]);
  expect(rules("jobs:\n  odd: 3\n")).toContain("job-permissions:2");
});

it("tells workflows that use the Action from others", () => {
  const read = (text: string): boolean => {
    const found = readWorkflow(text);
    return "workflow" in found && usesAction(found.workflow, action);
  };
  expect(read(workflow("- uses: octo/overproof@v1\n  with: { command: lint }"))).toBe(true);
  expect(read(workflow("- run: overproof lint"))).toBe(false);
});
