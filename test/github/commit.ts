import { git, objectId } from "./git.ts";
import { apiAddress, pageAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Hub, Repository } from "./state.ts";
import { nodeId, timeAnswer } from "./user.ts";

export interface Person {
  name: string;
  email: string;
  date: Date;
}

export interface Commit {
  sha: string;
  tree: string;
  parents: string[];
  author: Person;
  committer: Person;
  message: string;
}

export async function readCommit(repository: Repository, sha: string): Promise<Commit> {
  const fields = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join("%x00");
  const shown = await repository.git("show", "--no-patch", `--format=${fields}`, sha);
  const [
    id = "",
    tree = "",
    parents = "",
    an = "",
    ae = "",
    ad = "",
    cn = "",
    ce = "",
    cd = "",
    message = "",
  ] = shown.split("\0");
  return {
    sha: id,
    tree,
    parents: parents.split(" ").filter((parent) => parent !== ""),
    author: { name: an, email: ae, date: new Date(ad) },
    committer: { name: cn, email: ce, date: new Date(cd) },
    message: message.replace(/\n$/, ""),
  };
}

/** Writes a commit object and returns its id. No ref moves. */
export function writeCommit(repository: Repository, commit: Omit<Commit, "sha">): Promise<string> {
  const { tree, parents, author, committer, message } = commit;
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: author.date.toISOString(),
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: committer.date.toISOString(),
  };
  const from = parents.flatMap((parent) => ["-p", parent]);
  return git(repository.directory, ["commit-tree", tree, ...from], { env, input: message });
}

/** Who commits on the server's side: GitHub uses the no-reply address of the account. */
export function personOf(login: string, date: Date): Person {
  return { name: login, email: `${login}@users.noreply.github.com`, date };
}

function personAnswer({ name, email, date }: Person): Record<string, string> {
  return { name, email, date: timeAnswer(date) };
}

const unsigned = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

function linkedParents(
  hub: Hub,
  repository: Repository,
  commit: Commit,
  kind: "git/commits" | "commits",
): unknown[] {
  return commit.parents.map((sha) => ({
    sha,
    url: apiAddress(hub, repository, `/${kind}/${sha}`),
    html_url: pageAddress(hub, repository, `/commit/${sha}`),
  }));
}

/** A commit as branches and comparisons show it. */
export async function commitAnswer(hub: Hub, repository: Repository, sha: string): Promise<unknown> {
  const commit = await readCommit(repository, sha);
  return {
    sha: commit.sha,
    node_id: nodeId("C", commit.sha),
    url: apiAddress(hub, repository, `/commits/${commit.sha}`),
    html_url: pageAddress(hub, repository, `/commit/${commit.sha}`),
    comments_url: apiAddress(hub, repository, `/commits/${commit.sha}/comments`),
    commit: {
      url: apiAddress(hub, repository, `/git/commits/${commit.sha}`),
      author: personAnswer(commit.author),
      committer: personAnswer(commit.committer),
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: apiAddress(hub, repository, `/git/trees/${commit.tree}`) },
      verification: unsigned,
    },
    author: null,
    committer: null,
    parents: linkedParents(hub, repository, commit, "commits"),
  };
}

/** A commit as the Git database shows it. */
async function gitCommitAnswer(hub: Hub, repository: Repository, sha: string): Promise<unknown> {
  const commit = await readCommit(repository, sha);
  return {
    sha: commit.sha,
    node_id: nodeId("C", commit.sha),
    url: apiAddress(hub, repository, `/git/commits/${commit.sha}`),
    html_url: pageAddress(hub, repository, `/commit/${commit.sha}`),
    author: personAnswer(commit.author),
    committer: personAnswer(commit.committer),
    message: commit.message,
    tree: { sha: commit.tree, url: apiAddress(hub, repository, `/git/trees/${commit.tree}`) },
    parents: linkedParents(hub, repository, commit, "git/commits"),
    verification: unsigned,
  };
}

interface GivenPerson {
  name?: string | undefined;
  email?: string | undefined;
  date?: string | undefined;
}

function givenPerson(given: GivenPerson | undefined, otherwise: Person): Person {
  return {
    name: given?.name ?? otherwise.name,
    email: given?.email ?? otherwise.email,
    date: given?.date === undefined ? otherwise.date : new Date(given.date),
  };
}

export const commitRoutes: [string, Route][] = [
  repositoryRoute("git/get-commit", ["contents=read"], async ({ hub, repository, path }) => {
    const sha = await objectId(repository.directory, String(path.commit_sha), "commit");
    if (sha === undefined) throw new Refusal(404, "Not Found");
    return { status: 200, body: await gitCommitAnswer(hub, repository, sha) };
  }),
  repositoryRoute("git/create-commit", ["contents=write"], async ({ hub, repository, account, body }) => {
    if ((await objectId(repository.directory, body.tree, "tree")) === undefined) {
      throw new Refusal(422, "Tree SHA does not exist");
    }
    const parents = body.parents ?? [];
    for (const parent of parents) {
      const known = await objectId(repository.directory, parent, "commit");
      if (known === undefined) throw new Refusal(422, "Parent SHA does not exist or is not a commit object");
    }
    const author = givenPerson(body.author, personOf(account.login, hub.now()));
    const committer = givenPerson(body.committer, author);
    const { tree, message } = body;
    const sha = await writeCommit(repository, { tree, parents, author, committer, message });
    return { status: 201, body: await gitCommitAnswer(hub, repository, sha) };
  }),
];
