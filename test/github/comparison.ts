import { commitAnswer } from "./commit.ts";
import { diffAnswer } from "./diff.ts";
import { objectId } from "./git.ts";
import { paged } from "./page.ts";
import { apiAddress, pageAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";

function status(ahead: number, behind: number): string {
  if (ahead === 0) return behind === 0 ? "identical" : "behind";
  return behind === 0 ? "ahead" : "diverged";
}

export const comparisonRoutes: [string, Route][] = [
  repositoryRoute("repos/compare-commits-with-basehead", ["contents=read"], async (call) => {
    const { hub, repository, path } = call;
    const [baseName = "", headName = ""] = String(path.basehead).split("...", 2);
    const base = await objectId(repository.directory, baseName, "commit");
    const head = await objectId(repository.directory, headName, "commit");
    if (base === undefined || head === undefined) throw new Refusal(404, "Not Found");
    const mergeBase = await repository.git("merge-base", base, head);
    const ahead = (await repository.git("rev-list", "--reverse", `${base}..${head}`))
      .split("\n")
      .filter(Boolean);
    const behind = Number(await repository.git("rev-list", "--count", `${head}..${base}`));
    const { items, headers } = paged(ahead, call);
    const page = pageAddress(hub, repository, `/compare/${baseName}...${headName}`);
    return {
      status: 200,
      headers,
      body: {
        url: apiAddress(hub, repository, `/compare/${baseName}...${headName}`),
        html_url: page,
        permalink_url: page,
        diff_url: `${page}.diff`,
        patch_url: `${page}.patch`,
        base_commit: await commitAnswer(hub, repository, base),
        merge_base_commit: await commitAnswer(hub, repository, mergeBase),
        status: status(ahead.length, behind),
        ahead_by: ahead.length,
        behind_by: behind,
        total_commits: ahead.length,
        commits: await Promise.all(items.map((sha) => commitAnswer(hub, repository, sha))),
        files: await diffAnswer(hub, repository, mergeBase, head),
      },
    };
  }),
];
