import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import {
  methodsBody,
  organizeWorld,
  type OrganizeWorld,
  putFile,
  putSkill,
} from "../../test/organize-world.ts";
import { givenDigest } from "../evaluate/given.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import { keepPlan } from "../evaluate/stored-plan.ts";
import { reviewLibrary } from "./review-library.ts";

const body = methodsBody([{ title: "Keep rows", text: "Load each row once." }]);

/** Stores results of two skills: `good` is better than nothing, `bad` worse. */
async function storeResults(world: OrganizeWorld): Promise<void> {
  const names = ["good", "bad"];
  const made = madePlan({ skills: names, cases: 20, repeats: 2, arms: ["none", "head"] });
  const plan = {
    ...made,
    skills: made.skills.map((skill) => ({
      ...skill,
      given: {
        none: null,
        head: givenDigest({
          name: skill.name,
          description: `What ${skill.name} is for, in a sentence.`,
          body: `\n${body}\n`,
          files: new Map(),
        }),
      },
    })),
  };
  const better = trialsFrom(
    { ...plan, skills: plan.skills.slice(0, 1) },
    { none: repeated("00"), head: repeated("11") },
  );
  const worse = trialsFrom(
    { ...plan, skills: plan.skills.slice(1) },
    { none: repeated("11"), head: repeated("00") },
  );
  const trials = new Map([...worse, ...better]);
  const folder = join(world.folder, ".overproof", "results");
  const store = await openResultStore(folder);
  for (const trial of trials.values()) await store.add(trial, null);
  await store.close();
  await keepPlan(folder, plan, trials);
}

function repeated(outcomes: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`case-${index + 1}`, outcomes]));
}

test("lists what was never evaluated, what is worse and what is old, and changes nothing", async () => {
  const world = await organizeWorld();
  for (const name of ["good", "bad", "fresh"]) await putSkill(world, name, { body });
  await storeResults(world);
  const before = await world.files();
  const { library, context } = world;
  const result = await reviewLibrary({ scopes: [], library }, context);
  expect(result.fine).toBe(1);
  expect(
    result.review.map(({ name, reasons, proposal }) => ({
      name,
      kinds: reasons.map(({ kind }) => kind),
      proposal,
    })),
  ).toEqual([
    { name: "bad", kinds: ["not-better"], proposal: "retire" },
    { name: "fresh", kinds: ["never-evaluated"], proposal: "re-evaluate" },
  ]);
  expect(await world.files()).toEqual(before);

  const later = { ...context, now: () => new Date("2026-06-01T00:00:00Z") };
  const old = await reviewLibrary({ scopes: [], library }, later);
  expect(old.review.find(({ name }) => name === "good")?.reasons.map(({ kind }) => kind)).toEqual(["old"]);
});

test("a skill that was changed, or whose students were, is to be evaluated again", async () => {
  const world = await organizeWorld();
  await putSkill(world, "good", { body: `${body}\n- One more boundary.` });
  await storeResults(world);
  await putFile(world.folder, "overproof.yml", "evaluate:\n  students: [openai:other]\n");
  const { library, context } = world;
  const { review } = await reviewLibrary({ scopes: ["general"], library }, context);
  expect(review[0]?.reasons.map(({ kind }) => kind)).toEqual(["changed", "other-model"]);
  expect(review[0]?.proposal).toBe("re-evaluate");
});

test("a library without results is one in which nothing was evaluated, also in a repository", async () => {
  const world = await organizeWorld();
  await putSkill(world, "good", { body });
  execFileSync("git", ["init", "--quiet"], { cwd: world.folder });
  const { library, context } = world;
  const { review } = await reviewLibrary({ scopes: [], library }, context);
  expect(review.map(({ reasons }) => reasons[0]?.kind)).toEqual(["never-evaluated"]);
  expect([...(await world.files()).keys()].some((path) => path.startsWith(".overproof"))).toBe(false);
  await expect(reviewLibrary({ scopes: ["pypto"], library }, context)).rejects.toThrow(/no scope/);
});

test("says that a change was interrupted, and leaves it to a command that may change the library", async () => {
  const world = await organizeWorld();
  await putSkill(world, "good", { body });
  const journal = { format: 1, steps: [{ do: "remove", in: "library", path: "good/SKILL.md" }] };
  await putFile(world.folder, ".overproof/runs/pending/journal.json", JSON.stringify(journal));
  const before = await world.files();
  const { library, context } = world;
  const { review } = await reviewLibrary({ scopes: [], library }, context);
  expect(review.map(({ name }) => name)).toEqual(["good"]);
  expect(world.warnings).toEqual([expect.stringContaining("run overproof organize")]);
  expect(await world.files()).toEqual(before);
});
