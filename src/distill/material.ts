import type { Evidence } from "../evidence/evidence.ts";
import type { Claim } from "./claim.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import type { SkillFileBeside } from "./skill-files.ts";

/** How a trace is read. */
export const modes = ["search_log", "expert_tuning", "error_fix", "session"] as const;
export type Mode = (typeof modes)[number];

/** What an evidence file says of a trace: how it was read, or that it is the request of a generation. */
export const entryModes = [...modes, "request"] as const;
export type EntryMode = (typeof entryModes)[number];

/** One trace that a material was read from. */
export interface MaterialTrace {
  sha256: string;
  /** The name of its folder or file, for people; never used as a path. */
  source: string;
  op: string;
}

/** What a distiller knows of the skill that it extends. */
export interface KnownClaims {
  name: string;
  claims: readonly Claim[];
  evidence: readonly Evidence[];
}

/** Claims of other skills of the library, by skill: what the library says already. */
export type LibraryClaims = ReadonlyMap<string, readonly Claim[]>;

export interface OfflineAnswer {
  answer: DistillAnswer;
  /** What did not fit into the skill, for the reviewer. */
  notes: string[];
  /** Files beside the SKILL.md for what did not fit. */
  besides?: readonly SkillFileBeside[];
}

/**
 * What one distillation is made of: the evidence of one or more traces, where its skill belongs, how a teacher is
 * asked and how the offline distiller answers. Each mode makes one; the rest of a distillation is the same for all.
 */
export interface Material {
  mode: Mode;
  traces: readonly MaterialTrace[];
  /** The operator, or the subject of sessions; for people and for names. */
  op: string;
  dsl: string;
  backend: string;
  arch: string;
  /** The part of the library that the skill belongs to, such as `triton-cuda`. A folder name. */
  scope: string;
  evidence: readonly Evidence[];
  /** Records that could not be read. */
  rejects: number;
  /** What a reviewer should know of the traces: odd records, text that tries to instruct. Plain text, one line each. */
  remarks?: readonly string[];
  /** Files for the workspace besides the common ones, by name; strings are written as they are, values as JSON. */
  files: ReadonlyMap<string, unknown>;
  /** Why there is nothing to teach; undefined where there is something. */
  nothing: string | undefined;
  place: {
    /** Folder below the library, with a slash at the end, or empty: `triton-cuda/evolved-fix/`. */
    folder: string;
    /** The skill's name where the mode fixes it, such as `triton-cuda-error-fix`; a distiller names it otherwise. */
    name: string | undefined;
    /** For a name that a distiller leaves out. */
    prefix: "case" | "exp" | "fix" | "session";
    /** Whether an entry of an evidence file says that its skill is the one to extend. */
    extends: (entry: { mode: EntryMode; op: string; dsl: string }) => boolean;
  };
  /** Files beside the SKILL.md, made by code from the evidence: `references/` and `scripts/` only. */
  besides?: readonly SkillFileBeside[];
  /** Values of the front matter; those that the trace does not tell are left out. */
  metadata: Record<string, string>;
  /** Words of the prompt; the evidence is added in data blocks. */
  prompt: {
    system: string;
    /** Facts about the trace, as label and value. */
    facts: readonly (readonly [label: string, value: string])[];
    /** Whole code that helps, with what it is; the first thing that is dropped for length. */
    code: { label: string; text: string } | undefined;
  };
  /** For an answer that describes nothing. */
  plainDescription: string;
  /** The deterministic distiller; undefined where it finds nothing to say. */
  offline: (known: KnownClaims | undefined, library: LibraryClaims) => OfflineAnswer | undefined;
  /** Why the offline distiller found nothing to say. */
  nothingOffline: string;
}
