import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { faultMessage, takeFault } from "./fault.ts";
import { tryGit } from "./git.ts";
import { note } from "./journal.ts";
import { followBranches } from "./pull-branches.ts";
import { findRepository, type Account, type Hub, type Repository } from "./state.ts";

interface GitAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Clone, fetch and push: authorises the request and hands it to `git http-backend`, git's own CGI program. */
export async function serveGit(hub: Hub, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "GET", url = "/" } = request;
  const address = new URL(url, hub.url);
  const [, fullName = "", rest = ""] =
    /^\/([^/]+\/[^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(address.pathname) ??
    [];
  const service = rest === "info/refs" ? address.searchParams.get("service") : rest;
  const account = accountOf(hub, request);
  const sent = await buffer(request);
  const fault = takeFault(hub, method, address.pathname);
  const isCut = fault?.status === "disconnect" || fault?.status === "lost";
  const answer =
    fault === undefined || fault.status === "lost"
      ? await answerGit(hub, request, {
          account,
          fullName,
          rest,
          service,
          query: address.search.slice(1),
          sent,
        })
      : plainAnswer(Number(fault.status), faultMessage(fault), fault.headers);
  const status = isCut ? 0 : answer.status;
  note(hub, { method, path: url, operation: service, login: account?.login ?? null, body: null, status });
  if (isCut) request.socket.destroy();
  else response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** Git shows a plain text answer to the user, each line behind "remote: ". */
function plainAnswer(status: number, message: string, headers: Record<string, string> = {}): GitAnswer {
  const type = { "content-type": "text/plain; charset=utf-8" };
  return { status, headers: { ...type, ...headers }, body: Buffer.from(`${message}\n`) };
}

/** Git sends the token as the password of basic credentials, whatever the user name. */
function accountOf(hub: Hub, request: IncomingMessage): Account | undefined {
  const given = /^basic (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const [, token = ""] = /^[^:]*:(.*)$/.exec(Buffer.from(given ?? "", "base64").toString("utf8")) ?? [];
  return hub.accounts.get(token);
}

interface GitCall {
  account: Account | undefined;
  fullName: string;
  rest: string;
  service: string | null;
  query: string;
  sent: Buffer;
}

async function answerGit(hub: Hub, request: IncomingMessage, call: GitCall): Promise<GitAnswer> {
  const { account, fullName, service } = call;
  if (account === undefined) {
    return plainAnswer(401, "Invalid username or token.", { "www-authenticate": 'Basic realm="GitHub"' });
  }
  const repository = findRepository(hub, fullName);
  if (repository === undefined) return plainAnswer(404, "Repository not found.");
  const held = account.permissions.contents;
  if (service === "git-receive-pack" && held !== "write") {
    return plainAnswer(403, `Permission to ${repository.fullName}.git denied to ${account.login}.`);
  }
  if (held === undefined) return plainAnswer(403, "Write access to repository not granted.");
  for (const pull of repository.pulls.values()) await followBranches(repository, pull);
  return runBackend(hub, request, repository, account, call);
}

/** The CGI bridge (RFC 3875): the request in variables and on stdin, the answer's headers before a blank line. */
async function runBackend(
  hub: Hub,
  request: IncomingMessage,
  repository: Repository,
  account: Account,
  { rest, query, sent }: GitCall,
): Promise<GitAnswer> {
  const header = (name: string): string => String(request.headers[name] ?? "");
  const { code, stdout, stderr } = await tryGit(hub.root, ["http-backend"], {
    input: sent,
    env: {
      GIT_PROJECT_ROOT: hub.root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROTOCOL: header("git-protocol"),
      PATH_INFO: `/${join(repository.directory.slice(hub.root.length + 1), rest)}`,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: header("content-type"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      // Git takes a push only from a caller with a name.
      REMOTE_USER: account.login,
      REMOTE_ADDR: "127.0.0.1",
    },
  });
  const end = stdout.indexOf("\r\n\r\n");
  if (end < 0) throw new Error(`git http-backend ended with ${code}: ${stderr}`);
  const headers: Record<string, string> = {};
  for (const line of stdout.subarray(0, end).toString("latin1").split("\r\n")) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const { status = "200", ...others } = headers;
  return { status: Number.parseInt(status, 10), headers: others, body: stdout.subarray(end + 4) };
}
