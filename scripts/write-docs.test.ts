import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { configJsonSchema } from "../src/config/config-json-schema.ts";
import { generatedDocs } from "./write-docs.ts";

const root = resolve(import.meta.dirname, "..");

for (const [path, text] of Object.entries(await generatedDocs())) {
  test(`${path} is what the code says (npm run docs writes it)`, async () => {
    expect(await readFile(join(root, path), "utf8")).toBe(text);
  });
}

test("the published schema takes what the program takes, and refuses unknown keys", () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const valid = ajv.compile(configJsonSchema());
  expect(valid({})).toBe(true);
  expect(valid({ library: "skills", budget: { usd: 2 }, "pull-request": { labels: ["skill"] } })).toBe(true);
  expect(valid({ libary: "skills" })).toBe(false);
  expect(valid({ budget: { usd: -1 } })).toBe(false);
});
