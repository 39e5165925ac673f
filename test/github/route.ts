import type { operations } from "@octokit/openapi-types";
import { findRepository, type Access, type Account, type Hub, type Repository } from "./state.ts";

/** Query parameters after coercion to the types that the description gives them. */
export type Query = Record<string, string | number | boolean | undefined>;

/** What a handler is given. The body has passed GitHub's schema for the operation. */
export interface Call<Body> {
  hub: Hub;
  account: Account;
  path: Record<string, string>;
  query: Query;
  /** The request's address, for paging links. */
  address: URL;
  body: Body;
}

export interface RepositoryCall<Body> extends Call<Body> {
  repository: Repository;
}

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** One permission of a token, in GitHub's spelling: `pull_requests=write`. */
export type Permission = `${string}=${Access}`;

export interface Route {
  /** Any one of them is enough; none asked: every known token may. */
  permissions: Permission[];
  answer(call: Call<unknown>): Promise<Answer> | Answer;
}

/** GitHub's way to say no: the status, the message, and what is wrong with which field. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: unknown[] | undefined;

  constructor(status: number, message: string, errors?: unknown[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** A 422 for one resource, in the shape that most of GitHub's validation answers have. */
export function invalid(
  resource: string,
  error: { code: string; field?: string; message?: string },
): Refusal {
  return new Refusal(422, "Validation Failed", [{ resource, ...error }]);
}

type OperationId = keyof operations;

type BodyOf<Id extends OperationId> = operations[Id] extends {
  requestBody?: { content: { "application/json": infer Body } };
}
  ? Body
  : undefined;

/** A route outside of any repository. */
export function serverRoute<Id extends OperationId>(
  id: Id,
  answer: (call: Call<BodyOf<Id>>) => Promise<Answer> | Answer,
): [string, Route] {
  return [id, { permissions: [], answer: (call) => answer({ ...call, body: call.body as BodyOf<Id> }) }];
}

/** A route under `/repos/{owner}/{repo}`; an unknown repository is a 404 before the handler is asked. */
export function repositoryRoute<Id extends OperationId>(
  id: Id,
  permissions: Permission[],
  answer: (call: RepositoryCall<BodyOf<Id>>) => Promise<Answer> | Answer,
): [string, Route] {
  return [
    id,
    {
      permissions,
      answer(call) {
        const repository = findRepository(call.hub, `${call.path.owner}/${call.path.repo}`);
        if (repository === undefined) throw new Refusal(404, "Not Found");
        assertPermitted(call.account, permissions);
        return answer({ ...call, repository, body: call.body as BodyOf<Id> });
      },
    },
  ];
}

/** Throws GitHub's 403 when the token has none of the permissions. Everybody may read metadata. */
function assertPermitted(account: Account, permissions: Permission[]): void {
  const permitted = permissions.some((permission) => {
    const [name = "", access] = permission.split("=");
    const held = name === "metadata" ? "read" : account.permissions[name];
    return held === "write" || (held === "read" && access === "read");
  });
  if (!permitted) throw notAccessible(account);
}

export function notAccessible(account: Account): Refusal {
  return new Refusal(
    403,
    `Resource not accessible by ${account.app ? "integration" : "personal access token"}`,
  );
}
