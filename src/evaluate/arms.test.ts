import { expect, it } from "vitest";
import { parseSkillFile } from "../skills/skill-file.ts";
import { armsOf, givenOf, referencesIn } from "./arms.ts";
import type { Given } from "./given.ts";

const text = `---
name: probe
description: "Probes."
---

Read [the table](references/table.md "all of it") and \`./scripts/run.py\`; see references/more.md, too.
Not [a site](https://example.com/a.md), [a part](#part), [another's](../other/SKILL.md), \`evals/evals.json\`.
`;

it("gives the files that a body refers to, and never its cases", async () => {
  const skill = parseSkillFile(text, "SKILL.md");
  expect(referencesIn(skill.body)).toEqual(["references/table.md", "scripts/run.py", "references/more.md"]);
  const files: Record<string, string> = { "references/table.md": "table", "evals/evals.json": "answers" };
  const given = await givenOf(skill, { read: async (path) => files[path] });
  expect(given).toMatchObject({ name: "probe", description: "Probes.", body: skill.body });
  expect([...given.files]).toEqual([["references/table.md", "table"]]);
});

const head: Given = { name: "probe", description: "Probes.", body: "Do this.\n", files: new Map() };

it("measures none and head, a base that differs, and a placebo of the same length where it is asked for", () => {
  const base = { ...head, body: "Do that.\n" };
  expect([...armsOf({ head, base: undefined, placebo: false }).keys()]).toEqual(["none", "head"]);
  expect([...armsOf({ head, base: { ...head }, placebo: false }).keys()]).toEqual(["none", "head"]);
  const arms = armsOf({ head, base, placebo: true });
  expect([...arms.keys()]).toEqual(["none", "base", "head", "placebo"]);
  expect(arms.get("none")).toBeNull();
  expect(arms.get("base")).toBe(base);
  expect(arms.get("placebo")?.body).toHaveLength(head.body.length);
  expect(arms.get("placebo")?.body).not.toContain("Do this");
});
