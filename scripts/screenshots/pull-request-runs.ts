import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import { exampleRepository } from "./example-repository.ts";
import { organizeLibrary } from "./organize-library.ts";
import { serveModel } from "./scripted-model.ts";
import { casesText, studentScript } from "./scripted-students.ts";

const root = resolve(import.meta.dirname, "../..");

/** A pull request as `propose` would open it. */
export interface PullRequestText {
  title: string;
  body: string;
}

/** Of a skill that is distilled from a real search log, with the A/B of two students. */
export async function distilledPullRequest(cli: string): Promise<PullRequestText> {
  await using repository = await exampleRepository(cli);
  const { folder, write, commit, overproof } = repository;
  await using server = await serveModel(
    studentScript([
      {
        name: "scripted-large",
        shares: [
          ["## Optimization methods", 0.95],
          ["", 0.7],
        ],
        tokens: 900,
      },
      {
        name: "scripted-small",
        shares: [
          ["## Optimization methods", 0.8],
          ["", 0.15],
        ],
        tokens: 350,
      },
    ]),
  );
  await cp(join(root, "examples/cpp-row-softmax/logs"), join(folder, "traces/row-softmax/logs"), {
    recursive: true,
  });
  await write({
    ".gitignore": ".overproof/runs/\n",
    "overproof.yml": `model: offline
prices:
  date: 2026-11-21
  models:
    scripted-large: { input-per-million: 3, output-per-million: 15 }
    scripted-small: { input-per-million: 0.2, output-per-million: 0.8 }
`,
  });
  await commit("A trace");
  const distilled = JSON.parse(await overproof("distill", "traces/row-softmax/logs", "--json")) as {
    proposal: string;
    skills: { name: string; path: string }[];
  };
  const [skill] = distilled.skills;
  if (skill === undefined) throw new Error("Nothing was distilled from the example.");
  const place = skill.path.replace(/\/?SKILL\.md$/, "");
  await write({ [`${place}/evals/evals.json`]: casesText(skill.name, "speed up this row kernel") });
  const specs = ["scripted-large", "scripted-small"].flatMap((name) => [
    "--student",
    `openai:${name}@${server.url}`,
  ]);
  await overproof("evaluate", skill.name, ...specs, "--repeats", "3", "--seed", "7", "--results", "results");
  return proposed(
    await overproof("propose", distilled.proposal, "--results", "results", "--dry-run", "--json"),
  );
}

/** Of skills with a method in common, merged without a model. */
export async function organizedPullRequest(cli: string): Promise<PullRequestText> {
  await using repository = await exampleRepository(cli);
  const { write, commit, overproof } = repository;
  await write({ ".gitignore": ".overproof/runs/\n", ...organizeLibrary() });
  await commit("A library");
  const { proposal } = JSON.parse(
    await overproof("organize", "triton-cuda", "--model", "offline", "--dry-run", "--json"),
  ) as { proposal: string };
  return proposed(await overproof("propose", proposal, "--dry-run", "--json"));
}

function proposed(json: string): PullRequestText {
  const { title, body } = JSON.parse(json) as PullRequestText;
  return { title, body };
}
