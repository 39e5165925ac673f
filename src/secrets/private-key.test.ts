import { expect, test } from "vitest";
import { partsOf, plantedKey } from "../../test/secrets-trace.ts";
import { privateKeys } from "./private-key.ts";

/** What is left of a text when the found places are cut out. */
function rest(text: string): string {
  const places = privateKeys(text).sort((a, b) => b.from - a.from);
  return places.reduce((left, { from, to }) => left.slice(0, from) + left.slice(to), text);
}

const key = plantedKey();
const lines = key.split("\n");

test("takes each line of a key as a place of the same value", () => {
  const places = privateKeys(`before\n${key}\nafter`);
  expect(places).toHaveLength(5);
  expect(new Set(places.map(({ value }) => value))).toEqual(new Set([partsOf(key).join("\n")]));
});

const forms: [string, string, string][] = [
  ["of several lines", key, "\n\n\n\n"],
  ["with carriage returns", key.replaceAll("\n", "\r\n"), "\r\n\r\n\r\n\r\n"],
  ["in a patch", lines.map((line) => `+${line}`).join("\n"), "+\n+\n+\n+\n+"],
  [
    "in a listing",
    lines.map((line, index) => `  ${index + 1}\t${line}`).join("\n"),
    "  1\t\n  2\t\n  3\t\n  4\t\n  5\t",
  ],
  ["without its end", lines.slice(0, 3).join("\n"), "\n\n"],
  ["without its beginning", lines.slice(2).join("\n"), "\n\n"],
  ["on one line", lines.join(" "), "  "],
  [
    "with headers",
    [lines[0], "Proc-Type: 4,ENCRYPTED", "", ...lines.slice(1)].join("\n"),
    "\nProc-Type: 4,ENCRYPTED\n\n\n\n\n",
  ],
];
for (const [what, text, left] of forms) {
  test(`finds a key ${what}`, () => {
    expect(rest(text)).toBe(left);
  });
}

test("lets words about keys pass", () => {
  for (const text of [
    `${lines[0]} header must be present in the file`,
    `grep -rn "${lines[0]}" .`,
    `${lines[0]}\nthen comes\nsome text`,
    `see below\n${lines[4]}`,
  ])
    expect(privateKeys(text)).toEqual([]);
});
