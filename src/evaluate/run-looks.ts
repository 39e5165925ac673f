import { evaluationFigures } from "./figures.ts";
import type { KeptNoise } from "./kept-noise.ts";
import { repeatsAtLook } from "./looks.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { runOrder } from "./run-order.ts";
import type { Ground } from "./settled-verdict.ts";
import { type RunEnd, runTrials, type TrialRun } from "./run-trials.ts";

/**
 * Runs the trials of a plan, look by look: after each look only the skills and students that are still open get more
 * repeats, up to the plan's. The results are judged as a report judges them, at the level of that look and with the
 * same `noise` of earlier A/A runs.
 */
export async function runLooks(
  plan: Plan,
  trials: readonly PlannedTrial[],
  run: TrialRun,
  noise: readonly KeptNoise[] = [],
): Promise<RunEnd> {
  let open: ReadonlySet<string> | undefined;
  for (let look = 1; look <= plan.looks; look += 1) {
    const due = trials.filter(
      ({ skill, student, identity }) =>
        identity.repeat < repeatsAtLook(plan, look) && (open?.has(pairName(skill, student.spec)) ?? true),
    );
    const end = await runTrials(runOrder(due, plan.seed), run);
    if (end !== "complete") return end;
    if (look === plan.looks) break;
    open = undecided(plan, run, noise);
    if (open.size === 0) break;
    run.reporter.info(
      `Look ${look} of ${plan.looks}: ${open.size} of ${plan.skills.length * plan.students.length} are undecided and get more repeats.`,
    );
  }
  return "complete";
}

const curedByRepeats: readonly Ground[] = [
  "decided",
  "several skills",
  "must-pass case unsure",
  "margin below noise",
];

function undecided(plan: Plan, { store }: TrialRun, noise: readonly KeptNoise[]): Set<string> {
  const open = new Set<string>();
  for (const { skill, students } of evaluationFigures(plan, store, { noise }).skills) {
    for (const { student, verdict, ground } of students) {
      // What is void, or has no cases, is not cured by more repeats.
      const isOpen = verdict === "cannot tell" && curedByRepeats.includes(ground);
      if (isOpen) open.add(pairName(skill.name, student));
    }
  }
  return open;
}

function pairName(skill: string, student: string): string {
  return JSON.stringify([skill, student]);
}
