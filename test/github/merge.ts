import { personOf, readCommit, writeCommit } from "./commit.ts";
import { tryGit } from "./git.ts";
import { findPull, headSha } from "./pull-branches.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Hub, Pull, Repository } from "./state.ts";

interface Merge {
  hub: Hub;
  repository: Repository;
  pull: Pull;
  login: string;
  base: string;
  head: string;
  /** What the caller wants the commit to say, where it differs from GitHub's own words. */
  title: string | undefined;
  text: string | undefined;
}

/** The tree of both sides joined; throws GitHub's 405 on a conflict. */
async function joinedTree(repository: Repository, ours: string, theirs: string): Promise<string> {
  const joined = await tryGit(repository.directory, ["merge-tree", "--write-tree", ours, theirs]);
  if (joined.code !== 0) throw new Refusal(405, "Pull Request is not mergeable");
  return joined.stdout.toString("utf8").trim();
}

function message(title: string, text: string): string {
  return text === "" ? title : `${title}\n\n${text}`;
}

async function mergeCommit({
  hub,
  repository,
  pull,
  login,
  base,
  head,
  title,
  text,
}: Merge): Promise<string> {
  const person = personOf(login, hub.now());
  return writeCommit(repository, {
    tree: await joinedTree(repository, base, head),
    parents: [base, head],
    author: person,
    committer: person,
    message: message(
      title ?? `Merge pull request #${pull.number} from ${repository.owner}/${pull.head}`,
      text ?? pull.title,
    ),
  });
}

async function squash({ hub, repository, pull, login, base, head, title, text }: Merge): Promise<string> {
  const person = personOf(login, hub.now());
  const subjects = await repository.git("log", "--reverse", "--format=* %s", `${base}..${head}`);
  return writeCommit(repository, {
    tree: await joinedTree(repository, base, head),
    parents: [base],
    author: person,
    committer: person,
    message: message(title ?? `${pull.title} (#${pull.number})`, text ?? subjects),
  });
}

/**
 * Replays the commits one by one. A three-way merge needs the replayed commit's parent as its base: a commit that
 * holds our tree and has that parent gives git just this base (`merge-tree --merge-base` came only with git 2.40).
 */
async function rebase({ hub, repository, login, base, head }: Merge): Promise<string> {
  const shas = await repository.git("rev-list", "--reverse", "--no-merges", `${base}..${head}`);
  const committer = personOf(login, hub.now());
  let tip = base;
  for (const sha of shas.split("\n").filter(Boolean)) {
    const { author, message: text, parents } = await readCommit(repository, sha);
    const tree = await repository.git("rev-parse", `${tip}^{tree}`);
    const ours = await writeCommit(repository, { tree, parents, author, committer, message: "" });
    const replayed = await joinedTree(repository, ours, sha);
    tip = await writeCommit(repository, { tree: replayed, parents: [tip], author, committer, message: text });
  }
  return tip;
}

const methods = { merge: mergeCommit, squash, rebase };

export const mergeRoutes: [string, Route][] = [
  repositoryRoute("pulls/merge", ["contents=write"], async ({ hub, repository, account, path, body }) => {
    const pull = await findPull(repository, path.pull_number);
    if (pull.state === "closed" || pull.draft) throw new Refusal(405, "Pull Request is not mergeable");
    const head = await headSha(repository, pull);
    if (body?.sha !== undefined && body.sha !== head) {
      throw new Refusal(409, "Head branch was modified. Review and try the merge again.");
    }
    const base = pull.baseSha;
    const { login } = account;
    const words = { title: body?.commit_title, text: body?.commit_message };
    const sha = await methods[body?.merge_method ?? "merge"]({
      hub,
      repository,
      pull,
      login,
      base,
      head,
      ...words,
    });
    const moved = await tryGit(repository.directory, ["update-ref", `refs/heads/${pull.base}`, sha, base]);
    if (moved.code !== 0) throw new Refusal(405, "Base branch was modified. Review and try the merge again.");
    pull.state = "closed";
    pull.merge = { sha, login, at: hub.now() };
    pull.closedAt = pull.merge.at;
    pull.updatedAt = pull.merge.at;
    return { status: 200, body: { sha, merged: true, message: "Pull Request successfully merged" } };
  }),
];
