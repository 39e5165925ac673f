import { isUtf8 } from "node:buffer";
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { type GitRepository, listFilesAt, readFileAt } from "../git/repository.ts";

/** The files of one skill, wherever they lie: in a folder or in a commit. */
export interface SkillFiles {
  /**
   * The text of a file by its path below the skill's folder; undefined where there is none. Throws `Failure` (exit code
   * 2) for a link, for what is no text, and for a file over 16 MiB.
   */
  read(path: string): Promise<string | undefined>;
}

/** All files of one skill. */
export interface SkillFolder extends SkillFiles {
  /** The paths of all its files below its folder. Throws `Failure` (exit code 2) for more than 2,000. */
  list(): Promise<string[]>;
  /** The bytes of a file; undefined and refused as in `read`, but for what they are. */
  bytes(path: string): Promise<Uint8Array | undefined>;
}

const mostFiles = 2000;

/** In bytes. A suite of ten thousand cases stays below it. */
const largest = 16 * 1_048_576;

/** The files of a skill in a folder; `folder` is absolute. Links are refused on the whole way below it. */
export function filesInFolder(folder: string): SkillFolder {
  const bytes = async (path: string): Promise<Buffer | undefined> => {
    const named = join(folder, path);
    if ((await realPath(named)) !== join(await realPath(folder), path)) {
      throw usageFailure(`${named} is reached by a link.`, "Put the file itself into the skill's folder.");
    }
    return bytesOf(named);
  };
  return {
    bytes,
    read: async (path) => textOf(await bytes(path), join(folder, path)),
    async list() {
      const paths: string[] = [];
      const folders = [""];
      for (const inside of folders) {
        for (const entry of await readdir(join(folder, inside), { withFileTypes: true })) {
          const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
          if (entry.isDirectory()) folders.push(path);
          else paths.push(path);
        }
        requireFew(paths.length + folders.length, folder);
      }
      return paths.sort();
    },
  };
}

function requireFew(count: number, folder: string): void {
  if (count <= mostFiles) return;
  throw usageFailure(
    `${folder} holds more than ${mostFiles} files and folders.`,
    "Keep what is no part of the skill elsewhere.",
  );
}

/** Undefined where there is no such file. Pipes and devices are opened without waiting, and refused. */
async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is no regular file");
    if (stats.size > largest) throw new Error("it is larger than 16 MiB");
    return await file.readFile();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw usageFailure(
      `${path} cannot be read: ${reasonOf(error)}.`,
      "Make it a readable file of text.",
      error,
    );
  }
}

/** The files of a skill as a commit has them; `folder` is relative to the top of the repository, with slashes. */
export function filesInCommit(repository: GitRepository, commit: string, folder: string): SkillFolder {
  const prefix = folder === "" ? "" : `${folder}/`;
  const bytes = (path: string): Promise<Buffer | undefined> =>
    readFileAt(repository, commit, `${prefix}${path}`);
  return {
    bytes,
    read: async (path) => textOf(await bytes(path), `${commit.slice(0, 12)}:${prefix}${path}`),
    async list() {
      const files = await listFilesAt(repository, commit, folder);
      requireFew(files.length, `${commit.slice(0, 12)}:${folder}`);
      return files.filter(({ mode }) => mode.startsWith("100")).map(({ path }) => path.slice(prefix.length));
    },
  };
}

/** The files of a skill that is not written anywhere. */
export function filesInMemory(files: ReadonlyMap<string, Uint8Array>): SkillFolder {
  const bytes = (path: string): Buffer | undefined => {
    const found = files.get(path);
    return found && Buffer.from(found);
  };
  return {
    bytes: async (path) => bytes(path),
    read: async (path) => textOf(bytes(path), path),
    list: async () => [...files.keys()].sort(),
  };
}

function textOf(bytes: Buffer | undefined, path: string): string | undefined {
  if (bytes === undefined) return undefined;
  if (isUtf8(bytes)) return bytes.toString("utf8");
  throw usageFailure(`${path} is no UTF-8 text.`, "Give a chat student files of text only.");
}
