import { Failure } from "../failure.ts";
import type { TrialLookup } from "./measured-case.ts";
import { requestDigests, type TrialMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import type { Arm } from "./trial.ts";

/** Two requests that differ in more than the skill, or one that is not what the plan asks for. */
export interface Disparity {
  skill: string;
  student: string;
  case: string;
  repeat: number;
  arms: Arm[];
}

/**
 * The recorded requests of the arms of one case, student and repeat must be the same once the skill block is out.
 * Excluded trials are held to it too: what was sent counts, not what came back.
 */
export function unequalFrames(trials: readonly PlannedTrial[], results: TrialLookup): Disparity[] {
  const blocks = new Map<string, { disparity: Disparity; frames: Set<string> }>();
  for (const { skill, arm, student, case: one, identity, key } of trials) {
    const result = results.get(key);
    if (result === undefined) continue;
    const name = JSON.stringify([skill, student.spec, student.version, one.id, identity.repeat]);
    const block = blocks.get(name) ?? {
      disparity: { skill, student: student.spec, case: one.id, repeat: identity.repeat, arms: [] },
      frames: new Set(),
    };
    block.disparity.arms.push(arm);
    block.frames.add(result.frame_sha256);
    blocks.set(name, block);
  }
  return [...blocks.values()].filter(({ frames }) => frames.size > 1).map(({ disparity }) => disparity);
}

/** Recorded requests that are not those that plan, skill and case make: somebody or something changed them on the way. */
export function strangeRequests(
  trials: readonly PlannedTrial[],
  results: TrialLookup,
  materialOf: (trial: PlannedTrial) => TrialMaterial,
): Disparity[] {
  return trials.flatMap((trial) => {
    const result = results.get(trial.key);
    if (result === undefined) return [];
    const { request, frame } = requestDigests(materialOf(trial));
    const isAsPlanned = result.request_sha256 === request && result.frame_sha256 === frame;
    if (isAsPlanned) return [];
    const { skill, student, case: one, identity, arm } = trial;
    return [{ skill, student: student.spec, case: one.id, repeat: identity.repeat, arms: [arm] }];
  });
}

/** Refuses results (exit code 1) whose arms were not asked the same. */
export function requireParity(disparities: readonly Disparity[]): void {
  const [first, ...others] = disparities;
  if (first === undefined) return;
  const { skill, student, case: id, repeat, arms } = first;
  const more = others.length === 0 ? "" : ` There are ${others.length} more such cases and repeats.`;
  throw new Failure(
    `The run is void: for case ${id} of ${skill}, ${student}, repeat ${repeat + 1}, the requests of ${arms.join(", ")} differ in more than the skill.${more}`,
    { remedy: "Remove these results and run it again.", exitCode: 1 },
  );
}
