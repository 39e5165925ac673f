import { diffAnswer } from "./diff.ts";
import { tryGit } from "./git.ts";
import { labelAnswers } from "./label.ts";
import { headSha } from "./pull-branches.ts";
import { apiAddress, pageAddress, repositoryAnswer } from "./repository.ts";
import type { Hub, Pull, Repository } from "./state.ts";
import { nodeId, timeAnswer, userAnswer } from "./user.ts";

/** Whether git can merge the two commits; a closed pull request is not asked. */
async function isMergeable(repository: Repository, base: string, head: string): Promise<boolean> {
  return (await tryGit(repository.directory, ["merge-tree", "--write-tree", base, head])).code === 0;
}

/** A pull request as lists show it. */
export async function simpleAnswer(
  hub: Hub,
  repository: Repository,
  pull: Pull,
): Promise<Record<string, unknown>> {
  const api = apiAddress(hub, repository, `/pulls/${pull.number}`);
  const issue = apiAddress(hub, repository, `/issues/${pull.number}`);
  const page = pageAddress(hub, repository, `/pull/${pull.number}`);
  const head = await headSha(repository, pull);
  const owner = userAnswer(hub, repository.owner);
  const repo = repositoryAnswer(hub, repository);
  const statuses = apiAddress(hub, repository, `/statuses/${head}`);
  return {
    id: pull.id,
    node_id: nodeId("PR", pull.id),
    number: pull.number,
    url: api,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    commits_url: `${api}/commits`,
    review_comments_url: `${api}/comments`,
    review_comment_url: apiAddress(hub, repository, "/pulls/comments{/number}"),
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    state: pull.state,
    locked: false,
    draft: pull.draft,
    title: pull.title,
    body: pull.body,
    user: userAnswer(hub, pull.login),
    labels: labelAnswers(hub, repository, pull.labels),
    milestone: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: { label: `${repository.owner}:${pull.head}`, ref: pull.head, sha: head, user: owner, repo },
    base: { label: `${repository.owner}:${pull.base}`, ref: pull.base, sha: pull.baseSha, user: owner, repo },
    created_at: timeAnswer(pull.createdAt),
    updated_at: timeAnswer(pull.updatedAt),
    closed_at: pull.closedAt === null ? null : timeAnswer(pull.closedAt),
    merged_at: pull.merge === null ? null : timeAnswer(pull.merge.at),
    merge_commit_sha: pull.merge?.sha ?? null,
    author_association: "CONTRIBUTOR",
    auto_merge: null,
    _links: {
      self: { href: api },
      html: { href: page },
      issue: { href: issue },
      comments: { href: `${issue}/comments` },
      review_comments: { href: `${api}/comments` },
      review_comment: { href: apiAddress(hub, repository, "/pulls/comments{/number}") },
      commits: { href: `${api}/commits` },
      statuses: { href: statuses },
    },
  };
}

/** A pull request on its own, with what git says about its files and its merge. */
export async function fullAnswer(
  hub: Hub,
  repository: Repository,
  pull: Pull,
): Promise<Record<string, unknown>> {
  const head = await headSha(repository, pull);
  const mergeBase = await repository.git("merge-base", pull.baseSha, head);
  const files = await diffAnswer(hub, repository, mergeBase, head);
  const mergeable = pull.state === "open" ? await isMergeable(repository, pull.baseSha, head) : null;
  const states = new Map([
    [true, "clean"],
    [false, "dirty"],
  ]);
  return {
    ...(await simpleAnswer(hub, repository, pull)),
    merged: pull.merge !== null,
    merged_by: pull.merge === null ? null : userAnswer(hub, pull.merge.login),
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? "unknown" : states.get(mergeable),
    maintainer_can_modify: false,
    comments: [...repository.comments.values()].filter(({ issue }) => issue === pull.number).length,
    review_comments: 0,
    commits: Number(await repository.git("rev-list", "--count", `${pull.baseSha}..${head}`)),
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}
