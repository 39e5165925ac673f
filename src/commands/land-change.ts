import { isUtf8 } from "node:buffer";
import { Failure } from "../failure.ts";
import { setBranch } from "../git/branch.ts";
import { buildCommit, type FileChange } from "../git/commit.ts";
import { pushBranch } from "../git/push.ts";
import type { StartingPoint } from "../git/starting-point.ts";
import type { FinishedPullRequest } from "../github/finished.ts";
import { putPullRequest } from "../github/pull-request.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { type LandingPlace, lookThere, type There } from "./landing-place.ts";

/** What a run wants to change in a library, as something that can be made again when the branch has moved. */
export interface Change<Made extends MadeChange> {
  /** One for each purpose, so that a later run finds the earlier one's pull request. */
  branch: string;
  make(there: There): Promise<Made>;
  /** Whether a commit holds all of this already. */
  isIn(commit: string, there: There): Promise<boolean>;
}

export interface MadeChange {
  start: StartingPoint;
  /** On top of `start.content`; none where that says all of it. */
  changes: readonly FileChange[];
  title: string;
  body: string;
  /** Whether the text may be news for a pull request that is open already. */
  hasNews: boolean;
  /** The message of a commit on `start.parent`. */
  message(): Promise<string>;
}

export interface Landed {
  status: "created" | "updated" | "unchanged" | "committed" | "dry-run";
  branch: string;
  base: string;
  /** The commit on the branch; null when nothing was committed. */
  commit: string | null;
  number: number | null;
  url: string | null;
  title: string;
  body: string;
  /** Why nothing is proposed; absent where something is. */
  reason?: string;
}

/** How often a branch that somebody else moved meanwhile is built again. */
const maxRaces = 3;

/**
 * Turns a change into one commit on the branch of its purpose, and that into a pull request; a later run updates both.
 * The working tree and index of the repository stay as they are. A run that is killed leaves the branch as it was, or
 * with all of the change: it is moved once, by one command.
 * Throws `Failure`: 1 for a change that may not be written, 2 for wrong input, 3 when git or GitHub keep failing.
 */
export async function landChange<Made extends MadeChange>(
  change: Change<Made>,
  place: LandingPlace,
): Promise<{ landed: Landed; made: Made }> {
  const { repository, server, config, context } = place;
  const { branch } = change;
  for (let race = 0; race < maxRaces; race += 1) {
    const there = await lookThere(place, branch);
    const made = await change.make(there);
    const { start, changes, title, body } = made;
    const result = {
      branch,
      base: there.base,
      commit: null,
      number: there.pullRequest?.number ?? null,
      url: there.pullRequest?.url ?? null,
      title,
      body,
    };
    const unchanged = (reason: string, url = result.url): { landed: Landed; made: Made } => ({
      landed: { ...result, status: "unchanged", reason, url },
      made,
    });
    await requireNoSecrets([
      ...changes.flatMap(textsOf),
      { name: "The title of the pull request", text: title },
      { name: "The text of the pull request", text: body },
    ]);
    const isPushed = changes.length === 0 && start.content !== there.baseCommit;
    const hasText = there.pullRequest === undefined || made.hasNews;
    if (changes.length === 0 && !(isPushed && server && hasText)) {
      return unchanged(saidAlready(branch, there, start.content));
    }
    const { finished, tip } = there;
    // Somebody said no to it: it is not opened again before there is something new to say.
    if (finished?.isMerged === false && tip !== undefined && (await change.isIn(tip, there))) {
      return unchanged(declinedWords(finished), finished.url);
    }
    if (place.isDryRun) return { landed: { ...result, status: "dry-run" }, made };
    if (isPushed && server) return { landed: await open(place, there, result), made };

    const message = await made.message();
    await requireNoSecrets([{ name: "The message of the commit", text: message }]);
    const commit = await buildCommit(repository, {
      base: start.parent,
      changes: [...start.carried.filter(({ path }) => !changes.some((own) => own.path === path)), ...changes],
      message,
      author: config.commit,
      date: context.now(),
    });
    if (commit === null) return unchanged(saidAlready(branch, there, start.content));
    if (!server) {
      await setBranch(repository, branch, commit);
      return { landed: { ...result, status: "committed", commit }, made };
    }
    const push = { branch, commit, ...(start.rewrites ? { expected: tip ?? null } : {}) };
    if ((await pushBranch(server.link, push)) === "rejected") {
      context.reporter.info(`Somebody else pushed to ${branch} meanwhile; building the commit again.`);
      continue;
    }
    return { landed: await open(place, there, { ...result, commit }), made };
  }
  throw new Failure(`The branch ${branch} was moved by somebody else ${maxRaces} times while it was built.`, {
    remedy: "Wait for the other run to end, and run this again.",
    exitCode: 3,
  });
}

/** Files that are no text hold nothing that a pattern could find. */
function textsOf({ path, content }: FileChange): { name: string; text: string }[] {
  if (content === null) return [];
  if (typeof content === "string") return [{ name: path, text: content }];
  return isUtf8(content) ? [{ name: path, text: Buffer.from(content).toString("utf8") }] : [];
}

function saidAlready(branch: string, there: There, content: string): string {
  const where = content === there.baseCommit ? there.base : branch;
  return `The branch ${where} says all of it already.`;
}

function declinedWords({ number }: FinishedPullRequest): string {
  return `Pull request #${number} proposed exactly this and was closed without a merge; delete its branch to propose it again.`;
}

/** Opens the pull request or brings it up to date. An earlier run may have pushed and then failed right here. */
async function open(
  { server, config }: LandingPlace,
  there: There,
  result: Omit<Landed, "status" | "reason">,
): Promise<Landed> {
  if (!server) throw new TypeError("A pull request needs a server.");
  const { pullRequest, operation } = await putPullRequest(server.client, server.target.name, {
    head: result.branch,
    base: there.base,
    title: result.title,
    body: result.body,
    labels: config["pull-request"].labels,
  });
  const found = { number: pullRequest.number, url: pullRequest.url };
  if (operation === "unchanged" && result.commit === null) {
    return {
      ...result,
      ...found,
      status: "unchanged",
      reason: saidAlready(result.branch, there, result.branch),
    };
  }
  return { ...result, ...found, status: operation === "created" ? "created" : "updated" };
}
