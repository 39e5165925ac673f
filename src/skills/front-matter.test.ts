import { readFile } from "node:fs/promises";
import { join } from "node:path";
import matter from "gray-matter";
import { afterEach, expect, test } from "vitest";
import { lint } from "../commands/lint.ts";
import { Failure } from "../failure.ts";
import { silentReporter } from "../reporter.ts";
import { maximumFrontMatter, onlyYaml, readFrontMatter } from "./front-matter.ts";
import { lintSkill } from "./lint.ts";
import { editSkillFile, parseSkillFile } from "./skill-file.ts";

const marker = "overproofFixtureRan";
const code = `{ name: (globalThis.${marker} = true, "x"), description: "y" }`;
const broken = join(import.meta.dirname, "../../test/fixtures/lint/broken");

const ran = (): boolean => Object.hasOwn(globalThis, marker);

afterEach(() => {
  Reflect.deleteProperty(globalThis, marker);
});

test("the code of these tests does run in a reader that evaluates front matter", () => {
  matter(`---js\n${code}\n---\n`, {});
  expect(ran()).toBe(true);
});

test.each([
  "---js",
  "--- js",
  "---\tjs",
  "---JS",
  "---js ",
  "---js\r",
  "---javascript",
  "--- JavaScript",
  "---coffee",
  "---coffeescript",
  "---cson",
  "---json",
  "---toml",
  "---yaml",
  "---yml",
  "---constructor",
  "---__proto__",
  "---hasOwnProperty",
])("refuses front matter that opens with %j and runs nothing", (opening) => {
  const text = `${opening}\n${code}\n---\nBody\n`;
  expect(lintSkill(text, "x/SKILL.md")).toMatchObject([{ rule: "front-matter-language", line: 1 }]);
  expect(() => parseSkillFile(text, "skills/x/SKILL.md")).toThrow(
    /^skills\/x\/SKILL\.md:1: .*front-matter-language/,
  );
  expect(() => editSkillFile(text, { body: "x" })).toThrow(Failure);
  expect(ran()).toBe(false);
});

test.each(["\n---js", " ---js", "\t---js", "\r\n---js", "\uFEFF---js", "----js"])(
  "refuses code behind %j and runs nothing",
  (opening) => {
    const text = `${opening}\n${code}\n---\nBody\n`;
    const [first] = lintSkill(text, "x/SKILL.md");
    expect(["front-matter-start", "byte-order-mark"]).toContain(first?.rule);
    expect(() => parseSkillFile(text, "x/SKILL.md")).toThrow(Failure);
    expect(ran()).toBe(false);
  },
);

test.each(["js", "javascript", "JAVASCRIPT", "coffee", "cson", "json", "toml"])(
  "its engines refuse %s also when gray-matter chooses the language",
  (language) => {
    expect(() => matter(`---${language}\n${code}\n---\n`, { engines: onlyYaml })).toThrow(
      /language other than YAML|not registered/,
    );
    expect(ran()).toBe(false);
  },
);

test("the linter runs nothing of the files that try", async () => {
  const { errors } = await lint({ paths: [broken] }, { cwd: broken, reporter: silentReporter });
  expect(errors).toBeGreaterThan(30);
  expect(ran()).toBe(false);
});

test("reads each text on its own, although gray-matter can cache", () => {
  const text = '---\nname: one\ndescription: "The first of two readings."\nmetadata:\n  a: "1"\n---\n';
  const first = readFrontMatter(text).frontMatter;
  if (first) first.metadata["a"] = "2";
  expect(readFrontMatter(text).frontMatter?.metadata).toEqual({ a: "1" });
});

test("reads values as text, in all their styles", async () => {
  const good = (name: string): Promise<string> =>
    readFile(join(import.meta.dirname, `../../test/fixtures/lint/good/${name}/SKILL.md`), "utf8");
  expect(readFrontMatter(await good("folded-description")).frontMatter).toEqual({
    name: "folded-description",
    description:
      "Tune the launch parameters of Triton kernels: warps, stages, block sizes. Use when a kernel is slower than expected.",
    license: "Apache-2.0",
    metadata: {},
  });
  expect(readFrontMatter(await good("comments-and-quotes")).frontMatter?.metadata).toEqual({
    version: "1.10",
    reviewed: "2026-01-31",
    published: "yes",
    notes: "1.0.0 of the library, or newer",
  });
  expect(readFrontMatter(await good("all-fields")).frontMatter?.allowedTools).toBe(
    "Bash(python:*) Read Grep",
  );
  expect(readFrontMatter(await good("crlf")).frontMatter?.description).toMatch(/expected\.$/);
});

test("keeps keys that are special in JavaScript as plain entries", () => {
  const text =
    "---\nname: a\ndescription: A skill with odd keys.\nmetadata:\n  __proto__: x\n  constructor: y\n---\n";
  const metadata = readFrontMatter(text).frontMatter?.metadata ?? {};
  expect(Object.entries(metadata)).toEqual([
    ["__proto__", "x"],
    ["constructor", "y"],
  ]);
  expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
});

test("is quick on long front matter that is all line ends", () => {
  const started = performance.now();
  expect(readFrontMatter(`---\n${"\n".repeat(maximumFrontMatter - 10)}---\n`).problems).not.toEqual([]);
  expect(readFrontMatter(`---\n${"\n".repeat(500_000)}---\n`).problems).toMatchObject([
    { rule: "front-matter-size" },
  ]);
  expect(performance.now() - started).toBeLessThan(5_000);
});
