import fc from "fast-check";
import { expect, test } from "vitest";
import "../../test/property-seed.ts";
import { letters, partsOf, plantedKey } from "../../test/secrets-trace.ts";
import { createRedactor } from "./redactor.ts";
import { privateKeys, unreadKeys } from "./private-key.ts";

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
  ["on one line", lines.join(" "), "    "],
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

/** What output, code and transport put around each line of a key. */
const around: [string, (line: string, index: number) => string, string][] = [
  ["with the times of a workflow's log", (line) => `2026-01-01T00:00:00.0000000Z ${line}`, "\n"],
  ["with the name of a container", (line) => `app_1  | ${line}`, "\n"],
  ["in a bytes literal of Python", (line) => `    b"${line}\\n"`, "\n"],
  ["in strings that are put together", (line) => `"${line}\\n" +`, "\n"],
  ["with the context of grep", (line, index) => `/srv/deploy/keys/id_rsa-${index + 9}-${line}`, "\n"],
  ["in HTML", (line) => line, "<br>"],
  ["in a string of JSON", (line) => line, "\\n"],
  ["with the level of a log", (line) => `INFO worker: ${line}`, "\n"],
];
for (const [what, wrap, between] of around) {
  test(`finds a key ${what}, and nothing beside it`, () => {
    const text = `before\n${lines.map(wrap).join(between)}\nafter`;
    const left = ["", "", "", "", ""].map(wrap).join(between);
    expect(rest(text)).toBe(`before\n${left}\nafter`);
  });
}

test("leaves no part of a key, whatever is written before and behind its lines", () => {
  const prefix = fc.oneof(
    fc.constantFrom("", "app_1  | ", "[12:30:01] ", "key.pem:", "+", "> ", "    ", "a/b/c-1-", "(x) "),
    fc.stringMatching(/^[ -~]{0,12}[ :|>-]$/),
  );
  fc.assert(
    fc.property(
      prefix,
      fc.constantFrom("", '"', "\\n", '\\n"', '",', "\r"),
      fc.integer({ min: 9, max: 76 }),
      (before, after, width) => {
        const body =
          partsOf(key)
            .join("")
            .match(new RegExp(`.{1,${width}}`, "g")) ?? [];
        const text = [lines[0], ...body, lines.at(-1)].map((line) => `${before}${line}${after}`).join("\n");
        const masked = createRedactor().mask(text);
        expect(body.filter((part) => part.length >= 8 && masked.includes(part))).toEqual([]);
      },
    ),
    { numRuns: 400 },
  );
});

test("finds a key whose lines are shorter than words", () => {
  const body =
    partsOf(key)
      .join("")
      .match(/.{1,8}/g) ?? [];
  const short = [lines[0], ...body, lines.at(-1)].join("\n");
  expect(rest(short).trim()).toBe("");
  expect(rest([lines[0], ...body].join("\n")).trim()).toBe("");
  expect(rest(`${lines[0]}\n${body.join("").split("").join(" ")}\n${lines.at(-1)}`).trim()).toBe("");
});

test("finds a key whose armour is in base64 once more, on one line and on several", () => {
  const encoded = Buffer.from(key).toString("base64");
  expect(rest(`tls.key: ${encoded}\nnext: 1`).replaceAll("=", "")).toBe("tls.key: \nnext: 1");
  const wrapped = (encoded.match(/.{1,76}/g) ?? []).map((line) => `app | ${line}`).join("\n");
  expect(
    rest(wrapped)
      .replace(/[^A-Za-z0-9]/g, "")
      .replaceAll("app", ""),
  ).toBe("");
  const certificate = Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB").toString("base64");
  expect(privateKeys(certificate.repeat(2))).toEqual([]);
});

test("finds a key of PuTTY, and lets its public part pass", () => {
  const pick = letters(7);
  const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const [open, first, second, proof] = [
    pick(alphabet, 64),
    pick(alphabet, 64),
    pick(alphabet, 12),
    pick("0123456789abcdef", 40),
  ];
  const file = (one: string, two: string, mac: string): string =>
    `PuTTY-User-Key-File-3: ssh-rsa\nPublic-Lines: 1\n${open}\nPrivate-Lines: 2\n${one}\n${two}\nPrivate-MAC: ${mac}\n`;
  expect(rest(file(first, second, proof))).toBe(file("", "", ""));
});

test("names the mark of a key that it cannot read, and no other", () => {
  expect(unreadKeys(`${lines[0]}\nx7-q9_z8-w6.v5-u4_t3\n`)).toHaveLength(1);
  for (const text of [
    key,
    `${lines[0]} header must be present`,
    `${lines[0]}\n...\n${lines.at(-1)}`,
    `${lines[0]}\n<your key>\n${lines.at(-1)}`,
    `${lines[0]}\nthen comes\nsome text`,
  ])
    expect(unreadKeys(text)).toEqual([]);
});

test("lets words about keys pass", () => {
  for (const text of [
    `${lines[0]} header must be present in the file`,
    `grep -rn "${lines[0]}" .`,
    `${lines[0]}\nthen comes\nsome text`,
    `see below\n${lines[4]}`,
    `starts with ${lines[0]} and ends with ${lines[4]}`,
    `${lines[0]}\n...\n${lines[4]}`,
    `if text.startswith("${lines[0]}") and text.endswith("${lines[4]}"):`,
    `BEGIN = "${lines[0]}"\nEND = "${lines[4]}"\nkey = serialization.load_pem_private_key(data, None)`,
  ])
    expect(privateKeys(text)).toEqual([]);
});
