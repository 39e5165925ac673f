import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sha256 } from "../digest.ts";
import { openSessionFile } from "./session-file.ts";

const folder = mkdtempSync(join(tmpdir(), "session-file-"));

async function opened(content: string | Uint8Array) {
  writeFileSync(join(folder, "t.jsonl"), content);
  const damage: [number, string][] = [];
  const file = await openSessionFile(folder, "t.jsonl", (line, reason) => damage.push([line, reason]));
  return { file, damage };
}

async function collected<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe("the lines of a file", () => {
  test("come with their numbers through a byte order mark, CRLF and blank lines", async () => {
    const { file, damage } = await opened('\ufeff{"a":1}\r\n\r\n  \n{"b":"\\ud83d"}\r\n{"c":3}');
    expect(await collected(file.lines())).toEqual([
      { value: { a: 1 }, line: 1 },
      { value: { b: "\ud83d" }, line: 4 },
      { value: { c: 3 }, line: 5 },
    ]);
    expect(damage).toEqual([]);
    expect(file.isTruncated()).toBe(false);
  });

  test("that are no objects are reported once, and the last one tells of a torn end", async () => {
    const { file, damage } = await opened('{"a":1}\nstarting\n[1]\n{"b":"\u0000');
    expect(await collected(file.lines())).toHaveLength(1);
    expect(await collected(file.lines())).toHaveLength(1);
    expect(damage).toEqual([
      [2, "it is not JSON"],
      [3, "it is JSON, but no object"],
      [4, "it is not JSON"],
    ]);
    expect(file.isTruncated()).toBe(true);
  });

  test("of bytes that are not UTF-8 are read with a replacement", async () => {
    const { file } = await opened(
      Buffer.concat([Buffer.from('{"a":"x'), Buffer.from([0xff, 0xc3]), Buffer.from('y"}')]),
    );
    expect(await collected(file.lines())).toEqual([{ value: { a: "x\ufffd\ufffdy" }, line: 1 }]);
  });

  test("that are nested too deep are damage, long or short", async () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}\n`;
    const { file, damage } = await opened(nested(150) + nested(300) + nested(300_000));
    expect(await collected(file.lines())).toHaveLength(1);
    expect(damage.map(([line]) => line)).toEqual([2, 3]);
  });

  test("of a million characters come short, across the pieces that are read", async () => {
    const { file } = await opened(`{"a":"${"word ".repeat(200_000)}"}\n{"b":1}\n`);
    const [first, second] = await collected(file.lines());
    expect(JSON.stringify(first).length).toBeLessThan(70_000);
    expect(second).toEqual({ value: { b: 1 }, line: 2 });
  });
});

test("a document knows its lines after it was read, and is undefined where there is none", async () => {
  const { file } = await opened('\ufeff{\n"steps": [\n1,\n2]}');
  expect(file.lineOf(["steps", 1])).toBe(1);
  expect(await file.document()).toEqual({ steps: [1, 2] });
  expect(file.lineOf(["steps", 1])).toBe(4);
  expect(await (await opened("{")).file.document()).toBeUndefined();
});

test("a text comes line by line, without line ends", async () => {
  const { file } = await opened("# a\r\n\nb");
  expect(await collected(file.text())).toEqual([
    { text: "# a", line: 1 },
    { text: "", line: 2 },
    { text: "b", line: 3 },
  ]);
});

test("the digest is that of the bytes, whether they were read before or not", async () => {
  const content = '\ufeff{"a":1}\r\n{';
  const { file } = await opened(content);
  expect(await file.digest()).toBe(sha256(content));
  const { file: again } = await opened(content);
  await collected(again.lines());
  expect(await again.digest()).toBe(sha256(content));
});

test("links and folders are not opened", async () => {
  writeFileSync(join(folder, "real.jsonl"), "{}");
  symlinkSync(join(folder, "real.jsonl"), join(folder, "link.jsonl"));
  mkdirSync(join(folder, "sub"));
  for (const name of ["link.jsonl", "sub", "none"])
    await expect(openSessionFile(folder, name, () => undefined)).rejects.toMatchObject({ exitCode: 2 });
});
