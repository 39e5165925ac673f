import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { writeStaged } from "../files/staged-write.ts";
import { exclusionOf, mostExcluded } from "./exclusion.ts";
import { countsForVerdict, type Measured, measuredCases, type TrialLookup } from "./measured-case.ts";
import { noiseOfHalves } from "./noise-of-two-arms.ts";
import { givenTo, isDisclosed, type Plan, plannedTrials } from "./plan.ts";
import { type Arm, trialIdentitySchema } from "./trial.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** What the noise of an arm depends on: what its trials depend on, over all cases that count for a verdict. */
const noiseIdentitySchema = trialIdentitySchema
  .omit({ measurement: true, case_sha256: true, repeat: true })
  .extend({
    /** SHA-256 over the cases and their sources, in any order. */
    cases_sha256: sha,
    /** Of each case, in each of the two halves that were compared. */
    repeats: z.number().int().positive(),
  });
export type NoiseIdentity = z.infer<typeof noiseIdentitySchema>;

const keptNoiseSchema = z.strictObject({
  format: z.literal(1),
  key: sha,
  identity: noiseIdentitySchema,
  /** The skill's name, for people. */
  skill: z.string(),
  cases: z.number().int().positive(),
  flip_rate: z.number().min(0).max(1),
  /** Half of the width of the 95 % interval of the difference of two arms of that many repeats, as a share of 1. */
  spread: z.number().nonnegative(),
});
/** The noise floor that an A/A run measured, as it lies beside the results. */
export type KeptNoise = z.infer<typeof keptNoiseSchema>;

const noiseFolder = "noise";
const noiseFile = /^[0-9a-f]{64}\.json$/;

/** The noise of one arm, but for the repeats; undefined where the arm is not measured. */
export function noiseIdentity(
  { skill, student, cases }: Measured,
  arm: Arm,
  { harness }: Pick<Plan, "harness">,
): Omit<NoiseIdentity, "repeats"> | undefined {
  const given = givenTo(skill, student, { arm, measurement: "capability" });
  if (given === undefined) return undefined;
  const counted = cases.filter(countsForVerdict).map(({ planned }) => [planned.sha256, planned.source]);
  const isStepwise = given !== null && isDisclosed(student, { measurement: "capability" });
  return {
    harness,
    runner: student.runner,
    ...(student.agent === undefined ? {} : { agent_sha256: student.agent.sha256 }),
    ...(isStepwise ? { disclosed: true } : {}),
    given_sha256: given,
    student: student.spec,
    student_version: student.version,
    sampling: student.sampling,
    cases_sha256: sha256(JSON.stringify(counted.map((one) => JSON.stringify(one)).sort(compareText))),
  };
}

/** SHA-256 over what a noise depends on, in a fixed order. */
export function noiseKey(identity: NoiseIdentity): string {
  const { harness, runner, agent_sha256 = null, disclosed = false, given_sha256, repeats } = identity;
  const { student, student_version, sampling, cases_sha256 } = identity;
  const { temperature = null, max_output_tokens = null } = sampling;
  const drawn = [temperature, max_output_tokens];
  return sha256(
    JSON.stringify([
      harness,
      runner,
      agent_sha256,
      disclosed,
      given_sha256,
      student,
      student_version,
      drawn,
      cases_sha256,
      repeats,
    ]),
  );
}

/**
 * What an A/A run is kept as: one floor for each skill and student whose runs are all there. Runs that failed too often
 * for outside reasons, and cases of a single source, say nothing.
 */
export function noiseToKeep(plan: Plan, trials: TrialLookup): KeptNoise[] {
  return measuredCases(plan, plannedTrials(plan), trials).flatMap((measured): KeptNoise[] => {
    const floor = noiseOfHalves(measured, plan);
    if (floor === undefined || !isWhole(measured, floor.arm, plan)) return [];
    const { arm, cases, flipRate, spread } = floor;
    const own = noiseIdentity(measured, arm, plan);
    if (own === undefined || spread === null || flipRate === null) return [];
    const identity = { ...own, repeats: plan.repeats / 2 };
    const key = noiseKey(identity);
    return [{ format: 1, key, identity, skill: measured.skill.name, cases, flip_rate: flipRate, spread }];
  });
}

function isWhole({ cases }: Measured, arm: Arm, { repeats }: Plan): boolean {
  const counted = cases.filter(countsForVerdict);
  return (
    exclusionOf(counted).rate <= mostExcluded &&
    counted.every((one) => (one.arms.get(arm) ?? []).filter((run) => run !== undefined).length === repeats)
  );
}

/** Writes floors beside the results, each to a file of its own, so that folders can be put together. */
export async function keepNoise(folder: string, floors: readonly KeptNoise[]): Promise<void> {
  await writeStaged(
    floors.map((floor) => ({
      path: join(folder, noiseFolder, `${floor.key}.json`),
      content: `${JSON.stringify(floor, null, 2)}\n`,
      root: folder,
    })),
  );
}

/**
 * Reads the floors beside results, in the order of their names. `damaged` names files that are none, and those whose
 * name is not that of what they hold. Throws `Failure` (exit code 2) for a folder that cannot be read.
 */
export async function readNoise(folder: string): Promise<{ floors: KeptNoise[]; damaged: string[] }> {
  const floors: KeptNoise[] = [];
  const damaged: string[] = [];
  try {
    for (const name of (await namesIn(join(folder, noiseFolder)))
      .filter((one) => noiseFile.test(one))
      .sort()) {
      const floor = parsed(await readFile(join(folder, noiseFolder, name), "utf8"));
      if (floor !== undefined && name === `${floor.key}.json`) floors.push(floor);
      else damaged.push(`${noiseFolder}/${name}`);
    }
  } catch (error) {
    throw usageFailure(
      `The noise floors in ${folder} cannot be read: ${reasonOf(error)}.`,
      "Name a folder that can be read with --results.",
      error,
    );
  }
  return { floors, damaged };
}

/** Undefined for what is no floor, or not the one that its key says. */
function parsed(text: string): KeptNoise | undefined {
  try {
    const floor = keptNoiseSchema.safeParse(JSON.parse(text)).data;
    return floor?.key === (floor && noiseKey(floor.identity)) ? floor : undefined;
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
}
