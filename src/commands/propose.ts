import { readFile } from "node:fs/promises";
import { groupBy } from "../group-by.ts";
import { relative, resolve, sep } from "node:path";
import type { Config } from "../config/config.ts";
import { libraryHome, type LibraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import {
  type AppliedSkill,
  applyProposal,
  compareSkills,
  type LibrarySnapshot,
  type ReviewedSkill,
} from "../distill/apply-proposal.ts";
import { parseProposal, type Proposal } from "../distill/proposal.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { assertBranchName, branchCommit, setBranch } from "../git/branch.ts";
import { buildCommit } from "../git/commit.ts";
import { formatMessage } from "../git/message.ts";
import { fetchBranch, type Link, pushBranch } from "../git/push.ts";
import {
  commitOf,
  currentBranch,
  type GitRepository,
  listFilesAt,
  openRepository,
  readFileAt,
} from "../git/repository.ts";
import { startingPoint } from "../git/starting-point.ts";
import type { GitHubClient } from "../github/client.ts";
import { findFinished, type FinishedPullRequest } from "../github/finished.ts";
import { findPullRequest, type PullRequest, putPullRequest } from "../github/pull-request.ts";
import { defaultBranch } from "../github/repository.ts";
import { type GitHubTarget, githubToken } from "../github/target.ts";
import { pullRequestBody, pullRequestTitle } from "../report/pull-request-body.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import type { Context } from "./context.ts";
import { openGitHub } from "./github-client.ts";
import { proposedResults, resultsBeside } from "./proposed-results.ts";

export interface ProposeRequest {
  proposal: string;
  /** `owner/name`; found from the environment or the remote `origin` when absent. */
  repository?: string | undefined;
  base?: string | undefined;
  /** The library that the proposal is for; the configured one when absent. */
  library?: string | undefined;
  /** False makes the branch and the commit in the working copy and stops. */
  push: boolean;
  /** Folder with plan and results of an evaluation, for the text of the pull request; none when absent. */
  results?: string | undefined;
  config?: string | undefined;
  dryRun: boolean;
}

export interface ProposeResult {
  command: "propose";
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
  /** Each skill once, with what this proposal changes on the branch. */
  skills: { name: string; path: string; change: "added" | "changed" | "unchanged" }[];
}

/** How often a branch that somebody else moved meanwhile is built again. */
const maxRaces = 3;

/**
 * Turns a proposal into one commit on the branch of its purpose, and that into a pull request; a later run updates
 * both. The working tree and index of the repository stay as they are.
 * Throws `Failure`: 1 for a proposal that may not be written, 2 for wrong input, 3 when git or GitHub keep failing.
 */
export async function propose(request: ProposeRequest, outer: Context): Promise<ProposeResult> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const proposal = await readProposal(request.proposal, context.cwd);
  const loaded = await loadConfig(context.cwd, request.config);
  const { config } = loaded;
  const repository = await openRepository(context.cwd, context.environment);
  const home = await libraryHome(context.cwd, loaded, request.library);
  const branch = branchName(proposal);
  const base = request.base ?? config["pull-request"].base;
  if (base?.startsWith("-") === true) assertBranchName(base);
  const results = await resultsBeside(request.results, context);
  const server = await openServer(request, repository, context);

  for (let race = 0; race < maxRaces; race += 1) {
    const there = server
      ? await onServer(server, branch, base)
      : await inWorkingCopy(repository, branch, base);
    const start = await startingPoint(repository, {
      base: there.baseCommit,
      head: there.head,
      committer: config.commit,
    });
    const content = await snapshotAt(repository, home, start.content);
    const { skills, changes, after } = await applyProposal(proposal, content);
    const baseSnapshot = await snapshotAt(repository, home, there.baseCommit);
    const reviewed = await compareSkills(skills, after, baseSnapshot, start.changed);
    const tree = { repository, commit: start.content, changes };
    const ab = results && (await proposedResults(reviewed, tree, { results, config }));
    const result = {
      command: "propose" as const,
      branch,
      base: there.base,
      commit: null,
      number: there.pullRequest?.number ?? null,
      url: there.pullRequest?.url ?? null,
      title: pullRequestTitle(reviewed),
      body: pullRequestBody(proposal, reviewed, ab),
      skills: proposedSkills(skills),
    };
    await requireNoSecrets([
      ...changes.flatMap(({ path, content }) =>
        typeof content === "string" ? [{ name: path, text: content }] : [],
      ),
      { name: "The title of the pull request", text: result.title },
      { name: "The text of the pull request", text: result.body },
    ]);
    const isPushed = changes.length === 0 && start.content !== there.baseCommit;
    // An A/B of what waits there is news for a pull request that is open already.
    const hasText = there.pullRequest === undefined || (ab?.figures ?? null) !== null;
    if (changes.length === 0 && !(isPushed && server && hasText)) {
      return { ...result, status: "unchanged", reason: saidAlready(branch, there, start.content) };
    }
    const declined = await declinedBefore(proposal, there, repository, home);
    if (declined !== undefined) {
      return { ...result, status: "unchanged", reason: declinedWords(declined), url: declined.url };
    }
    if (request.dryRun) return { ...result, status: "dry-run" };
    if (isPushed && server) return await open(server, there, result, config);

    const parent =
      start.parent === there.baseCommit ? baseSnapshot : await snapshotAt(repository, home, start.parent);
    const carriedPaths = start.rewrites ? start.changed : [];
    const committed = await compareSkills(skills, after, parent, carriedPaths);
    const message = commitMessage(proposal, committed);
    await requireNoSecrets([{ name: "The message of the commit", text: message }]);
    const commit = await buildCommit(repository, {
      base: start.parent,
      changes: [
        ...start.carried.filter(({ path }) => !changes.some((change) => change.path === path)),
        ...changes,
      ],
      message,
      author: config.commit,
      date: context.now(),
    });
    if (commit === null) {
      return { ...result, status: "unchanged", reason: saidAlready(branch, there, start.content) };
    }
    if (!server) {
      await setBranch(repository, branch, commit);
      return { ...result, status: "committed", commit };
    }
    const push = { branch, commit, ...(start.rewrites ? { expected: there.tip ?? null } : {}) };
    if ((await pushBranch(server.link, push)) === "rejected") {
      context.reporter.info(`Somebody else pushed to ${branch} meanwhile; building the commit again.`);
      continue;
    }
    return await open(server, there, { ...result, commit }, config);
  }
  throw new Failure(`The branch ${branch} was moved by somebody else ${maxRaces} times while it was built.`, {
    remedy: "Wait for the other run to end, and run propose again.",
    exitCode: 3,
  });
}

/** Each skill once: new when the first of its traces added it, unchanged when none changed it. */
function proposedSkills(skills: readonly AppliedSkill[]): ProposeResult["skills"] {
  const byName = groupBy(skills, ({ skill }) => skill.name);
  return [...byName.values()].flatMap((own) => {
    const last = own.at(-1);
    const change = own.find(({ draft }) => draft.change !== "unchanged")?.draft.change ?? "unchanged";
    return last ? [{ name: last.skill.name, path: last.path, change }] : [];
  });
}

function saidAlready(branch: string, there: There, content: string): string {
  const where = content === there.baseCommit ? there.base : branch;
  return `The branch ${where} says all of it already.`;
}

/**
 * The pull request, closed without a merge, that proposed all of this before. Somebody said no to it: it is not
 * opened again before a trace has something new to say.
 */
async function declinedBefore(
  proposal: Proposal,
  there: There,
  repository: GitRepository,
  home: LibraryHome,
): Promise<FinishedPullRequest | undefined> {
  const { finished, tip } = there;
  if (finished === undefined || finished.isMerged || tip === undefined) return undefined;
  const { changes } = await applyProposal(proposal, await snapshotAt(repository, home, tip));
  return changes.length === 0 ? finished : undefined;
}

function declinedWords({ number }: FinishedPullRequest): string {
  return `Pull request #${number} proposed exactly this and was closed without a merge; delete its branch to propose it again.`;
}

/** Opens the pull request or brings it up to date. An earlier run may have pushed and then failed right here. */
async function open(
  server: Server,
  there: There,
  result: Omit<ProposeResult, "status" | "reason">,
  config: Config,
): Promise<ProposeResult> {
  const { pullRequest, operation } = await putPullRequest(server.client, server.target.name, {
    head: result.branch,
    base: there.base,
    title: result.title,
    body: result.body,
    labels: config["pull-request"].labels,
  });
  if (operation === "unchanged" && result.commit === null) {
    const reason = saidAlready(result.branch, there, result.branch);
    return { ...result, status: "unchanged", reason, number: pullRequest.number, url: pullRequest.url };
  }
  const status = operation === "created" ? "created" : "updated";
  return { ...result, status, number: pullRequest.number, url: pullRequest.url };
}

async function readProposal(path: string, cwd: string): Promise<Proposal> {
  const text = await readFile(resolve(cwd, path), "utf8").catch((error: unknown) => {
    const remedy = "Name the proposal.json that distill wrote.";
    throw usageFailure(`${path} cannot be read: ${reasonOf(error)}.`, remedy, error);
  });
  const proposal = parseProposal(text, path);
  // What is cut short in the text of the pull request is no longer known as a secret there.
  await requireNoSecrets([{ name: path, text: JSON.stringify(proposal, null, 2) }]);
  return proposal;
}

/**
 * One branch for each purpose, so that a later run finds the earlier one's pull request: the purpose that all skills
 * share, else the scope alone, else no more than that they are several.
 */
function branchName(proposal: Proposal): string {
  const purposes = new Set(proposal.skills.map(purposeOf));
  const scopes = new Set(proposal.skills.map(({ scope }) => scope));
  const [purpose = ""] = purposes;
  const [scope = ""] = scopes;
  const name = purposes.size === 1 ? purpose : scopes.size === 1 ? `${scope}-several` : "several";
  return `overproof/distill/${name}`;
}

/** The operator of a scope; fixes of a scope go together, whatever operator they were found with. */
function purposeOf({ scope, op, traces }: Proposal["skills"][number]): string {
  switch (traces[0]?.mode) {
    case "error_fix":
      return `${scope}-error-fix`;
    case "expert_tuning":
      return `${scope}-${branchWord(op)}-tuning`;
    case "session":
      return `${scope}-${branchWord(op)}-session`;
    default:
      return `${scope}-${branchWord(op)}`;
  }
}

function branchWord(op: string): string {
  const word = op
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return word.slice(0, 60).replace(/-+$/, "") || "trace";
}

interface Server {
  target: GitHubTarget;
  client: GitHubClient;
  link: Link;
}

/** Undefined where the run stays in the working copy: without a push, or a dry run without a token. */
async function openServer(
  request: ProposeRequest,
  repository: GitRepository,
  context: Context,
): Promise<Server | undefined> {
  const { environment, reporter, sleep } = context;
  if (!request.push || (request.dryRun && githubToken(environment) === undefined)) return undefined;
  const { target, client } = await openGitHub(repository, request.repository, context);
  return { target, client, link: { repository, remote: target.remote, reporter, sleep } };
}

interface There {
  base: string;
  baseCommit: string;
  /** The branch of this purpose as it is; undefined when there is none. */
  tip: string | undefined;
  /** The same, unless its pull request is over: then the next one starts again from the base. */
  head: string | undefined;
  pullRequest: PullRequest | undefined;
  /** The one that ended at `tip`, where that is so. */
  finished: FinishedPullRequest | undefined;
}

async function onServer(server: Server, branch: string, wantedBase: string | undefined): Promise<There> {
  const { client, link, target } = server;
  const base = wantedBase ?? (await defaultBranch(client, target.name));
  const baseCommit = await fetchBranch(link, base);
  if (baseCommit === undefined) {
    throw usageFailure(
      `There is no branch ${base} on the server.`,
      "Name an existing target branch with --base.",
    );
  }
  const pullRequest = await findPullRequest(client, target.name, { head: branch, base });
  const tip = await fetchBranch(link, branch);
  const finished =
    tip === undefined || pullRequest
      ? undefined
      : await findFinished(client, target.name, { head: branch, sha: tip });
  return { base, baseCommit, tip, head: finished ? undefined : tip, pullRequest, finished };
}

async function inWorkingCopy(
  repository: GitRepository,
  branch: string,
  wantedBase: string | undefined,
): Promise<There> {
  const base = wantedBase ?? (await currentBranch(repository)) ?? "HEAD";
  const baseCommit = await commitOf(repository, wantedBase ?? "HEAD");
  const tip = await branchCommit(repository, branch);
  return { base, baseCommit, tip, head: tip, pullRequest: undefined, finished: undefined };
}

/** The library as it is at a commit, wherever the working tree is. */
async function snapshotAt(
  repository: GitRepository,
  home: LibraryHome,
  commit: string,
): Promise<LibrarySnapshot> {
  const top = await realPath(repository.folder);
  const inRepository = (path: string): string => {
    if (!liesInside(path, top)) {
      throw usageFailure(
        `${path} lies outside of the repository ${top}.`,
        "Name a library inside it, or run this in the repository that holds the library.",
      );
    }
    return relative(top, path).split(sep).join("/");
  };
  const library = inRepository(home.library);
  const files = await listFilesAt(repository, commit, library);
  return {
    library,
    evidence: inRepository(home.evidence),
    read: async (path) => (await readFileAt(repository, commit, path))?.toString("utf8"),
    skillPaths: files.map(({ path }) => path).filter((path) => /(?:^|\/)SKILL\.md$/.test(path)),
  };
}

/** Names every trace that the parent of the commit has not seen, those of earlier proposals included. */
function commitMessage(proposal: Proposal, skills: readonly ReviewedSkill[]): string {
  const traces = skills.flatMap((skill) => skill.traces);
  const lines = skills.map(
    ({ name, draft }) =>
      `${name}: ${draft.added.length} new, ${draft.reworded.length} reworded, ${draft.deprecated.length} deprecated claims.`,
  );
  return formatMessage(pullRequestTitle(skills), lines.join("\n"), [
    ...[...new Set(traces.map((trace) => trace.sha256))].map(
      (digest) => ["Overproof-Trace", digest] as const,
    ),
    ...[...new Set([proposal.mode, ...traces.map((trace) => trace.mode)])].map(
      (mode) => ["Overproof-Mode", mode] as const,
    ),
  ]);
}
