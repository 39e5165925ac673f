import { bodyLimit, isLongerThan } from "./comment.ts";
import { diffAnswer } from "./diff.ts";
import { branchTip } from "./git.ts";
import { paged } from "./page.ts";
import { fullAnswer, simpleAnswer } from "./pull-answer.ts";
import { findPull, followBranches, headSha } from "./pull-branches.ts";
import { invalid, repositoryRoute, type Route } from "./route.ts";
import type { Pull, Repository } from "./state.ts";

function assertText(title: string | undefined, body: string | null | undefined): void {
  if (title !== undefined && title.trim() === "") {
    throw invalid("PullRequest", { code: "missing_field", field: "title" });
  }
  if (title !== undefined && isLongerThan(title, 256)) {
    const message = "title is too long (maximum is 256 characters)";
    throw invalid("PullRequest", { code: "custom", field: "title", message });
  }
  if (isLongerThan(body ?? "", bodyLimit)) {
    const message = `body is too long (maximum is ${bodyLimit} characters)`;
    throw invalid("PullRequest", { code: "custom", field: "body", message });
  }
}

/** Throws GitHub's 422 where the branches do not make a pull request that can be open. */
async function assertComparable(repository: Repository, head: string, base: string): Promise<string> {
  const headTip = await branchTip(repository.directory, head);
  if (headTip === undefined) throw invalid("PullRequest", { code: "invalid", field: "head" });
  const baseTip = await branchTip(repository.directory, base);
  if (baseTip === undefined) throw invalid("PullRequest", { code: "invalid", field: "base" });
  for (const other of repository.pulls.values()) {
    await followBranches(repository, other);
    if (other.state === "open" && other.head === head && other.base === base) {
      const message = `A pull request already exists for ${repository.owner}:${head}.`;
      throw invalid("PullRequest", { code: "custom", message });
    }
  }
  if ((await repository.git("rev-list", "--count", `${baseTip}..${headTip}`)) === "0") {
    const message = `No commits between ${base} and ${head}`;
    throw invalid("PullRequest", { code: "custom", message });
  }
  return baseTip;
}

export const pullRoutes: [string, Route][] = [
  repositoryRoute("pulls/list", ["pull_requests=read"], async (call) => {
    const { hub, repository, query } = call;
    for (const pull of repository.pulls.values()) await followBranches(repository, pull);
    // GitHub takes no notice of a `head` without an owner.
    const [, wantedHead] = /^[^:]+:(.+)$/.exec(String(query.head ?? "")) ?? [];
    const state = query.state ?? "open";
    const found = [...repository.pulls.values()].filter(
      (pull) =>
        (state === "all" || pull.state === state) &&
        (wantedHead === undefined || String(query.head) === `${repository.owner}:${pull.head}`) &&
        (query.base === undefined || pull.base === query.base),
    );
    if ((query.direction ?? "desc") === "desc") found.reverse();
    const { items, headers } = paged(found, call);
    const body = await Promise.all(items.map((pull) => simpleAnswer(hub, repository, pull)));
    return { status: 200, headers, body };
  }),
  repositoryRoute("pulls/create", ["pull_requests=write"], async ({ hub, repository, account, body }) => {
    assertText(body.title ?? "", body.body);
    const head = body.head.replace(`${repository.owner}:`, "");
    const baseSha = await assertComparable(repository, head, body.base);
    const now = hub.now();
    const pull: Pull = {
      id: hub.nextId(),
      number: repository.pulls.size + 1,
      title: body.title ?? "",
      body: body.body ?? null,
      login: account.login,
      head,
      base: body.base,
      baseSha,
      draft: body.draft ?? false,
      state: "open",
      labels: new Set(),
      createdAt: now,
      updatedAt: now,
      closedAt: null,
      merge: null,
    };
    repository.pulls.set(pull.number, pull);
    await followBranches(repository, pull);
    return { status: 201, body: await fullAnswer(hub, repository, pull) };
  }),
  repositoryRoute("pulls/get", ["pull_requests=read"], async ({ hub, repository, path }) => {
    const pull = await findPull(repository, path.pull_number);
    return { status: 200, body: await fullAnswer(hub, repository, pull) };
  }),
  repositoryRoute("pulls/update", ["pull_requests=write"], async ({ hub, repository, path, body }) => {
    const pull = await findPull(repository, path.pull_number);
    assertText(body?.title, body?.body);
    const reopens = body?.state === "open" && pull.state === "closed";
    if (reopens && pull.merge !== null) {
      const message = "state cannot be changed. The pull request is already merged.";
      throw invalid("PullRequest", { code: "custom", field: "state", message });
    }
    if (reopens || (body?.base !== undefined && body.base !== pull.base)) {
      await assertComparable(repository, pull.head, body?.base ?? pull.base);
    }
    pull.title = body?.title ?? pull.title;
    pull.body = body?.body ?? pull.body;
    pull.base = body?.base ?? pull.base;
    pull.updatedAt = hub.now();
    if (body?.state !== undefined && body.state !== pull.state) {
      pull.state = body.state;
      pull.closedAt = body.state === "closed" ? pull.updatedAt : null;
    }
    await followBranches(repository, pull);
    return { status: 200, body: await fullAnswer(hub, repository, pull) };
  }),
  repositoryRoute("pulls/list-files", ["pull_requests=read"], async (call) => {
    const { hub, repository, path } = call;
    const pull = await findPull(repository, path.pull_number);
    const head = await headSha(repository, pull);
    const mergeBase = await repository.git("merge-base", pull.baseSha, head);
    const { items, headers } = paged(await diffAnswer(hub, repository, mergeBase, head), call);
    return { status: 200, headers, body: items };
  }),
];
