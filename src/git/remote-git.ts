import { execFile } from "node:child_process";
import { Failure } from "../failure.ts";
import { serverAddress } from "../server-address.ts";
import { calmSettings, gitEnvironment } from "./environment.ts";
import { gitMissing } from "./git.ts";
import type { GitRepository } from "./repository.ts";

/** A repository on a server, and the token that opens it. */
export interface Remote {
  /** `https://server/owner/name.git`, without credentials. Plain http is for this machine only. */
  url: string;
  token: string;
}

export interface RemoteRun {
  exitCode: number;
  stdout: string;
  /** Without the token, whatever git or the server wrote. */
  stderr: string;
}

/** A stalled transfer ends after a minute below 1 kB/s; this ends everything else that hangs. */
const longestRun = 10 * 60_000;

/**
 * Runs git against a server with a token. The token is in the child's environment alone: in no argument, no file,
 * no remote's address. Not by way of simple-git, which prints the environment of its children when `DEBUG` is set.
 */
export function runRemote(
  repository: GitRepository,
  remote: Remote,
  args: readonly string[],
): Promise<RemoteRun> {
  // In the form that git matches settings with.
  const url = serverAddress(remote.url, "The repository's address").href;
  const basic = Buffer.from(`x-access-token:${remote.token}`).toString("base64");
  const settings: (readonly [string, string])[] = [
    ...calmSettings,
    // Settings for the whole address beat settings for parts of it, wherever they are written. The empty value
    // empties the list: neither the credentials that actions/checkout keeps nor a helper program is used.
    [`http.${url}.extraheader`, ""],
    [`http.${url}.extraheader`, `AUTHORIZATION: basic ${basic}`],
    [`credential.${url}.helper`, ""],
    ["core.askPass", ""],
    ["http.lowSpeedLimit", "1000"],
    ["http.lowSpeedTime", "60"],
    ["push.gpgSign", "false"],
  ];
  const variables: Record<string, string> = {
    // Over every setting: no address, rewritten by the user's url.*.insteadOf or not, starts ssh or another program.
    GIT_ALLOW_PROTOCOL: "https:http",
    GIT_CONFIG_COUNT: String(settings.length),
  };
  for (const [index, [key, value]] of settings.entries()) {
    variables[`GIT_CONFIG_KEY_${index}`] = key;
    variables[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  const env = { ...gitEnvironment(repository.environment), ...variables };
  const options = { cwd: repository.folder, env, timeout: longestRun, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile("git", [...args], options, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") return reject(gitMissing(error));
      const masked = stderr.replaceAll(remote.token, "***").replaceAll(basic, "***");
      const note = error?.killed === true ? `${masked}\nOperation timed out` : masked;
      resolve({
        exitCode: typeof error?.code === "number" ? error.code : error ? -1 : 0,
        stdout,
        stderr: note,
      });
    });
  });
}

/** What a failed run means to the user; `network` is worth another try. */
export function remoteFailure(
  run: RemoteRun,
  remote: Remote,
  access: "read" | "write",
): { network: boolean; failure: Failure } {
  const { host, pathname } = new URL(remote.url);
  const name = pathname.replace(/^\//, "").replace(/\.git$/, "");
  const verb = access === "write" ? "push to" : "fetch from";
  const text = run.stderr;
  const [, said = `git ended with ${run.exitCode}`] = /^(?:remote|fatal|error): (.+?)\.?$/m.exec(text) ?? [];
  const failed = (problem: string, remedy: string): { network: boolean; failure: Failure } => {
    const cause = new Error(text.trim());
    return {
      network: networkTrouble.test(text),
      failure: new Failure(problem, { remedy, exitCode: 3, cause }),
    };
  };
  if (/returned error: 403/.test(text)) {
    return failed(
      `${host} refused the ${verb} ${name} (${said}): the token lacks the permission contents: ${access}.`,
      `Give the job or the App the permission "contents: ${access}" and run it again.`,
    );
  }
  if (/returned error: 401|could not read (?:Username|Password)|Authentication failed/.test(text)) {
    return failed(
      `${host} does not accept the token.`,
      "Check that the token is whole, has not expired and belongs to this server (git 2.31 or newer is needed).",
    );
  }
  if (/returned error: 404|repository (?:'.*' )?not found/i.test(text)) {
    return failed(
      `${host} has no repository ${name}, or the token may not see it.`,
      "Check the repository's name, and that the token was made for it.",
    );
  }
  return failed(
    `The ${verb} ${name} on ${host} failed: ${said}.`,
    "See what the server says, and run it again.",
  );
}

/** Words of git and curl for an outage; a refusal never has them. */
const networkTrouble = new RegExp(
  [
    "returned error: (?:429|5\\d\\d)",
    "Could not resolve",
    "Failed to connect",
    "Connection (?:refused|reset|timed out)",
    "timed out",
    "Empty reply",
    "early EOF",
    "hung up",
    "RPC failed",
    "unexpected disconnect",
    "SSL_ERROR",
    "GnuTLS",
    "transfer closed",
    "too slow",
  ].join("|"),
  "i",
);
