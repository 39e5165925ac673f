import { z } from "zod";
import { arms, measurements, samplingSchema, type TrialIdentity, trialKey } from "./trial.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** One case of a skill as a run measures it. Its text lies in the skill's files; here is what results depend on. */
const plannedCaseSchema = z.strictObject({
  id: z.string(),
  sha256: sha,
  /** What it shares with other cases, such as an operator; its own id where it shares nothing. */
  source: z.string(),
  /** Made from a trace that the skill was distilled from: shown, and never part of a verdict. */
  seen: z.boolean(),
  must_pass: z.boolean(),
  measurement: z.enum(measurements),
});
export type PlannedCase = z.infer<typeof plannedCaseSchema>;

const plannedSkillSchema = z.strictObject({
  name: z.string(),
  /** Of the SKILL.md, relative to the folder that holds the library. */
  path: z.string(),
  /** SHA-256 of what each arm gives; null gives nothing. Arms that are not measured are not there. */
  given: z.partialRecord(z.enum(arms), sha.nullable()),
  /** Size of the skill as it stands, in estimated tokens. */
  tokens: z.number().int().nonnegative(),
  cases: z.array(plannedCaseSchema),
});
export type PlannedSkill = z.infer<typeof plannedSkillSchema>;

const plannedStudentSchema = z.strictObject({
  spec: z.string(),
  version: z.string(),
  runner: z.enum(["chat", "command"]),
  sampling: samplingSchema,
});
export type PlannedStudent = z.infer<typeof plannedStudentSchema>;

/**
 * `plan.json` beside the results: everything that decides which trials belong to an evaluation and how they are judged.
 * With it and the results, every table can be made again without network, models or the library.
 */
export const planSchema = z.strictObject({
  format: z.literal(1),
  harness: z.string(),
  seed: z.number().int(),
  repeats: z.number().int().positive(),
  /** Looks at the results that may end it early; 1 without topping up. */
  looks: z.number().int().positive(),
  thresholds: z.strictObject({
    alpha: z.number().positive().max(0.5),
    margin: z.number().positive().max(1),
    minimum_effect: z.number().nonnegative().max(1),
  }),
  /** The commit of the base arm, and the day of the price table; null where there is none. */
  base: z.string().nullable(),
  prices_of: z.iso.date().nullable(),
  /** A command that makes the evaluation again. */
  reproduce: z.string().max(2000),
  skills: z.array(plannedSkillSchema),
  students: z.array(plannedStudentSchema),
});
export type Plan = z.infer<typeof planSchema>;

/** One trial that a plan asks for, with what it is for. */
export interface PlannedTrial {
  skill: string;
  arm: (typeof arms)[number];
  case: PlannedCase;
  student: PlannedStudent;
  identity: TrialIdentity;
  key: string;
}

/**
 * All trials of a plan, in the order of skills, students, cases, repeats and arms. Arms that give the same are measured
 * once and stand in the list for each.
 */
export function plannedTrials(plan: Plan): PlannedTrial[] {
  const trials: PlannedTrial[] = [];
  for (const skill of plan.skills)
    for (const student of plan.students)
      for (const one of skill.cases)
        for (let repeat = 0; repeat < plan.repeats; repeat += 1)
          for (const arm of arms) {
            const given = skill.given[arm];
            if (given === undefined) continue;
            const identity: TrialIdentity = {
              harness: plan.harness,
              measurement: one.measurement,
              runner: student.runner,
              case_sha256: one.sha256,
              given_sha256: given,
              student: student.spec,
              student_version: student.version,
              sampling: student.sampling,
              repeat,
            };
            trials.push({ skill: skill.name, arm, case: one, student, identity, key: trialKey(identity) });
          }
  return trials;
}
