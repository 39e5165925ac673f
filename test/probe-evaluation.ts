import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../src/commands/context.ts";
import { evaluate } from "../src/commands/evaluate.ts";
import type { EvaluateRequest } from "../src/commands/evaluation.ts";
import type { Evaluated, MeasuredResult } from "../src/evaluate/evaluation-result.ts";
import { findings, type Said, type Shown, scriptedJudge } from "./judge-script.ts";
import { chatCompletion, type Scripted } from "./model-server.ts";

/** In the skill, and so in a request that holds it. */
const word = "zebra-quartz-playbook";

/** A skill with so many cases, judged by code or, where `judged`, by a model. */
export async function writeProbe(
  folder: string,
  { cases, judged = false }: { cases: number; judged?: boolean },
): Promise<void> {
  const skill = join(folder, "skills/probe-skill");
  await mkdir(join(skill, "evals"), { recursive: true });
  await writeFile(
    join(skill, "SKILL.md"),
    `---\nname: probe-skill\ndescription: "Answer numbered questions. Use when a question has a number."\n---\n\n# ${word}\n\nAnswer with the code of the question.\n`,
  );
  const evals = Array.from({ length: cases }, (_, index) => ({
    id: index + 1,
    prompt: `Solve question-${100 + index}.`,
    ...(judged
      ? { assertions: ["It names the code."] }
      : { overproof: { checks: [{ kind: "contains", text: `CODE-${100 + index}` }] } }),
  }));
  await writeFile(join(skill, "evals/evals.json"), JSON.stringify({ skill_name: "probe-skill", evals }));
}

/** Solves a question where the skill is in the request. */
export const probeStudent: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = /question-(\d+)/.exec(text)?.[1];
  chatCompletion(text.includes(word) ? `CODE-${id}` : `I do not know ${id}.`)(response, request);
};

/** Finds the codes that are there. */
export const probeJudge: Scripted = scriptedJudge((shown: Shown): Said => {
  const [answer = "", other] = shown.answers;
  if (other !== undefined) return { preference: "tie", quote: answer, reason: "Alike." };
  return findings(shown, () =>
    answer.startsWith("CODE") ? { verdict: "met", quote: answer } : { verdict: "not met" },
  );
});

/** A context whose clock stands and whose waits take no time; `said` gets what is reported. */
export function probeContext(cwd: string, said: string[] = []): Context {
  return {
    cwd,
    environment: { PATH: process.env["PATH"] },
    reporter: {
      info: (message) => void said.push(message),
      warning: (message) => void said.push(`warning: ${message}`),
      progress: () => undefined,
    },
    now: () => new Date(0),
    random: () => 0,
    sleep: async () => undefined,
  };
}

/** Evaluates the skill, and gives what a whole run came to. */
export async function evaluateProbe(
  folder: string,
  request: Pick<EvaluateRequest, "students"> & Partial<EvaluateRequest>,
  said: string[] = [],
): Promise<{ result: MeasuredResult; evaluated: Evaluated }> {
  const evaluated = await evaluate(
    {
      skills: ["skills/probe-skill"],
      repeats: 1,
      placebo: false,
      aa: false,
      plan: false,
      results: "results",
      ...request,
    },
    probeContext(folder, said),
  );
  const { result } = evaluated;
  if (!("missing" in result)) throw new Error("no whole run");
  return { result, evaluated };
}
