import type { Config } from "../config/config.ts";
import type { SkillCases } from "../evaluate/case-files.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Model } from "../models/model.ts";
import type { Redactor } from "../secrets/redactor.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import type { LibraryState } from "./distill-material.ts";
import type { Draft, ExistingSkill } from "./draft.ts";
import type { Material } from "./material.ts";
import type { RefinementRound, Score } from "./refine.ts";
import type { GenerationRequest, RequestTrace } from "./request-evidence.ts";
import type { Workspace } from "./workspace.ts";

/** The skill that is to be improved. */
export interface BaseSkill {
  name: string;
  /** Where it goes, relative to the library. */
  path: string;
  existing: ExistingSkill;
}

export interface Generation {
  request: GenerationRequest;
  /** The request as a trace. */
  trace: RequestTrace;
  /** Knows the secrets that were masked in the request. */
  redactor: Redactor;
  materials: readonly Material[];
  base: BaseSkill | undefined;
  /** The cases that the skill has already. */
  known: SkillCases;
  /** Whether upskill's file is written too. */
  skillMeta: boolean;
  /** Most rounds of refinement. */
  rounds: number;
  /** Of the split into development and held-out cases. */
  seed: number;
}

export interface GenerateEnvironment {
  state: LibraryState;
  /** Undefined distils the traces without a model, and makes no cases but the examples. */
  teacher: Model | undefined;
  /** Undefined refines nothing. */
  student: Model | undefined;
  workspace: Workspace;
  config: Config;
  now: () => Date;
}

export interface StudentScores {
  development: Score;
  held_out: Score;
  /** Cases that a plain chat cannot answer, or code cannot judge. */
  not_run: number;
}

export interface Generated {
  status: "proposed" | "unchanged" | "empty";
  /** Why nothing is proposed. */
  reason?: string;
  name: string;
  path: string;
  draft: Draft | undefined;
  cases: { development: number; held_out: number };
  refinement: RefinementRound[];
  student: StudentScores | undefined;
}

/** A version of the skill, with all that was asked for and cited on the way to it. */
export interface Version {
  answer: DistillAnswer;
  evidence: readonly Evidence[];
  draft: Draft;
}
