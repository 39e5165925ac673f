import { usageFailure } from "../failure.ts";
import { estimateTokens } from "../skills/text-size.ts";
import { needOf } from "./check.ts";
import { type Given, givenDigest, installedDigest, offeredDigest } from "./given.ts";
import type { MeasuredSkill } from "./measured-skill.ts";
import { type Plan, type PlannedCase, type PlannedStudent, planSchema } from "./plan.ts";
import { caseDigest, type SuiteCase, triggerDigest, type TriggerQuery } from "./suite.ts";
import { harnessVersion } from "./trial.ts";

export interface PlanSettings {
  seed: number;
  /** Repeats at the first look, and at most; the second is a multiple of the first. */
  repeats: number;
  maxRepeats: number;
  thresholds: Plan["thresholds"];
  base: string | null;
  pricesOf: string | null;
  reproduce: string;
  /** The judge's spec; null without one. */
  judge: string | null;
}

/** More looks than this spend the error on looking. */
const mostLooks = 5;

/** The plan of an evaluation. Throws `Failure` (exit code 2) for repeats that do not make whole looks. */
export function makePlan(
  skills: readonly MeasuredSkill[],
  students: readonly PlannedStudent[],
  settings: PlanSettings,
): Plan {
  const { seed, repeats, maxRepeats, thresholds, base, pricesOf, reproduce, judge } = settings;
  const looks = maxRepeats / repeats;
  if (!Number.isInteger(looks) || looks > mostLooks) {
    throw usageFailure(
      `At most ${maxRepeats} repeats cannot be reached in steps of ${repeats}.`,
      `Make --max-repeats a multiple of --repeats, at most ${mostLooks} times as large.`,
    );
  }
  return planSchema.parse({
    format: 1,
    harness: harnessVersion,
    seed,
    repeats: maxRepeats,
    looks,
    thresholds,
    base,
    prices_of: pricesOf,
    reproduce,
    judge,
    skills: skills.map(({ name, path, text, arms, cases, triggers = [] }) => {
      const byArm = (digest: (given: Given | null) => string | null) =>
        Object.fromEntries([...arms].map(([arm, given]) => [arm, digest(given)]));
      const hasAgent = students.some(({ runner }) => runner === "command");
      return {
        name,
        path,
        given: byArm(givenDigest),
        ...(hasAgent ? { installed: byArm(installedDigest) } : {}),
        ...(triggers.length > 0 ? { offered: byArm(offeredDigest) } : {}),
        tokens: estimateTokens(text),
        cases: [...cases.map((one) => plannedCase(one, judge)), ...triggers.map(plannedTrigger)],
      };
    }),
    students,
  });
}

function plannedCase(one: SuiteCase, judge: string | null): PlannedCase {
  const needs = needOf(one.checks);
  return {
    id: one.id,
    sha256: caseDigest(one, judge),
    source: one.source,
    seen: one.seen,
    must_pass: one.mustPass,
    measurement: "capability",
    ...(needs === undefined ? {} : { needs }),
    ...(judge !== null && one.assertions.length > 0 ? { judged: true } : {}),
    ...(one.kernel === undefined
      ? {}
      : { kernel: { dsl: one.kernel.measuring.dsl, problem: one.kernel.problem.name } }),
  };
}

function plannedTrigger(trigger: TriggerQuery): PlannedCase {
  return {
    id: trigger.id,
    sha256: triggerDigest(trigger),
    source: trigger.id,
    seen: false,
    must_pass: false,
    measurement: "triggering",
    should_trigger: trigger.shouldTrigger,
  };
}
