import type { Reporter } from "../reporter.ts";
import { readTrace } from "../traces/read-trace.ts";
import type { Outcome } from "./distill-material.ts";
import type { Material, Mode } from "./material.ts";
import { searchLogMaterial } from "./search-log-material.ts";

/** One distillation of a run: a material, or what is clear without one. */
export type IntakeItem = { paths: string[] } & (
  | { material: Material; outcome?: undefined }
  | { material: undefined; outcome: Outcome }
);

/** What the traces of a run come to. */
export interface Intake {
  /** The mode that all of them are read in; `auto` where they differ. */
  mode: Mode | "auto";
  items: IntakeItem[];
  /** SHA-256 of each trace, in the order in which they were named. */
  digests: string[];
  /** What `traces.json` holds. */
  sessions: unknown[];
}

export interface IntakeOptions {
  mode: Mode | "auto";
  op: string | undefined;
  reporter: Reporter;
  /** Skills by the digests of the traces that they have learned from. */
  known: ReadonlyMap<string, string>;
}

/** Reads all traces of a run. Throws `Failure` (exit code 2) for a path that holds none. */
export async function readIntake(
  paths: readonly { path: string; named: string }[],
  { op, reporter }: IntakeOptions,
): Promise<Intake> {
  const items: IntakeItem[] = [];
  for (const { path, named } of paths) {
    items.push({ paths: [named], material: searchLogMaterial(await readTrace(path, { op, reporter })) });
  }
  const digests = items.flatMap((item) => item.material?.traces.map((trace) => trace.sha256) ?? []);
  const modes = new Set(items.map((item) => item.material?.mode));
  const [only] = modes;
  return { mode: modes.size === 1 && only !== undefined ? only : "auto", items, digests, sessions: [] };
}
