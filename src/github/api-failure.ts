import { Failure, reasonOf } from "../failure.ts";

/** What went wrong with one request to GitHub. */
export interface RequestFailure {
  /** 500 also where no answer came. */
  status: number;
  message: string;
  method: string;
  /** Without the API's address and the query. */
  path: string;
  /** Empty where no answer came. */
  headers: Record<string, string>;
  answered: boolean;
}

/** Octokit's error in the parts that matter here; `undefined` for any other error. */
export function requestFailure(error: unknown, apiUrl = ""): RequestFailure | undefined {
  if (!(error instanceof Error) || !("status" in error) || !("request" in error)) return undefined;
  const { method, url } = error.request as { method?: string; url?: string };
  const answer =
    "response" in error ? (error.response as { headers: Record<string, string> } | undefined) : undefined;
  const prefix = URL.canParse(apiUrl) ? new URL(apiUrl).pathname.replace(/\/$/, "") : "";
  const path = URL.canParse(url ?? "") ? new URL(url ?? "").pathname : (url ?? "");
  return {
    status: Number(error.status),
    message: reasonOf(error).replace(/ - https?:\/\/\S+$/, ""),
    method: method ?? "GET",
    path: decodeURI(path.startsWith(prefix) ? path.slice(prefix.length) : path),
    headers: { ...answer?.headers },
    answered: answer !== undefined,
  };
}

/** A limit of GitHub's on how much a token may ask, which passes; other refusals do not. */
export function isRateLimit({ status, message, headers }: RequestFailure): boolean {
  if (status === 429) return true;
  const limited = headers["x-ratelimit-remaining"] === "0" || headers["retry-after"] !== undefined;
  return status === 403 && (limited || /\brate limit\b/i.test(message));
}

/** The HTTP status behind a failure of the client; `undefined` when it has another cause. */
export function statusBehind(error: unknown): number | undefined {
  return error instanceof Failure ? requestFailure(error.cause)?.status : undefined;
}

/** Turns the last error of a request into a sentence and what to do (exit code 3). Other errors pass unchanged. */
export function apiFailure(error: unknown, apiUrl: string): unknown {
  const failure = requestFailure(error, apiUrl);
  if (failure === undefined) return error;
  const { problem, remedy } = explained(failure, new URL(apiUrl).host);
  return new Failure(problem, { remedy, exitCode: 3, cause: error });
}

interface Explained {
  problem: string;
  remedy: string;
}

function explained(failure: RequestFailure, host: string): Explained {
  const { status, message, method, path, answered } = failure;
  const request = `${method} ${path}`;
  if (!answered) {
    return {
      problem: `${host} cannot be reached (${message}).`,
      remedy: "Check the network and the API's address, and run it again.",
    };
  }
  if (isRateLimit(failure)) {
    return {
      problem: `The rate limit of the token on ${host} is used up at ${request}.`,
      remedy: "Run it again later, or use the token of a GitHub App, which may ask more often.",
    };
  }
  if (status === 401) {
    return {
      problem: `${host} does not accept the token (${message}).`,
      remedy: "Check that the token is whole, has not expired and belongs to this server.",
    };
  }
  if (status === 403) return forbidden(failure, host, request);
  if (status === 404) {
    const repository = /^\/repos\/([^/]+\/[^/]+)/.exec(path)?.[1];
    return {
      problem: `${host} has nothing at ${path}, or the token may not see it.`,
      remedy:
        repository === undefined
          ? "Check the API's address."
          : `Check the name ${repository}, and that the token was made for this repository.`,
    };
  }
  return {
    problem: `${host} answered ${request} with ${status}: ${message}.`,
    remedy:
      status >= 500
        ? "GitHub has trouble; run it again later (https://www.githubstatus.com)."
        : "See what GitHub says, and run it again.",
  };
}

function forbidden(failure: RequestFailure, host: string, request: string): Explained {
  if (/not permitted to create or approve pull requests/i.test(failure.message)) {
    return {
      problem: `${host} lets no workflow of this repository create pull requests.`,
      remedy:
        'Tick "Allow GitHub Actions to create and approve pull requests" in the settings (Actions, General), or use the token of a GitHub App.',
    };
  }
  const permission = neededPermission(failure);
  const lacks = /not accessible by/i.test(failure.message)
    ? `the token lacks the permission ${permission}`
    : failure.message;
  return {
    problem: `${host} refused ${request}: ${lacks}.`,
    remedy: `Give the job or the App the permission "${permission}" and run it again.`,
  };
}

/** Which permission a path belongs to, for servers that do not say it. The first that fits counts. */
const permissionOfPath: readonly (readonly [path: RegExp, permission: string])[] = [
  [/^\/repos\/[^/]+\/[^/]+\/pulls\/\d+\/merge$/, "contents"],
  [/^\/repos\/[^/]+\/[^/]+\/pulls\b/, "pull-requests"],
  [/^\/repos\/[^/]+\/[^/]+\/issues\b/, "pull-requests"],
  [/^\/repos\/[^/]+\/[^/]+\/actions\b/, "actions"],
  [/^\/repos\/[^/]+\/[^/]+\/(?:check-runs|commits\/[^/]+\/check-runs)\b/, "checks"],
  [/^\/repos\/[^/]+\/[^/]+\/(?:git|contents|branches|compare|commits)\b/, "contents"],
];

/** In a workflow's spelling. GitHub says it as `issues=write; pull_requests=write`: either of the two is enough. */
function neededPermission({ method, path, headers }: RequestFailure): string {
  const stated = headers["x-accepted-github-permissions"] ?? "";
  if (stated !== "") {
    return stated
      .split(/;\s*/)
      .map((together) => together.replaceAll(/,\s*/g, " and "))
      .join(" or ")
      .replaceAll("_", "-")
      .replaceAll("=", ": ");
  }
  const found = permissionOfPath.find(([pattern]) => pattern.test(path))?.[1] ?? "metadata";
  return `${found}: ${method === "GET" ? "read" : "write"}`;
}
