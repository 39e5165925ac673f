import type { Verdict } from "../evaluate/verdict.ts";

/** Where kernels were measured; versions that are not known are absent or null. */
export interface MeasuredOn {
  kind: string;
  name: string;
  torch?: string | null;
  triton?: string | null;
  cuda?: string | null;
  driver?: string | null;
}

/** What the stored results say of a skill. */
export interface SkillResults {
  /** When the last of its trials finished, as an ISO date and time. */
  last: string;
  /** Whether they are of the text that the skill has now. */
  isCurrent: boolean;
  students: readonly { spec: string; version: string; verdict: Verdict }[];
  /** The last device of each kind. */
  devices: readonly MeasuredOn[];
}

/** What results are held against. */
export interface ReviewStandard {
  now: Date;
  /** Days after which results are old. */
  reviewAfterDays: number;
  /** The configured students with the versions that are pinned for them; none configured compares nothing. */
  students: readonly { spec: string; version: string }[];
  /** The last device of each kind in all results of the library. */
  devices: readonly MeasuredOn[];
}

export const driftKinds = [
  "never-evaluated",
  "changed",
  "old",
  "other-model",
  "other-device",
  "not-better",
] as const;
export type DriftKind = (typeof driftKinds)[number];

/** Why a skill has to be looked at again. */
export interface Drift {
  kind: DriftKind;
  /** A sentence. */
  detail: string;
}

const day = 86_400_000;

/** Why the results of a skill no longer speak for it, or never did; none where they do. */
export function driftOf(results: SkillResults | undefined, standard: ReviewStandard): Drift[] {
  if (results === undefined) return [{ kind: "never-evaluated", detail: "It was never evaluated." }];
  const drifts: Drift[] = [];
  const add = (kind: DriftKind, detail: string): void => void drifts.push({ kind, detail });
  if (!results.isCurrent) add("changed", "It was changed since it was evaluated.");
  const age = Math.floor((standard.now.getTime() - Date.parse(results.last)) / day);
  if (age >= standard.reviewAfterDays) add("old", `Its results are ${age} days old.`);
  for (const { spec, version } of standard.students) {
    const found = results.students.find((student) => student.spec === spec);
    if (found === undefined) add("other-model", `It was not evaluated with ${spec}.`);
    else if (found.version !== version)
      add(
        "other-model",
        `${spec} was ${versionName(found.version)} then and is ${versionName(version)} now.`,
      );
  }
  for (const device of results.devices) {
    const latest = standard.devices.find(({ kind }) => kind === device.kind);
    if (latest === undefined) continue;
    for (const change of changes(device, latest)) add("other-device", change);
  }
  const verdicts = results.students.map(({ verdict }) => verdict);
  if (verdicts.length > 0 && !verdicts.includes("better"))
    add("not-better", `Its last verdict was ${[...new Set(verdicts)].join(", ")}.`);
  return drifts;
}

/** What to do about drifts: a skill whose present text does harm is retired, any other is measured again. */
export function proposalFor(
  drifts: readonly Drift[],
  results: SkillResults | undefined,
): "retire" | "re-evaluate" {
  const isSettled = results !== undefined && drifts.every(({ kind }) => kind === "not-better");
  const harms = results?.students.some(({ verdict }) => verdict === "worse") ?? false;
  return isSettled && harms ? "retire" : "re-evaluate";
}

function versionName(version: string): string {
  return version === "" ? "of no pinned version" : `version ${version}`;
}

function changes(then: MeasuredOn, now: MeasuredOn): string[] {
  const found =
    then.name === now.name ? [] : [`It was measured on ${then.name}; the last results are of ${now.name}.`];
  for (const [key, name] of [
    ["triton", "Triton"],
    ["cuda", "CUDA"],
    ["driver", "driver"],
    ["torch", "PyTorch"],
  ] as const) {
    const [before, after] = [then[key] ?? "", now[key] ?? ""];
    if (before !== "" && after !== "" && before !== after)
      found.push(`It was measured with ${name} ${before}; the last results are of ${after}.`);
  }
  return found;
}
