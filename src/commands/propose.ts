import { readFile } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import type { Config } from "../config/config.ts";
import { libraryHome, type LibraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import {
  againstBase,
  type AppliedSkill,
  applyProposal,
  type LibrarySnapshot,
} from "../distill/apply-proposal.ts";
import { parseProposal, type Proposal } from "../distill/proposal.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { branchCommit, setBranch } from "../git/branch.ts";
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
import { createClient, type GitHubClient } from "../github/client.ts";
import { isFinished } from "../github/finished.ts";
import { findPullRequest, type PullRequest, putPullRequest } from "../github/pull-request.ts";
import { defaultBranch } from "../github/repository.ts";
import { githubTarget, type GitHubTarget, githubToken } from "../github/target.ts";
import { pullRequestBody, pullRequestTitle } from "../report/pull-request-body.ts";
import type { Context } from "./context.ts";

export interface ProposeRequest {
  proposal: string;
  /** `owner/name`; found from the environment or the remote `origin` when absent. */
  repository?: string | undefined;
  base?: string | undefined;
  /** False makes the branch and the commit in the working copy and stops. */
  push: boolean;
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
  skills: { name: string; path: string; change: "added" | "changed" | "unchanged" }[];
}

/** How often a branch that somebody else moved meanwhile is built again. */
const maxRaces = 3;

/**
 * Turns a proposal into one commit on the branch of its purpose, and that into a pull request; a later run updates
 * both. The working tree and index of the repository stay as they are.
 * Throws `Failure`: 1 for a proposal that may not be written, 2 for wrong input, 3 when git or GitHub keep failing.
 */
export async function propose(request: ProposeRequest, context: Context): Promise<ProposeResult> {
  const proposal = await readProposal(request.proposal, context.cwd);
  const { config, ...loaded } = await loadConfig(context.cwd, request.config);
  const repository = await openRepository(context.cwd, context.environment);
  const home = libraryHome(context.cwd, { config, ...loaded });
  const branch = branchName(proposal);
  const base = request.base ?? config["pull-request"].base;
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
    const { skills, changes } = await applyProposal(proposal, content);
    const reviewed = await againstBase(skills, await snapshotAt(repository, home, there.baseCommit));
    const title = pullRequestTitle(reviewed);
    const result = {
      command: "propose" as const,
      branch,
      base: there.base,
      commit: null,
      number: there.pullRequest?.number ?? null,
      url: there.pullRequest?.url ?? null,
      title,
      body: pullRequestBody(proposal, reviewed),
      skills: skills.map(({ skill, path, draft }) => ({ name: skill.name, path, change: draft.change })),
    };
    const isPushed = changes.length === 0 && start.content !== there.baseCommit;
    if (changes.length === 0 && !(isPushed && server && !there.pullRequest))
      return { ...result, status: "unchanged" };
    if (request.dryRun) return { ...result, status: "dry-run" };
    if (isPushed && server) return await open(server, there, result, config);

    const commit = await buildCommit(repository, {
      base: start.parent,
      changes: [
        ...start.carried.filter(({ path }) => !changes.some((change) => change.path === path)),
        ...changes,
      ],
      message: commitMessage(title, proposal, skills),
      author: config.commit,
      date: context.now(),
    });
    if (commit === null) return { ...result, status: "unchanged" };
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

/** Opens the pull request or brings it up to date. An earlier run may have pushed and then failed right here. */
async function open(
  server: Server,
  there: There,
  result: Omit<ProposeResult, "status">,
  config: Config,
): Promise<ProposeResult> {
  const { pullRequest, operation } = await putPullRequest(server.client, server.target.name, {
    head: result.branch,
    base: there.base,
    title: result.title,
    body: result.body,
    labels: config["pull-request"].labels,
  });
  const status = operation === "created" ? "created" : "updated";
  return { ...result, status, number: pullRequest.number, url: pullRequest.url };
}

async function readProposal(path: string, cwd: string): Promise<Proposal> {
  const text = await readFile(resolve(cwd, path), "utf8").catch((error: unknown) => {
    const remedy = "Name the proposal.json that distill wrote.";
    throw usageFailure(`${path} cannot be read: ${reasonOf(error)}.`, remedy, error);
  });
  return parseProposal(text, path);
}

/** One branch for each purpose, so that a later run finds the earlier one's pull request. */
function branchName(proposal: Proposal): string {
  const op = proposal.op
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 60);
  return `overproof/distill/${proposal.scope}-${op || "trace"}`;
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
  const target = await githubTarget(repository, request.repository, environment);
  const client = await createClient({
    token: target.remote.token,
    apiUrl: target.apiUrl,
    userAgent: `overproof/${packageJson.version}`,
    reporter,
    sleep,
  });
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
  const isOver =
    tip !== undefined && !pullRequest && (await isFinished(client, target.name, { head: branch, sha: tip }));
  return { base, baseCommit, tip, head: isOver ? undefined : tip, pullRequest };
}

async function inWorkingCopy(
  repository: GitRepository,
  branch: string,
  wantedBase: string | undefined,
): Promise<There> {
  const base = wantedBase ?? (await currentBranch(repository)) ?? "HEAD";
  const baseCommit = await commitOf(repository, wantedBase ?? "HEAD");
  const tip = await branchCommit(repository, branch);
  return { base, baseCommit, tip, head: tip, pullRequest: undefined };
}

/** The library as it is at a commit, wherever the working tree is. */
async function snapshotAt(
  repository: GitRepository,
  home: LibraryHome,
  commit: string,
): Promise<LibrarySnapshot> {
  const inRepository = (path: string): string => {
    const inside = relative(repository.folder, path);
    if (inside === "" || inside.startsWith("..")) {
      throw usageFailure(
        `${path} lies outside of the repository ${repository.folder}.`,
        "Keep the library inside it.",
      );
    }
    return inside.split(sep).join("/");
  };
  const library = inRepository(home.library);
  const files = await listFilesAt(repository, commit, library);
  return {
    library,
    evidence: inRepository(home.evidence),
    read: async (path) => (await readFileAt(repository, commit, path))?.toString("utf8"),
    skillPaths: files.map(({ path }) => path).filter((path) => path.endsWith("/SKILL.md")),
  };
}

function commitMessage(title: string, proposal: Proposal, skills: readonly AppliedSkill[]): string {
  const traces = skills.map(({ skill }) => skill.evidence_file.traces.at(-1)?.sha256 ?? "");
  const lines = skills.map(
    ({ skill, draft }) =>
      `${skill.name}: ${draft.added.length} new, ${draft.reworded.length} reworded, ${draft.deprecated.length} deprecated claims.`,
  );
  return formatMessage(title, lines.join("\n"), [
    ...[...new Set(traces)].map((trace) => ["Overproof-Trace", trace] as const),
    ["Overproof-Mode", proposal.mode],
  ]);
}
