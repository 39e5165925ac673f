import { paged } from "./page.ts";
import { findPull } from "./pull-branches.ts";
import { apiAddress, pageAddress } from "./repository.ts";
import { invalid, Refusal, repositoryRoute, type Permission, type Route } from "./route.ts";
import type { Comment, Hub, Repository } from "./state.ts";
import { nodeId, timeAnswer, userAnswer } from "./user.ts";

const mayRead: Permission[] = ["issues=read", "pull_requests=read"];
const mayWrite: Permission[] = ["issues=write", "pull_requests=write"];

/** GitHub's limit for the body of an issue, a pull request or a comment, in characters. */
export const bodyLimit = 65_536;

/** GitHub counts code points, JavaScript's `length` counts UTF-16 units. */
export function isLongerThan(text: string, limit: number): boolean {
  return (
    text.length > limit && text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0) > limit
  );
}

function commentAnswer(hub: Hub, repository: Repository, comment: Comment): unknown {
  return {
    id: comment.id,
    node_id: nodeId("IC", comment.id),
    url: apiAddress(hub, repository, `/issues/comments/${comment.id}`),
    html_url: pageAddress(hub, repository, `/pull/${comment.issue}#issuecomment-${comment.id}`),
    issue_url: apiAddress(hub, repository, `/issues/${comment.issue}`),
    user: userAnswer(hub, comment.login),
    body: comment.body,
    author_association: "NONE",
    created_at: timeAnswer(comment.createdAt),
    updated_at: timeAnswer(comment.updatedAt),
  };
}

function assertBody(body: string): void {
  const error = { code: "unprocessable", field: "data" };
  if (body.trim() === "") throw invalid("IssueComment", { ...error, message: "Body cannot be blank" });
  if (isLongerThan(body, bodyLimit)) {
    throw invalid("IssueComment", {
      ...error,
      message: `Body is too long (maximum is ${bodyLimit} characters)`,
    });
  }
}

function findComment(repository: Repository, id: string | undefined): Comment {
  const comment = repository.comments.get(Number(id));
  if (comment === undefined) throw new Refusal(404, "Not Found");
  return comment;
}

export const commentRoutes: [string, Route][] = [
  repositoryRoute("issues/list-comments", mayRead, async (call) => {
    const { hub, repository, path, query } = call;
    const { number } = await findPull(repository, path.issue_number);
    const since = query.since === undefined ? 0 : Date.parse(String(query.since));
    const comments = [...repository.comments.values()].filter(
      ({ issue, updatedAt }) => issue === number && updatedAt.getTime() >= since,
    );
    const { items, headers } = paged(comments, call);
    return { status: 200, headers, body: items.map((comment) => commentAnswer(hub, repository, comment)) };
  }),
  repositoryRoute("issues/create-comment", mayWrite, async ({ hub, repository, account, path, body }) => {
    const { number } = await findPull(repository, path.issue_number);
    assertBody(body.body);
    const now = hub.now();
    const comment: Comment = {
      id: hub.nextId(),
      issue: number,
      login: account.login,
      body: body.body,
      createdAt: now,
      updatedAt: now,
    };
    repository.comments.set(comment.id, comment);
    return { status: 201, body: commentAnswer(hub, repository, comment) };
  }),
  repositoryRoute("issues/get-comment", mayRead, ({ hub, repository, path }) => ({
    status: 200,
    body: commentAnswer(hub, repository, findComment(repository, path.comment_id)),
  })),
  repositoryRoute("issues/update-comment", mayWrite, ({ hub, repository, path, body }) => {
    const comment = findComment(repository, path.comment_id);
    assertBody(body.body);
    comment.body = body.body;
    comment.updatedAt = hub.now();
    return { status: 200, body: commentAnswer(hub, repository, comment) };
  }),
  repositoryRoute("issues/delete-comment", mayWrite, ({ repository, path }) => {
    repository.comments.delete(findComment(repository, path.comment_id).id);
    return { status: 204 };
  }),
];
