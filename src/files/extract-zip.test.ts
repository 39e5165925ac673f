import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../test/property-seed.ts";
import { filesBelow, temporaryFolder } from "../../test/run.ts";
import { type RawEntry, rawZip, zipOf } from "../../test/zip.ts";
import { reasonOf } from "../failure.ts";
import { type Extracted, extractZip, type ZipLimits, zipLimits } from "./extract-zip.ts";

interface Outcome {
  extracted: Extracted | undefined;
  /** What was thrown. */
  failure: unknown;
  files: Record<string, string>;
  /** What lies beside the folder that was extracted to. */
  beside: string[];
}

async function extract(zip: Buffer, limits: Partial<ZipLimits> = {}): Promise<Outcome> {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, "files");
  await mkdir(folder);
  await writeFile(join(temporary.path, "a.zip"), zip);
  let extracted: Extracted | undefined;
  let failure: unknown;
  try {
    extracted = await extractZip({
      zip: join(temporary.path, "a.zip"),
      folder,
      label: "The artifact",
      isWanted: (path) => /\.(?:json|txt)$/.test(path),
      limits: { ...zipLimits, ...limits },
    });
  } catch (error) {
    failure = error;
  }
  const files = await filesBelow(folder);
  const beside = (await readdir(temporary.path)).filter((name) => name !== "files" && name !== "a.zip");
  return { extracted, failure, files, beside };
}

/** Why an archive is refused, as one does that leaves nothing behind. */
async function refusal(zip: Buffer, limits?: Partial<ZipLimits>): Promise<string> {
  const { failure, files, beside } = await extract(zip, limits);
  expect(failure).toMatchObject({ name: "Failure", exitCode: 2 });
  expect(files).toEqual({});
  expect(beside).toEqual([]);
  return reasonOf(failure);
}

describe("an honest zip", () => {
  it("gives its wanted files back byte for byte, and counts the others", async () => {
    const files = { "logs/a.json": '{"a":1}', "b.txt": "", "run.sh": "rm -rf /", "logs/c.bin": "\0" };
    const { extracted, files: written } = await extract(await zipOf(files));
    expect(written).toEqual({ "logs/a.json": '{"a":1}', "b.txt": "" });
    expect(extracted).toEqual({ files: ["logs/a.json", "b.txt"], bytes: 7, skipped: 2 });
  });

  it("gives any text back", async () => {
    const texts = fc.array(fc.string({ unit: "binary", maxLength: 300 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(texts, fc.constantFrom(0, 8), async (contents, method) => {
        const named = contents.map((content, index) => ({ name: `f${index}.txt`, content, method }));
        const { files, failure } = await extract(rawZip(named));
        expect(failure).toBeUndefined();
        expect(files).toEqual(
          Object.fromEntries(named.map(({ name, content }) => [name, Buffer.from(content).toString()])),
        );
      }),
      { numRuns: 15 },
    );
  });

  it("keeps no executable bit", async () => {
    await using temporary = await temporaryFolder();
    const zip = join(temporary.path, "a.zip");
    await writeFile(zip, rawZip([{ name: "a.txt", content: "x", mode: 0o104777 }]));
    const request = { zip, folder: temporary.path, label: "The artifact", isWanted: () => true };
    await extractZip(request);
    expect((await stat(join(temporary.path, "a.txt"))).mode & 0o7777).toBe(0o600);
  });

  it("takes folders that are written out, and names in any script", async () => {
    const entries = [
      { name: "трасса/", mode: 0o040755, method: 0 },
      { name: "трасса/日志.json", content: "{}" },
    ];
    expect((await extract(rawZip(entries))).files).toEqual({ "трасса/日志.json": "{}" });
  });
});

describe("a name that must not become a path", () => {
  it.each([
    ["../evil.txt", "leads out of the folder"],
    ["a/../../evil.txt", "leads out of the folder"],
    ["/etc/evil.txt", "its path is absolute"],
    ["C:/evil.txt", "begins with a drive letter"],
    ["..\\evil.txt", "holds a backslash"],
    ["a//evil.txt", "has an empty part"],
    ["./evil.txt", "has an empty part"],
    ["evil.txt\0.json", "holds hidden characters"],
    ["a\u202Etxt.json", "holds hidden characters"],
    ["a\n.json", "holds hidden characters"],
    ["evil.txt:stream.json", "not every system allows"],
    ["folder./evil.txt", "ends in a point or a blank"],
    ["logs/NUL.txt", "the name of a device"],
    ["", "its name is empty"],
    [`${"a".repeat(500)}.txt`, "longer than 400 characters"],
    [`${"a/".repeat(40)}b.txt`, "more than 32 folders deep"],
  ])("is refused: %j", async (name, reason) => {
    expect(await refusal(rawZip([{ name: "good.txt", content: "x" }, { name }]))).toContain(reason);
  });

  it("is refused also where the file is not wanted", async () => {
    expect(await refusal(rawZip([{ name: "../run.sh" }]))).toContain(
      '"../run.sh": its path leads out of the folder',
    );
  });

  it("is refused when another name stands in front of the data", async () => {
    expect(await refusal(rawZip([{ name: "a.txt", localName: "../b.txt" }]))).toContain(
      'entry "a.txt": it has another name',
    );
  });

  it.each([
    ["the same twice", ["a.txt", "a.txt"]],
    ["another case", ["logs/a.txt", "logs/A.txt"]],
    ["another case of a folder", ["logs/a.txt", "Logs/b.txt"]],
    ["another form of one letter", ["\u00E9.txt", "e\u0301.txt"]],
    ["a file and a folder", ["a.txt", "a.txt/b.txt"]],
    ["a folder and a file", ["a.txt/b.txt", "a.txt"]],
  ])("is refused where it clashes: %s", async (_, names) => {
    expect(await refusal(rawZip(names.map((name) => ({ name }))))).toContain("it clashes with");
  });

  it("never leads out of the folder, whatever the bytes of the name are", async () => {
    const piece = fc.constantFrom("..", ".", "/", "\\", "a", "C:", "\0", " ", "é", ".txt", ".json");
    const name = fc.oneof(
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
      fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(name, fc.constantFrom(0, 0x800), async (odd, flags) => {
        const { failure, beside } = await extract(rawZip([{ name: odd, content: "x", flags }]));
        if (failure !== undefined) expect(failure).toMatchObject({ name: "Failure", exitCode: 2 });
        expect(beside).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("an entry that is no plain file", () => {
  const cases: [string, Partial<RawEntry>, string][] = [
    ["a symbolic link", { mode: 0o120777, content: "/etc/passwd" }, "it is a symbolic link"],
    ["a device", { mode: 0o020666 }, "it is no regular file"],
    ["a pipe", { mode: 0o010666 }, "it is no regular file"],
    ["a folder under the name of a file", { mode: 0o040755 }, "it is no regular file"],
    ["encrypted", { flags: 0x801 }, "it is encrypted"],
    ["compressed in another way", { method: 14 }, "its compression method 14 is not known"],
    ["stored with two sizes", { method: 0, content: "abc", size: 9 }, "it has two different sizes"],
  ];
  it.each(cases)("is refused: %s", async (_, entry, reason) => {
    expect(await refusal(rawZip([{ name: "good.txt" }, { name: "a.txt", ...entry }]))).toContain(
      `"a.txt": ${reason}`,
    );
  });

  it("is refused when it is encrypted strongly, where not even its name can be read", async () => {
    const zip = rawZip([{ name: "good.txt" }, { name: "a.txt", flags: 0x841 }]);
    expect(await refusal(zip)).toContain("its entry number 2 cannot be read");
  });
});

describe("data that are not as declared", () => {
  const cases: [string, Partial<RawEntry>, string][] = [
    ["more than declared", { size: 3 }, "not the 3 bytes"],
    ["less than declared", { size: 4000 }, "not the 4000 bytes"],
    ["another checksum", { crc: 1 }, "not the 5 bytes"],
    ["no deflated data", { method: 8, compressedSize: 1 }, "its data"],
  ];
  it.each(cases)("are refused: %s", async (_, entry, reason) => {
    const { failure } = await extract(rawZip([{ name: "a.txt", content: "hello", ...entry }]));
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(`"a.txt": `) });
    expect(failure).toMatchObject({ message: expect.stringContaining(reason) });
  });

  it("write no more than was declared", async () => {
    const content = "x".repeat(5_000_000);
    const { files } = await extract(rawZip([{ name: "a.txt", content, size: 100 }]));
    expect(files["a.txt"]?.length ?? 0).toBeLessThanOrEqual(100);
  });
});

describe("a zip over a limit", () => {
  it("is refused for its entries", async () => {
    const zip = rawZip([{ name: "a.txt" }, { name: "b.txt" }, { name: "c.txt" }]);
    expect(await refusal(zip, { entries: 2 })).toContain("it has 3 entries, and at most 2 are read");
  });

  it("is refused for the size of one file, and of all", async () => {
    const zip = rawZip([
      { name: "a.txt", content: "x".repeat(60) },
      { name: "b.txt", content: "x".repeat(60) },
    ]);
    expect(await refusal(zip, { fileBytes: 50 })).toContain(
      '"a.txt": it has 60 bytes, and one file may have 50',
    );
    expect(
      await refusal(zip, {
        bytes: 100,
      }),
    ).toContain('"b.txt": the files up to it have 120 bytes, and 100 are allowed');
  });

  it("is refused when it expands too much", async () => {
    const zip = rawZip([{ name: "bomb.txt", content: Buffer.alloc(20_000_000) }]);
    expect(await refusal(zip)).toContain('"bomb.txt": it expands to more than 200 times its size');
  });

  it("is refused when entries share their data", async () => {
    const inner = { name: "b.txt", content: "x".repeat(3000), method: 0 };
    const outer = { name: "a.txt", content: rawZip([inner]), method: 0 };
    const at = 30 + outer.name.length;
    expect(await refusal(rawZip([outer, { ...inner, at }]))).toContain(
      '"b.txt": it shares its data with "a.txt"',
    );
  });
});

describe("a file that is no whole zip", () => {
  it.each([
    ["empty", Buffer.alloc(0)],
    ["text", Buffer.from("not a zip")],
    ["cut", rawZip([{ name: "a.txt", content: "hello" }]).subarray(0, 60)],
    ["one of several disks", rawZip([{ name: "a.txt" }], { disk: 1 })],
    ["one with fewer entries than it says", rawZip([{ name: "a.txt" }], { count: 2 })],
  ])("is refused: %s", async (_, zip) => {
    expect(await refusal(zip)).toContain("The artifact is");
  });

  it("never ends in anything but files or a refusal, wherever a byte is wrong", async () => {
    const whole = rawZip([
      { name: "a.txt", content: "hello hello hello" },
      { name: "logs/b.json", content: "{}", method: 0 },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (index, byte) => {
        const broken = Buffer.from(whole);
        broken[index] = byte;
        const { failure, extracted, beside } = await extract(broken);
        if (extracted === undefined) expect(failure).toMatchObject({ name: "Failure", exitCode: 2 });
        expect(beside).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
