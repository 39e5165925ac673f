import type { RefinementRound, Score } from "./refine.ts";

/** What a generation came to; `result.json` of the workspace holds the same. */
export interface GenerateResult {
  command: "generate";
  status: "proposed" | "unchanged" | "empty";
  /** Why nothing is written; absent when something is. */
  reason?: string;
  skills: {
    name: string;
    /** Of the SKILL.md, relative to the folder that holds the library. */
    path: string;
    change: "added" | "changed";
    /** The same file from the working folder. */
    file: string;
  }[];
  cases: { development: number; held_out: number };
  refinement: RefinementRound[];
  /** What the student makes of the cases with the skill as it is written; absent without a student. */
  student?: { development: Score; held_out: Score; not_run: number };
  workspace: string;
  dry_run: boolean;
}
