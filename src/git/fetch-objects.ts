import { Failure } from "../failure.ts";
import { GitExit } from "./git.ts";
import { fetchObjects, type Link } from "./push.ts";
import { type GitRepository, isShallow, remoteAddress, resolveCommit } from "./repository.ts";

/** Ids on one command line. */
const batch = 500;

/**
 * Makes sure that a commit is here, also in a shallow clone, by its whole id: from the server where there is one, else
 * from `origin` with the user's own access. Of a shallow clone no more than this one commit is added. Throws `Failure`
 * (exit code 3) that says what to fetch.
 */
export async function bringCommit(
  repository: GitRepository,
  link: Link | undefined,
  commit: string,
): Promise<void> {
  if ((await resolveCommit(repository, commit)) !== undefined) return;
  const shallow = await isShallow(repository);
  await bring(repository, link, [commit], { depth: shallow ? 1 : undefined });
}

/** The same for the contents of files that a partial clone left on the server. */
export async function bringBlobs(
  repository: GitRepository,
  link: Link | undefined,
  { commit, ids }: { commit: string; ids: readonly string[] },
): Promise<void> {
  if (!(await isPartial(repository))) return;
  const missing = await missingOf(repository, commit, new Set(ids));
  for (let start = 0; start < missing.length; start += batch) {
    await bring(repository, link, missing.slice(start, start + batch), { depth: undefined });
  }
}

/** Whether some objects were left on a server on purpose. */
async function isPartial({ git }: GitRepository): Promise<boolean> {
  try {
    return (await git.text(["config", "--get-regexp", String.raw`^remote\..*\.promisor$`])) !== "";
  } catch (error) {
    if (error instanceof GitExit && error.exitCode === 1) return false;
    throw error;
  }
}

/** Those of the ids that are in a commit's tree and not here; nothing is fetched to find out. */
async function missingOf(
  { git }: GitRepository,
  commit: string,
  ids: ReadonlySet<string>,
): Promise<string[]> {
  const args = ["rev-list", "--objects", "--no-walk", "--missing=print", "--no-object-names", commit];
  const listed = await git.text(args);
  return listed
    .split("\n")
    .filter((line) => line.startsWith("?"))
    .map((line) => line.slice(1))
    .filter((id) => ids.has(id));
}

async function bring(
  repository: GitRepository,
  link: Link | undefined,
  ids: readonly string[],
  { depth }: { depth: number | undefined },
): Promise<void> {
  const deep = depth === undefined ? [] : [`--depth=${depth}`];
  try {
    if (link) return await fetchObjects(link, ids, deep);
    if ((await remoteAddress(repository)) === undefined) throw await notHere(repository, ids, undefined);
    const quietly = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
    await repository.git.text(["fetch", ...quietly, ...deep, "origin", ...ids]);
  } catch (error) {
    if (error instanceof GitExit || (error instanceof Failure && link))
      throw await notHere(repository, ids, error);
    throw error;
  }
}

async function notHere(repository: GitRepository, ids: readonly string[], cause: unknown): Promise<Failure> {
  const shallow = await isShallow(repository);
  const what = shallow ? "git fetch --unshallow origin" : `git fetch origin ${ids[0] ?? ""}`;
  const isAlone = (await remoteAddress(repository)) === undefined;
  return new Failure(
    `${(ids[0] ?? "").slice(0, 12)} is not in this repository, and could not be fetched by its id.`,
    {
      remedy: isAlone
        ? "Add the repository that holds it as the remote origin, and run this again."
        : `Run: ${what}`,
      exitCode: 3,
      cause,
    },
  );
}
