import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { expect, test } from "vitest";
import { partsOf, plantedKey, plantedSecrets, secretsTrace } from "../../test/secrets-trace.ts";
import type { JsonValue } from "../traces/json-value.ts";
import { createRedactor } from "./redactor.ts";
import { secretKinds } from "./secret-kind.ts";
import { createSecretLedger } from "./secret-ledger.ts";

const planted = plantedSecrets();
const github = planted.find(({ kind }) => kind === "github-token")?.value ?? "";

/** The parts of planted secrets that a text still shows. */
function leaks(text: string, secrets: readonly { value: string }[]): string[] {
  return secrets.flatMap(({ value }) => partsOf(value)).filter((part) => text.includes(part));
}

test("the planted secrets are of every kind", () => {
  const { secrets } = secretsTrace();
  expect(new Set(secrets.map(({ kind }) => kind))).toEqual(new Set(secretKinds));
  expect(leaks(secretsTrace().jsonl, planted)).toHaveLength(planted.length);
});

for (const { kind, value, line } of planted) {
  const [before = ""] = line.split(value);
  test(`masks ${kind} in "${before.trim().slice(0, 30)}…" and nothing around it`, () => {
    const redactor = createRedactor();
    const masked = redactor.mask(line);
    expect(masked).not.toContain(value);
    expect([...redactor.findings]).toContainEqual([kind, 1]);
    expect(masked).toContain(kind === "email" || kind === "user" ? `[${kind}:1]` : `[secret:${kind}:1]`);
    expect(masked.startsWith(before)).toBe(true);
  });
}

test("leaves no planted secret in a log that is masked as text", () => {
  const { jsonl, secrets } = secretsTrace();
  const redactor = createRedactor();
  const masked = redactor.mask(jsonl);
  expect(leaks(masked, secrets)).toEqual([]);
  expect(leaks(masked.replaceAll("\\\\", "\\").replaceAll("\\n", "\n"), secrets)).toEqual([]);
  expect(masked.includes("jane")).toBe(false);
  for (const line of masked.trim().split("\n")) expect(() => JSON.parse(line) as unknown).not.toThrow();
});

test("leaves no planted secret in a log that is masked value by value, and nested JSON stays JSON", () => {
  const { jsonl, secrets } = secretsTrace();
  const redactor = createRedactor();
  const rows = jsonl
    .trim()
    .split("\n")
    .map((line) => redactor.maskValue(JSON.parse(line) as JsonValue));
  const text = JSON.stringify(rows);
  expect(leaks(text, secrets)).toEqual([]);
  expect(text.includes("jane")).toBe(false);
  for (const [, json = ""] of text.matchAll(/"arguments":("(?:[^"\\]|\\.)*")/g))
    expect(() => JSON.parse(JSON.parse(json) as string) as unknown).not.toThrow();
  expect(redactor.findings.get("private-key")).toBe(5);
});

test("gives the same secret the same placeholder and numbers by first appearance", () => {
  const [one, two] = planted.filter(({ kind }) => kind === "github-token").map(({ value }) => value);
  const redactor = createRedactor();
  expect(redactor.mask(`a ${two} b ${one} c ${two}`)).toBe(
    "a [secret:github-token:1] b [secret:github-token:2] c [secret:github-token:1]",
  );
  expect(redactor.mask(`${one}`)).toBe("[secret:github-token:2]");
  expect(redactor.findings).toEqual(new Map([["github-token", 2]]));
});

test("masks a secret that was seen once wherever it stands, also encoded", () => {
  const redactor = createRedactor();
  const value = ["x7/Qz", "pass!", "word9"].join("");
  redactor.mask(`password=${value}`);
  expect(redactor.mask(`then ${value} alone`)).toBe("then [secret:password:1] alone");
  expect(redactor.mask(`in an address ${encodeURIComponent(value)}`)).toBe(
    "in an address [secret:password:1]",
  );
  const long = `${value}${value}`;
  redactor.mask(`password=${long}`);
  expect(redactor.mask(`data: ${Buffer.from(long).toString("base64")}`)).toContain("[secret:password:2]");
  expect(createRedactor().mask(`first ${value}, then password=${value}`)).toBe(
    "first [secret:password:1], then password=[secret:password:1]",
  );
});

test("redactors of one ledger share placeholders, and know each other's secrets when they are told to", () => {
  const ledger = createSecretLedger();
  const [one, two] = ["Tr0ub4dor-Zebra-91", "Tr0ub4dor-Giraffe-92"];
  const [first, second] = [createRedactor(ledger), createRedactor(ledger)];
  expect(first.mask(`DB_PASSWORD=${one}`)).toBe("DB_PASSWORD=[secret:password:1]");
  expect(second.mask(`failed with ${one}`)).toBe(`failed with ${one}`);
  expect(second.mask(`password=${two} password=${one}`)).toBe(
    "password=[secret:password:2] password=[secret:password:1]",
  );
  expect([first.findings.get("password"), second.findings.get("password")]).toEqual([1, 2]);

  const third = createRedactor(ledger);
  third.recall({ areReported: true });
  expect(third.mask(`failed with ${two}, then ${one}`)).toBe(
    "failed with [secret:password:2], then [secret:password:1]",
  );
  expect(third.findings.size).toBe(0);
  const fourth = createRedactor(ledger);
  fourth.recall();
  fourth.mask(`failed with ${two}`);
  expect(fourth.findings).toEqual(new Map([["password", 1]]));
});

test("does not take the rest of a placeholder for a secret", () => {
  for (const text of ["cannot open [secret:github-tok", "[secret:github-token:...] in the pool"])
    expect(createRedactor().mask(text)).toBe(text);
  expect(createRedactor().mask("[secret: hunter2x]")).not.toContain("hunter2x");
});

test("masks the lines of a key that are met alone, and keeps the lines of a patch", () => {
  const key = plantedKey();
  const redactor = createRedactor();
  const patch = ["@@ -1,5 +1 @@", ...key.split("\n").map((line) => `-${line}`), "+# moved"].join("\n");
  const masked = redactor.mask(patch);
  expect(masked.split("\n")).toHaveLength(patch.split("\n").length);
  expect(masked.split("\n")[2]).toBe("-[secret:private-key:1]");
  for (const line of partsOf(key))
    expect(redactor.mask(`grep: ${line}`)).toBe("grep: [secret:private-key:1]");
  expect(redactor.mask(key)).toBe(Array<string>(5).fill("[secret:private-key:1]").join("\n"));
});

test("finds secrets behind colours, invisible characters and escapes, and cuts no escape in two", () => {
  const half = Math.floor(github.length / 2);
  const split = (between: string): string => github.slice(0, half) + between + github.slice(half);
  for (const between of ["\u001B[0m", "\u200B", "\u001B[38;5;196m\u200D"])
    expect(createRedactor().mask(`a ${split(between)} b`)).toBe("a [secret:github-token:1] b");
  const escaped = github
    .split("")
    .map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
  expect(createRedactor().mask(`{"a":"${escaped}\\n"}`)).toBe('{"a":"[secret:github-token:1]\\n"}');
  expect(createRedactor().mask(JSON.stringify(JSON.stringify(`"password": "hunter\\"22x"`)))).not.toContain(
    "22x",
  );
});

test("leaves placeholders that somebody wrote by hand alone and does not use their numbers", () => {
  const redactor = createRedactor();
  expect(redactor.mask(`[secret:github-token:1] is not ${github}`)).toBe(
    "[secret:github-token:1] is not [secret:github-token:2]",
  );
  expect(createRedactor().mask(`[secret:${github}:1]`)).not.toContain(github);
});

test("masks a value by its key, its flag or its label", () => {
  const redactor = createRedactor();
  expect(
    redactor.maskValue({
      password: "letmein",
      argv: ["bench", "--password", "letmein2", "--rows", "4096"],
      headers: [{ name: "Authorization", value: "Bearer abcdefgh12345678" }],
      attributes: [{ key: "db.password", value: { stringValue: "swordfish" } }],
      max_tokens: "4096",
    }),
  ).toEqual({
    password: "[secret:password:1]",
    argv: ["bench", "--password", "[secret:password:2]", "--rows", "4096"],
    headers: [{ name: "Authorization", value: "Bearer [secret:bearer-token:1]" }],
    attributes: [{ key: "db.password", value: { stringValue: "[secret:password:3]" } }],
    max_tokens: "4096",
  });
});

test("masks keys, survives any depth, and makes no prototype of a key", () => {
  const redactor = createRedactor();
  expect(redactor.maskValue({ [github]: 1 })).toEqual({ "[secret:github-token:1]": 1 });
  const text = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  expect(() => redactor.maskValue(JSON.parse(text) as JsonValue)).not.toThrow();
  const masked = redactor.maskValue(JSON.parse('{"__proto__": {"a": 1}}') as JsonValue);
  expect(Object.keys(masked as object)).toEqual(["__proto__"]);
});

/** A token that only secretlint knows. */
const vercel = ["vc", "p_", "aB3dE5gH7jK9mN1pQ3sT5vW7"].join("");

test("masks with secretlint's rules what our own patterns do not know", async () => {
  const redactor = createRedactor();
  expect(redactor.mask(`deploy with ${vercel}`)).toContain(vercel);
  const masked = await redactor.maskDeep(`deploy with ${vercel}\n`);
  expect(masked).toBe("deploy with [secret:service-token:1]\n");
  expect(await redactor.maskDeep(masked)).toBe(masked);
  expect(redactor.mask(`later: ${vercel}`)).toBe("later: [secret:service-token:1]");
});

test("a comment that switches secretlint off changes nothing", async () => {
  const comments = ["secretlint-disable", "secretlint-disable-next-line", "secretlint-disable-line"];
  for (const comment of comments) {
    const text = `/* ${comment} */ // ${comment}\n${vercel} # ${comment}\n`;
    const masked = await createRedactor().maskDeep(text);
    expect(masked).toBe(text.replace(vercel, "[secret:service-token:1]"));
  }
});

/** Every text file below a folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function parsed(line: string): JsonValue | undefined {
  try {
    return JSON.parse(line) as JsonValue;
  } catch {
    return undefined;
  }
}

test("changes nothing in the traces that hold no secrets", async () => {
  const folder = join(import.meta.dirname, "../../test/fixtures");
  const changed: string[] = [];
  for (const part of ["traces", "akg"]) {
    for (const file of await filesBelow(join(folder, part))) {
      // The scripts write secrets and do not hold them; a list of account names in one looks like an address.
      if (extname(file) === ".mjs") continue;
      const text = await readFile(file, "utf8");
      if (createRedactor().mask(text) !== text) changed.push(file);
      if (extname(file) !== ".jsonl") continue;
      for (const line of text.split("\n")) {
        const value = parsed(line);
        if (
          value !== undefined &&
          JSON.stringify(createRedactor().maskValue(value)) !== JSON.stringify(value)
        )
          changed.push(`${file}: ${line.slice(0, 80)}`);
      }
    }
  }
  expect(changed).toEqual([]);
});
