import { paged } from "./page.ts";
import { findPull } from "./pull-branches.ts";
import { apiAddress } from "./repository.ts";
import { repositoryRoute, type Permission, type Route } from "./route.ts";
import type { Hub, Label, Repository } from "./state.ts";
import { nodeId } from "./user.ts";

/** Labels of a pull request are an issue's labels: either permission is enough. */
const mayRead: Permission[] = ["issues=read", "pull_requests=read"];
const mayWrite: Permission[] = ["issues=write", "pull_requests=write"];

export function labelAnswer(hub: Hub, repository: Repository, { id, name }: Label): Record<string, unknown> {
  const url = apiAddress(hub, repository, `/labels/${encodeURIComponent(name)}`);
  return { id, node_id: nodeId("LA", id), url, name, description: "", color: "ededed", default: false };
}

/** The labels of an issue, in the order they were added. Labels are the same in any case. */
export function labelAnswers(hub: Hub, repository: Repository, names: Iterable<string>): unknown[] {
  return [...names].flatMap((name) => {
    const label = repository.labels.get(name);
    return label === undefined ? [] : [labelAnswer(hub, repository, label)];
  });
}

export const labelRoutes: [string, Route][] = [
  repositoryRoute("issues/list-labels-on-issue", mayRead, async (call) => {
    const pull = await findPull(call.repository, call.path.issue_number);
    const { items, headers } = paged([...pull.labels], call);
    return { status: 200, headers, body: labelAnswers(call.hub, call.repository, items) };
  }),
  repositoryRoute("issues/add-labels", mayWrite, async ({ hub, repository, path, body }) => {
    const pull = await findPull(repository, path.issue_number);
    for (const given of body?.labels ?? []) {
      const name = typeof given === "string" ? given : given.name;
      const key = name.toLowerCase();
      // GitHub makes a label that the repository does not have yet.
      if (!repository.labels.has(key)) repository.labels.set(key, { id: hub.nextId(), name });
      pull.labels.add(key);
    }
    return { status: 200, body: labelAnswers(hub, repository, pull.labels) };
  }),
];
