import type { Measured } from "./measured-case.ts";
import type { Isolation } from "./trial.ts";

/** How many runs of an agent were kept from others in which way; `not noted` are results from before it was noted. */
export type IsolationCounts = ReadonlyMap<Isolation | "not noted", number>;

/** The isolation of an agent's finished and failed runs; empty for a plain chat. */
export function isolationCounts({ student, cases }: Pick<Measured, "student" | "cases">): IsolationCounts {
  const counts = new Map<Isolation | "not noted", number>();
  if (student.runner !== "command") return counts;
  const seen = new Set<string>();
  for (const { arms } of cases)
    for (const runs of arms.values())
      for (const run of runs) {
        if (run === undefined || seen.has(run.key)) continue;
        seen.add(run.key);
        const kind = run.isolation ?? "not noted";
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
  return counts;
}
