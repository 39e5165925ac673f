import { expect, test } from "vitest";
import { plantedKey, plantedSecrets, secretsTrace } from "../../test/secrets-trace.ts";
import { Failure } from "../failure.ts";
import { createRedactor } from "./redactor.ts";
import { requireNoSecrets, secretsIn } from "./secret-check.ts";

const token = plantedSecrets().find(({ kind }) => kind === "github-token")?.value ?? "";

test("names the kind and the line of each secret", async () => {
  expect(await secretsIn(`one\ntwo ${token}\n\n${plantedKey()}\n`)).toEqual([
    { kind: "github-token", line: 2 },
    { kind: "private-key", line: 4 },
    { kind: "private-key", line: 5 },
    { kind: "private-key", line: 6 },
    { kind: "private-key", line: 7 },
    { kind: "private-key", line: 8 },
  ]);
});

test("finds nothing in what was masked", async () => {
  const redactor = createRedactor();
  expect(await secretsIn(redactor.mask(secretsTrace().jsonl))).toEqual([]);
  const text = plantedSecrets()
    .map(({ line }) => line)
    .join("\n");
  expect(await secretsIn(text)).not.toEqual([]);
  expect(await secretsIn(await redactor.maskDeep(text))).toEqual([]);
});

test("stops a run that would write a secret, without repeating it", async () => {
  const files = [
    { name: "skills/a/SKILL.md", text: "fine" },
    { name: "skills/b/SKILL.md", text: `# B\n\nUse ${token}.\n` },
  ];
  const failure = await requireNoSecrets(files).catch((thrown: unknown) => thrown);
  expect(failure).toBeInstanceOf(Failure);
  if (!(failure instanceof Failure)) return;
  expect(failure.exitCode).toBe(1);
  expect(failure.message).toBe(
    "skills/b/SKILL.md holds a secret (github-token) in line 3, so nothing was written.",
  );
  expect(`${failure.message}${failure.remedy}${failure.stack}`).not.toContain(token);
});

test("lets a library name its authors", async () => {
  const text = `Maintainer: ${["mara", "corp.example"].join("@")}, /home/mara/kernels`;
  await expect(requireNoSecrets([{ name: "SKILL.md", text }])).resolves.toBeUndefined();
  expect((await secretsIn(text)).map(({ kind }) => kind)).toEqual(["email", "user"]);
});
