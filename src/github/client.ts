import type { GitHub } from "@actions/github/lib/utils";
import { sha256 } from "../digest.ts";
import type { Reporter } from "../reporter.ts";
import { serverAddress } from "../server-address.ts";
import { apiFailure } from "./api-failure.ts";
import { patience, waitBeforeRetry } from "./patience.ts";

/** Octokit with every REST method, paging and GraphQL. Final errors are `Failure`s with exit code 3. */
export type GitHubClient = InstanceType<typeof GitHub>;

export interface ClientOptions {
  token: string;
  /** `GITHUB_API_URL`: `https://api.github.com`, or `https://HOST/api/v3` on an Enterprise Server. */
  apiUrl: string;
  /** Sent with every request, such as `overproof/0.1.0`. */
  userAgent: string;
  reporter: Reporter;
  sleep: (milliseconds: number) => Promise<void>;
  /** Longest sum of all waits of this client, in seconds; 300 when absent. */
  longestWait?: number;
}

/** An answer that takes longer counts as a broken connection. */
const answerTimeout = 60_000;

/** Tries after the first one. */
const retries = 3;

/** Answers that stay the same however often one asks; 403 and 429 are for the throttling plugin to judge. */
const finalStatuses = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 451];

/**
 * Makes a client. The plugins decide what is tried again, and space out writes as GitHub asks for; how long to
 * wait, and when that gets too long, is decided in `patience.ts`.
 * The libraries are loaded here: a command that never talks to GitHub does not pay for them.
 * Throws `Failure` (exit code 2) for an address that the token must not be sent to.
 */
export async function createClient(options: ClientOptions): Promise<GitHubClient> {
  const { token, userAgent, reporter, sleep, longestWait = 300 } = options;
  const apiUrl = serverAddress(options.apiUrl, "The API's address").href.replace(/\/+$/, "");
  const [{ GitHub, defaults }, { retry }, { throttling }] = await Promise.all([
    import("@actions/github/lib/utils"),
    import("@octokit/plugin-retry"),
    import("@octokit/plugin-throttling"),
  ]);
  const waiting = patience({ reporter, sleep, retries, longestWait });
  // Plugins wrap a request from the inside out: the first one is the first to see an error.
  const Client = GitHub.plugin(waitBeforeRetry(waiting, finalStatuses), retry, throttling);
  const warn = (text: string): void => reporter.warning(text);
  // The plugin awaits the answer; its types know of none.
  const onLimit = (seconds: number, _request: unknown, _octokit: unknown, tries: number): unknown =>
    waiting.forLimit(seconds, tries);
  const client = new Client({
    auth: `token ${token}`,
    baseUrl: apiUrl,
    userAgent,
    log: { debug() {}, info() {}, warn, error: warn },
    request: { ...defaults.request, fetch: withTimeout(defaults.request?.fetch) },
    // A base value of 0 switches the plugins' own waits off: `waiting` has waited by then.
    retry: { retries, doNotRetry: finalStatuses, retryAfterBaseValue: 0 },
    throttle: {
      // GitHub counts by token: clients with the same one share their queue.
      id: sha256(`${apiUrl} ${token}`),
      retryAfterBaseValue: 0,
      onRateLimit: onLimit,
      onSecondaryRateLimit: onLimit,
    },
  });
  client.hook.error("request", (error) => {
    throw apiFailure(error, apiUrl);
  });
  return client;
}

type Fetch = (address: string, init?: RequestInit) => Promise<Response>;

/** Keeps the toolkit's own fetch, which knows the runner's proxy. */
function withTimeout(inner: Fetch = fetch): Fetch {
  return (address, init) => inner(address, { ...init, signal: AbortSignal.timeout(answerTimeout) });
}
