import { groupBy } from "../group-by.ts";
import type { KernelBundle } from "./kernel-bundle.ts";
import { stateOf } from "./kernel-state.ts";
import type { Plan, PlannedTrial } from "./plan.ts";
import { referenceOf } from "./reference-arm.ts";

/** The best kernels of two arms for one case and student, by the digests of their sources. */
export interface KernelDuel {
  skill: string;
  student: string;
  /** Digest of the case. */
  case: string;
  subject: string;
  reference: string;
}

/**
 * Whom to time against whom: for each skill, student and case the kernel of head with the largest speedup, and that of
 * the arm that head is judged against. Cases where one arm has no correct kernel that was timed are left out.
 */
export function kernelDuels(plan: Plan, trials: readonly PlannedTrial[], bundle: KernelBundle): KernelDuel[] {
  const duels: KernelDuel[] = [];
  for (const skill of plan.skills) {
    const own = trials.filter((trial) => trial.skill === skill.name);
    const groups = groupBy(own, ({ student, case: one }) =>
      JSON.stringify([student.spec, student.version, one.id]),
    );
    for (const runs of groups.values()) {
      const [first] = runs;
      const reference = first && referenceOf(skill, first.student);
      if (first === undefined || reference === undefined) continue;
      const best = (arm: string): string | undefined =>
        bestOf(
          runs.filter((run) => run.arm === arm),
          bundle,
        );
      const [one, other] = [best("head"), best(reference)];
      if (one === undefined || other === undefined) continue;
      duels.push({
        skill: skill.name,
        student: first.student.spec,
        case: first.case.sha256,
        subject: one,
        reference: other,
      });
    }
  }
  return duels;
}

/** The correct candidate with the largest median speedup; of equal ones the first by digest. */
function bestOf(runs: readonly PlannedTrial[], bundle: KernelBundle): string | undefined {
  let best: { candidate: string; speedup: number } | undefined;
  for (const run of runs) {
    const state = stateOf(run, bundle);
    if (state.step !== "done" || state.measured === null) continue;
    const [{ candidate_sha256: candidate, verdict, speedup }] = state.measured.results;
    if (verdict !== "correct" || speedup === null) continue;
    const isBetter =
      best === undefined ||
      speedup.median > best.speedup ||
      (speedup.median === best.speedup && candidate < best.candidate);
    if (isBetter) best = { candidate, speedup: speedup.median };
  }
  return best?.candidate;
}
