import { statusBehind } from "./api-failure.ts";
import type { GitHubClient } from "./client.ts";
import type { RepositoryName } from "./repository.ts";

export interface PullRequest {
  number: number;
  /** The page for people. */
  url: string;
  title: string;
  body: string;
  headSha: string;
  labels: string[];
}

/** A pull request as it should be. Head and base are branches of the same repository. */
export interface WantedPullRequest {
  head: string;
  base: string;
  title: string;
  /** Markdown, at most 65,536 characters. */
  body: string;
  /** Added to the labels that are there; none is taken away. */
  labels: readonly string[];
}

export type Operation = "created" | "updated" | "unchanged";

/** The open pull request from `head` to `base`; there is never more than one. */
export async function findPullRequest(
  client: GitHubClient,
  repository: RepositoryName,
  { head, base }: { head: string; base: string },
): Promise<PullRequest | undefined> {
  // Without the owner GitHub takes no notice of `head` and lists every pull request.
  const wanted = { ...repository, head: `${repository.owner}:${head}`, base, state: "open" } as const;
  const { data } = await client.rest.pulls.list(wanted);
  const found = data.find((pull) => pull.head.ref === head && pull.base.ref === base);
  return found === undefined ? undefined : pullRequestOf(found);
}

/**
 * Opens the pull request, or brings the open one up to date: title and body are written only where they differ, and
 * missing labels are added. Throws `Failure` (exit code 3).
 */
export async function putPullRequest(
  client: GitHubClient,
  repository: RepositoryName,
  wanted: WantedPullRequest,
): Promise<{ pullRequest: PullRequest; operation: Operation }> {
  const existing = await findPullRequest(client, repository, wanted);
  const created = existing === undefined ? await create(client, repository, wanted) : undefined;
  const before = existing ?? created ?? (await findPullRequest(client, repository, wanted));
  if (before === undefined) throw new Error("GitHub says that the pull request exists and does not list it.");
  const written = await writeText(client, repository, before, wanted);
  const labelled = await addLabels(client, repository, written ?? before, wanted.labels);
  const changed = written !== undefined || labelled !== undefined;
  const operation = changed ? "updated" : "unchanged";
  return {
    pullRequest: labelled ?? written ?? before,
    operation: created === undefined ? operation : "created",
  };
}

/** `undefined` when somebody, or a try of ours whose answer was lost, opened it meanwhile. */
async function create(
  client: GitHubClient,
  repository: RepositoryName,
  { head, base, title, body }: WantedPullRequest,
): Promise<PullRequest | undefined> {
  try {
    const { data } = await client.rest.pulls.create({ ...repository, head, base, title, body });
    return pullRequestOf(data);
  } catch (error) {
    const exists = error instanceof Error && error.message.includes("A pull request already exists");
    if (statusBehind(error) === 422 && exists) return undefined;
    throw error;
  }
}

async function writeText(
  client: GitHubClient,
  repository: RepositoryName,
  pull: PullRequest,
  { title, body }: WantedPullRequest,
): Promise<PullRequest | undefined> {
  const changes = {
    ...(pull.title === title.trim() ? {} : { title }),
    ...(sameText(pull.body, body) ? {} : { body }),
  };
  if (Object.keys(changes).length === 0) return undefined;
  const { data } = await client.rest.pulls.update({ ...repository, pull_number: pull.number, ...changes });
  return pullRequestOf(data);
}

async function addLabels(
  client: GitHubClient,
  repository: RepositoryName,
  pull: PullRequest,
  labels: readonly string[],
): Promise<PullRequest | undefined> {
  // GitHub takes labels for the same in any case.
  const present = new Set(pull.labels.map((label) => label.toLowerCase()));
  const missing = labels.filter((label) => !present.has(label.toLowerCase()));
  if (missing.length === 0) return undefined;
  const { data } = await client.rest.issues.addLabels({
    ...repository,
    issue_number: pull.number,
    labels: missing,
  });
  return { ...pull, labels: data.map(({ name }) => name) };
}

/** GitHub's editor writes other line breaks, and spaces at the end get lost. */
export function sameText(left: string, right: string): boolean {
  const plain = (text: string): string => text.replaceAll("\r\n", "\n").trimEnd();
  return plain(left) === plain(right);
}

/** The fields of GitHub's answer that are used, from the list and from the single form. */
function pullRequestOf(data: {
  number: number;
  html_url: string;
  title: string;
  body: string | null;
  head: { sha: string };
  labels: { name: string }[];
}): PullRequest {
  const { number, html_url: url, title, body, head, labels } = data;
  return { number, url, title, body: body ?? "", headSha: head.sha, labels: labels.map(({ name }) => name) };
}
