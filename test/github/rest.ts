import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { operations, type Operation } from "./description.ts";
import { faultMessage, takeFault } from "./fault.ts";
import { viewerAnswer } from "./graphql.ts";
import { note } from "./journal.ts";
import { rateLimitHeaders } from "./rate-limit.ts";
import { Refusal, type Answer, type Query } from "./route.ts";
import { routes } from "./routes.ts";
import type { Account, Fault, Hub } from "./state.ts";

/** Answers one request to the REST API, whose path comes without the API's prefix. */
export async function serveRest(
  hub: Hub,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  const method = request.method ?? "GET";
  const address = new URL(request.url ?? "/", hub.url);
  const account = accountOf(hub, request);
  const found = findOperation(method, path);
  const sent = (await buffer(request)).toString("utf8");
  const fault = takeFault(hub, method, path);
  const isCut = fault?.status === "disconnect" || fault?.status === "lost";
  const answer =
    fault === undefined || fault.status === "lost"
      ? await answerOrRefuse(hub, account, found, address, path, sent)
      : faultAnswer(hub, fault);
  note(hub, {
    method,
    path: path + address.search,
    operation: found?.operation.id ?? null,
    login: account?.login ?? null,
    body: readable(sent),
    status: isCut ? 0 : answer.status,
  });
  if (isCut) {
    request.socket.destroy();
    return;
  }
  const accepted = routes.get(found?.operation.id ?? "")?.permissions.join("; ") ?? "";
  response.writeHead(answer.status, {
    ...rateLimitHeaders(hub),
    ...(accepted === "" || fault !== undefined ? {} : { "x-accepted-github-permissions": accepted }),
    ...(answer.body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    ...answer.headers,
  });
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
}

async function answerOrRefuse(
  hub: Hub,
  account: Account | null | undefined,
  found: Found | undefined,
  address: URL,
  path: string,
  sent: string,
): Promise<Answer> {
  try {
    if (path === "/graphql") return viewerAnswer(known(account), parsed(sent));
    return await answerOperation(hub, account, found, address, sent);
  } catch (error) {
    const { status, message, errors } = error instanceof Refusal ? error : unexpected(hub, path, error);
    return { status, body: { message, ...(errors === undefined ? {} : { errors }), status: String(status) } };
  }
}

function faultAnswer(hub: Hub, fault: Fault): Answer {
  const body = { message: faultMessage(fault), documentation_url: hub.url };
  return { status: Number(fault.status), body, headers: fault.headers ?? {} };
}

interface Found {
  operation: Operation;
  path: Record<string, string>;
}

function findOperation(method: string, path: string): Found | undefined {
  for (const operation of operations.values()) {
    const values = operation.method === method ? operation.match(path) : undefined;
    if (values !== undefined) return { operation, path: values };
  }
  return undefined;
}

/** The account behind `token …` or `bearer …`; `null` for a token that nobody has. */
function accountOf(hub: Hub, request: IncomingMessage): Account | null | undefined {
  const given = /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  return given === undefined ? undefined : (hub.accounts.get(given) ?? null);
}

function known(account: Account | null | undefined): Account {
  if (account === undefined) throw new Refusal(401, "Requires authentication");
  if (account === null) throw new Refusal(401, "Bad credentials");
  return account;
}

/** The body for the journal, which also keeps what is no JSON. */
function readable(text: string): unknown {
  try {
    return parsed(text) ?? null;
  } catch {
    return text;
  }
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, "Problems parsing JSON");
  }
}

async function answerOperation(
  hub: Hub,
  someone: Account | null | undefined,
  found: Found | undefined,
  address: URL,
  sent: string,
): Promise<Answer> {
  const account = known(someone);
  if (found === undefined) throw new Refusal(404, "Not Found");
  const { operation, path } = found;
  const route = routes.get(operation.id);
  if (route === undefined) throw new Refusal(501, `${operation.id} has no handler in test/github/routes.ts`);
  const query: Query = Object.fromEntries(address.searchParams);
  const body = parsed(sent);
  assertNone(hub, operation, "request query", operation.checkQuery(query));
  assertNone(hub, operation, "request body", operation.checkBody(body));
  const answer = await route.answer({ hub, account, path, query, address, body });
  const asSent: unknown = answer.body === undefined ? undefined : JSON.parse(JSON.stringify(answer.body));
  assertNone(hub, operation, "answer", operation.checkAnswer(answer.status, asSent));
  return answer;
}

/** What departs from GitHub's description is a bug of the product or of this server: it is kept and answered with 500. */
function assertNone(hub: Hub, operation: Operation, what: string, problems: string[]): void {
  if (problems.length === 0) return;
  const violation = `${operation.id} ${what}: ${problems.join("; ")}`;
  hub.violations.push(violation);
  throw new Refusal(500, violation);
}

function unexpected(hub: Hub, path: string, error: unknown): Refusal {
  const violation = `${path}: the server failed: ${error instanceof Error ? error.message : String(error)}`;
  hub.violations.push(violation);
  return new Refusal(500, violation);
}
