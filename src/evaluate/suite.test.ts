import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { sha256 } from "../digest.ts";
import { filesInFolder, type SkillFiles } from "./skill-files.ts";
import { caseDigest, loadSuite, type Suite } from "./suite.ts";

const trace = sha256("a trace");
const other = sha256("another trace");

function inMemory(files: Record<string, string>): SkillFiles {
  return { read: async (path) => files[path] };
}

function suiteOf(files: Record<string, string>, learnedFrom: string[] = []): Promise<Suite> {
  return loadSuite(inMemory(files), "skills/a", { name: "a", learnedFrom: new Set(learnedFrom) });
}

const evals = (...cases: object[]): Record<string, string> => ({
  "evals/evals.json": JSON.stringify({ skill_name: "a", evals: cases }),
});

it("gives a case its input files, whether they lie beside the skill or in the case itself", async () => {
  const files = evals({
    id: 7,
    prompt: "Sum the column.",
    files: ["evals/files/x.csv"],
    overproof: { inputs: { "y.csv": "3" }, checks: [{ kind: "contains", text: "6" }] },
  });
  const { cases } = await suiteOf({ ...files, "evals/files/x.csv": "1\n2\n" });
  expect(cases).toMatchObject([{ id: "7", source: "7", seen: false, mustPass: false }]);
  expect([...(cases[0]?.files ?? [])]).toEqual([
    ["evals/files/x.csv", "1\n2\n"],
    ["y.csv", "3"],
  ]);
});

it("refuses a case whose input file is missing or too large", async () => {
  const files = evals({ prompt: "Sum it.", files: ["x.csv"] });
  await expect(suiteOf(files)).rejects.toMatchObject({
    exitCode: 2,
    message: "Case 1 of skills/a needs the file x.csv, which is not there.",
  });
  await expect(suiteOf({ ...files, "x.csv": "1".repeat(1_000_001) })).rejects.toMatchObject({ exitCode: 2 });
});

it("refuses an input file that a link leads to, and one that is no text", async () => {
  await using folder = await temporaryFolder();
  const skill = join(folder.path, "a");
  await mkdir(join(skill, "evals"), { recursive: true });
  await writeFile(join(folder.path, "secret.txt"), "secret");
  await symlink(folder.path, join(skill, "up"));
  await writeFile(join(skill, "picture.png"), Buffer.from([0x89, 0x50, 0xff, 0x00]));
  const files = filesInFolder(skill);
  await expect(files.read("up/secret.txt")).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("is reached by a link") as string,
  });
  await expect(files.read("picture.png")).rejects.toMatchObject({
    message: expect.stringContaining("is no UTF-8 text") as string,
  });
  expect(await files.read("evals/evals.json")).toBeUndefined();
});

it("calls cases of a trace that the skill was distilled from seen, and cases of one trace one source", async () => {
  const from = (id: number, ...traces: string[]): object => ({
    id,
    prompt: `Task ${id}`,
    overproof: { traces },
  });
  const { cases } = await suiteOf(evals(from(1, trace), from(2, trace, other), from(3, other), from(4)), [
    trace,
  ]);
  expect(cases.map(({ id, seen, source }) => [id, seen, source])).toEqual([
    ["1", true, "1"],
    ["2", true, "1"],
    ["3", false, "1"],
    ["4", false, "4"],
  ]);
});

it("takes the same prompt for the same source, however it is spaced", async () => {
  const { cases } = await suiteOf(evals({ id: 1, prompt: "Sum  it" }, { id: 2, prompt: "sum it " }));
  expect(cases.map(({ source }) => source)).toEqual(["1", "1"]);
});

it("refuses ids that are the same as text", async () => {
  const twins = evals({ id: 1, prompt: "One" }, { id: "1", prompt: "Other" });
  await expect(suiteOf(twins)).rejects.toMatchObject({ exitCode: 2 });
});

it("reads upskill's tests from either place, and trigger queries beside them", async () => {
  const tests = JSON.stringify([{ input: "Say hello", expected: { contains: ["hello"] } }]);
  const queries = JSON.stringify([{ query: "greet me", should_trigger: true }]);
  for (const place of ["evals/tests.json", "tests.json"]) {
    const suite = await suiteOf({ [place]: tests, "evals/eval_queries.json": queries });
    expect(suite.cases.map(({ prompt }) => prompt)).toEqual(["Say hello"]);
    expect(suite.triggers).toEqual([{ id: "trigger-1", query: "greet me", shouldTrigger: true }]);
  }
});

it("says that kernels are there, which are another measurement", async () => {
  expect(await suiteOf({ "evals/kernels.json": "{}" })).toEqual({
    cases: [],
    triggers: [],
    hasKernels: true,
  });
});

it("digests what an outcome depends on and nothing else", async () => {
  const plain = { prompt: "Sum it.", overproof: { checks: [{ kind: "contains", text: "6" }] } };
  const digest = async (one: object, judge: string | null = null): Promise<string> => {
    const { cases } = await suiteOf(evals(one));
    if (cases[0] === undefined) throw new Error("no case");
    return caseDigest(cases[0], judge);
  };
  const before = await digest(plain);
  expect(await digest({ ...plain, id: "renamed", assertions: ["Is kind."] })).toBe(before);
  expect(await digest({ ...plain, prompt: "Sum it!" })).not.toBe(before);
  expect(await digest({ ...plain, overproof: { ...plain.overproof, inputs: { a: "1" } } })).not.toBe(before);
  const judged = { ...plain, assertions: ["Is kind."] };
  expect(await digest(judged, "openai:judge")).not.toBe(before);
  expect(await digest(judged, "openai:judge")).not.toBe(await digest(judged, "openai:other"));
});
