import type { Arms } from "./arms.ts";
import { type ChatRequest, chatRequest } from "./chat-request.ts";
import type { Given } from "./given.ts";
import type { PlannedTrial } from "./plan.ts";
import type { SuiteCase } from "./suite.ts";

/** A skill with all that its trials need. */
export interface MeasuredSkill {
  name: string;
  /** Of the SKILL.md, relative to the folder that holds the library. */
  path: string;
  /** The SKILL.md of the head arm. */
  text: string;
  arms: Arms;
  /** Only those that are measured. */
  cases: readonly SuiteCase[];
}

/** What a planned trial stands for. */
export interface TrialMaterial {
  case: SuiteCase;
  given: Given | null;
  request: ChatRequest;
}

/** Finds the material of a trial; throws where a plan asks for what its skills do not have, which is a bug. */
export function materialOf(skills: readonly MeasuredSkill[]): (trial: PlannedTrial) => TrialMaterial {
  const bySkill = new Map(
    skills.map(({ name, arms, cases }) => [
      name,
      { arms, cases: new Map(cases.map((one) => [one.id, one])) },
    ]),
  );
  return ({ skill, arm, case: { id }, student }) => {
    const found = bySkill.get(skill);
    const one = found?.cases.get(id);
    const given = found?.arms.get(arm);
    if (one === undefined || given === undefined) {
      throw new Error(`The plan has a trial that no skill has: ${skill}, case ${id}, ${arm}.`);
    }
    return { case: one, given, request: chatRequest(one, given, student.sampling) };
  };
}
