/** What a token may do to one kind of thing; `write` includes `read`. */
export type Access = "read" | "write";

/** Whose token it is. An app's token (also an Actions job's) has no user behind it. */
export interface Account {
  login: string;
  permissions: Record<string, Access>;
  app: boolean;
}

export interface Label {
  id: number;
  name: string;
}

export interface Comment {
  id: number;
  issue: number;
  login: string;
  body: string;
  createdAt: Date;
  updatedAt: Date;
}

/** Heads, files and mergeability are not kept here: they are read from git each time. */
export interface Pull {
  id: number;
  number: number;
  title: string;
  body: string | null;
  login: string;
  head: string;
  base: string;
  /** The base the pull request is compared with: its branch's tip while open, the tip before the merge afterwards. */
  baseSha: string;
  draft: boolean;
  state: "open" | "closed";
  labels: Set<string>;
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  merge: { sha: string; login: string; at: Date } | null;
}

/** A check of a commit. Annotations are as they were sent. */
export interface CheckRun {
  id: number;
  name: string;
  headSha: string;
  externalId: string;
  detailsUrl: string | null;
  status: string;
  conclusion: string | null;
  title: string | null;
  summary: string | null;
  annotations: unknown[];
  at: Date;
}

/** A run of a workflow. Its commit is what the test says it was started for. */
export interface WorkflowRun {
  id: number;
  headSha: string;
  headBranch: string;
  event: string;
  at: Date;
}

export interface Artifact {
  id: number;
  runId: number;
  name: string;
  zip: Buffer;
  expired: boolean;
  /** As GitHub recorded it at the upload; null for artifacts of old. */
  digest: string | null;
  isOfFork: boolean;
  createdAt: Date;
}

export interface Repository {
  id: number;
  owner: string;
  name: string;
  fullName: string;
  defaultBranch: string;
  createdAt: Date;
  /** The bare repository. */
  directory: string;
  pulls: Map<number, Pull>;
  comments: Map<number, Comment>;
  checks: Map<number, CheckRun>;
  labels: Map<string, Label>;
  runs: Map<number, WorkflowRun>;
  artifacts: Map<number, Artifact>;
  /** Runs git in the bare repository and returns what it prints, without the last line break. */
  git: (...args: string[]) => Promise<string>;
}

/** One request as it arrived, with every known token masked. */
export interface JournalEntry {
  method: string;
  /** Without the API's prefix, with the query. */
  path: string;
  /** GitHub's name of the operation, or the git service, or `null` where there is none. */
  operation: string | null;
  login: string | null;
  body: unknown;
  /** 0 for a connection that was cut. */
  status: number;
}

/** A failure to answer with instead of the true answer. */
export interface Fault {
  method?: string;
  /** A path without the API's prefix and query; absent: any. Git's own requests count too. */
  path?: string | RegExp;
  /** `disconnect` cuts the connection before anything is done, `lost` after it is done: no answer either way. */
  status: number | "disconnect" | "lost";
  message?: string;
  headers?: Record<string, string>;
  /** How many requests it meets; 1 when absent. */
  times?: number;
}

/** Everything the server knows, shared by the REST routes and the git service. */
export interface Hub {
  url: string;
  apiUrl: string;
  root: string;
  repositories: Map<string, Repository>;
  accounts: Map<string, Account>;
  faults: Fault[];
  requests: JournalEntry[];
  violations: string[];
  now(): Date;
  /** The next id of anything; ids are unique in the whole server, as on GitHub. */
  nextId(): number;
}

/** GitHub takes names of owners and repositories in any case. */
export function findRepository(hub: Hub, fullName: string): Repository | undefined {
  return hub.repositories.get(fullName.toLowerCase());
}
