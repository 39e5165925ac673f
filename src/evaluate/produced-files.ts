import { isUtf8 } from "node:buffer";
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";

/** A file that an agent made or changed. */
export interface ProducedFile {
  bytes: number;
  /** Null for a file that is too large to be read. */
  sha256: string | null;
  /** Null for what is no text, or too much of it. */
  text: string | null;
}

/** Files by their paths below the working folder, with slashes. */
export type ProducedFiles = ReadonlyMap<string, ProducedFile>;

/** Names that are looked at, files that are kept, and their sizes in bytes: one that is read, all texts together. */
const mostEntries = 20_000;
const mostFiles = 200;
const largestRead = 16 * 1_048_576;
const largestText = 1_048_576;
const mostText = 4 * 1_048_576;

/**
 * The regular files below a folder that are not as they were: `before` has the SHA-256 of those that it started with.
 * Those that are `wanted` come first, then those that lie highest. Links are not followed, and a file with a second
 * name, which may be somebody else's, is passed over.
 */
export async function producedFiles(
  folder: string,
  before: ReadonlyMap<string, string>,
  wanted: readonly string[],
): Promise<ProducedFiles> {
  const first = new Set(wanted);
  const paths = await filesBelow(folder);
  const sorted = [...paths.filter((path) => first.has(path)), ...paths.filter((path) => !first.has(path))];
  const files = new Map<string, ProducedFile>();
  let text = 0;
  for (const path of sorted) {
    if (files.size >= mostFiles) break;
    const bytes = await bytesOf(join(folder, path));
    if (bytes === undefined) continue;
    const digest = typeof bytes === "number" ? null : sha256(bytes);
    if (digest !== null && before.get(path) === digest) continue;
    if (typeof bytes === "number") {
      files.set(path, { bytes, sha256: null, text: null });
      continue;
    }
    const isKept = bytes.length <= largestText && text + bytes.length <= mostText && isUtf8(bytes);
    if (isKept) text += bytes.length;
    files.set(path, { bytes: bytes.length, sha256: digest, text: isKept ? bytes.toString("utf8") : null });
  }
  return files;
}

/** Level by level, each in the order of names. */
async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [""];
  let seen = 0;
  for (const inside of folders) {
    const entries = await readdir(join(folder, inside), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.toSorted((a, b) => compareText(a.name, b.name))) {
      seen += 1;
      if (seen > mostEntries) return files;
      const path = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (entry.isFile()) files.push(path);
      else if (entry.isDirectory()) folders.push(path);
    }
  }
  return files;
}

/** The size alone of a file that is too large; undefined for what is no file of its own. */
async function bytesOf(path: string): Promise<Buffer | number | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const found = await file.stat();
    if (!found.isFile() || found.nlink > 1) return undefined;
    return found.size > largestRead ? found.size : await file.readFile();
  } catch {
    return undefined;
  }
}

/** In characters: of one file, and of all, as a judge and a reader of replies see them. */
const shownFile = 20_000;
const shownFiles = 100_000;

/** An answer followed by the files that were produced with it. */
export function answerWithFiles(answer: string, files: ProducedFiles): string {
  const parts = [answer];
  let left = shownFiles;
  for (const [path, { bytes, sha256: digest, text }] of files) {
    const head = `\n\nFile ${JSON.stringify(path)}, ${bytes} bytes, SHA-256 ${digest ?? "not taken"}`;
    const shown = text === null || text.length > shownFile || text.length > left ? "." : `:\n${text}`;
    left -= shown.length;
    parts.push(`${head}${shown}`);
  }
  return parts.join("");
}
