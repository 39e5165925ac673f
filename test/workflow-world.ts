import { plainClient } from "./github/client.ts";
import { type FakeGitHub, startGitHub } from "./github/github.ts";
import { type ModelServer, type Scripted, startModelServer } from "./model-server.ts";
import { ourProgram, ourRepository, ourWorkflow } from "./workflow-runner/program.ts";
import { runWorkflow, type WorkflowResult } from "./workflow-runner/run-workflow.ts";
import type { Trigger, WorkflowCall } from "./workflow-runner/workflow-call.ts";
import { filesOfZip, zipOf } from "./zip.ts";

export const name = "octo/skills";
const here = { owner: "octo", repo: "skills" };
const person = "ghp_person";

/** A repository on the fake GitHub in which our workflows run. */
export interface WorkflowWorld extends AsyncDisposable {
  github: FakeGitHub;
  model: ModelServer;
  /** Opens a pull request with these changes, as a person. */
  open(files: Record<string, string | null>, branch?: string): Promise<number>;
  /** Merges one, as a person. */
  merge(number: number, method?: "merge" | "squash" | "rebase"): Promise<void>;
  /** Runs one of our own workflows. */
  run(
    workflow: string,
    trigger: Trigger,
    options?: Partial<Omit<WorkflowCall, "github" | "repository" | "workflow" | "trigger">>,
  ): Promise<WorkflowResult>;
}

/** `files` are what the repository starts with; their `MODEL` becomes the spec of a student that answers by the script. */
export async function startWorkflowWorld(options: {
  files: Record<string, string>;
  student: Scripted;
}): Promise<WorkflowWorld> {
  const stack = new AsyncDisposableStack();
  const github = stack.use(await startGitHub());
  const model = stack.use(await startModelServer(options.student));
  const program = stack.use(await ourProgram());
  const spec = `openai:fake@${model.url}/v1`;
  const files = Object.fromEntries(
    Object.entries(options.files).map(([path, text]) => [path, text.replaceAll("MODEL", spec)]),
  );
  await github.createRepository(name, { files });
  const permissions = { metadata: "read", contents: "write", pull_requests: "write" } as const;
  github.addToken(person, { login: "person", permissions, app: false });
  const { rest } = plainClient(github, person);
  return {
    github,
    model,
    async open(changes, branch = "change") {
      await github.commit(name, { branch, files: changes });
      const { data } = await rest.pulls.create({ ...here, head: branch, base: "main", title: "Change" });
      return data.number;
    },
    async merge(number, method = "merge") {
      await rest.pulls.merge({ ...here, pull_number: number, merge_method: method });
    },
    run: (workflow, trigger, more = {}) =>
      runWorkflow({
        github,
        repository: name,
        workflow: ourWorkflow(workflow),
        trigger,
        programs: { [ourRepository]: program.path },
        workflowRepository: ourRepository,
        ...more,
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Puts other files into the newest artifact of a name, as whoever could write it would. */
export async function changeArtifact(
  { github }: WorkflowWorld,
  artifact: string,
  change: (files: Record<string, string>) => void,
): Promise<void> {
  const { artifacts } = github.repository(name);
  const [id, found] = [...artifacts].findLast(([, one]) => one.name === artifact) ?? [];
  if (id === undefined || found === undefined) throw new Error(`There is no artifact ${artifact}.`);
  const files = await filesOfZip(found.zip);
  change(files);
  artifacts.delete(id);
  github.addArtifact(name, { runId: found.runId, name: artifact, zip: await zipOf(files) });
}

/** What the gate's job of a run says in its summary. */
export function gateSummary({ jobs }: WorkflowResult): string {
  const steps = jobs["gate"]?.instances[0]?.steps ?? [];
  return steps.find(({ id }) => id === "gate")?.summary ?? "";
}

/** How a run ended; where that is no success, with everything that it printed. */
export function endOf(result: WorkflowResult): string {
  if (result.conclusion === "success") return "success";
  const jobs = Object.values(result.jobs).flatMap(({ instances }) => instances);
  const log = jobs.flatMap(({ name: job, steps }) =>
    steps.map((step) => `${job} > ${step.name}: ${step.outcome}\n${step.log}`),
  );
  return [result.conclusion, ...log].join("\n");
}
