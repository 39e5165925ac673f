import { Refusal, type Answer } from "./route.ts";
import type { Account } from "./state.ts";

/**
 * The one question of GraphQL that the product asks: whose token this is. It is the only way for an app's token
 * to learn it (`GET /user` refuses one), and every token may ask.
 */
export function viewerAnswer(account: Account, body: unknown): Answer {
  const query = typeof body === "object" && body !== null && "query" in body ? String(body.query) : "";
  if (!/^\s*(query\s*)?\{\s*viewer\s*\{\s*login\s*\}\s*\}\s*$/.test(query)) {
    throw new Refusal(501, "test/github/graphql.ts knows no query but { viewer { login } }");
  }
  return { status: 200, body: { data: { viewer: { login: account.login } } } };
}
