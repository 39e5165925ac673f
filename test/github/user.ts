import { createHash } from "node:crypto";
import { notAccessible, serverRoute, type Route } from "./route.ts";
import type { Hub } from "./state.ts";

/** The short form of a user that is part of many answers. */
export function userAnswer(hub: Hub, login: string): Record<string, unknown> {
  const isBot = login.endsWith("[bot]");
  const api = `${hub.apiUrl}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: userId(login),
    node_id: nodeId("U", userId(login)),
    avatar_url: `${hub.url}/avatars/u/${userId(login)}`,
    gravatar_id: "",
    url: api,
    html_url: isBot ? `${hub.url}/apps/${login.slice(0, -"[bot]".length)}` : `${hub.url}/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: isBot ? "Bot" : "User",
    user_view_type: "public",
    site_admin: false,
  };
}

/** Ids are given on GitHub and derived here, so that nobody has to register a user. */
function userId(login: string): number {
  return createHash("sha256").update(login.toLowerCase()).digest().readUInt32BE(0);
}

/** GitHub's opaque ids for GraphQL: a prefix for the kind, then anything that is unique. */
export function nodeId(kind: string, id: number | string): string {
  return `${kind}_${Buffer.from(String(id)).toString("base64url")}`;
}

/** GitHub writes times in UTC, in whole seconds. */
export function timeAnswer(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

export const userRoutes: [string, Route][] = [
  serverRoute("users/get-authenticated", ({ hub, account }) => {
    if (account.app) throw notAccessible(account);
    const nothing = {
      name: null,
      company: null,
      blog: "",
      location: null,
      email: null,
      hireable: null,
      bio: null,
    };
    const counts = { public_repos: 0, public_gists: 0, followers: 0, following: 0 };
    const since = { created_at: "2020-01-01T00:00:00Z", updated_at: "2020-01-01T00:00:00Z" };
    return { status: 200, body: { ...userAnswer(hub, account.login), ...nothing, ...counts, ...since } };
  }),
];
