import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { temporaryFolder } from "../../test/run.ts";
import { keepNoise, noiseToKeep, readNoise } from "./kept-noise.ts";
import type { Plan } from "./plan.ts";

/** An A/A run: one arm with twice the repeats. */
const aa = madePlan({ arms: ["head"], cases: 4, repeats: 2 });
const noisy = trialsFrom(aa, { head: { "case-1": "10", "case-2": "01", "case-3": "11", "case-4": "00" } });

test("an A/A run is kept as the spread of two arms of half its repeats", () => {
  const [floor, ...more] = noiseToKeep(aa, noisy);
  expect(more).toEqual([]);
  expect(floor).toMatchObject({ skill: "wide-rows", cases: 4, flip_rate: 0.5, identity: { repeats: 1 } });
  // Differences 1, -1, 0, 0: standard error sqrt(4/3 * 2) / 4, times t(3) = 3.182446.
  expect(floor?.spread).toBeCloseTo(1.2992, 4);
});

test("a run that is not whole, failed too often, or says nothing about its spread is not kept", () => {
  const all = { "case-1": "10", "case-2": "01", "case-3": "11" };
  expect(noiseToKeep(aa, trialsFrom(aa, { head: { ...all, "case-4": "1." } }))).toEqual([]);
  expect(noiseToKeep(aa, trialsFrom(aa, { head: { ...all, "case-4": "xx" } }))).toEqual([]);
  const single = madePlan({ arms: ["head"], cases: 1, repeats: 2 });
  expect(noiseToKeep(single, trialsFrom(single, { head: "10" }))).toEqual([]);
});

test("its key changes with the text, the cases, their sources, the student, the harness and the repeats", () => {
  const keyOf = (plan: Plan): string | undefined =>
    noiseToKeep(plan, trialsFrom(plan, { head: plan.repeats === 2 ? "10" : "1000" }))[0]?.key;
  const [student] = aa.students;
  const [skill] = aa.skills;
  if (!student || !skill) throw new Error("nothing planned");
  const given = madePlan({ arms: ["head"], skills: ["tall-rows"] }).skills[0]?.given ?? {};
  const keys = [
    aa,
    madePlan({ arms: ["head"], cases: 5, repeats: 2 }),
    madePlan({ arms: ["head"], cases: 4, repeats: 4 }),
    madePlan({ arms: ["head"], cases: 4, students: ["openai:large"] }),
    { ...aa, harness: "0" },
    { ...aa, students: [{ ...student, version: "2026-01" }] },
    { ...aa, students: [{ ...student, sampling: { temperature: 0 } }] },
    { ...aa, skills: [{ ...skill, given }] },
    { ...aa, skills: [{ ...skill, cases: skill.cases.map((one, at) => ({ ...one, source: `${at % 2}` })) }] },
  ].map(keyOf);
  expect(keys.every((key) => key !== undefined)).toBe(true);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyOf({ ...aa, seed: 9, skills: [{ ...skill, cases: skill.cases.toReversed() }] })).toBe(keys[0]);
});

test("floors are read as they were written, and one that says something else than its name is not", async () => {
  await using folder = await temporaryFolder();
  expect(await readNoise(folder.path)).toEqual({ floors: [], damaged: [] });
  const kept = noiseToKeep(aa, noisy);
  await keepNoise(folder.path, kept);
  await keepNoise(folder.path, kept);
  expect(await readNoise(folder.path)).toEqual({ floors: kept, damaged: [] });

  const [name = ""] = await readdir(join(folder.path, "noise"));
  const text = await readFile(join(folder.path, "noise", name), "utf8");
  const other = `${"0".repeat(64)}.json`;
  await rename(join(folder.path, "noise", name), join(folder.path, "noise", other));
  expect(await readNoise(folder.path)).toEqual({ floors: [], damaged: [`noise/${other}`] });
  for (const changed of [
    text.replace('"repeats": 1', '"repeats": 2'),
    text.replace(/"spread": .*/, '"spread": -1'),
    "{",
  ]) {
    await mkdir(join(folder.path, "noise"), { recursive: true });
    await writeFile(join(folder.path, "noise", name), changed);
    expect((await readNoise(folder.path)).damaged).toEqual([`noise/${other}`, `noise/${name}`].sort());
  }
});
