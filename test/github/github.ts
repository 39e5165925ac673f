import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addArtifact, serveStore, storePath, type NewArtifact } from "./artifact.ts";
import { writeBlob } from "./blob.ts";
import { personOf, writeCommit } from "./commit.ts";
import { branchTip, git } from "./git.ts";
import { followBranches } from "./pull-branches.ts";
import { serveRest } from "./rest.ts";
import { serveGit } from "./smart-http.ts";
import {
  findRepository,
  type Access,
  type Fault,
  type Hub,
  type JournalEntry,
  type Pull,
  type Repository,
} from "./state.ts";
import { writeTree } from "./tree.ts";
import { addRun, type NewRun } from "./workflow-run.ts";

/**
 * A GitHub on loopback: real bare repositories behind git's smart HTTP, the REST API over them, laid out as
 * GitHub Enterprise Server does (`/api/v3`, `/api/graphql`). Requests and answers are held to GitHub's own
 * description; tests end with `expect(github.violations).toEqual([])`.
 */
export interface FakeGitHub extends AsyncDisposable {
  /** `GITHUB_SERVER_URL`; `<url>/<owner>/<name>.git` can be cloned and pushed to. */
  url: string;
  /** `GITHUB_API_URL`. */
  apiUrl: string;
  /** Every request so far, tokens masked. */
  requests: JournalEntry[];
  /** Where the product or the server itself strayed from GitHub's description. */
  violations: string[];
  createRepository(
    fullName: string,
    options?: { files?: Record<string, string>; defaultBranch?: string },
  ): Promise<Repository>;
  /** Makes a token known. `app` (the default) is an app's or a job's token; otherwise a person's. */
  addToken(
    token: string,
    options: { login: string; permissions: Record<string, Access>; app?: boolean },
  ): void;
  /** Lets the next request that fits fail; faults wait in line. */
  failNext(fault: Fault): void;
  /** Commits to a branch, as somebody else would; a branch that is new starts at the default branch. */
  commit(
    fullName: string,
    change: { branch?: string; files: Record<string, string | null>; message?: string },
  ): Promise<string>;
  /** The pull requests as they are now, oldest first. */
  pulls(fullName: string): Promise<Pull[]>;
  repository(fullName: string): Repository;
  /** Makes a run of a workflow known and returns its id. */
  addRun(fullName: string, run: NewRun): number;
  /** Makes an artifact known and returns its id. Its zip may be anything. */
  addArtifact(fullName: string, artifact: NewArtifact): number;
}

/** Starts the server on a free port. `now` is its clock. */
export async function startGitHub(options: { now?: () => Date } = {}): Promise<FakeGitHub> {
  const root = await mkdtemp(join(tmpdir(), "overproof-github-"));
  let lastId = 1000;
  const hub: Hub = {
    url: "",
    apiUrl: "",
    root,
    repositories: new Map(),
    accounts: new Map(),
    faults: [],
    requests: [],
    violations: [],
    now: options.now ?? (() => new Date()),
    nextId: () => (lastId += 1),
  };
  const server = createServer((request, response) => {
    serve(hub, request, response).catch((error: unknown) => {
      hub.violations.push(`${request.url}: the server failed: ${String(error)}`);
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  hub.apiUrl = `${hub.url}/api/v3`;

  const repository = (fullName: string): Repository => {
    const found = findRepository(hub, fullName);
    if (found === undefined) throw new Error(`The fake GitHub has no repository ${fullName}.`);
    return found;
  };
  return {
    url: hub.url,
    apiUrl: hub.apiUrl,
    requests: hub.requests,
    violations: hub.violations,
    repository,
    createRepository: (fullName, given) => createRepository(hub, fullName, given),
    addToken(token, { login, permissions, app = true }) {
      hub.accounts.set(token, { login, permissions, app });
    },
    failNext(fault) {
      hub.faults.push(fault);
    },
    commit: (fullName, { branch, files, message = "Change files" }) => {
      const target = repository(fullName);
      return commitFiles(hub, target, branch ?? target.defaultBranch, files, message);
    },
    async pulls(fullName) {
      const pulls = [...repository(fullName).pulls.values()];
      for (const pull of pulls) await followBranches(repository(fullName), pull);
      return pulls;
    },
    addRun: (fullName, run) => addRun(hub, repository(fullName), run),
    addArtifact: (fullName, artifact) => addArtifact(hub, repository(fullName), artifact),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function serve(hub: Hub, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", hub.url);
  if (pathname === "/api/graphql") return serveRest(hub, request, response, "/graphql");
  if (pathname.startsWith("/api/v3"))
    return serveRest(hub, request, response, pathname.slice("/api/v3".length));
  if (pathname.startsWith(storePath)) return serveStore(hub, request, response);
  return serveGit(hub, request, response);
}

async function createRepository(
  hub: Hub,
  fullName: string,
  {
    files = { "README.md": "# A repository\n" },
    defaultBranch = "main",
  }: { files?: Record<string, string>; defaultBranch?: string } = {},
): Promise<Repository> {
  const [owner = "", name = ""] = fullName.split("/");
  const directory = join(hub.root, owner, `${name}.git`);
  await mkdir(directory, { recursive: true });
  await git(directory, ["init", "--quiet", "--bare", `--initial-branch=${defaultBranch}`]);
  // As on GitHub: partial clones and single commits can be fetched, pull requests' refs cannot be pushed.
  await git(directory, ["config", "uploadpack.allowFilter", "true"]);
  await git(directory, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
  await git(directory, ["config", "receive.hideRefs", "refs/pull"]);
  const repository: Repository = {
    id: hub.nextId(),
    owner,
    name,
    fullName,
    defaultBranch,
    createdAt: hub.now(),
    directory,
    pulls: new Map(),
    comments: new Map(),
    checks: new Map(),
    labels: new Map(),
    runs: new Map(),
    artifacts: new Map(),
    git: (...args) => git(directory, args),
  };
  hub.repositories.set(fullName.toLowerCase(), repository);
  await commitFiles(hub, repository, defaultBranch, files, "Begin");
  return repository;
}

async function commitFiles(
  hub: Hub,
  repository: Repository,
  branch: string,
  files: Record<string, string | null>,
  message: string,
): Promise<string> {
  const tip =
    (await branchTip(repository.directory, branch)) ??
    (await branchTip(repository.directory, repository.defaultBranch));
  const changes = [];
  for (const [path, content] of Object.entries(files)) {
    changes.push({
      path,
      mode: "100644",
      sha: content === null ? null : await writeBlob(repository, content),
    });
  }
  const tree = await writeTree(repository, tip, changes);
  const person = personOf(repository.owner, hub.now());
  const parents = tip === undefined ? [] : [tip];
  const sha = await writeCommit(repository, { tree, parents, author: person, committer: person, message });
  await repository.git("update-ref", `refs/heads/${branch}`, sha);
  return sha;
}
