import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExampleRepository, exampleRepository } from "./example-repository.ts";
import { serveModel } from "./scripted-model.ts";
import { casesText, type ScriptedStudent, studentScript } from "./scripted-students.ts";

/** The rules of the two skills before and after each change. */
const rules = {
  units: { before: "seconds", after: "milliseconds" },
  titles: { before: "imperative", after: "clipped" },
};

const students: readonly ScriptedStudent[] = [
  {
    name: "scripted-large",
    shares: [
      [`Rule: ${rules.units.after}`, 0.95],
      [`Rule: ${rules.units.before}`, 0.85],
      [`Rule: ${rules.titles.after}`, 0.85],
      [`Rule: ${rules.titles.before}`, 0.9],
      ["", 0.8],
    ],
    tokens: 420,
  },
  {
    name: "scripted-small",
    shares: [
      [`Rule: ${rules.units.after}`, 0.9],
      [`Rule: ${rules.units.before}`, 0.4],
      [`Rule: ${rules.titles.after}`, 0.15],
      [`Rule: ${rules.titles.before}`, 0.6],
      ["", 0.3],
    ],
    tokens: 160,
  },
];

/** What the gate says of one change. */
export interface GateRun {
  /** The text of its comment, of its check and of its step summary. */
  markdown: string;
  /** The page with all cases. */
  html: string;
}

/** A change that helps both students, and one that also hurts one of them. */
export async function gateRuns(cli: string): Promise<{ allowed: GateRun; blocked: GateRun }> {
  await using server = await serveModel(studentScript(students));
  await using repository = await exampleRepository(cli);
  const { write, commit, git } = repository;
  await write({
    ".gitignore": ".overproof/\n*.html\n",
    "overproof.yml": configuration(server.url),
    ...skill("units-in-logs", "times in log lines", rules.units.before),
    ...skill("short-titles", "titles of changes", rules.titles.before),
  });
  await commit("Two skills");
  await git("checkout", "--quiet", "-b", "change");
  await write(skill("units-in-logs", "times in log lines", rules.units.after));
  await commit("Give times in milliseconds");
  const allowed = await gateRun(repository);
  await write(skill("short-titles", "titles of changes", rules.titles.after));
  await commit("Clip titles");
  return { allowed, blocked: await gateRun(repository) };
}

async function gateRun({ folder, overproof }: ExampleRepository): Promise<GateRun> {
  await overproof("evaluate", "--changed", "--base", "main", "--seed", "7");
  const markdown = await overproof(
    "gate",
    "--base",
    "main",
    "--dry-run",
    "--markdown",
    "--html",
    "page.html",
  );
  return { markdown, html: await readFile(join(folder, "page.html"), "utf8") };
}

function configuration(url: string): string {
  return `model: openai:scripted-large@${url}
evaluate:
  students:
${students.map(({ name }) => `    - openai:${name}@${url}`).join("\n")}
  repeats: 3
prices:
  date: 2026-11-21
  models:
    scripted-large: { input-per-million: 3, output-per-million: 15 }
    scripted-small: { input-per-million: 0.2, output-per-million: 0.8 }
`;
}

function skill(name: string, about: string, rule: string): Record<string, string> {
  return {
    [`skills/${name}/SKILL.md`]: `---
name: ${name}
description: "Write ${about} as this project does. Use when a line is to be written. Not for prose."
---

# ${about}

Rule: ${rule} first, with the unit, and nothing after it.
`,
    [`skills/${name}/evals/evals.json`]: casesText(name, about),
  };
}
