import { z } from "zod";
import { Failure } from "../failure.ts";
import { statusBehind } from "../github/api-failure.ts";
import type { GitHubClient } from "../github/client.ts";
import type { RepositoryName } from "../github/repository.ts";
import { broken, ok, type Remark, warning } from "./remark.ts";

const rulesSchema = z.array(
  z.looseObject({
    type: z.string(),
    parameters: z
      .looseObject({ required_status_checks: z.array(z.looseObject({ context: z.string() })).optional() })
      .optional(),
  }),
);

/**
 * What GitHub says about the repository: what the token may do, whether the check is required, and whether machines with
 * the labels that workflows ask for are there. What the token may not see is a warning; nothing is written.
 */
export async function githubRemarks(
  client: GitHubClient,
  repository: RepositoryName,
  asked: { check: string; labels: readonly string[] | undefined },
): Promise<Remark[]> {
  try {
    const { data } = await client.rest.repos.get({ ...repository });
    const remarks = [
      tokenRemark(data.permissions),
      await checkRemark(client, repository, data.default_branch, asked.check),
    ];
    if (asked.labels !== undefined) remarks.push(await runnerRemark(client, repository, asked.labels));
    return remarks;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const status = statusBehind(error);
    const isRefused = status === 401 || status === 403 || status === 404;
    return [(isRefused ? broken : warning)("token", error.message.replace(/\.$/, ""), error.remedy)];
  }
}

/** Of a person's token GitHub says what its owner may do; of an App's it says nothing. */
function tokenRemark(permissions: { push?: boolean } | undefined): Remark {
  if (permissions === undefined) return ok("token", "it reads the repository; GitHub does not say what else");
  if (permissions.push === true) return ok("token", "it reads the repository, and its owner may push");
  const remedy = "Use a token with contents: write and pull-requests: write to propose from here.";
  return warning("token", "it only reads the repository", remedy);
}

async function checkRemark(
  client: GitHubClient,
  repository: RepositoryName,
  branch: string,
  check: string,
): Promise<Remark> {
  const required = [
    ...((await seen(() => rulesetChecks(client, repository, branch))) ?? []),
    ...((await seen(() => protectionChecks(client, repository, branch))) ?? []),
  ];
  if (required.includes(check)) return ok("check", `${check} is required for ${branch}`);
  return warning(
    "check",
    `${check} is not required for ${branch}: whatever it says, changes can merge`,
    "Require it in a ruleset of the branch (Settings, Rules).",
  );
}

async function rulesetChecks(
  client: GitHubClient,
  repository: RepositoryName,
  branch: string,
): Promise<string[]> {
  const { data } = await client.rest.repos.getBranchRules({ ...repository, branch, per_page: 100 });
  const rules = rulesSchema.safeParse(data).data ?? [];
  return rules.flatMap(
    ({ parameters }) => parameters?.required_status_checks?.map(({ context }) => context) ?? [],
  );
}

async function protectionChecks(
  client: GitHubClient,
  repository: RepositoryName,
  branch: string,
): Promise<string[]> {
  const { data } = await client.rest.repos.getBranch({ ...repository, branch });
  return data.protection.required_status_checks?.contexts ?? [];
}

async function runnerRemark(
  client: GitHubClient,
  repository: RepositoryName,
  labels: readonly string[],
): Promise<Remark> {
  const wanted = `self-hosted, ${labels.join(", ")}`;
  const runners = await seen(async () => {
    const { data } = await client.rest.actions.listSelfHostedRunnersForRepo({ ...repository, per_page: 100 });
    return data.runners;
  });
  // Only an administrator's token sees them, and those of an organisation are not among them.
  if (runners === undefined)
    return ok("runners", `the token does not see whether one has the labels ${wanted}`);
  const fitting = runners.filter(({ labels: own }) => {
    const names = new Set(own.map(({ name }) => name.toLowerCase()));
    return labels.every((label) => names.has(label.toLowerCase()));
  });
  if (fitting.some(({ status }) => status === "online")) return ok("runners", `one with ${wanted} is online`);
  return warning(
    "runners",
    `no runner of the repository with the labels ${wanted} is online: kernels wait for up to a day`,
    "Start one, or change runs-on of the job kernels; without kernel cases none is needed.",
  );
}

/** Undefined where the token may not see it, or there is nothing. */
async function seen<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    const status = statusBehind(error);
    if (status === 403 || status === 404) return undefined;
    throw error;
  }
}
