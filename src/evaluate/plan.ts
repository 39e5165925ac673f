import { z } from "zod";
import { type Arm, arms, measurements, samplingSchema, type TrialIdentity, trialKey } from "./trial.ts";

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
  /** What it needs besides an answer. Students that leave none are not measured on it. */
  needs: z.enum(["workspace", "trace"]).exactOptional(),
  /** Whether the plan's judge has a say: the case has assertions. */
  judged: z.boolean().exactOptional(),
  /** Of a kernel case: what its kernels are written in, and the file of its problem. */
  kernel: z.strictObject({ dsl: z.string(), problem: z.string() }).exactOptional(),
  /** Of a triggering case: whether the skill is to be chosen. */
  should_trigger: z.boolean().exactOptional(),
});
export type PlannedCase = z.infer<typeof plannedCaseSchema>;

/** By arm; arms that are not measured are not there, and null gives nothing. */
const byArm = z.partialRecord(z.enum(arms), sha.nullable());

const plannedSkillSchema = z.strictObject({
  name: z.string(),
  /** Of the SKILL.md, relative to the folder that holds the library. */
  path: z.string(),
  /** SHA-256 of what each arm gives to a plain chat. */
  given: byArm,
  /** Of what each arm installs for an agent, and of what it offers to a chat that may choose. */
  installed: byArm.exactOptional(),
  offered: byArm.exactOptional(),
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
  /** Whether skills are disclosed step by step to this chat. */
  disclosed: z.literal(true).exactOptional(),
  /** Of an agent: SHA-256 of its settings, and whether it leaves a log of its calls. */
  agent: z.strictObject({ sha256: sha, has_trace: z.boolean() }).exactOptional(),
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
  /** The spec of the model that judges assertions; null without one, as in plans from before there was one. */
  judge: z.string().nullable().default(null),
  skills: z.array(plannedSkillSchema),
  students: z.array(plannedStudentSchema),
});
export type Plan = z.infer<typeof planSchema>;

/** Whether a student can be measured on a case: whether it leaves what the case is judged by. */
export function isFor({ needs, measurement, kernel }: PlannedCase, { agent }: PlannedStudent): boolean {
  if (kernel !== undefined) return agent === undefined;
  if (measurement === "triggering") return agent === undefined || agent.has_trace;
  if (needs === undefined) return true;
  return agent !== undefined && (needs === "workspace" || agent.has_trace);
}

/** Whether a student gets a skill step by step in a case. A choice is made by name and description alone anyway; kernels are asked for with the whole of it. */
export function isDisclosed(
  { disclosed }: Pick<PlannedStudent, "disclosed">,
  { measurement, kernel }: Pick<PlannedCase, "measurement" | "kernel">,
): boolean {
  return disclosed === true && measurement === "capability" && kernel === undefined;
}

/** SHA-256 of what an arm gives to a student in one of the measurements; undefined where it is not measured. */
export function givenTo(
  { given, installed, offered }: PlannedSkill,
  { runner }: Pick<PlannedStudent, "runner">,
  { arm, measurement }: { arm: Arm; measurement: PlannedCase["measurement"] },
): string | null | undefined {
  // Nothing can be chosen where nothing is offered, and a placebo is offered as the skill is.
  if (measurement === "triggering" && (arm === "none" || arm === "placebo")) return undefined;
  if (given[arm] === undefined) return undefined;
  if (runner === "command") return installed?.[arm];
  return measurement === "triggering" ? offered?.[arm] : given[arm];
}

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
      for (const one of skill.cases.filter((any) => isFor(any, student)))
        for (let repeat = 0; repeat < plan.repeats; repeat += 1)
          for (const arm of arms) {
            const given = givenTo(skill, student, { arm, measurement: one.measurement });
            if (given === undefined) continue;
            const identity: TrialIdentity = {
              harness: plan.harness,
              measurement: one.measurement,
              runner: student.runner,
              ...(student.agent === undefined ? {} : { agent_sha256: student.agent.sha256 }),
              ...(isDisclosed(student, one) && given !== null ? { disclosed: true } : {}),
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
