import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { git, tryGit, type GitOptions, type GitResult } from "./git.ts";
import type { FakeGitHub } from "./github.ts";

/** A working copy of a repository on the fake GitHub, as `actions/checkout` or a person leaves it. */
export interface Clone extends AsyncDisposable {
  folder: string;
  /** The `https`-like address of the repository, without credentials. */
  url: string;
  /** Runs git in the working copy without credentials; throws when it fails. */
  git: (...args: string[]) => Promise<string>;
  /** Runs git with the token the clone was made with, and returns how it ended. */
  tryGit: (...args: string[]) => Promise<GitResult>;
}

/** The environment in which git sends `token` to every server. */
export function withToken(token: string): GitOptions {
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return {
    env: {
      GIT_TERMINAL_PROMPT: "0",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.extraheader",
      GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`,
    },
  };
}

export async function cloneRepository(
  github: FakeGitHub,
  fullName: string,
  token: string,
  options: { depth?: number } = {},
): Promise<Clone> {
  const folder = await mkdtemp(join(tmpdir(), "overproof-clone-"));
  const url = `${github.url}/${fullName}.git`;
  const depth = options.depth === undefined ? [] : [`--depth=${options.depth}`];
  await git(folder, ["clone", "--quiet", ...depth, url, "."], withToken(token));
  await git(folder, ["config", "user.name", "A Person"]);
  await git(folder, ["config", "user.email", "person@example.com"]);
  return {
    folder,
    url,
    git: (...args) => git(folder, args),
    tryGit: (...args) => tryGit(folder, args, withToken(token)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
