import { open } from "node:fs/promises";

export type AppendedFile = Awaited<ReturnType<typeof open>>;

/** Opens a file of lines to append to. A last line that a killed process left half-written is cut off. */
export async function openForAppend(path: string): Promise<AppendedFile> {
  const file = await open(path, "a+", 0o644);
  const { size } = await file.stat();
  const end = await endOfLastLine(file, size);
  if (end < size) await file.truncate(end);
  return file;
}

/** Where the last whole line of a file ends. */
async function endOfLastLine(file: AppendedFile, size: number): Promise<number> {
  const piece = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - piece.length);
    const { bytesRead } = await file.read(piece, 0, end - start, start);
    const at = piece.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}
