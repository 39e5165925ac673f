import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import { actionInterface } from "../src/init/action-interface.ts";
import { readWorkflow } from "../src/init/workflow-document.ts";
import { type ActionInterface, workflowFindings } from "../src/init/workflow-rules.ts";
import { writtenWorkflow, writtenWorkflows } from "../src/init/written-workflow.ts";
import { allowJsonImports } from "./workflow-runner/json-imports.ts";
import actions from "./fixtures/workflows/actions.json" with { type: "json" };

const root = resolve(import.meta.dirname, "..");
const folder = join(root, ".github/workflows");
const known: Record<string, (typeof actions)[keyof typeof actions] | undefined> = actions;

/** Every workflow by what it is: ours, and those of ours as another repository gets them. */
const texts: Record<string, string> = {};
let action: ActionInterface;
let validate: typeof import("@actions/languageservice").validate;

const names = await readdir(folder);
for (const name of names) {
  const text = await readFile(join(folder, name), "utf8");
  texts[name] = text;
  if (writtenWorkflows.some((one) => one === name)) {
    texts[`${name} as written by init`] = writtenWorkflow(text, "octo-org/overproof@v1");
  }
}

beforeAll(async () => {
  action = await actionInterface(root);
  allowJsonImports();
  ({ validate } = await import("@actions/languageservice"));
});

/** What GitHub's language service says, as it would in an editor. It knows the inputs of the actions that are used. */
async function complaints(name: string, text: string): Promise<string[]> {
  const uri = pathToFileURL(join(folder, name)).href;
  const found = await validate(TextDocument.create(uri, "yaml", 1, text), {
    actionsMetadataProvider: {
      async fetchActionMetadata({ owner, name: repository, ref }) {
        const found = known[`${owner}/${repository}`];
        if (found === undefined || found.sha !== ref) return undefined;
        const inputs = Object.entries(found.inputs).map(([input, rest]) => [
          input,
          { description: input, ...rest },
        ]);
        return { name: repository, description: repository, inputs: Object.fromEntries(inputs) };
      },
    },
  });
  return found.map(({ message, range }) => `${range.start.line + 1}: ${JSON.stringify(message)}`);
}

describe.each(Object.entries(texts))("%s", (name, text) => {
  it("is what GitHub's language service takes", async () => {
    const file = name.split(" ")[0] ?? name;
    expect(await complaints(file, text)).toEqual([]);
  });

  it("breaks none of our own rules", () => {
    expect(workflowFindings(text, action)).toEqual([]);
  });

  it("pins actions by the commit of their version's tag", () => {
    const read = readWorkflow(text);
    const steps = "workflow" in read ? read.workflow.jobs.flatMap((job) => job.steps) : [];
    const foreign = steps.filter(
      ({ uses }) => /^[\w-]+\//.test(uses?.text ?? "") && !action.isAction(uses?.text ?? ""),
    );
    for (const { uses, usesComment } of foreign) {
      const [name = "", sha] = uses?.text.split("@") ?? [];
      expect({ name, sha, version: usesComment }).toEqual({
        name,
        sha: known[name]?.sha,
        version: known[name]?.version,
      });
    }
  });
});

it("action.yml is what GitHub's language service takes", async () => {
  expect(await complaints("../../action.yml", await readFile(join(root, "action.yml"), "utf8"))).toEqual([]);
});

it("tells a broken workflow by the language service and by our rules", async () => {
  const text = `on: pull_requests
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@${actions["actions/checkout"].sha}
        with: { fetch-deepth: 0 }
      - run: echo "\${{ github.event.pull_request.title }}"
`;
  const said = (await complaints("broken.yml", text)).join("\n");
  expect(said).toContain("Unexpected value 'pull_requests'");
  expect(said).toContain("Invalid action input 'fetch-deepth'");
  expect(workflowFindings(text, action).map(({ rule }) => rule)).toEqual([
    "top-permissions",
    "job-permissions",
    "pin",
    "persist-credentials",
    "injection",
  ]);
});

it("leaves nothing in what init writes that only works beside this repository", () => {
  for (const name of writtenWorkflows) {
    const text = texts[`${name} as written by init`] ?? "";
    expect(text).not.toMatch(/job\.workflow_|workflow_call|uses: \.\//);
    expect(text).toContain("uses: octo-org/overproof@v1");
    expect(text.startsWith("# ")).toBe(true);
  }
});
