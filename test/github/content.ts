import { base64Lines, readBlob } from "./blob.ts";
import { objectId } from "./git.ts";
import { apiAddress, pageAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Hub, Repository } from "./state.ts";
import { treeEntries, type TreeEntry } from "./tree.ts";

function entryAnswer(
  hub: Hub,
  repository: Repository,
  ref: string,
  entry: TreeEntry,
): Record<string, unknown> {
  const kind = entry.type === "tree" ? "dir" : "file";
  const url = apiAddress(
    hub,
    repository,
    `/contents/${encodeURI(entry.path)}?ref=${encodeURIComponent(ref)}`,
  );
  const page = pageAddress(hub, repository, `/${entry.type}/${ref}/${encodeURI(entry.path)}`);
  const gitUrl = apiAddress(hub, repository, `/git/${entry.type}s/${entry.sha}`);
  return {
    type: entry.mode === "120000" ? "symlink" : kind,
    name: entry.path.slice(entry.path.lastIndexOf("/") + 1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: page,
    git_url: gitUrl,
    download_url:
      kind === "dir" ? null : pageAddress(hub, repository, `/raw/${ref}/${encodeURI(entry.path)}`),
    _links: { self: url, git: gitUrl, html: page },
  };
}

export const contentRoutes: [string, Route][] = [
  repositoryRoute("repos/get-content", ["contents=read"], async ({ hub, repository, path, query }) => {
    const ref = String(query.ref ?? repository.defaultBranch);
    const commit = await objectId(repository.directory, ref, "commit");
    if (commit === undefined) throw new Refusal(404, `No commit found for the ref ${ref}`);
    const [entry] = await treeEntries(repository, commit, { path: String(path.path) });
    if (entry === undefined) throw new Refusal(404, "Not Found");
    if (entry.type === "tree") {
      const children = await treeEntries(repository, commit, { path: `${entry.path}/` });
      return { status: 200, body: children.map((child) => entryAnswer(hub, repository, ref, child)) };
    }
    const content = base64Lines(await readBlob(repository, entry.sha));
    const body = { ...entryAnswer(hub, repository, ref, entry), content, encoding: "base64" };
    return { status: 200, body };
  }),
];
