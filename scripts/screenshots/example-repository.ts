import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A new repository with the command line in it. */
export interface ExampleRepository extends AsyncDisposable {
  folder: string;
  /** Writes files; then they can be committed. */
  write: (files: Readonly<Record<string, string>>) => Promise<void>;
  git: (...args: string[]) => Promise<string>;
  commit: (message: string) => Promise<void>;
  /** What the command line prints. Throws where it fails; the no of the gate is none. */
  overproof: (...args: string[]) => Promise<string>;
}

/** `cli` is the path of the built command line. */
export async function exampleRepository(cli: string): Promise<ExampleRepository> {
  const folder = await mkdtemp(join(tmpdir(), "overproof-pictures-"));
  // No key or setting of the machine takes part, and the run has the page that one in a workflow has.
  const environment = {
    PATH: process.env["PATH"],
    HOME: folder,
    NO_COLOR: "1",
    GIT_CONFIG_NOSYSTEM: "1",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "octo/skills",
    GITHUB_RUN_ID: "77",
  };
  const git = async (...args: string[]): Promise<string> => {
    const author = ["-c", "user.name=A Person", "-c", "user.email=person@example.com"];
    return (await run("git", [...author, ...args], { cwd: folder, env: environment })).stdout;
  };
  await git("init", "--quiet", "--initial-branch=main");
  return {
    folder,
    git,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
    },
    async commit(message) {
      await git("add", "--all");
      await git("commit", "--quiet", "--message", message);
    },
    async overproof(...args) {
      const child = spawn(process.execPath, [cli, ...args], {
        cwd: folder,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (piece: string) => (stdout += piece));
      child.stderr.setEncoding("utf8").on("data", (piece: string) => (stderr += piece));
      const [code] = (await once(child, "close")) as [number | null];
      // 1 is the no of the gate, which says why; without words it is a failure.
      if (code !== 0 && (code !== 1 || stdout === "")) {
        throw new Error(`overproof ${args[0]} ended with ${code}: ${stderr}`);
      }
      return stdout;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
