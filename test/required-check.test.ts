import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { markdownTable } from "markdown-table";
import { beforeAll, describe, expect, it } from "vitest";
import { casesText, harm, help, skillPath, skillText } from "./gate-world.ts";
import { problemText } from "./kernel-problems.ts";
import { chatCompletion, type Scripted } from "./model-server.ts";
import { endOf, name, startWorkflowWorld, type WorkflowWorld } from "./workflow-world.ts";
import type { JobResult } from "./workflow-runner/job.ts";
import type { WorkflowResult } from "./workflow-runner/run-workflow.ts";
import { mergeGroupTrigger, pullRequestTrigger } from "./workflow-runner/triggers.ts";

const page = resolve(import.meta.dirname, "../docs/required-check.md");

/** Knows every second answer; one word in a skill helps it, and another one confuses it. */
const student: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = Number(/question-(\d+)/.exec(text)?.[1]);
  const isSolved = text.includes(harm) ? false : text.includes(help) || id % 2 === 0;
  chatCompletion(isSolved ? `ANSWER-${id}-DONE` : "I do not know.")(response, request);
};

/** Refuses every key. */
const locked: Scripted = (response) => {
  response.writeHead(401, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message: "Incorrect API key provided." } }));
};

function base(): Record<string, string> {
  return {
    "README.md": "# Skills\n",
    "overproof.yml": `evaluate:\n  students: ["MODEL"]\n  repeats: 1\n`,
    [skillPath]: skillText("of old"),
    "skills/probe-skill/skill_meta.json": casesText(),
  };
}

const better = { [skillPath]: skillText(help) };

/** A new skill with a kernel to be written, compiled and timed. */
const withKernel = {
  "skills/kernel-skill/SKILL.md": skillText("of kernels").replaceAll("probe-skill", "kernel-skill"),
  "skills/kernel-skill/evals/kernels.json": JSON.stringify({
    kernels: [{ id: "square", problem: "problems/square.py", dsl: "abi" }],
  }),
  "skills/kernel-skill/evals/problems/square.py": problemText("square"),
};

interface Situation {
  title: string;
  mayMerge: boolean;
  student?: Scripted;
  run: (world: WorkflowWorld) => Promise<WorkflowResult>;
}

/** Opens a pull request, and runs the workflow for it. */
async function pullRequest(
  world: WorkflowWorld,
  files: Record<string, string>,
  options: { isFork?: boolean; cancelAt?: string } = {},
): Promise<WorkflowResult> {
  const { isFork = false, ...more } = options;
  const trigger = await pullRequestTrigger(world.github, name, await world.open(files), { isFork });
  return world.run("evaluate.yml", trigger, more);
}

const situations: Situation[] = [
  {
    title: "no skill is changed",
    mayMerge: true,
    run: (world) => pullRequest(world, { "README.md": "# More skills\n" }),
  },
  {
    title: "a skill is changed, and no student is configured",
    mayMerge: true,
    run: async (world) => {
      await world.github.commit(name, { files: { "overproof.yml": "evaluate: {}\n" } });
      return pullRequest(world, better);
    },
  },
  { title: "success: the skill is better", mayMerge: true, run: (world) => pullRequest(world, better) },
  {
    title: "the skill is worse",
    mayMerge: false,
    run: (world) => pullRequest(world, { [skillPath]: skillText(harm) }),
  },
  {
    title: "a shard failed",
    mayMerge: false,
    student: locked,
    run: (world) => pullRequest(world, better),
  },
  {
    title: "the run was cancelled",
    mayMerge: false,
    run: (world) => pullRequest(world, better, { cancelAt: "prompts" }),
  },
  {
    title: "no machine with a GPU took the kernels",
    mayMerge: false,
    run: (world) => pullRequest(world, withKernel),
  },
  {
    title: "merge queue, measured before",
    mayMerge: true,
    run: async (world) => {
      const number = await world.open(better);
      await world.run("evaluate.yml", await pullRequestTrigger(world.github, name, number));
      const calls = world.model.requests.length;
      const queued = await world.run("evaluate.yml", await mergeGroupTrigger(world.github, name, number));
      expect(world.model.requests).toHaveLength(calls);
      return queued;
    },
  },
  {
    title: "fork, with a student that needs no key",
    mayMerge: true,
    run: async (world) => {
      const result = await pullRequest(world, better, { isFork: true });
      expect(world.github.repository(name).comments.size).toBe(0);
      expect(world.github.repository(name).checks.size).toBe(0);
      return result;
    },
  },
  {
    title: "fork, with a student that needs a key",
    mayMerge: false,
    run: async (world) => {
      const config = 'evaluate:\n  students: ["anthropic:fake"]\n  repeats: 1\n';
      await world.github.commit(name, { files: { "overproof.yml": config } });
      return pullRequest(world, better, { isFork: true });
    },
  },
  {
    title: "fork, with kernels that nobody approved of",
    mayMerge: false,
    run: (world) => pullRequest(world, withKernel, { isFork: true }),
  },
  {
    title: "GitHub refuses the check and the comment",
    mayMerge: true,
    run: async (world) => {
      const refusal = {
        method: "POST",
        status: 403,
        message: "Resource not accessible by integration",
      } as const;
      world.github.failNext({ ...refusal, path: /check-runs$/ });
      world.github.failNext({ ...refusal, path: /comments$/ });
      return pullRequest(world, better);
    },
  },
];

/** How a situation ended. */
interface Ending {
  result: WorkflowResult;
  checks: { name: string; conclusion: string | null }[];
  violations: string[];
}

async function endingOf({ student: script = student, run }: Situation): Promise<Ending> {
  await using world = await startWorkflowWorld({ files: base(), student: script });
  const result = await run(world);
  const checks = [...world.github.repository(name).checks.values()];
  return { result, checks, violations: world.github.violations };
}

function gateOf({ jobs }: WorkflowResult): JobResult | undefined {
  return jobs["gate"]?.instances[0];
}

function rowOf({ title }: Situation, { result }: Ending): string[] {
  const gate = gateOf(result);
  const said = gate?.steps.find(({ id }) => id === "gate")?.summary ?? "";
  const [, sentence = ""] = /\*\*(.+?)\*\*/.exec(said) ?? [];
  const others = ["plan", "prompts", "kernels"].map((id) => result.jobs[id]?.conclusion ?? "");
  return [title, ...others, `**${gate?.conclusion}**`, sentence.replaceAll(/@http:\/\/\S+?\/v1/g, "")];
}

describe("overproof / gate", () => {
  let endings: Ending[] = [];

  // Most of the time goes by while clients space out what they write: the situations wait beside each other.
  beforeAll(async () => {
    endings = await Promise.all(situations.map(endingOf));
  }, 240_000);

  for (const [index, { title, mayMerge }] of situations.entries()) {
    it(`${mayMerge ? "passes" : "blocks"}: ${title}`, () => {
      const { result, checks, violations } = endings[index] ?? expect.unreachable();
      const gate = gateOf(result);
      expect(gate?.name).toBe("overproof / gate");
      expect(gate?.conclusion).toBe(mayMerge ? "success" : "failure");
      if (mayMerge) expect(endOf(result)).toBe("success");
      for (const check of checks)
        expect(check).toMatchObject({ name: gate?.name, conclusion: gate?.conclusion });
      expect(violations).toEqual([]);
    });
  }

  it("is described by docs/required-check.md, which OVERPROOF_WRITE_DOCS=1 writes", async () => {
    const rows = situations.map((one, index) => rowOf(one, endings[index] ?? expect.unreachable()));
    const text = `# The required check, situation by situation

What \`.github/workflows/evaluate.yml\` concludes with. Name \`overproof / gate\` in a ruleset of the branch: it is the name of
the workflow's last job, which always runs, and of the check that the Action writes where its token may.
\`test/required-check.test.ts\` runs the workflow in each of these situations, and writes this page.

${markdownTable([["situation", "plan", "prompts", "kernels", "overproof / gate", "what it says"], ...rows])}

A job for machines of your own that finds none is cancelled by GitHub after a day, and one that waits for an approval fails
after thirty days; the check concludes then.
`;
    if (process.env["OVERPROOF_WRITE_DOCS"] === "1") await writeFile(page, text);
    expect(await readFile(page, "utf8")).toBe(text);
  });
});
