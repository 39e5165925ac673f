import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, usageFailure } from "../failure.ts";
import { sha256 } from "../digest.ts";
import { createRedactor, type Redactor } from "../secrets/redactor.ts";

/** What a folder of a trace holds, by name. Symbolic links, devices and pipes are `other` and never followed. */
export interface FolderNames {
  folders: ReadonlySet<string>;
  files: ReadonlySet<string>;
  other: ReadonlySet<string>;
}

/**
 * The files of a trace. Paths are relative to it, with `/`. Callers build paths only from names that `list`
 * returned: what a trace says about paths is compared with those names and never opened.
 */
export interface TraceFolder {
  /** Empty for what is no folder. */
  list(path: string): FolderNames;
  /**
   * UTF-8 text with every line end as `\n`, without byte order mark, secrets masked. Throws when it cannot be read
   * whole.
   */
  text(path: string, maxBytes: number): string;
  /** The same as it stands, for what is parsed first: its values go through `redactor.maskValue` then. */
  unmaskedText(path: string, maxBytes: number): string;
  /** Masks the secrets of all files of this trace: the same secret gets the same placeholder in each of them. */
  readonly redactor: Redactor;
  /** The bytes of a file of any size, piece by piece. */
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** SHA-256 of the bytes of every file read so far, by path. */
  readonly read: ReadonlyMap<string, string>;
}

const nothing: FolderNames = { folders: new Set(), files: new Set(), other: new Set() };

/** Throws `Failure` (exit code 2) when there is no such folder. */
export async function openTraceFolder(
  root: string,
  redactor: Redactor = createRedactor(),
): Promise<TraceFolder> {
  await mustBeFolder(root);
  const read = new Map<string, string>();
  const listed = new Map<string, FolderNames>();

  function list(path: string): FolderNames {
    const known = listed.get(path);
    if (known) return known;
    const names = namesIn(join(root, path));
    // The upper levels are asked for once for each version; the folders of the versions themselves only once.
    if (!path.includes("/")) listed.set(path, names);
    return names;
  }

  // Searches leave thousands of small files. Read one after the other, without a turn of the event loop for each
  // of open, stat, read and close, they take a tenth of the time.
  function unmaskedText(path: string, maxBytes: number): string {
    const bytes = readRegularFile(join(root, path), maxBytes);
    read.set(path, sha256(bytes));
    return new TextDecoder().decode(bytes).replaceAll(/\r\n?/g, "\n");
  }

  async function* chunks(path: string): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    const stream = createReadStream(join(root, path), { flags: "r", highWaterMark: 256 * 1024 });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
    read.set(path, hash.digest("hex"));
  }

  const text = (path: string, maxBytes: number): string => redactor.mask(unmaskedText(path, maxBytes));
  return { list, text, unmaskedText, redactor, chunks, read };
}

/**
 * One digest for a set of files: SHA-256 over their paths and digests in order of path, so that it does not
 * depend on where the trace lies.
 */
export function digestOfFiles(files: ReadonlyMap<string, string>): string {
  const lines = [...files].map(([path, digest]) => `${path}\n${digest}\n`);
  return sha256(lines.sort().join(""));
}

async function mustBeFolder(root: string): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(root)).isDirectory();
  } catch (error) {
    throw usageFailure(
      `The log folder ${root} cannot be opened (${reasonOf(error)}).`,
      "Pass the path of an existing folder.",
      error,
    );
  }
  if (!isFolder)
    throw usageFailure(
      `${root} is a file, not a log folder.`,
      "Pass the folder that holds verification_results.jsonl.",
    );
}

function namesIn(path: string): FolderNames {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch {
    return nothing;
  }
  const folders = new Set<string>();
  const files = new Set<string>();
  const other = new Set<string>();
  for (const entry of entries) {
    if (entry.isDirectory()) folders.add(entry.name);
    else if (entry.isFile()) files.add(entry.name);
    else other.add(entry.name);
  }
  return { folders, files, other };
}

function readRegularFile(path: string, maxBytes: number): Buffer {
  // A link or a pipe that took the place of the file since it was listed is refused, not followed or waited for.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const { size } = fstatSync(file);
    if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
