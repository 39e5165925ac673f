import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { EntryNames, entryNameProblem, shownEntryName } from "./zip-entry-name.ts";

export interface ZipLimits {
  entries: number;
  /** Bytes of all files that are written, together. */
  bytes: number;
  /** Bytes of one file. */
  fileBytes: number;
  /** Bytes written for each byte read; files under `freeBytes` may have any. */
  ratio: number;
  /** Characters of one path. */
  pathLength: number;
}

export const zipLimits: ZipLimits = {
  entries: 10_000,
  bytes: 2 * 1024 ** 3,
  fileBytes: 1024 ** 3,
  ratio: 200,
  pathLength: 400,
};

/** So little does no harm, and short files of blanks shrink by more than any fair ratio. */
const freeBytes = 1024 ** 2;

export interface ExtractRequest {
  /** The zip file. */
  zip: string;
  /** An empty folder; it is not made. */
  folder: string;
  /** What the zip is called in messages, such as `The artifact "traces"`. */
  label: string;
  /** Says of a path whether the file is wanted; others are skipped. */
  isWanted: (path: string) => boolean;
  limits?: ZipLimits;
}

export interface Extracted {
  /** Paths of the files that were written, with slashes, relative to the folder, in the order of the zip. */
  files: string[];
  bytes: number;
  /** Files that were not wanted. */
  skipped: number;
}

/** One file of a zip, with no more than it takes to write it. */
interface PlannedFile {
  path: string;
  method: number;
  /** Where its data begin in the zip, and how many bytes they are. */
  start: number;
  compressed: number;
  size: number;
  crc: number;
}

/**
 * Extracts the wanted files of a zip from a stranger. Everything that its directory tells is checked before anything
 * is written, and what it tells of sizes is held against the data. Files are new, regular, and not executable.
 * Throws `Failure` (exit code 2) that names the entry it refuses: a link or device, a path that leads out of the folder
 * or could be another file, an encrypted entry, one over a limit, and one whose data are not as declared. What was
 * written before stays: the caller removes the folder.
 */
export async function extractZip(request: ExtractRequest): Promise<Extracted> {
  const { label } = request;
  const yauzl = await import("yauzl");
  let zip: ZipFile;
  try {
    // Names are decoded here, and sizes checked here: the library's own checks do not name the entry.
    const options = { autoClose: false, decodeStrings: false, validateEntrySizes: false };
    zip = await yauzl.openPromise(request.zip, options);
  } catch (error) {
    throw unreadable(label, error);
  }
  try {
    const { files, skipped } = await plan(zip, request, yauzl.getFileNameLowLevel);
    let bytes = 0;
    for (const file of files) {
      await writeEntry(zip, file, request);
      bytes += file.size;
    }
    return { files: files.map(({ path }) => path), bytes, skipped };
  } finally {
    zip.close();
  }
}

type NameReader = typeof import("yauzl").getFileNameLowLevel;

/** Reads and checks the whole directory of a zip. */
async function plan(
  zip: ZipFile,
  { label, isWanted, limits = zipLimits }: ExtractRequest,
  readName: NameReader,
): Promise<{ files: PlannedFile[]; skipped: number }> {
  if (zip.entryCount > limits.entries) {
    throw refused(label, `it has ${zip.entryCount} entries, and at most ${limits.entries} are read`);
  }
  const files: PlannedFile[] = [];
  const names = new EntryNames();
  let skipped = 0;
  let bytes = 0;
  let count = 0;
  const entries = zip.eachEntry();
  for (;;) {
    count += 1;
    const next = await entries.next().catch((error: unknown) => {
      throw refused(label, `its entry number ${count} cannot be read (${reasonOf(error)})`);
    });
    if (next.done === true) break;
    const entry = next.value;
    const name = readName(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
    const problem = entryNameProblem(name, limits.pathLength) ?? entryProblem(entry, name);
    if (problem !== null) throw refusedEntry(label, name, problem);
    const clash = names.take(name);
    if (clash !== null) throw refusedEntry(label, name, `it clashes with ${shownEntryName(clash)}`);
    const header = await zip.readLocalFileHeaderPromise(entry).catch((error: unknown) => {
      throw refusedEntry(label, name, `it cannot be read (${reasonOf(error)})`);
    });
    if (!entry.fileNameRaw.equals(header.fileName)) {
      throw refusedEntry(label, name, "it has another name where its data begin");
    }
    if (name.endsWith("/")) continue;
    if (!isWanted(name)) {
      skipped += 1;
      continue;
    }
    bytes += entry.uncompressedSize;
    const size = sizeProblem(entry, bytes, limits);
    if (size !== null) throw refusedEntry(label, name, size);
    files.push({
      path: name,
      method: entry.compressionMethod,
      start: header.fileDataStart,
      compressed: entry.compressedSize,
      size: entry.uncompressedSize,
      crc: entry.crc32,
    });
  }
  refuseShared(label, files);
  return { files, skipped };
}

/** Why an entry is no plain file or folder that can be read; null for a fit one. */
function entryProblem(entry: Entry, name: string): string | null {
  // The type bits of a Unix mode: 0 where the zip was made by another system, 8 for a regular file, 4 for a folder.
  const type = (entry.externalFileAttributes >>> 28) & 0xf;
  const isFolder = name.endsWith("/");
  if (type === 0xa) return "it is a symbolic link";
  if (type !== 0 && type !== (isFolder ? 0x4 : 0x8)) return "it is no regular file";
  if (entry.isEncrypted()) return "it is encrypted";
  if (isFolder) return entry.uncompressedSize === 0 ? null : "it is a folder with content";
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    return `its compression method ${entry.compressionMethod} is not known`;
  }
  if (entry.compressionMethod === 0 && entry.compressedSize !== entry.uncompressedSize) {
    return "it has two different sizes, though it is not compressed";
  }
  return null;
}

/** Why an entry is too large; `bytes` are those of all files with this one. */
function sizeProblem(entry: Entry, bytes: number, limits: ZipLimits): string | null {
  const { uncompressedSize: size, compressedSize } = entry;
  if (size > limits.fileBytes) return `it has ${size} bytes, and one file may have ${limits.fileBytes}`;
  if (bytes > limits.bytes) return `the files up to it have ${bytes} bytes, and ${limits.bytes} are allowed`;
  if (size > freeBytes && size > compressedSize * limits.ratio) {
    return `it expands to more than ${limits.ratio} times its size`;
  }
  return null;
}

/** Entries that share data are how small zips expand to huge ones without a suspicious ratio. */
function refuseShared(label: string, files: readonly PlannedFile[]): void {
  const sorted = files.filter(({ compressed }) => compressed > 0).sort((a, b) => a.start - b.start);
  for (const [index, file] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && before.start + before.compressed > file.start) {
      throw refusedEntry(label, file.path, `it shares its data with ${shownEntryName(before.path)}`);
    }
  }
}

async function writeEntry(zip: ZipFile, file: PlannedFile, { folder, label }: ExtractRequest): Promise<void> {
  const target = join(folder, ...file.path.split("/"));
  let size = 0;
  let crc = 0;
  const check = new Transform({
    transform(piece: Buffer, _encoding, done) {
      size += piece.length;
      crc = crc32(piece, crc);
      done(size > file.size ? misdeclared(label, file) : null, piece);
    },
    flush(done) {
      done(size < file.size || crc !== file.crc ? misdeclared(label, file) : null);
    },
  });
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    // `wx` follows no link and replaces nothing.
    const handle = await open(target, "wx", 0o600);
    try {
      await pipeline(await dataOf(zip, file), check, async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) await handle.writeFile(piece);
      });
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    const isSystem = error instanceof Error && "syscall" in error;
    if (!isSystem) throw refusedEntry(label, file.path, `its data cannot be read (${reasonOf(error)})`);
    const problem = `Extracting ${shownEntryName(file.path)} failed: ${reasonOf(error)}.`;
    throw usageFailure(problem, "Make room in the temporary folder, and run it again.", error);
  }
}

function dataOf(zip: ZipFile, { start, compressed, size, method }: PlannedFile): Promise<Readable> {
  if (compressed === 0 && method === 0) return Promise.resolve(Readable.from([]));
  return new Promise((resolve, reject) => {
    // Its promise form calls another method in yauzl 3.4.0.
    zip.openReadStreamLowLevel(start, compressed, 0, compressed, method === 8, size, (error, stream) => {
      if (error === null) resolve(stream);
      else reject(error);
    });
  });
}

function misdeclared(label: string, { path, size }: PlannedFile): Failure {
  return refusedEntry(label, path, `its data are not the ${size} bytes that the zip declares`);
}

function refusedEntry(label: string, name: string, reason: string): Failure {
  return refused(label, `of its entry ${shownEntryName(name)}: ${reason}`);
}

function refused(label: string, reason: string): Failure {
  return usageFailure(`${label} is refused because ${reason}.`, remedy);
}

function unreadable(label: string, error: unknown): Failure {
  return usageFailure(`${label} is no zip file that can be read (${reasonOf(error)}).`, remedy, error);
}

const remedy = "Upload the traces again, as plain files with actions/upload-artifact.";
