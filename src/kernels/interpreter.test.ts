import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { findInterpreter } from "./interpreter.ts";

const PATH = process.env["PATH"];

/** A program that says what a Python would say of itself. */
async function python(folder: string, name: string, said: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${said}\n`);
  await chmod(path, 0o755);
  return path;
}

function says(minor: number, numpy: boolean, torch: boolean): string {
  return `echo '${JSON.stringify({ version: [3, minor], numpy, torch })}'`;
}

it("takes the first usual Python that has PyTorch", async () => {
  await using folder = await temporaryFolder();
  const usual = [
    await python(folder.path, "bare", says(12, false, false)),
    await python(folder.path, "numpy", says(12, true, false)),
    await python(folder.path, "torch", says(11, true, true)),
  ];
  expect(await findInterpreter({ environment: { PATH }, usual })).toEqual({
    program: usual[2],
    version: "3.11",
    hasTorch: true,
    why: "the first that has PyTorch",
  });
});

it("is content with NumPy where no usual Python has PyTorch", async () => {
  await using folder = await temporaryFolder();
  const usual = [
    join(folder.path, "missing"),
    await python(folder.path, "old", says(9, true, true)),
    await python(folder.path, "numpy", says(12, true, false)),
  ];
  expect(await findInterpreter({ environment: { PATH }, usual })).toMatchObject({
    program: usual[2],
    hasTorch: false,
  });
});

it("prefers what the environment names to the configuration, and both to the usual ones", async () => {
  await using folder = await temporaryFolder();
  const [one, other, usual] = await Promise.all(
    ["one", "other", "usual"].map((name) => python(folder.path, name, says(12, true, true))),
  );
  const options = { configured: other, usual: usual === undefined ? [] : [usual] };
  const named = await findInterpreter({ environment: { PATH, OVERPROOF_PYTHON: one }, ...options });
  expect(named).toMatchObject({ program: one, why: "OVERPROOF_PYTHON names it" });
  const configured = await findInterpreter({ environment: { PATH, OVERPROOF_PYTHON: "" }, ...options });
  expect(configured).toMatchObject({ program: other, why: "kernels.python names it" });
});

it.for([
  ["that is not there", undefined, "cannot be started"],
  ["that is too old", says(9, true, true), "is Python 3.9."],
  ["without NumPy", says(12, false, true), "has no NumPy."],
  ["that says something else", "echo hello", "is no Python that works."],
  ["that fails", "echo no module >&2; exit 1", "is no Python that works (it says: no module)."],
] as const)("refuses a named Python %s and looks for no other", async ([, said, problem]) => {
  await using folder = await temporaryFolder();
  const path = said === undefined ? join(folder.path, "missing") : await python(folder.path, "named", said);
  const found = findInterpreter({ environment: { PATH, OVERPROOF_PYTHON: path } });
  await expect(found).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(problem) });
});

it("says for each usual Python why it is none", async () => {
  await using folder = await temporaryFolder();
  const usual = [
    await python(folder.path, "bare", says(12, false, false)),
    await python(folder.path, "old", says(8, true, true)),
  ];
  await expect(findInterpreter({ environment: { PATH }, usual })).rejects.toMatchObject({
    exitCode: 3,
    message: `There is no Python that can measure kernels: ${usual[0]} has no NumPy; ${usual[1]} is Python 3.8.`,
  });
});
