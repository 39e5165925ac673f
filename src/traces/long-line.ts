/** The head that stays of a long string, at least; it ends at the next blank or line break, if one is near. */
const headBytes = 47 * 1024;
/** The tail is kept in pieces of this size, of which the last two stay. */
const pieceBytes = 8 * 1024;
/** How far a line break is looked for, and how far that or a blank. */
const nearLineBytes = 512;
const nearBytes = 1024;
/** A cut is never farther away than this, whatever the bytes are. */
const slackBytes = 32;

/** A string of at most this many bytes is never cut. */
export const longStringBytes = 64 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const blank = 0x20;

/**
 * Takes the bytes of a line, or of a document, piece by piece and leaves the middle out of every string of JSON that
 * is longer than 64 KB, with a note that says how many bytes are gone. In a plain text the whole line is the string.
 * Memory is bounded by `limits.bytes`, whatever comes. A cut never splits an escape, a surrogate pair or a character, and
 * where a blank or a line break is near it does not split a word either. The result depends on the bytes alone, not on
 * how they were cut into pieces.
 */
export function longLine(kind: "json" | "text", limits: { bytes: number; depth: number }) {
  const note = kind === "json" ? String.raw`\n` : "\n";
  let out = Buffer.allocUnsafe(2 * longStringBytes);
  let size = 0;
  /** Why there is nothing to read. */
  let refusal: string | undefined;
  let depth = 0;

  let inString = kind === "text";
  let isEscaped = false;
  let hexLeft = 0;
  let hex = 0;
  let isHighSurrogate = false;
  /** What the last byte ended. */
  let after: "line" | "word" | undefined;
  /** Bytes since the head or the piece began. */
  let length = 0;
  let isHead = true;
  let piece = Buffer.allocUnsafe(0);
  let lastPiece = Buffer.allocUnsafe(0);
  let lastLength = 0;
  let dropped = 0;

  return { push, end };

  /** Bytes `from` to `to` of the chunk, which may be used again afterwards. False where the line is not read anyway. */
  function push(chunk: Uint8Array, from: number, to: number): boolean {
    let at = from;
    while (at < to) at = inString ? stringBytes(chunk, at, to) : otherBytes(chunk, at, to);
    return refusal === undefined;
  }

  /** What stays of the line, or why it is not read: it is still too long, or nested too deep. */
  function end(): Buffer | string {
    closeString();
    return refusal ?? out.subarray(0, size);
  }

  function otherBytes(chunk: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && !inString) {
      const byte = chunk[at] ?? 0;
      at += 1;
      if (byte === quote) openString();
      else if (byte === 0x5b || byte === 0x7b) deeper();
      else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    }
    write(chunk, from, at);
    return at;
  }

  function stringBytes(chunk: Uint8Array, from: number, to: number): number {
    const least = isHead ? headBytes : pieceBytes;
    if (length < least) return plainRun(chunk, from, Math.min(to, from + least - length));
    let at = from;
    while (at < to) {
      const byte = chunk[at] ?? 0;
      if (mayCut(byte, least, length + at - from)) {
        keep(chunk, from, at);
        nextPiece();
        return at;
      }
      at += 1;
      if (step(byte)) {
        keep(chunk, from, at);
        closeString();
        inString = false;
        return at;
      }
    }
    keep(chunk, from, to);
    return to;
  }

  /** Bytes that are far from a cut: only the string's end matters. */
  function plainRun(chunk: Uint8Array, from: number, to: number): number {
    let at = from;
    if (kind === "json") {
      while (at < to) {
        const byte = chunk[at];
        at += 1;
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) {
          keep(chunk, from, at);
          closeString();
          inString = false;
          return at;
        }
      }
    } else at = to;
    keep(chunk, from, at);
    hexLeft = 0;
    isHighSurrogate = false;
    after = undefined;
    return at;
  }

  function mayCut(next: number, least: number, now: number): boolean {
    if (isEscaped || hexLeft > 0) return false;
    if (after === "line" || (after === "word" && now >= least + nearLineBytes)) return true;
    const far = least + nearBytes;
    if (now < far) return false;
    // Escapes that began before the careful stretch are over by now, so that only these two remain to be seen.
    return now >= far + slackBytes / 2 || (!isHighSurrogate && (next & 0xc0) !== 0x80);
  }

  /** Follows the grammar of a string by one byte; true at its end. */
  function step(byte: number): boolean {
    after = undefined;
    if (kind === "text") {
      if (byte === blank) after = "word";
      return false;
    }
    if (hexLeft > 0) {
      hex = hex * 16 + Number.parseInt(String.fromCharCode(byte), 16);
      hexLeft -= 1;
      isHighSurrogate = hexLeft === 0 && hex >= 0xd800 && hex < 0xdc00;
      return false;
    }
    if (isEscaped) {
      isEscaped = false;
      if (byte === 0x75) {
        hexLeft = 4;
        hex = 0;
      } else {
        isHighSurrogate = false;
        if (byte === 0x6e) after = "line";
      }
      return false;
    }
    if (byte === backslash) {
      isEscaped = true;
      return false;
    }
    isHighSurrogate = false;
    if (byte === blank) after = "word";
    return byte === quote;
  }

  function deeper(): void {
    depth += 1;
    if (depth > limits.depth) refusal ??= `it is nested deeper than ${limits.depth}`;
  }

  function openString(): void {
    inString = true;
    length = 0;
    isHead = true;
    dropped = 0;
    lastLength = 0;
    isEscaped = false;
  }

  function keep(chunk: Uint8Array, from: number, to: number): void {
    if (isHead) write(chunk, from, to);
    else piece.set(chunk.subarray(from, to), length);
    length += to - from;
  }

  function nextPiece(): void {
    if (isHead) {
      isHead = false;
      if (piece.length === 0) {
        piece = Buffer.allocUnsafe(pieceBytes + nearBytes + slackBytes);
        lastPiece = Buffer.allocUnsafe(piece.length);
      }
    } else {
      dropped += lastLength;
      [piece, lastPiece] = [lastPiece, piece];
      lastLength = length;
    }
    length = 0;
    after = undefined;
  }

  function closeString(): void {
    if (!inString || isHead) return;
    if (dropped > 0) {
      const words = Buffer.from(`${note}[${dropped} bytes left out]${note}`);
      write(words, 0, words.length);
    }
    write(lastPiece, 0, lastLength);
    write(piece, 0, length);
    isHead = true;
  }

  function write(bytes: Uint8Array, from: number, to: number): void {
    const needed = size + to - from;
    if (needed > limits.bytes) refusal ??= `it is longer than ${limits.bytes} bytes`;
    if (refusal !== undefined) return;
    if (needed > out.length) {
      const larger = Buffer.allocUnsafe(Math.min(limits.bytes, Math.max(needed, 2 * out.length)));
      out.copy(larger, 0, 0, size);
      out = larger;
    }
    out.set(bytes.subarray(from, to), size);
    size = needed;
  }
}
