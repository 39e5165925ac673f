import { knownSum, perRun } from "./arm-figures.ts";
import { finishedRuns, type Measured, passCount } from "./measured-case.ts";
import { mean } from "./statistics/normal.ts";
import type { Trial } from "./trial.ts";

/** Ways to get tasks done. `hybrid`: the student with the skill first, the teacher for what it fails. */
export const ways = ["teacher", "student", "student with skill", "hybrid"] as const;

/** Accuracy as a share of tasks, and US dollars for 1,000 of them; null is unknown. */
export interface EconomicsRow {
  way: (typeof ways)[number];
  accuracy: number | null;
  usdPerThousand: number | null;
}

export interface Economics {
  /** Every way is judged on the same cases. */
  cases: number;
  rows: EconomicsRow[];
}

/** What one run of a case comes to on average. */
interface Average {
  rate: number;
  cost: number | null;
}

/**
 * What it costs to have tasks done in each way, over the unseen cases that every measured way has. The hybrid takes for
 * granted that something notices a failure, as the checks of the cases do: it passes at s + (1 - s) * t and costs
 * c_s + (1 - s) * c_t a case, with the rates s and t and the costs c_s and c_t of student with skill and teacher.
 */
export function economicsOf(student: Measured["cases"], teacher: Measured["cases"] | undefined): Economics {
  const teachers = new Map(teacher?.map((one) => [one.planned.id, average(finishedRuns(one, "none"))]));
  const rows = student.flatMap((one) => {
    const alone = average(finishedRuns(one, "none"));
    const withSkill = average(finishedRuns(one, "head"));
    const taught = teachers.get(one.planned.id);
    if (!alone || !withSkill || (teacher && !taught)) return [];
    return [{ alone, withSkill, teacher: taught, hybrid: taught && inTurn(withSkill, taught) }];
  });
  const row = (way: EconomicsRow["way"], averages: (Average | undefined)[]): EconomicsRow => {
    const known = averages.filter((one) => one !== undefined);
    if (known.length === 0) return { way, accuracy: null, usdPerThousand: null };
    const cost = perRun(knownSum(known.map((one) => one.cost)), known.length);
    return {
      way,
      accuracy: mean(known.map((one) => one.rate)),
      usdPerThousand: cost === null ? null : cost * 1000,
    };
  };
  return {
    cases: rows.length,
    rows: [
      row(
        "teacher",
        rows.map((one) => one.teacher),
      ),
      row(
        "student",
        rows.map((one) => one.alone),
      ),
      row(
        "student with skill",
        rows.map((one) => one.withSkill),
      ),
      row(
        "hybrid",
        rows.map((one) => one.hybrid),
      ),
    ],
  };
}

function inTurn(first: Average, second: Average): Average {
  const missed = 1 - first.rate;
  // What is never asked costs nothing, whatever its price.
  const more = missed === 0 ? 0 : second.cost === null ? null : missed * second.cost;
  return { rate: first.rate + missed * second.rate, cost: knownSum([first.cost, more]) };
}

function average(runs: readonly Trial[]): Average | undefined {
  if (runs.length === 0) return undefined;
  const cost = perRun(knownSum(runs.map((trial) => trial.cost_usd)), runs.length);
  return { rate: passCount(runs) / runs.length, cost };
}
