import { expect, it } from "vitest";
import { readSkillCases } from "./case-files.ts";

const evals = JSON.stringify({ skill_name: "a", evals: [{ prompt: "From evals?", expected_output: "" }] });
const test = { input: "From upskill?", expected: { contains: ["x"] } };
const meta = JSON.stringify({ metadata: { license: "MIT" }, tests: [test] });
const tests = JSON.stringify([{ ...test, input: "From tests?" }]);

async function prompts(files: Record<string, string>): Promise<string[]> {
  const { suite } = await readSkillCases("a", "skills/a", async (path) => files[path]);
  return suite.cases.map(({ prompt }) => prompt);
}

it("takes the first file of cases that is there", async () => {
  const all = { "evals/evals.json": evals, "skill_meta.json": meta, "tests.json": tests };
  expect(await prompts(all)).toEqual(["From evals?"]);
  expect(await prompts({ "skill_meta.json": meta, "tests.json": tests })).toEqual(["From upskill?"]);
  expect(await prompts({ "tests.json": tests })).toEqual(["From tests?"]);
  expect(await prompts({})).toEqual([]);
});

it("knows what upskill's file says besides, also where the cases come from elsewhere", async () => {
  const files: Record<string, string> = { "evals/evals.json": evals, "skill_meta.json": meta };
  const { meta: known } = await readSkillCases("a", "skills/a", async (path) => files[path]);
  expect(known?.license).toBe("MIT");
});

it("names the file that cannot be read", async () => {
  await expect(prompts({ "tests.json": "{" })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining("skills/a/tests.json is not JSON"),
  });
});
