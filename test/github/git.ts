import { spawn } from "node:child_process";

export interface GitResult {
  code: number;
  stdout: Buffer;
  stderr: string;
}

export interface GitOptions {
  input?: string | Buffer;
  env?: Record<string, string>;
}

/** No configuration of the machine reaches the server's repositories or what tests make with them. */
export const serverEnvironment: Record<string, string> = {
  PATH: process.env.PATH ?? "",
  LC_ALL: "C",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

/** Runs git and returns its exit code, for commands whose code is the answer. */
export function tryGit(directory: string, args: string[], options: GitOptions = {}): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: directory, env: { ...serverEnvironment, ...options.env } });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({
        code: code ?? -1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString("utf8"),
      });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(options.input);
  });
}

/** Runs git and returns what it prints, without the last line break; throws when git fails. */
export async function git(directory: string, args: string[], options: GitOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryGit(directory, args, options);
  if (code !== 0) throw new Error(`git ${args[0]} ended with ${code}: ${stderr}`);
  return stdout.toString("utf8").replace(/\n$/, "");
}

/** The id of the object that `revision` names, of the given type; `undefined` when there is none. */
export async function objectId(
  directory: string,
  revision: string,
  type: "blob" | "tree" | "commit",
): Promise<string | undefined> {
  const found = await tryGit(directory, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${revision}^{${type}}`,
  ]);
  return found.code === 0 ? found.stdout.toString("utf8").trim() : undefined;
}

/** The commit at the tip of a branch; `undefined` when the branch does not exist. */
export function branchTip(directory: string, branch: string): Promise<string | undefined> {
  return objectId(directory, `refs/heads/${branch}`, "commit");
}
