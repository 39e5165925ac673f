import { serverRoute, type Route } from "./route.ts";
import type { Hub } from "./state.ts";

/** An app's hourly allowance; the server counts and never refuses (a test asks for refusals with `failNext`). */
const limit = 5000;

function state(hub: Hub): { limit: number; remaining: number; reset: number; used: number } {
  const hour = 3600;
  const used = Math.min(hub.requests.length, limit);
  const reset = (Math.floor(hub.now().getTime() / 1000 / hour) + 1) * hour;
  return { limit, remaining: limit - used, reset, used };
}

/** The headers that GitHub puts on every answer of the API. */
export function rateLimitHeaders(hub: Hub): Record<string, string> {
  const { remaining, reset, used } = state(hub);
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-used": String(used),
    "x-ratelimit-resource": "core",
  };
}

export const rateLimitRoutes: [string, Route][] = [
  serverRoute("rate-limit/get", ({ hub }) => {
    const core = state(hub);
    return { status: 200, body: { resources: { core, search: core, graphql: core }, rate: core } };
  }),
];
