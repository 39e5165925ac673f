import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import matter from "gray-matter";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { Failure } from "../failure.ts";
import type { FrontMatter } from "./front-matter.ts";
import { lintSkill } from "./lint.ts";
import { editSkillFile, parseSkillFile, type SkillFile, writeSkillFile } from "./skill-file.ts";
import { sanitizeName } from "./skill-name.ts";
import { countCharacters } from "./text-size.ts";

const fixtures = join(import.meta.dirname, "../../test/fixtures");
const read = (text: string): SkillFile => parseSkillFile(text, "SKILL.md");
const simple: FrontMatter = {
  name: "read-rows-once",
  description: "Read each row once. Use when a row fits in a block.",
  metadata: {},
};

/** Text made of what breaks YAML, Markdown, terminals and people. */
const wild = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ": ",
        " #",
        "---",
        "\n---\n",
        "\r\n",
        "\n",
        "\t",
        '"',
        "'",
        "\\",
        "\\n",
        "<",
        ">",
        "->",
        "<=",
      ),
      fc.constantFrom(
        "{",
        "[",
        "]",
        "&a ",
        "*a",
        "!x ",
        "|",
        "%",
        "@",
        "`",
        "~",
        "- ",
        "? ",
        "yes",
        "1.0",
        "null",
      ),
      fc.constantFrom(
        "\u202E",
        "\u200D",
        "\uFE0F",
        "👩‍💻",
        "归约",
        "，",
        "\0",
        "\u0085",
        "\u2028",
        "\uFEFF",
        "\uD800",
      ),
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.lorem({ maxCount: 3 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(""));
const visible = wild.filter((text) => /[^\s\u0085]/u.test(text));
const name = wild.map((text) => sanitizeName(text, { dsl: "triton_cuda", prefix: "case", op: "" }));
const metadataKey = fc.oneof(
  fc.constantFrom(
    "source",
    "dsl",
    "version",
    "yes",
    "null",
    "1",
    "1.0",
    "作者",
    "a b",
    "a: b",
    "#x",
    "on",
    "constructor",
  ),
  fc.stringMatching(/^[a-z][a-z0-9_.]{0,20}$/),
);
const frontMatter: fc.Arbitrary<FrontMatter> = fc.record(
  {
    name,
    description: visible,
    license: wild,
    compatibility: wild,
    allowedTools: wild,
    metadata: fc.dictionary(metadataKey, wild, { maxKeys: 5, noNullPrototype: true }),
  },
  { requiredKeys: ["name", "description", "metadata"] },
);

/** The fields as the keys of the file, for comparison with other readers. */
function asWritten({ allowedTools, metadata, ...rest }: FrontMatter): Record<string, unknown> {
  return {
    ...rest,
    ...(allowedTools === undefined ? {} : { "allowed-tools": allowedTools }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

test("what is written, the linter accepts and every reader reads alike", () => {
  fc.assert(
    fc.property(frontMatter, wild, (fields, body) => {
      const text = writeSkillFile(fields, body);
      const skill = read(text);
      const errors = lintSkill(text, `${fields.name}/SKILL.md`).filter(
        ({ severity }) => severity === "error",
      );
      expect(errors).toEqual([]);

      const written = asWritten(skill.frontMatter);
      // skills-ref, the validator of the specification, cuts at the next three hyphens, wherever they are.
      const source = text.split("---", 2)[1] ?? "";
      expect(parse(source, { schema: "core" })).toEqual(written);
      expect(parse(source, { schema: "failsafe" })).toEqual(written);
      expect(parse(source, { schema: "yaml-1.1" })).toEqual(written);
      // gray-matter's own engine is js-yaml 3.
      expect(matter(text, {}).data).toEqual(written);
      expect(matter(text, {}).content).toBe(skill.body);
    }),
    { numRuns: 300 },
  );
});

test("writing what was read changes nothing", () => {
  fc.assert(
    fc.property(frontMatter, wild, (fields, body) => {
      const text = writeSkillFile(fields, body);
      const skill = read(text);
      expect(writeSkillFile(skill.frontMatter, skill.body)).toBe(text);
    }),
  );
});

test("writes the layout of the blueprint", () => {
  const fields: FrontMatter = {
    name: "triton-cuda-case-reduction-wide-rows",
    description: "Speed up row reductions. Use when rows are read twice.",
    license: "Apache-2.0",
    metadata: { source: "search_log", dsl: "triton-cuda", version: "1.2.0" },
  };
  expect(writeSkillFile(fields, "\n\n# Wide rows\r\n\r\nText  \n\n")).toBe(`---
name: triton-cuda-case-reduction-wide-rows
description: "Speed up row reductions. Use when rows are read twice."
license: "Apache-2.0"
metadata:
  source: "search_log"
  dsl: "triton-cuda"
  version: "1.2.0"
---

# Wide rows

Text
`);
});

test("makes values safe and keeps them legible", () => {
  const text = writeSkillFile(
    {
      ...simple,
      description: 'For n <= 4 -> "fast"---never\n  for C:\\x, # or\u202E <tag>',
      metadata: { note: "a---b\tc" },
    },
    "Body\u200B",
  );
  expect(read(text).frontMatter.description).toBe('For n ≤ 4 → "fast"—never for C:\\x, # or[U+202E] ‹tag›');
  expect(read(text).frontMatter.metadata).toEqual({ note: "a—b c" });
  expect(read(text).body).toBe("\nBody[U+200B]\n");
});

test("cuts long descriptions and compatibility notes at a word", () => {
  const description = read(writeSkillFile({ ...simple, description: "many words ".repeat(200) }, ""))
    .frontMatter.description;
  expect(description).toMatch(/ (many|words)…$/);
  expect(countCharacters(description)).toBeGreaterThan(1000);
  expect(countCharacters(description)).toBeLessThanOrEqual(1024);

  const chinese = read(writeSkillFile({ ...simple, description: "归".repeat(3000) }, "")).frontMatter
    .description;
  expect(countCharacters(chinese)).toBe(1024);
  const exact = "归".repeat(1023) + "👍";
  expect(read(writeSkillFile({ ...simple, description: exact }, "")).frontMatter.description).toBe(exact);
  const { compatibility } = read(
    writeSkillFile({ ...simple, compatibility: "x".repeat(900) }, ""),
  ).frontMatter;
  expect(countCharacters(compatibility ?? "")).toBe(500);
});

test.each([
  ["a name of 65 characters", { ...simple, name: "a".repeat(65) }],
  ["a name that is a path", { ...simple, name: "../x" }],
  ["no name", { ...simple, name: "" }],
  ["no description", { ...simple, description: " \n" }],
  ["a metadata key of two lines", { ...simple, metadata: { "a\nb": "c" } }],
  ["a metadata key with three hyphens", { ...simple, metadata: { "a---b": "c" } }],
  ["more metadata than front matter may hold", { ...simple, metadata: { a: "x".repeat(20_000) } }],
])("refuses to write %s", (_, fields) => {
  expect(() => writeSkillFile(fields, "Body")).toThrow(Failure);
});

test("refuses to write more than a SKILL.md may hold", () => {
  expect(() => writeSkillFile(simple, "x".repeat(1_048_576))).toThrow(Failure);
});

const akgInput = z.object({
  skill_name: z.string(),
  description: z.string(),
  body: z.string(),
  metadata: z.object({ op_name: z.string().default(""), dsl: z.string() }),
});
const akgVectors = z
  .object({
    vectors: z.array(
      z.object({ input: akgInput, expected: z.object({ path: z.string(), text: z.string() }) }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(fixtures, "akg/vectors/write_skill.json"), "utf8"))).vectors;

test.each(akgVectors)(
  "writes $expected.path with AKG's name, description and body",
  ({ input, expected }) => {
    const theirs = read(expected.text);
    const fields = {
      name: sanitizeName(input.skill_name, {
        dsl: input.metadata.dsl,
        prefix: "exp",
        op: input.metadata.op_name,
      }),
      // Where the input has none, AKG makes one up: that is the distiller's business, not the writer's.
      description: input.description.trim() || theirs.frontMatter.description,
      metadata: {},
    };
    const ours = read(writeSkillFile(fields, input.body));
    expect(`${ours.frontMatter.name}/SKILL.md`).toBe(expected.path);
    expect(ours.frontMatter.description).toBe(theirs.frontMatter.description);
    expect(ours.body.trim()).toBe(theirs.body.trim());
  },
);

test("names file, line and rule of a file that cannot be read", () => {
  const text = "---\nname: Bad Name\ndescription: A description.\n---\n";
  expect(() => parseSkillFile(text, "skills/bad/SKILL.md")).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringMatching(/^skills\/bad\/SKILL\.md:2: .*"Bad Name".*\(name-format\)$/),
      remedy: expect.stringContaining("bad-name"),
    }),
  );
});

test("reads over what only the linter objects to", () => {
  const text =
    "---\nname: a\ndescription: Text.\ncategory: fix\nmetadata:\n  v: 1.0\n  list: [x, y]\n---\nBody";
  expect(read(text)).toMatchObject({
    frontMatter: { name: "a", description: "Text.", metadata: { v: "1.0", list: "x, y" } },
    body: "Body",
    bodyLine: 9,
  });
});

const byHand = `---
# Kept by hand.
name: read-rows-once # equals the folder
description: >-
  Read each row once.
  Use when a row fits.

# between
metadata: # all text
  dsl: 'triton-cuda' # why
  # the next release
  version: "1.0.0"
  notes: |
    first
    second
# at the end
---

# Rows

Text with  two spaces and no end`;

test("changes only what it is told to change", () => {
  const edited = editSkillFile(byHand, {
    frontMatter: {
      description: "Read rows: once.",
      license: "MIT",
      metadata: { dsl: null, version: "1.0.1", notes: "one line", hardware: "h100" },
    },
  });
  expect(edited).toBe(`---
# Kept by hand.
name: read-rows-once # equals the folder
description: "Read rows: once."
license: "MIT"

# between
metadata: # all text
  # the next release
  version: "1.0.1"
  notes: "one line"
  hardware: "h100"
# at the end
---

# Rows

Text with  two spaces and no end`);
});

test("keeps the line ends of the file and the blank lines before a new body", () => {
  const windows = byHand.replaceAll("\n", "\r\n");
  const edited = editSkillFile(windows, {
    frontMatter: { metadata: { version: "2" } },
    body: "# New\n\nText\n",
  });
  expect(edited).toBe(
    windows.replace('"1.0.0"', '"2"').replace(/# Rows[^]*/, "# New\n\nText\n".replaceAll("\n", "\r\n")),
  );
});

test("adds, rewrites and removes metadata of every form", () => {
  const head = "---\nname: a\ndescription: A description of a.\n";
  const add = (metadata: string, edit: Record<string, string | null>): string =>
    editSkillFile(`${head}${metadata}---\n`, { frontMatter: { metadata: edit } }).slice(head.length);
  expect(add("", { a: "1" })).toBe('metadata:\n  a: "1"\n---\n');
  expect(add("metadata:\nlicense: MIT\n", { a: "1" })).toBe('metadata:\n  a: "1"\nlicense: MIT\n---\n');
  expect(add('metadata: {b: "2"} # c\n', { a: "1" })).toBe('metadata:\n  b: "2"\n  a: "1"\n---\n');
  expect(add('metadata:\n    a: "1"\n    b: x # c\n', { b: null })).toBe('metadata:\n    a: "1"\n---\n');
  expect(add('metadata:\n  a: "1"\n', { a: null })).toBe("---\n");
  expect(add("metadata: # c\n  # why\n  a: x # d\n  b: y\n", { a: null, b: null })).toBe("  # why\n---\n");
  expect(add("metadata:\n  a:\n    - x\n    - y\n  b: z\n", { a: "1" })).toBe(
    'metadata:\n  a: "1"\n  b: z\n---\n',
  );
  expect(add("metadata:\n  a:\n  b: z\n", { a: "1" })).toBe('metadata:\n  a: "1"\n  b: z\n---\n');
  expect(add("metadata:\n  a: x\n", { b: null })).toBe("metadata:\n  a: x\n---\n");
});

test("removes an optional field that is set to nothing and opens a closing line without an end", () => {
  const text = "---\nname: a\nlicense: MIT\ndescription: A description of a.\n---";
  expect(editSkillFile(text, { frontMatter: { license: "" }, body: "Body" })).toBe(
    "---\nname: a\ndescription: A description of a.\n---\nBody\n",
  );
});

test("refuses an edit that it cannot make in place or that the specification forbids", () => {
  const explicit = "---\n? name\n: a\n? description\n: A description of a.\n---\n";
  expect(() => editSkillFile(explicit, { frontMatter: { license: "MIT" } })).toThrow(Failure);
  expect(() => editSkillFile(byHand, { frontMatter: { name: "No Name" } })).toThrow(Failure);
  expect(() => editSkillFile(byHand, { frontMatter: { description: " " } })).toThrow(Failure);
});

test("an edit without a change gives the same bytes for every good file", async () => {
  const folder = join(fixtures, "lint/good");
  for (const entry of await readdir(folder)) {
    const text = readFileSync(join(folder, entry, "SKILL.md"), "utf8");
    const { frontMatter, body } = read(text);
    expect(editSkillFile(text, {})).toBe(text);
    expect(
      editSkillFile(text, { frontMatter: { name: frontMatter.name, metadata: frontMatter.metadata }, body }),
    ).toBe(text);
  }
});

const quotings = [
  (text: string) => JSON.stringify(text),
  (text: string) => `'${text.replaceAll("'", "''")}'`,
  (text: string) => text.replaceAll(/[^A-Za-z0-9 ]/g, "x").trim() || "x",
];
const line = fc.tuple(
  fc.stringMatching(/^[A-Za-z0-9'",: ]{1,20}$/).map((text) => `t${text}t`),
  fc.constantFrom(...quotings),
  fc.constantFrom("", " # why", "   # a: b"),
);
const comment = fc.constantFrom("", "# comment\n", "\n", "# key: value\n\n");

test("edits random files so that they read as told and every other line stays", () => {
  const keys = ["source", "dsl", "version"];
  const changes = fc.dictionary(fc.constantFrom(...keys, "hardware"), fc.option(wild), {
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 4, maxLength: 4 }),
      comment,
      fc.boolean(),
      fc.constantFrom("  ", "    "),
      changes,
      fc.option(visible, { nil: undefined }),
      (values, between, windows, indent, metadata, description) => {
        const [text = "", ...entries] = values.map(([value, quote, tail]) => quote(value) + tail);
        const source =
          `---\n${between}name: a-skill # n\ndescription: ${text}\n${between}metadata:\n` +
          entries.map((entry, index) => `${between}${indent}${keys[index] ?? ""}: ${entry}\n`).join("") +
          `${between}---\n\n# Body\n`;
        const original = windows ? source.replaceAll("\n", "\r\n") : source;
        const before = read(original).frontMatter;
        const edit = { metadata, ...(description === undefined ? {} : { description }) };
        const edited = editSkillFile(original, { frontMatter: edit });
        const after = read(edited).frontMatter;

        const same = read(writeSkillFile({ ...before, ...edit, metadata: {} }, "")).frontMatter;
        expect(after.description).toBe(description === undefined ? before.description : same.description);
        const told = Object.keys(metadata);
        const without = (all: Record<string, string>): Record<string, string> =>
          Object.fromEntries(Object.entries(all).filter(([key]) => !told.includes(key)));
        expect(without(after.metadata)).toEqual(without(before.metadata));
        const set = told.filter((key) => metadata[key] !== null);
        expect(
          Object.keys(after.metadata)
            .filter((key) => told.includes(key))
            .sort(),
        ).toEqual(set.sort());
        const touched = new Set([
          ...Object.keys(metadata),
          ...(description === undefined ? [] : ["description"]),
        ]);
        const untouched = (file: string): string[] =>
          file
            .split("\n")
            .filter(
              (line) => !touched.has(/^\s*(\w+):/.exec(line)?.[1] ?? "") && !/^\s*metadata:/.test(line),
            );
        expect(untouched(edited)).toEqual(untouched(original));
        expect(editSkillFile(edited, { frontMatter: edit })).toBe(edited);
      },
    ),
    { numRuns: 200 },
  );
});
