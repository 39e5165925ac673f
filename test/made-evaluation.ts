import { sha256 } from "../src/digest.ts";
import { type Plan, planSchema, plannedTrials, type PlannedTrial } from "../src/evaluate/plan.ts";
import { type Arm, harnessVersion, type Trial } from "../src/evaluate/trial.ts";

export interface MadeCase {
  id: string;
  source?: string;
  seen?: boolean;
  mustPass?: boolean;
  measurement?: "capability" | "triggering";
}

/** A plan with so many cases; every part of it can be given. */
export function madePlan(
  options: {
    skills?: string[];
    students?: string[];
    arms?: Arm[];
    cases?: MadeCase[] | number;
    repeats?: number;
    more?: Partial<Plan>;
  } = {},
): Plan {
  const { skills = ["wide-rows"], students = ["openai:small"], arms = ["none", "base", "head"] } = options;
  const { cases = 4, repeats = 2, more = {} } = options;
  const listed =
    typeof cases === "number"
      ? Array.from({ length: cases }, (_, index) => ({ id: `case-${index + 1}` }))
      : cases;
  return planSchema.parse({
    format: 1,
    harness: harnessVersion,
    seed: 1,
    repeats,
    looks: 1,
    thresholds: { alpha: 0.05, margin: 0.1, minimum_effect: 0.05 },
    base: "0123456789abcdef0123456789abcdef01234567",
    prices_of: "2026-01-01",
    reproduce: "overproof evaluate skills/wide-rows --student openai:small --seed 1",
    skills: skills.map((name) => ({
      name,
      path: `${name}/SKILL.md`,
      given: Object.fromEntries(arms.map((arm) => [arm, arm === "none" ? null : sha256(`${name} ${arm}`)])),
      tokens: 400,
      cases: listed.map((one: MadeCase) => ({
        id: one.id,
        sha256: sha256(`${name} ${one.id}`),
        source: one.source ?? one.id,
        seen: one.seen ?? false,
        must_pass: one.mustPass ?? false,
        measurement: one.measurement ?? "capability",
      })),
    })),
    students: students.map((spec) => ({
      spec,
      version: "",
      runner: "chat",
      sampling: { temperature: 1, max_output_tokens: 1000 },
    })),
    ...more,
  });
}

/** A trial with plain figures: 100 tokens in, 20 out, one second, a tenth of a cent. */
export function madeTrial({ identity, key, case: planned }: PlannedTrial, more: Partial<Trial> = {}): Trial {
  const reply = `reply of ${key}`;
  return {
    format: 1,
    key,
    identity,
    case: planned.id,
    outcome: "passed",
    checks: [],
    tokens: { input: 100, cached_input: null, output: 20 },
    cost_usd: 0.001,
    latency_ms: 1000,
    model: "small-2026",
    frame_sha256: sha256(planned.sha256),
    request_sha256: sha256(key),
    reply_sha256: sha256(reply),
    error: null,
    calls: 1,
    finished_at: "2026-01-02T00:00:00.000Z",
    ...more,
  };
}

/** The results of a plan; what `resultOf` gives is what differs from a plain trial, null leaves the trial out. */
export function madeTrials(
  plan: Plan,
  resultOf: (planned: PlannedTrial) => Partial<Trial> | null,
): Map<string, Trial> {
  const trials = new Map<string, Trial>();
  for (const planned of plannedTrials(plan)) {
    const result = resultOf(planned);
    if (result !== null) trials.set(planned.key, madeTrial(planned, result));
  }
  return trials;
}

/** Results from words such as `{ head: { "case-1": "11", "case-2": "0x" } }`: passed, failed, excluded, missing (`.`). */
export function trialsFrom(
  plan: Plan,
  outcomes: Partial<Record<Arm, Record<string, string> | string>>,
): Map<string, Trial> {
  return madeTrials(plan, ({ arm, case: { id }, identity }) => {
    const given = outcomes[arm];
    const sign = (typeof given === "string" ? given : given?.[id])?.[identity.repeat] ?? ".";
    const outcome = ({ "1": "passed", "0": "failed", x: "excluded" } as const)[sign];
    return outcome === undefined ? null : { outcome };
  });
}
