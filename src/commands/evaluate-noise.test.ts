import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { chatCompletion, type Scripted, startModelServer } from "../../test/model-server.ts";
import { temporaryFolder } from "../../test/run.ts";
import type { Evaluated } from "../evaluate/evaluation-result.ts";
import { seededRandom } from "../evaluate/statistics/random.ts";
import { silentReporter } from "../reporter.ts";
import { evaluateText } from "../terminal/evaluate-text.ts";
import type { Context } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import type { EvaluateRequest } from "./evaluation.ts";
import { report } from "./report.ts";

const skillText = `---
name: probe-skill
description: "Answer numbered questions. Use when a question has a number."
---

# Playbook

Answer with the code of the question.
`;

async function writeSkill(folder: string): Promise<void> {
  const skill = join(folder, "skills/probe-skill");
  await mkdir(skill, { recursive: true });
  await writeFile(join(skill, "SKILL.md"), skillText);
  const tests = Array.from({ length: 40 }, (_, index) => ({
    input: `Solve question-${100 + index}`,
    expected: { contains: [`ANSWER-${100 + index}-DONE`] },
  }));
  await writeFile(join(skill, "skill_meta.json"), JSON.stringify({ metadata: {}, tests }));
}

/** A student that tosses a coin for each answer, or has a lucky day. */
function coin(state: { isLucky: boolean }): Scripted {
  const random = seededRandom(5);
  return (response, request) => {
    const id = /question-(\d+)/.exec(JSON.stringify(request.body))?.[1];
    const isSolved = random() < 0.5 || state.isLucky;
    chatCompletion(isSolved ? `ANSWER-${id}-DONE` : "I do not know.")(response, request);
  };
}

function contextIn(cwd: string): Context {
  return {
    cwd,
    environment: { PATH: process.env["PATH"] },
    reporter: silentReporter,
    now: () => new Date(0),
    random: () => 0,
    sleep: async () => undefined,
  };
}

it("an A/A run is remembered: a lucky run of the same student and cases is not called no worse", async () => {
  await using folder = await temporaryFolder();
  await writeSkill(folder.path);
  const state = { isLucky: false };
  await using server = await startModelServer(coin(state));
  const context = contextIn(folder.path);
  const run = (results: string, more: Partial<EvaluateRequest> = {}): Promise<Evaluated> =>
    evaluate(
      {
        skills: ["skills/probe-skill"],
        students: [`openai:fake@${server.url}/v1`],
        repeats: 3,
        placebo: false,
        aa: false,
        plan: false,
        results,
        ...more,
      },
      context,
    );
  const verdictIn = ({ result }: Evaluated): unknown =>
    "missing" in result ? result.skills[0]?.students[0] : undefined;

  const noise = await run("noise-of-the-student", { aa: true });
  if (!("noise" in noise.result)) throw new Error("no A/A run");
  expect(noise.result).toMatchObject({ status: "refused", noise: [{ cases: 40, refusesMargin: true }] });
  expect(evaluateText(noise.result, noise, { columns: 80, colour: false })).toContain("is called no worse");

  state.isLucky = true;
  expect(verdictIn(await run("results"))).toMatchObject({ verdict: "no worse", ground: "decided" });
  const paid = server.requests.length;

  await cp(join(folder.path, "noise-of-the-student/noise"), join(folder.path, "results/noise"), {
    recursive: true,
  });
  const again = await run("results");
  expect(verdictIn(again)).toMatchObject({
    verdict: "cannot tell",
    ground: "margin below noise",
    noise_floor: expect.any(Number) as number,
  });
  expect(server.requests).toHaveLength(paid);
  const { markdown, evaluation } = await report({ results: "results" }, context);
  expect(evaluation.skills[0]?.students[0]).toEqual(verdictIn(again));
  expect(markdown).toMatch(/a loss of 10 points is within the noise: by an earlier A\/A run/);

  // Another student's runs are not touched by it.
  await using other = await startModelServer(coin({ isLucky: true }));
  const others = await run("results", { students: [`openai:fake@${other.url}/v1`] });
  expect(verdictIn(others)).toMatchObject({ verdict: "no worse", ground: "decided" });
}, 60_000);
