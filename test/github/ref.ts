import { objectId, tryGit } from "./git.ts";
import { apiAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Hub, Repository } from "./state.ts";
import { nodeId } from "./user.ts";

async function refAnswer(hub: Hub, repository: Repository, ref: string): Promise<unknown> {
  const sha = await repository.git("rev-parse", ref);
  const type = await repository.git("cat-file", "-t", sha);
  return {
    ref,
    node_id: nodeId("REF", `${repository.fullName}:${ref}`),
    url: apiAddress(hub, repository, `/git/${ref}`),
    object: { type, sha, url: apiAddress(hub, repository, `/git/${type}s/${sha}`) },
  };
}

async function exists(repository: Repository, ref: string): Promise<boolean> {
  return (await tryGit(repository.directory, ["show-ref", "--verify", "--quiet", ref])).code === 0;
}

/** `expected` is the old value, all zeros for a ref that must be new: two writers at once cannot both win. */
async function setRef(repository: Repository, ref: string, sha: string, expected: string): Promise<void> {
  const { code } = await tryGit(repository.directory, ["update-ref", ref, sha, expected]);
  if (code !== 0) throw new Refusal(422, "Reference cannot be updated");
}

async function assertCommit(repository: Repository, sha: string): Promise<void> {
  const isId = /^[0-9a-f]{40}$/.test(sha);
  if (!isId || (await objectId(repository.directory, sha, "commit")) === undefined) {
    throw new Refusal(422, "Object does not exist");
  }
}

const none = "0".repeat(40);

export const refRoutes: [string, Route][] = [
  repositoryRoute("git/get-ref", ["contents=read"], async ({ hub, repository, path }) => {
    const ref = `refs/${path.ref}`;
    if (!(await exists(repository, ref))) throw new Refusal(404, "Not Found");
    return { status: 200, body: await refAnswer(hub, repository, ref) };
  }),
  repositoryRoute("git/create-ref", ["contents=write"], async ({ hub, repository, body }) => {
    const wellFormed = await tryGit(repository.directory, ["check-ref-format", body.ref]);
    if (wellFormed.code !== 0 || !/^refs\/[^/]+\/./.test(body.ref)) {
      throw new Refusal(422, `${body.ref} is not a valid ref name.`);
    }
    await assertCommit(repository, body.sha);
    if (await exists(repository, body.ref)) throw new Refusal(422, "Reference already exists");
    await setRef(repository, body.ref, body.sha, none);
    return { status: 201, body: await refAnswer(hub, repository, body.ref) };
  }),
  repositoryRoute("git/update-ref", ["contents=write"], async ({ hub, repository, path, body }) => {
    const ref = `refs/${path.ref}`;
    if (!(await exists(repository, ref))) throw new Refusal(422, "Reference does not exist");
    await assertCommit(repository, body.sha);
    const before = await repository.git("rev-parse", ref);
    const forward = await tryGit(repository.directory, ["merge-base", "--is-ancestor", before, body.sha]);
    if (body.force !== true && forward.code !== 0) throw new Refusal(422, "Update is not a fast forward");
    await setRef(repository, ref, body.sha, before);
    return { status: 200, body: await refAnswer(hub, repository, ref) };
  }),
  repositoryRoute("git/delete-ref", ["contents=write"], async ({ repository, path }) => {
    const ref = `refs/${path.ref}`;
    if (!(await exists(repository, ref))) throw new Refusal(422, "Reference does not exist");
    await repository.git("update-ref", "-d", ref);
    return { status: 204 };
  }),
];
