import { repositoryRoute, type Route } from "./route.ts";
import type { Hub, Repository } from "./state.ts";
import { nodeId, timeAnswer, userAnswer } from "./user.ts";

/** Addresses below a repository's own, by the name of their key without `_url`. */
const addresses: Record<string, string> = {
  archive: "/{archive_format}{/ref}",
  assignees: "/assignees{/user}",
  blobs: "/git/blobs{/sha}",
  branches: "/branches{/branch}",
  collaborators: "/collaborators{/collaborator}",
  comments: "/comments{/number}",
  commits: "/commits{/sha}",
  compare: "/compare/{base}...{head}",
  contents: "/contents/{+path}",
  contributors: "/contributors",
  deployments: "/deployments",
  downloads: "/downloads",
  events: "/events",
  forks: "/forks",
  git_commits: "/git/commits{/sha}",
  git_refs: "/git/refs{/sha}",
  git_tags: "/git/tags{/sha}",
  hooks: "/hooks",
  issue_comment: "/issues/comments{/number}",
  issue_events: "/issues/events{/number}",
  issues: "/issues{/number}",
  keys: "/keys{/key_id}",
  labels: "/labels{/name}",
  languages: "/languages",
  merges: "/merges",
  milestones: "/milestones{/number}",
  notifications: "/notifications{?since,all,participating}",
  pulls: "/pulls{/number}",
  releases: "/releases{/id}",
  stargazers: "/stargazers",
  statuses: "/statuses/{sha}",
  subscribers: "/subscribers",
  subscription: "/subscription",
  tags: "/tags",
  teams: "/teams",
  trees: "/git/trees{/sha}",
};

/** The repository's address in the API. */
export function apiAddress(hub: Hub, repository: Repository, rest = ""): string {
  return `${hub.apiUrl}/repos/${repository.fullName}${rest}`;
}

/** The repository's address for people. */
export function pageAddress(hub: Hub, repository: Repository, rest = ""): string {
  return `${hub.url}/${repository.fullName}${rest}`;
}

export function repositoryAnswer(hub: Hub, repository: Repository): Record<string, unknown> {
  const open = [...repository.pulls.values()].filter((pull) => pull.state === "open").length;
  const page = pageAddress(hub, repository);
  return {
    id: repository.id,
    node_id: nodeId("R", repository.id),
    name: repository.name,
    full_name: repository.fullName,
    owner: userAnswer(hub, repository.owner),
    private: true,
    visibility: "private",
    description: null,
    fork: false,
    url: apiAddress(hub, repository),
    html_url: page,
    clone_url: `${page}.git`,
    git_url: `${page.replace(/^http/, "git")}.git`,
    ssh_url: `git@${new URL(hub.url).hostname}:${repository.fullName}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    default_branch: repository.defaultBranch,
    archived: false,
    disabled: false,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    size: 0,
    forks: 0,
    forks_count: 0,
    network_count: 0,
    open_issues: open,
    open_issues_count: open,
    stargazers_count: 0,
    subscribers_count: 0,
    watchers: 0,
    watchers_count: 0,
    created_at: timeAnswer(repository.createdAt),
    updated_at: timeAnswer(repository.createdAt),
    pushed_at: timeAnswer(repository.createdAt),
    ...Object.fromEntries(
      Object.entries(addresses).map(([name, rest]) => [`${name}_url`, apiAddress(hub, repository, rest)]),
    ),
  };
}

export const repositoryRoutes: [string, Route][] = [
  repositoryRoute("repos/get", ["metadata=read"], ({ hub, repository }) => ({
    status: 200,
    body: repositoryAnswer(hub, repository),
  })),
];
