import { paged } from "./page.ts";
import { objectId } from "./git.ts";
import { apiAddress, pageAddress } from "./repository.ts";
import { invalid, Refusal, repositoryRoute, type Permission, type Route } from "./route.ts";
import type { CheckRun, Hub, Repository } from "./state.ts";
import { nodeId, timeAnswer } from "./user.ts";

const mayRead: Permission[] = ["checks=read"];
const mayWrite: Permission[] = ["checks=write"];

function checkAnswer(hub: Hub, repository: Repository, check: CheckRun): unknown {
  const self = apiAddress(hub, repository, `/check-runs/${check.id}`);
  return {
    id: check.id,
    node_id: nodeId("CR", check.id),
    head_sha: check.headSha,
    external_id: check.externalId,
    url: self,
    html_url: pageAddress(hub, repository, `/runs/${check.id}`),
    details_url: check.detailsUrl,
    status: check.status,
    conclusion: check.conclusion,
    started_at: timeAnswer(check.at),
    completed_at: check.conclusion === null ? null : timeAnswer(check.at),
    output: {
      title: check.title,
      summary: check.summary,
      text: null,
      annotations_count: check.annotations.length,
      annotations_url: `${self}/annotations`,
    },
    name: check.name,
    check_suite: { id: 1 },
    app: null,
    pull_requests: [],
  };
}

interface Written {
  status?: string;
  conclusion?: string;
  details_url?: string;
  external_id?: string;
  output?: { title?: string; summary: string; annotations?: unknown[] };
}

/** A conclusion ends a check; annotations add up, all else is replaced. */
function write(check: CheckRun, body: Written, now: Date): void {
  check.at = now;
  check.conclusion = body.conclusion ?? check.conclusion;
  check.status = check.conclusion === null ? (body.status ?? check.status) : "completed";
  check.detailsUrl = body.details_url ?? check.detailsUrl;
  check.externalId = body.external_id ?? check.externalId;
  if (body.output === undefined) return;
  check.title = body.output.title ?? check.title;
  check.summary = body.output.summary;
  check.annotations.push(...(body.output.annotations ?? []));
}

export const checkRoutes: [string, Route][] = [
  repositoryRoute("checks/create", mayWrite, async ({ hub, repository, body }) => {
    const headSha = await objectId(repository.directory, body.head_sha, "commit");
    if (headSha === undefined) {
      throw invalid("CheckRun", { code: "custom", message: `No commit found for SHA: ${body.head_sha}` });
    }
    const check: CheckRun = {
      id: hub.nextId(),
      name: body.name,
      headSha,
      externalId: "",
      detailsUrl: null,
      status: "queued",
      conclusion: null,
      title: null,
      summary: null,
      annotations: [],
      at: hub.now(),
    };
    write(check, body, hub.now());
    repository.checks.set(check.id, check);
    return { status: 201, body: checkAnswer(hub, repository, check) };
  }),
  repositoryRoute("checks/get", mayRead, ({ hub, repository, path }) => {
    return { status: 200, body: checkAnswer(hub, repository, findCheck(repository, path.check_run_id)) };
  }),
  repositoryRoute("checks/update", mayWrite, ({ hub, repository, path, body }) => {
    const check = findCheck(repository, path.check_run_id);
    write(check, body, hub.now());
    return { status: 200, body: checkAnswer(hub, repository, check) };
  }),
  repositoryRoute("checks/list-for-ref", mayRead, async (call) => {
    const { hub, repository, path, query } = call;
    const sha = await objectId(repository.directory, path.ref ?? "", "commit");
    if (sha === undefined) throw new Refusal(422, `No commit found for SHA: ${path.ref}`);
    const named = [...repository.checks.values()]
      .filter(({ headSha, name }) => headSha === sha && (query.check_name ?? name) === name)
      .reverse();
    // `latest` is GitHub's default: of each name the one that was made last.
    const shown =
      query.filter === "all"
        ? named
        : named.filter((one, index) => named.findIndex(({ name }) => name === one.name) === index);
    const { items, headers } = paged(shown, call);
    const checks = items.map((check) => checkAnswer(hub, repository, check));
    return { status: 200, headers, body: { total_count: shown.length, check_runs: checks } };
  }),
];

function findCheck(repository: Repository, id: string | undefined): CheckRun {
  const check = repository.checks.get(Number(id));
  if (check === undefined) throw new Refusal(404, "Not Found");
  return check;
}
