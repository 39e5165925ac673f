import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { serverAddress } from "../server-address.ts";

export interface Downloaded {
  bytes: number;
  /** SHA-256 as 64 lower-case hexadecimal digits. */
  sha256: string;
}

/** Why one try did not give the whole file; another one may. */
export class BrokenDownload extends Error {
  /** Of the answer; 500 where none came, or it broke off. */
  readonly status: number;

  constructor(message: string, status = 500) {
    super(message);
    this.name = "BrokenDownload";
    this.status = status;
  }
}

/** A server that sends nothing for so long is gone, in milliseconds. */
const silence = 60_000;

/**
 * Writes what lies at a signed address to a new file, piece by piece. No credentials are sent: the address is one.
 * It is therefore in no message. Throws `BrokenDownload`, and `Failure` (exit code 2) for a file that is larger than
 * `limit` bytes, an address that is not https, and a disk that does not take it.
 */
export async function download(
  address: string,
  file: string,
  options: { fetch: typeof fetch; limit: number; label: string },
): Promise<Downloaded> {
  const { limit, label } = options;
  const url = serverAddress(address, `The address of ${label}`);
  const tooLarge = (): Failure =>
    usageFailure(`${label} has more than ${limit} bytes.`, "Upload fewer traces in one artifact.");
  const abort = new AbortController();
  const wait = setTimeout(() => abort.abort(new Error(`nothing came for ${silence / 1000} s`)), silence);
  const handle = await open(file, "w", 0o600);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    const response = await options.fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) {
      throw new BrokenDownload(`it was answered with ${response.status}`, response.status);
    }
    if (Number(response.headers.get("content-length") ?? 0) > limit) throw tooLarge();
    for await (const piece of response.body) {
      wait.refresh();
      bytes += piece.length;
      if (bytes > limit) throw tooLarge();
      hash.update(piece);
      await handle.writeFile(piece);
    }
    return { bytes, sha256: hash.digest("hex") };
  } catch (error) {
    if (error instanceof Failure || error instanceof BrokenDownload) throw error;
    if (error instanceof Error && "syscall" in error && error.syscall === "write") {
      const remedy = "Make room in the temporary folder, and run it again.";
      throw usageFailure(`${label} cannot be saved: ${reasonOf(error)}.`, remedy, error);
    }
    throw new BrokenDownload(causeOf(error));
  } finally {
    clearTimeout(wait);
    abort.abort();
    await handle.close();
  }
}

/** fetch calls every failure "fetch failed" or "terminated", and says why in its cause. */
function causeOf(error: unknown): string {
  return reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
