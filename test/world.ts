import { join } from "node:path";
import type { ProposeResult } from "../src/commands/propose.ts";
import { cloneRepository } from "./github/clone.ts";
import { type FakeGitHub, startGitHub } from "./github/github.ts";
import { cli, type Run } from "./run.ts";

export const logs = join(import.meta.dirname, "fixtures/akg/search_log/linear-chain/input/logs");
export const name = "octo/skills";
export const token = "ghs_job";

/** A repository on our GitHub, a clone of it, and the command line in that clone. */
export interface World extends AsyncDisposable {
  github: FakeGitHub;
  folder: string;
  env: Record<string, string>;
  /** Distils logs into the clone's workspace and returns the proposal's path, without a look at the library. */
  distill(...from: string[]): Promise<string>;
  propose(...args: string[]): Promise<Run & { result: ProposeResult }>;
  /** What git shows of a commit or a file on the server. */
  show(ref: string): Promise<string>;
  /** The trailers of a commit message, as git reads them. */
  trailers(ref: string): Promise<string[]>;
  /** Git in the clone. */
  git(...args: string[]): Promise<string>;
}

export async function startWorld(
  permissions: Record<string, "read" | "write"> = { contents: "write", pull_requests: "write" },
): Promise<World> {
  const stack = new AsyncDisposableStack();
  const github = stack.use(await startGitHub());
  await github.createRepository(name, { files: { "README.md": "# Skills\n" } });
  github.addToken(token, { login: "github-actions[bot]", permissions: { metadata: "read", ...permissions } });
  const clone = stack.use(await cloneRepository(github, name, token));
  const env = {
    GITHUB_SERVER_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    GITHUB_REPOSITORY: name,
    GITHUB_TOKEN: token,
  };
  const fetch = (): Promise<unknown> =>
    clone.tryGit("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*");
  return {
    github,
    folder: clone.folder,
    env,
    async distill(...from) {
      const paths = from.length > 0 ? from : [logs];
      const args = ["distill", ...paths, "--mode", "search_log", "--model", "offline", "--dry-run", "--json"];
      const { stdout, stderr, code } = await cli(args, { cwd: clone.folder });
      if (code !== 0) throw new Error(stderr);
      return (JSON.parse(stdout) as { proposal: string }).proposal;
    },
    async propose(...args) {
      const ended = await cli(["propose", ...args, "--json"], { cwd: clone.folder, env });
      const result = (ended.stdout === "" ? {} : JSON.parse(ended.stdout)) as ProposeResult;
      return { ...ended, result };
    },
    show: async (ref) => {
      await fetch();
      return clone.git("show", ref);
    },
    async trailers(ref) {
      await fetch();
      const text = await clone.git("log", "-1", "--format=%(trailers:only,unfold)", ref);
      return text.split("\n").filter((line) => line !== "");
    },
    git: (...args) => clone.git(...args),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
