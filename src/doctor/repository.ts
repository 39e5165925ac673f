import { GitExit } from "../git/git.ts";
import { currentCommit, type GitRepository, remoteAddress } from "../git/repository.ts";
import { repositoryOfAddress } from "../github/repository.ts";
import { ok, type Remark, warning } from "./remark.ts";

/** The state of the clone, as far as proposals, the archive and comparisons with the base need it. */
export async function repositoryRemarks(repository: GitRepository): Promise<Remark[]> {
  const remarks: Remark[] = [];
  if ((await currentCommit(repository)) === undefined) {
    remarks.push(
      warning(
        "repository",
        "There is no commit yet",
        "Commit, so that changes have something to differ from.",
      ),
    );
  } else if ((await isShallow(repository)) === true) {
    remarks.push(
      warning(
        "repository",
        "The clone is shallow: bases and archived skills may be missing",
        "Run git fetch --unshallow.",
      ),
    );
  } else {
    remarks.push(ok("repository", repository.folder));
  }
  const address = await remoteAddress(repository);
  const remote = address === undefined ? undefined : repositoryOfAddress(address);
  remarks.push(
    remote === undefined
      ? warning(
          "remote",
          address === undefined
            ? "There is no remote named origin"
            : "The remote origin is not a repository on GitHub",
          "Add it with git remote add origin ADDRESS, to open pull requests from here.",
        )
      : ok("remote", `${remote.owner}/${remote.repo} on ${remote.host}`),
  );
  return remarks;
}

async function isShallow({ git }: GitRepository): Promise<boolean | undefined> {
  try {
    return (await git.text(["rev-parse", "--is-shallow-repository"])).trim() === "true";
  } catch (error) {
    if (error instanceof GitExit) return undefined;
    throw error;
  }
}
