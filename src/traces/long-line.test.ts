import fc from "fast-check";
import { describe, expect, test } from "vitest";
import "../../test/property-seed.ts";
import { longLine } from "./long-line.ts";

const limits = { bytes: 1024 * 1024, depth: 200 };

function shortened(bytes: Uint8Array, kind: "json" | "text" = "json", step = bytes.length): Buffer | string {
  const line = longLine(kind, limits);
  for (let at = 0; at < bytes.length; at += step) line.push(bytes, at, Math.min(bytes.length, at + step));
  return line.end();
}

function shortenedJson(value: unknown): unknown {
  const line = shortened(Buffer.from(JSON.stringify(value)));
  if (typeof line === "string") throw new Error(line);
  return JSON.parse(line.toString("utf8"));
}

const words = fc.array(
  fc.constantFrom(
    "word ",
    "ptxas info\n",
    "\\",
    '"',
    "🚀",
    "\ud83d",
    "é",
    "\u0001",
    "x".repeat(3000),
    "🚀".repeat(900),
    "\\n".repeat(700),
  ),
  { minLength: 1, maxLength: 60 },
);

describe("a long line", () => {
  test("keeps strings up to 64 KB as they are, and the head and tail of longer ones", () => {
    expect(shortenedJson(["a".repeat(60_000)])).toEqual(["a".repeat(60_000)]);
    const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index}`).join("\n");
    const [text] = shortenedJson([lines]) as [string];
    const [, head, bytes, tail] = /^([^]*\n)\n\[(\d+) bytes left out\]\n([^]*)$/.exec(text) ?? [];
    expect(lines.startsWith(head ?? "?") && lines.endsWith(tail ?? "?")).toBe(true);
    expect(tail).toMatch(/^line \d+\n/);
    // A line break takes two bytes in JSON.
    const written = (part: string) => JSON.stringify(part).length - 2;
    expect(written(head ?? "") + Number(bytes) + written(tail ?? "")).toBe(written(lines));
    expect(text.length).toBeLessThan(68_000);
  });

  test("is the same however its bytes are cut into pieces, and parses", () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 70_000 }), (parts, step) => {
        const bytes = Buffer.from(
          JSON.stringify({ key: parts.join(""), other: [parts.join(" ").repeat(3)] }),
        );
        const whole = shortened(bytes);
        expect(shortened(bytes, "json", step)).toEqual(whole);
        expect(() => JSON.parse(whole.toString()) as unknown).not.toThrow();
      }),
      { numRuns: 60 },
    );
  });

  test("is never cut inside a character or a surrogate pair", () => {
    for (const piece of ["🚀", "é", "漢", String.raw`\ud83d\ude80`, String.raw`\\`]) {
      for (let shift = 0; shift < 13; shift += 1) {
        const line = shortened(Buffer.from(`"${"x".repeat(shift)}${piece.repeat(40_000)}"`));
        const text = JSON.parse(line.toString("utf8")) as string;
        expect(text).toMatch(/bytes left out/);
        expect(text.isWellFormed() && !text.includes("\ufffd")).toBe(true);
      }
    }
  });

  test("of mere bytes stays bounded", () => {
    for (const byte of [0x80, 0x5c, 0x22, 0x20, 0x75]) {
      const line = shortened(Buffer.concat([Buffer.from('"'), Buffer.alloc(3_000_000, byte)]));
      expect(typeof line === "string" || line.length <= limits.bytes).toBe(true);
    }
  });

  test("says why it is not read", () => {
    expect(shortened(Buffer.from("[1,".repeat(500_000)))).toBe("it is nested deeper than 200");
    expect(shortened(Buffer.from(`[${"1,".repeat(600_000)}1]`))).toBe("it is longer than 1048576 bytes");
  });

  test("of a text keeps its head and tail", () => {
    const text = shortened(Buffer.from("word ".repeat(100_000)), "text").toString();
    expect(text).toMatch(/^(?:word )+\n\[\d+ bytes left out\]\n(?:word )+$/);
  });
});
