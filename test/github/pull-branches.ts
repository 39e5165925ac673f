import { branchTip } from "./git.ts";
import { Refusal } from "./route.ts";
import type { Pull, Repository } from "./state.ts";

/** Where GitHub keeps the head of a pull request; it outlives the branch. */
function headRef(pull: Pull): string {
  return `refs/pull/${pull.number}/head`;
}

/** Lets an open pull request follow its branches. One whose head or base branch is gone is closed. */
export async function followBranches(repository: Repository, pull: Pull): Promise<void> {
  if (pull.state === "closed") return;
  const head = await branchTip(repository.directory, pull.head);
  const base = await branchTip(repository.directory, pull.base);
  if (head === undefined || base === undefined) {
    pull.state = "closed";
    pull.closedAt = pull.updatedAt;
    return;
  }
  pull.baseSha = base;
  await repository.git("update-ref", headRef(pull), head);
}

export function headSha(repository: Repository, pull: Pull): Promise<string> {
  return repository.git("rev-parse", headRef(pull));
}

/** The pull request with that number, brought up to date; throws GitHub's 404. */
export async function findPull(repository: Repository, number: string | undefined): Promise<Pull> {
  const pull = repository.pulls.get(Number(number));
  if (pull === undefined) throw new Refusal(404, "Not Found");
  await followBranches(repository, pull);
  return pull;
}
