import { createHash } from "node:crypto";

/**
 * The id that git gives to a file's bytes: the hash of `blob LENGTH`, a zero byte and the bytes (Pro Git, chapter 10.2).
 * `like` is any id of the same repository; its length tells SHA-1 from SHA-256.
 */
export function blobId(content: string | Uint8Array, like: string): string {
  const bytes = Buffer.from(content);
  return createHash(like.length === 64 ? "sha256" : "sha1")
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest("hex");
}
