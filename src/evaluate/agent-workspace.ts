import { rmSync } from "node:fs";
import { chmod, lstat, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sha256 } from "../digest.ts";
import type { AgentRequest } from "./agent-request.ts";
import { onInterrupt } from "./interrupt.ts";

/** A fresh folder for one run of an agent; disposing of it removes it with everything in it. */
export interface AgentWorkspace extends AsyncDisposable {
  /** Holds the three others. */
  folder: string;
  /** Where the agent works. */
  work: string;
  /** Its home, and its folder for temporary files. */
  home: string;
  temporary: string;
  /** SHA-256 of the files that it starts with, by their paths below `work`. */
  before: ReadonlyMap<string, string>;
}

/** Makes the folder of one run, with the files of the case and of the skill. */
export async function openAgentWorkspace({
  files,
  installed,
}: Pick<AgentRequest, "files" | "installed">): Promise<AgentWorkspace> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), "overproof-trial-"));
  const cleanup = onInterrupt(() => rmSync(folder, { recursive: true, force: true }));
  const [work, home, temporary] = [join(folder, "work"), join(folder, "home"), join(folder, "tmp")];
  const before = new Map<string, string>();
  try {
    for (const one of [work, home, temporary]) await mkdir(one);
    for (const [path, content] of [...files, ...installed]) {
      await mkdir(join(work, dirname(path)), { recursive: true });
      await writeFile(join(work, path), content, { flag: "wx", mode: isProgram(content) ? 0o755 : 0o644 });
      before.set(path, sha256(content));
    }
  } catch (error) {
    await removeAll(folder);
    cleanup[Symbol.dispose]();
    throw error;
  }
  return {
    folder,
    work,
    home,
    temporary,
    before,
    async [Symbol.asyncDispose]() {
      await removeAll(folder);
      cleanup[Symbol.dispose]();
    },
  };
}

/** Only content says it everywhere: a commit, a folder and another system know different modes. */
function isProgram(content: string | Uint8Array): boolean {
  const [first, second] = typeof content === "string" ? Buffer.from(content.slice(0, 2)) : content;
  return first === 0x23 && second === 0x21;
}

/** An agent may have left folders that nobody may open; they are its user's, which is ours. */
async function removeAll(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    const waiting = [folder];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (!(await lstat(next)).isDirectory()) continue;
      await chmod(next, 0o700).catch(() => undefined);
      for (const entry of await readdir(next, { withFileTypes: true }).catch(() => []))
        if (entry.isDirectory()) waiting.push(join(next, entry.name));
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
