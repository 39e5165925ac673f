import type { FakeGitHub } from "../github/github.ts";
import type { Trigger } from "./workflow-call.ts";

const actor = "person";

/** What a pull request brings with it when it is opened or pushed to. A fork's is one whose head is said to lie elsewhere. */
export async function pullRequestTrigger(
  github: FakeGitHub,
  fullName: string,
  number: number,
  options: { isFork?: boolean } = {},
): Promise<Trigger> {
  const { isFork = false } = options;
  const repository = github.repository(fullName);
  const pull = (await github.pulls(fullName)).find((one) => one.number === number);
  if (pull === undefined) throw new Error(`There is no pull request ${number}.`);
  const head = await repository.git("rev-parse", `refs/pull/${number}/head`);
  const base = await repository.git("rev-parse", `refs/heads/${pull.base}`);
  const sha = await mergeOf(github, fullName, base, head, `Merge ${head} into ${base}`);
  const here = { id: repository.id, full_name: fullName, default_branch: repository.defaultBranch };
  const there = isFork
    ? { id: repository.id + 1, full_name: `stranger/${repository.name}`, fork: true }
    : here;
  return {
    eventName: "pull_request",
    event: {
      action: "synchronize",
      number,
      pull_request: {
        number,
        head: { sha: head, ref: pull.head, repo: there },
        base: { sha: base, ref: pull.base, repo: here },
      },
      repository: here,
    },
    ref: `refs/pull/${number}/merge`,
    sha,
    actor,
    isFork,
  };
}

/** What the merge queue asks for: the pull request on top of its target branch, as a branch of the queue. */
export async function mergeGroupTrigger(
  github: FakeGitHub,
  fullName: string,
  number: number,
): Promise<Trigger> {
  const { event } = await pullRequestTrigger(github, fullName, number);
  const { head, base } = (event as { pull_request: Record<"head" | "base", { sha: string; ref: string }> })
    .pull_request;
  const repository = github.repository(fullName);
  const ref = `refs/heads/gh-readonly-queue/${base.ref}/pr-${number}-${base.sha}`;
  const sha = await mergeOf(github, fullName, base.sha, head.sha, `Merge pull request #${number}`);
  await repository.git("update-ref", ref, sha);
  const group = { head_sha: sha, head_ref: ref, base_sha: base.sha, base_ref: `refs/heads/${base.ref}` };
  const here = { id: repository.id, full_name: fullName, default_branch: repository.defaultBranch };
  return {
    eventName: "merge_group",
    event: { action: "checks_requested", merge_group: group, repository: here },
    ref,
    sha,
    actor,
    isFork: false,
  };
}

/** What comes of a push to a branch, of a schedule, and of a start by hand: the tip of a branch. */
export async function branchTrigger(
  github: FakeGitHub,
  fullName: string,
  eventName: "push" | "schedule" | "workflow_dispatch",
  options: { branch?: string; inputs?: Record<string, unknown> } = {},
): Promise<Trigger> {
  const repository = github.repository(fullName);
  const { branch = repository.defaultBranch, inputs } = options;
  const here = { id: repository.id, full_name: fullName, default_branch: repository.defaultBranch };
  return {
    eventName,
    event: { repository: here, ...(inputs === undefined ? {} : { inputs }) },
    ref: `refs/heads/${branch}`,
    sha: await repository.git("rev-parse", `refs/heads/${branch}`),
    actor,
    isFork: false,
  };
}

/** What comes of the end of another workflow's run. */
export async function workflowRunTrigger(
  github: FakeGitHub,
  fullName: string,
  run: { id: number; headSha: string; headRepository?: string; conclusion?: string },
): Promise<Trigger> {
  const { event, ...rest } = await branchTrigger(github, fullName, "push");
  const { id, headSha, headRepository = fullName, conclusion = "success" } = run;
  const ended = { id, head_sha: headSha, conclusion, head_repository: { full_name: headRepository } };
  return {
    ...rest,
    eventName: "workflow_run",
    event: { ...event, action: "completed", workflow_run: ended },
  };
}

/** The commit that joins two others. Throws where they conflict: GitHub starts nothing then. */
async function mergeOf(
  github: FakeGitHub,
  fullName: string,
  base: string,
  head: string,
  message: string,
): Promise<string> {
  const { git } = github.repository(fullName);
  const tree = await git("merge-tree", "--write-tree", base, head);
  const person = ["-c", "user.name=GitHub", "-c", "user.email=noreply@github.com"];
  return git(...person, "commit-tree", tree, "-p", base, "-p", head, "-m", message);
}
