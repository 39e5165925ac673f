import { git, objectId, tryGit } from "./git.ts";
import { apiAddress } from "./repository.ts";
import { Refusal, repositoryRoute, type Route } from "./route.ts";
import type { Repository } from "./state.ts";
import { nodeId } from "./user.ts";

/** Writes a blob and returns its id. */
export function writeBlob(repository: Repository, content: string | Buffer): Promise<string> {
  return git(repository.directory, ["hash-object", "-w", "--stdin"], { input: content });
}

export async function readBlob(repository: Repository, sha: string): Promise<Buffer> {
  return (await tryGit(repository.directory, ["cat-file", "blob", sha])).stdout;
}

/** Base64 as GitHub sends it: in lines of 60 characters. */
export function base64Lines(content: Buffer): string {
  return content.toString("base64").replaceAll(/.{60}|.+$/g, "$&\n");
}

export const blobRoutes: [string, Route][] = [
  repositoryRoute("git/create-blob", ["contents=write"], async ({ hub, repository, body }) => {
    const encoding = body.encoding === "base64" ? "base64" : "utf8";
    const sha = await writeBlob(repository, Buffer.from(body.content, encoding));
    return { status: 201, body: { sha, url: apiAddress(hub, repository, `/git/blobs/${sha}`) } };
  }),
  repositoryRoute("git/get-blob", ["contents=read"], async ({ hub, repository, path }) => {
    const sha = await objectId(repository.directory, String(path.file_sha), "blob");
    if (sha === undefined) throw new Refusal(404, "Not Found");
    const content = await readBlob(repository, sha);
    return {
      status: 200,
      body: {
        sha,
        node_id: nodeId("B", sha),
        size: content.length,
        url: apiAddress(hub, repository, `/git/blobs/${sha}`),
        content: base64Lines(content),
        encoding: "base64",
      },
    };
  }),
];
