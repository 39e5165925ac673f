import { expect, test } from "vitest";
import { readsAsText, readYaml } from "./yaml-subset.ts";

const rules = (source: string): string[] =>
  readYaml(source).problems.map(({ rule, line }) => `${line} ${rule}`);

const numbers = "1 -1 +1 0x1F 0o17 012 1_000 1.0 1e3 .5 .inf .nan 0b11 190:20:30".split(" ");
const words = "true False yes No on OFF y N null ~ 2026-01-31 = <<".split(" ");

test.each([...numbers, ...words, ""])("knows that %j is not text for every YAML reader", (plain) => {
  expect(readsAsText(plain)).toBe(false);
});

test.each(["1.0.0", "triton-cuda", "yes-but", "h100", "v1", "1-2", "none", "不"])(
  "takes %j for text",
  (plain) => {
    expect(readsAsText(plain)).toBe(true);
  },
);

test("finds tabs only where other readers refuse them", () => {
  expect(rules("a: 'x\ty' # c\td\nb: |\n  q\tr\nc: p#\tq\n")).toEqual(["4 yaml-subset-tab"]);
});

test("names the line on which a quote or bracket was opened", () => {
  expect(rules('a: x\nb: "y\nc: z\n')).toEqual(["2 yaml-syntax"]);
  expect(rules("a: x\nb: {y\nc: z\n")).toEqual(["2 yaml-syntax"]);
  expect(rules("a: x\n b: y\n")).toEqual(["2 yaml-syntax"]);
});

test("finds a quote whose last half closes nothing", () => {
  expect(rules("m:\n  a: 'x''\n# y\n  b: z\n")).toEqual(["2 yaml-syntax"]);
});

test("refuses bombs of aliases and of depth without growing", () => {
  const names = Array.from("abcdefghijklmnopqrstuvwxyz");
  const aliases = names.map((name, index) => {
    const before = index === 0 ? "x" : `*${names[index - 1] ?? ""}`;
    return `${name}: &${name} [${Array(9).fill(before).join(", ")}]`;
  });
  const started = performance.now();
  expect(rules(aliases.join("\n"))).toContain("26 yaml-subset-anchor");
  expect(rules(`a: ${"[".repeat(16_000)}`)).toEqual(["1 yaml-syntax"]);
  expect(rules("- ".repeat(8_000))).toEqual(["1 yaml-syntax"]);
  expect(performance.now() - started).toBeLessThan(5_000);
});
