import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FoundObject, type JsonLimits, jsonObjects, type SkippedText } from "./json-objects.ts";

async function read(content: string | Uint8Array, pieceSize = 1 << 20, limits?: JsonLimits) {
  const bytes = Buffer.from(content);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize) pieces.push(bytes.subarray(at, at + pieceSize));
  const items: (FoundObject | SkippedText)[] = [];
  for await (const item of jsonObjects(pieces, limits)) items.push(item);
  return items;
}

function values(items: (FoundObject | SkippedText)[]): unknown[] {
  return items.flatMap((item) => (item.kind === "object" ? [item.value] : []));
}

function skipped(items: (FoundObject | SkippedText)[]): string[] {
  return items.flatMap((item) =>
    item.kind === "skipped" ? [`${item.line}-${item.lastLine}: ${item.reason}`] : [],
  );
}

describe("jsonObjects", () => {
  it("reads indented objects and objects on one line, with and without a gap", async () => {
    const items = await read('{\n  "a": 1\n}\n\n{"b":2}{"c":3}\n{"d":[{"e":{}}]}');
    expect(values(items)).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }, { d: [{ e: {} }] }]);
    expect(items.map(({ line, lastLine }) => [line, lastLine])).toEqual([
      [1, 3],
      [5, 5],
      [5, 5],
      [6, 6],
    ]);
    expect(skipped(items)).toEqual([]);
  });

  it("reads after a byte order mark and across CRLF", async () => {
    const items = await read('\uFEFF{\r\n"a": "x"\r\n}\r\n{"b": 2}\r\n');
    expect(values(items)).toEqual([{ a: "x" }, { b: 2 }]);
    expect(items.map(({ line }) => line)).toEqual([1, 4]);
    expect(skipped(items)).toEqual([]);
  });

  it("takes braces, quotes and backslashes inside texts for text", async () => {
    const value = { log: '}{ "\\" {\n\n{', '{"key': "\\" };
    expect(values(await read(JSON.stringify(value)))).toEqual([value]);
  });

  it("says where text stands between objects, once for each stretch", async () => {
    const items = await read('WARNING: disk almost full\n\n{"a":1}\nDone {really}.\nBye\n');
    expect(values(items)).toEqual([{ a: 1 }]);
    expect(skipped(items)).toEqual([
      "1-1: text that is not JSON",
      '4-5: not a JSON object: "r" stands where a key or } is expected',
    ]);
  });

  it("says that a value is no object", async () => {
    const items = await read('[]\n\n5\n{"a":1}\n"text"\n');
    expect(values(items)).toEqual([{ a: 1 }]);
    expect(skipped(items)).toEqual(["1-3: text that is not JSON", "5-5: a JSON value that is not an object"]);
    expect(skipped(await read("[]"))).toEqual(["1-1: a JSON value that is not an object"]);
  });

  it("reads the objects of a JSON array", async () => {
    const items = await read('[{"a":1},\n{"a":2},{"a":3}]');
    expect(values(items)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  it.each([
    ["a missing end", '{"a": 1\n', "1-2"],
    ["a text cut off at the end of its line", '{"a": "x\n', "1-1"],
    ["a comma too many", '{"a": 1,, "b": 2}\n', "1-1"],
    ["a number that is none", '{"a": 1-2}\n', "1-1"],
    ["an escape that is none", '{"a": "\\q"}\n', "1-1"],
    ["Python's NaN", '{"a": NaN}\n', "1-1"],
    ["the wrong bracket", '{"a": [1}\n', "1-1"],
  ])("loses no object after %s", async (_, broken, lines) => {
    const items = await read(`${broken}{"good": true}`);
    expect(values(items)).toEqual([{ good: true }]);
    expect(skipped(items)).toEqual([expect.stringMatching(`^${lines}: not a JSON object: `)]);
  });

  it("reports a torn end", async () => {
    const items = await read('{"a":1}\n{"b": {"c": "x');
    expect(values(items)).toEqual([{ a: 1 }]);
    expect(skipped(items)).toEqual(["2-2: not a JSON object: the file ends inside it"]);
  });

  it("replaces bytes that are not UTF-8 and says so", async () => {
    const items = await read(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]));
    expect(items).toEqual([
      { kind: "object", value: { a: "\uFFFD" }, line: 1, lastLine: 1, replacedBytes: true },
    ]);
  });

  it("skips what is too large or too deep and goes on", async () => {
    const limits = { maxObjectBytes: 40, maxDepth: 3 };
    const items = await read(`{"a":"${"x".repeat(100)}"}{"b":[[[1]]]}{"c":1}`, 7, limits);
    expect(values(items)).toEqual([{ c: 1 }]);
    expect(skipped(items)).toEqual(["1-1: not a JSON object: it is larger than 40 bytes"]);
  });

  it("reads the same however the file is cut into pieces", async () => {
    const content = '\uFEFF{"a":"ü{\\"}"}\n oops {"x": {"b": [1, 2.5e3, null]}}\r\n[1] {"c"';
    const whole = await read(content);
    for (const size of [1, 2, 3, 5, 8]) expect(await read(content, size)).toEqual(whole);
  });

  it("finds every object again, whatever text without braces stands between them", async () => {
    const between = fc.string({ unit: "binary" }).map((text) => text.replaceAll(/[{}]/g, ""));
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    const run = fc.array(fc.tuple(object, fc.constantFrom(0, 2), between), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(run, fc.integer({ min: 1, max: 40 }), async (parts, size) => {
        const content = parts.map(
          ([value, indent, text]) => `${JSON.stringify(value, undefined, indent)}${text}`,
        );
        const expected = parts.map(([value]) => JSON.parse(JSON.stringify(value)));
        expect(values(await read(content.join(""), size))).toEqual(expected);
      }),
    );
  });

  it("throws for no bytes", async () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const marks = fc
      .string({ unit: fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "\\", "\n", "1"), maxLength: 60 })
      .map((text) => Buffer.from(text));
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, marks), async (content) => {
        for (const item of await read(content, 16)) expect(item.lastLine).toBeGreaterThanOrEqual(item.line);
      }),
    );
  });
});
