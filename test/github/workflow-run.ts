import { readCommit } from "./commit.ts";
import { objectId } from "./git.ts";
import { apiAddress, pageAddress, repositoryAnswer } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Hub, Repository, WorkflowRun } from "./state.ts";
import { nodeId, timeAnswer } from "./user.ts";

export interface NewRun {
  headSha: string;
  headBranch?: string;
  event?: string;
}

export function addRun(hub: Hub, repository: Repository, run: NewRun): number {
  const { headSha, headBranch = repository.defaultBranch, event = "pull_request" } = run;
  const id = hub.nextId();
  repository.runs.set(id, { id, headSha, headBranch, event, at: hub.now() });
  return id;
}

async function runAnswer(hub: Hub, repository: Repository, run: WorkflowRun): Promise<unknown> {
  const self = apiAddress(hub, repository, `/actions/runs/${run.id}`);
  const workflow = 1;
  return {
    id: run.id,
    node_id: nodeId("WFR", run.id),
    name: "Traces",
    path: ".github/workflows/traces.yml",
    display_title: "Traces",
    run_number: 1,
    run_attempt: 1,
    event: run.event,
    status: "completed",
    conclusion: "success",
    head_branch: run.headBranch,
    head_sha: run.headSha,
    head_commit: await headCommit(repository, run.headSha),
    repository: repositoryAnswer(hub, repository),
    head_repository: repositoryAnswer(hub, repository),
    workflow_id: workflow,
    workflow_url: apiAddress(hub, repository, `/actions/workflows/${workflow}`),
    pull_requests: [],
    created_at: timeAnswer(run.at),
    updated_at: timeAnswer(run.at),
    url: self,
    html_url: pageAddress(hub, repository, `/actions/runs/${run.id}`),
    jobs_url: `${self}/jobs`,
    logs_url: `${self}/logs`,
    cancel_url: `${self}/cancel`,
    rerun_url: `${self}/rerun`,
    artifacts_url: `${self}/artifacts`,
    check_suite_url: apiAddress(hub, repository, `/check-suites/${run.id}`),
  };
}

/** Null for a commit that this repository does not have, such as one of a fork. */
async function headCommit(repository: Repository, sha: string): Promise<unknown> {
  if ((await objectId(repository.directory, sha, "commit")) === undefined) return null;
  const { tree, message, author, committer } = await readCommit(repository, sha);
  return {
    id: sha,
    tree_id: tree,
    message,
    timestamp: timeAnswer(committer.date),
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
  };
}

/** The run of that id; a 404 where there is none. */
export function findRun(repository: Repository, id: string | undefined): WorkflowRun {
  const run = repository.runs.get(Number(id));
  if (run === undefined) throw new Refusal(404, "Not Found");
  return run;
}

export const workflowRunRoutes: [string, Route][] = [
  repositoryRoute("actions/get-workflow-run", ["actions=read"], async ({ hub, repository, path }) => ({
    status: 200,
    body: await runAnswer(hub, repository, findRun(repository, path.run_id)),
  })),
];
