import { commitAnswer } from "./commit.ts";
import { branchTip } from "./git.ts";
import { apiAddress, pageAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";

export const branchRoutes: [string, Route][] = [
  repositoryRoute("repos/get-branch", ["contents=read"], async ({ hub, repository, path }) => {
    const name = String(path.branch);
    const tip = await branchTip(repository.directory, name);
    if (tip === undefined) throw new Refusal(404, "Branch not found");
    const self = apiAddress(hub, repository, `/branches/${name}`);
    return {
      status: 200,
      body: {
        name,
        commit: await commitAnswer(hub, repository, tip),
        _links: { self, html: pageAddress(hub, repository, `/tree/${name}`) },
        protected: false,
        protection: { enabled: false },
        protection_url: `${self}/protection`,
      },
    };
  }),
];
