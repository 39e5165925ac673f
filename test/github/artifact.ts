import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { takeFault } from "./fault.ts";
import { note } from "./journal.ts";
import { paged } from "./page.ts";
import { apiAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Artifact, Hub, Repository } from "./state.ts";
import { nodeId, timeAnswer } from "./user.ts";
import { findRun } from "./workflow-run.ts";

export interface NewArtifact {
  runId: number;
  name: string;
  zip: Buffer;
  expired?: boolean;
  /** What GitHub says the digest is; that of the zip when absent. */
  digest?: string | null;
  /** Whether the run was for a branch of a fork. */
  isOfFork?: boolean;
}

/** GitHub keeps artifacts for 90 days unless told otherwise. */
const retention = 90 * 24 * 3600 * 1000;

export function addArtifact(hub: Hub, repository: Repository, artifact: NewArtifact): number {
  const { runId, name, zip, expired = false, isOfFork = false } = artifact;
  const id = hub.nextId();
  const digest = artifact.digest === undefined ? `sha256:${sha256(zip)}` : artifact.digest;
  repository.artifacts.set(id, { id, runId, name, zip, expired, digest, isOfFork, createdAt: hub.now() });
  return id;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function artifactAnswer(hub: Hub, repository: Repository, artifact: Artifact): unknown {
  const { id, runId, name, zip, expired, digest, createdAt } = artifact;
  const self = apiAddress(hub, repository, `/actions/artifacts/${id}`);
  const run = findRun(repository, String(runId));
  return {
    id,
    node_id: nodeId("A", id),
    name,
    size_in_bytes: zip.length,
    url: self,
    archive_download_url: `${self}/zip`,
    expired,
    digest,
    created_at: timeAnswer(createdAt),
    updated_at: timeAnswer(createdAt),
    expires_at: timeAnswer(new Date(createdAt.getTime() + retention)),
    workflow_run: {
      id: runId,
      repository_id: repository.id,
      head_repository_id: artifact.isOfFork ? repository.id + 1 : repository.id,
      head_branch: run.headBranch,
      head_sha: run.headSha,
    },
  };
}

export const artifactRoutes: [string, Route][] = [
  repositoryRoute("actions/list-workflow-run-artifacts", ["actions=read"], (call) => {
    const { hub, repository, path, query } = call;
    const run = findRun(repository, path.run_id);
    const found = [...repository.artifacts.values()].filter(
      ({ runId, name }) => runId === run.id && (query.name === undefined || query.name === name),
    );
    const { items, headers } = paged(found, call);
    const artifacts = items.map((artifact) => artifactAnswer(hub, repository, artifact));
    return { status: 200, headers, body: { total_count: found.length, artifacts } };
  }),
  repositoryRoute("actions/list-artifacts-for-repo", ["actions=read"], (call) => {
    const { hub, repository, query } = call;
    const found = [...repository.artifacts.values()].filter(
      ({ name }) => query.name === undefined || query.name === name,
    );
    const { items, headers } = paged(found, call);
    const artifacts = items.map((artifact) => artifactAnswer(hub, repository, artifact));
    return { status: 200, headers, body: { total_count: found.length, artifacts } };
  }),
  repositoryRoute("actions/download-artifact", ["actions=read"], ({ hub, repository, path }) => {
    const artifact = repository.artifacts.get(Number(path.artifact_id));
    if (artifact === undefined || path.archive_format !== "zip") throw new Refusal(404, "Not Found");
    if (artifact.expired) throw new Refusal(410, "Artifact has expired");
    return { status: 302, headers: { location: storeAddress(hub, repository, artifact) } };
  }),
];

/** Where the zips lie: on GitHub another host altogether. */
export const storePath = "/artifact-store/";

/** An address that opens one zip for whoever has it. */
function storeAddress(hub: Hub, repository: Repository, { id }: Artifact): string {
  return `${hub.url}${storePath}${repository.fullName}/${id}?sig=${signature(id)}`;
}

function signature(id: number): string {
  return sha256(Buffer.from(`signature ${id}`)).slice(0, 20);
}

/** Serves a zip. A fault `lost` cuts the connection in its middle. */
export function serveStore(hub: Hub, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", hub.url);
  const [owner, name, id] = pathname.slice(storePath.length).split("/");
  const artifact = hub.repositories.get(`${owner}/${name}`.toLowerCase())?.artifacts.get(Number(id));
  const method = request.method ?? "GET";
  const fault = takeFault(hub, method, pathname);
  if (request.headers.authorization !== undefined) {
    hub.violations.push(`${pathname}: the token went to the store, which is another host`);
  }
  const isOpen = artifact !== undefined && searchParams.get("sig") === signature(artifact.id);
  const isCut = fault?.status === "lost" || fault?.status === "disconnect";
  const status = isCut ? 0 : Number(fault?.status ?? (isOpen ? 200 : 403));
  note(hub, { method, path: pathname, operation: null, login: null, body: null, status });
  if (fault?.status === "disconnect" || artifact === undefined) {
    request.socket.destroy();
    return;
  }
  if (status !== 0 && status !== 200) {
    response.writeHead(status).end();
    return;
  }
  response.writeHead(200, { "content-type": "application/zip", "content-length": artifact.zip.length });
  if (!isCut) {
    response.end(artifact.zip);
    return;
  }
  response.write(artifact.zip.subarray(0, artifact.zip.length >> 1), () => request.socket.destroy());
}
