import { evaluationFigures } from "./figures.ts";
import { repeatsAtLook } from "./looks.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { runOrder } from "./run-order.ts";
import { type RunEnd, runTrials, type TrialRun } from "./run-trials.ts";

/**
 * Runs the trials of a plan, look by look: after each look only the skills and students that are still open get more
 * repeats, up to the plan's. The results are judged as a report judges them, at the level of that look.
 */
export async function runLooks(plan: Plan, trials: readonly PlannedTrial[], run: TrialRun): Promise<RunEnd> {
  let open: ReadonlySet<string> | undefined;
  for (let look = 1; look <= plan.looks; look += 1) {
    const due = trials.filter(
      ({ skill, student, identity }) =>
        identity.repeat < repeatsAtLook(plan, look) && (open?.has(pairName(skill, student.spec)) ?? true),
    );
    const end = await runTrials(runOrder(due, plan.seed), run);
    if (end !== "complete") return end;
    if (look === plan.looks) break;
    open = undecided(plan, run);
    if (open.size === 0) break;
    run.reporter.info(
      `Look ${look} of ${plan.looks}: ${open.size} of ${plan.skills.length * plan.students.length} are undecided and get more repeats.`,
    );
  }
  return "complete";
}

function undecided(plan: Plan, { store }: TrialRun): Set<string> {
  const open = new Set<string>();
  for (const { skill, students } of evaluationFigures(plan, store).skills) {
    for (const { student, verdict, ground } of students) {
      // What is void, or has no cases, is not cured by more repeats.
      const isOpen = verdict === "cannot tell" && (ground === "decided" || ground === "several skills");
      if (isOpen) open.add(pairName(skill.name, student));
    }
  }
  return open;
}

function pairName(skill: string, student: string): string {
  return JSON.stringify([skill, student]);
}
