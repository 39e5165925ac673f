import { expect, test } from "vitest";
import { madeSkills } from "../../scripts/bench/made-skills.ts";
import { likenessOf } from "./likeness.ts";
import { mostInTheme, themesOf } from "./themes.ts";

test("finds the pairs above the threshold that comparing every pair finds", () => {
  const likeness = likenessOf(madeSkills(400).map(({ text }) => text));
  const all = likeness.allPairs(0.3);
  const found = new Set(likeness.pairs(0.3).map(({ one, other }) => `${one} ${other}`));
  const hit = all.filter(({ one, other }) => found.has(`${one} ${other}`)).length;
  expect(all.length).toBeGreaterThan(500);
  expect(hit / all.length).toBeGreaterThanOrEqual(0.99);
});

test("puts the variants of one subject together, and no two subjects", () => {
  const skills = madeSkills(300);
  const likeness = likenessOf(skills.map(({ text }) => text));
  const themes = themesOf(likeness, likeness.pairs(0.3), 0.3);
  expect(themes.length).toBeGreaterThan(20);
  for (const theme of themes) expect(new Set(theme.map((index) => skills[index]?.subject)).size).toBe(1);
});

test("a chain of texts, each like the next, does not become one theme", () => {
  const word = (index: number): string => `subject${index} technique${index} limit${index}`;
  const chain = Array.from(
    { length: 40 },
    (_, index) => `${word(index)} ${word(index + 1)} ${word(index + 2)}`,
  );
  const likeness = likenessOf(chain);
  const pairs = likeness.allPairs(0.3);
  expect(pairs.length).toBeGreaterThanOrEqual(39);
  const themes = themesOf(likeness, pairs, 0.3);
  expect(Math.max(...themes.map(({ length }) => length))).toBeLessThan(8);
});

test("no theme is larger than a skill that somebody reads", () => {
  const likeness = likenessOf(
    Array.from({ length: 50 }, (_, index) => `Keep the row in registers and load it once, case ${index}.`),
  );
  const themes = themesOf(likeness, likeness.allPairs(0.3), 0.3);
  expect(themes.every(({ length }) => length <= mostInTheme)).toBe(true);
  expect(themes.flat()).toHaveLength(50);
});

test("does not join what must stay apart", () => {
  const likeness = likenessOf(["Load rows once.", "Load rows once.", "Load rows once."]);
  const themes = themesOf(likeness, likeness.allPairs(0.3), 0.3, (one, other) => one + other !== 1);
  expect(themes.every((theme) => !(theme.includes(0) && theme.includes(1)))).toBe(true);
});
