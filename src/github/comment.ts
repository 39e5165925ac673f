import { statusBehind } from "./api-failure.ts";
import type { GitHubClient } from "./client.ts";
import { sameText, type Operation } from "./pull-request.ts";
import type { RepositoryName } from "./repository.ts";

/** One comment per purpose, kept up to date in place. */
export interface StickyComment {
  /** The pull request or issue. */
  issue: number;
  /** What the comment is for, such as `gate`: letters, digits and hyphens. */
  id: string;
  /** Markdown; together with the marker at most 65,536 characters. */
  body: string;
  /** The login that the token writes as, from `viewerLogin`: a comment of anybody else is never taken for ours. */
  author: string;
}

export interface WrittenComment {
  id: number;
  url: string;
  operation: Operation;
}

/** The hidden first line by which the comment is found again. */
export function stickyMarker(id: string): string {
  if (!/^[A-Za-z0-9-]+$/.test(id)) throw new Error(`${JSON.stringify(id)} cannot name a sticky comment.`);
  return `<!-- overproof:${id} -->`;
}

/** Writes the comment, changes it where its text differs, or leaves it alone. Throws `Failure` (exit code 3). */
export async function putStickyComment(
  client: GitHubClient,
  repository: RepositoryName,
  comment: StickyComment,
): Promise<WrittenComment> {
  const updated = await updateStickyComment(client, repository, comment);
  if (updated !== undefined) return updated;
  const { issue, id, body, author } = comment;
  const marker = stickyMarker(id);
  return create(client, repository, { issue, marker, author }, `${marker}\n${body}`);
}

/** Changes the comment where it is there and its text differs; undefined where there is none. Throws `Failure` (exit code 3). */
export async function updateStickyComment(
  client: GitHubClient,
  repository: RepositoryName,
  { issue, id, body, author }: StickyComment,
): Promise<WrittenComment | undefined> {
  const marker = stickyMarker(id);
  const text = `${marker}\n${body}`;
  const existing = await findComment(client, repository, { issue, marker, author });
  if (existing === undefined) return undefined;
  const { id: comment_id, html_url: url } = existing;
  if (sameText(existing.body ?? "", text)) return { id: comment_id, url, operation: "unchanged" };
  await client.rest.issues.updateComment({ ...repository, comment_id, body: text });
  return { id: comment_id, url, operation: "updated" };
}

/**
 * Creates the comment once. When the answer gets lost the comment may be there all the same, and a second one would
 * stay for ever: so a look comes before the second try.
 */
async function create(
  client: GitHubClient,
  repository: RepositoryName,
  search: Search,
  body: string,
): Promise<WrittenComment> {
  const wanted = { ...repository, issue_number: search.issue, body };
  try {
    const { data } = await client.rest.issues.createComment({ ...wanted, request: { retries: 0 } });
    return { id: data.id, url: data.html_url, operation: "created" };
  } catch (error) {
    if ((statusBehind(error) ?? 0) < 500) throw error;
  }
  const found = await findComment(client, repository, search);
  const { id, html_url: url } = found ?? (await client.rest.issues.createComment(wanted)).data;
  return { id, url, operation: "created" };
}

interface Search {
  issue: number;
  marker: string;
  author: string;
}

interface FoundComment {
  id: number;
  html_url: string;
  body?: string;
}

/** The oldest comment of ours with the marker, on whatever page. */
async function findComment(
  client: GitHubClient,
  repository: RepositoryName,
  { issue, marker, author }: Search,
): Promise<FoundComment | undefined> {
  const pages = client.paginate.iterator(client.rest.issues.listComments, {
    ...repository,
    issue_number: issue,
    per_page: 100,
  });
  for await (const { data } of pages) {
    const found = data.find(({ user, body }) => user?.login === author && body?.startsWith(marker) === true);
    if (found !== undefined) return found;
  }
  return undefined;
}
