import { seededRandom } from "../../src/evaluate/statistics/random.ts";
import type { Script } from "./scripted-model.ts";

export interface ScriptedStudent {
  name: string;
  /** How often it solves a case, by the first of these texts that stands in its request; `""` stands in every one. */
  shares: readonly (readonly [text: string, share: number])[];
  /** Of each answer. */
  tokens: number;
}

/** The cases of a skill, as `evals/evals.json`. */
export function casesText(skill: string, about: string): string {
  const evals = Array.from({ length: 20 }, (_, index) => ({
    id: index + 1,
    prompt: `Solve case-${100 + index}: ${about}.`,
    expected_output: "",
    overproof: { checks: [{ kind: "contains", text: solution(100 + index) }], must_pass: index === 0 },
  }));
  return JSON.stringify({ skill_name: skill, evals }, null, 2);
}

/**
 * Students that solve those cases as often as they are told to. Which of the runs is drawn with a seed, so the same
 * requests are answered alike in whatever order they come.
 */
export function studentScript(students: readonly ScriptedStudent[]): Script {
  const asked = new Map<string, number>();
  return (model, text) => {
    const student = students.find(({ name }) => name === model);
    const found = student?.shares.find(([part]) => text.includes(part));
    const [, id = ""] = /case-(\d{3})\b/.exec(text) ?? [];
    const key = `${model} ${found?.[0] ?? ""} ${id}`;
    const run = asked.get(key) ?? 0;
    asked.set(key, run + 1);
    const isSolved = seededRandom(`${key} ${run}`)() < (found?.[1] ?? 0);
    const content = isSolved ? `${solution(Number(id))}: as the skill says.` : "That depends on the machine.";
    return { content, tokens: student?.tokens ?? 0 };
  };
}

function solution(id: number): string {
  return `done-${id}`;
}
