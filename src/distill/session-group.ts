import { compareText } from "../compare-text.ts";
import type { SessionEvidence } from "../evidence/session.ts";
import { groupBy } from "../group-by.ts";
import { dslKey } from "../skills/skill-name.ts";
import { operatorClass } from "./operator-class.ts";
import { type Procedure, sharedProcedure } from "./session-procedure.ts";
import { type SessionScript, sharedScript } from "./session-script.ts";

/** A group of sessions that is distilled into one skill. */
export interface SessionGroup {
  language: string;
  /** What all of them work on: an operator class, an operator, or `lessons`. */
  subject: string;
  /** In the order of their traces. */
  sessions: readonly SessionEvidence[];
  /** How many of them are different: a session that is told several times counts once. */
  count: number;
  procedure: Procedure | undefined;
  /** Commands that several sessions ran one after the other. */
  script: SessionScript | undefined;
}

/** Sessions by language, each group in the order of its traces: the order of the files does not matter. */
export function groupSessions(all: readonly SessionEvidence[]): SessionEvidence[][] {
  return [...groupBy(all, (session) => dslKey(session.language) || "general")]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, sessions]) =>
      [...sessions].sort((a, b) => compareText(a.trace, b.trace) || a.conversation - b.conversation),
    );
}

export function sessionGroup(sessions: readonly SessionEvidence[]): SessionGroup {
  const shared = (valueOf: (session: SessionEvidence) => string): string => {
    const [value = "", ...others] = new Set(sessions.map(valueOf));
    return others.length === 0 ? dslKey(value) : "";
  };
  return {
    language: dslKey(sessions[0]?.language ?? "") || "general",
    subject: shared(({ operatorClass }) => operatorClass) || shared(({ op }) => op) || "lessons",
    sessions,
    count: new Set(sessions.map(({ fingerprint }) => fingerprint)).size,
    procedure: sharedProcedure(sessions),
    script: sharedScript(sessions),
  };
}

const tongues: Record<string, string> = {
  cuda: "CUDA",
  triton: "Triton",
  hip: "HIP",
  cpp: "C++",
  python: "Python",
  rust: "Rust",
  go: "Go",
  typescript: "TypeScript",
  javascript: "JavaScript",
};

/** For sentences: "row normalisation kernels in Triton", "programs". */
export function subjectPhrase({ language, subject, sessions }: SessionGroup): string {
  const isKernel =
    sessions.some((session) => session.operatorClass !== "") ||
    /^(?:cuda|triton|hip|tilelang)$/.test(language);
  const noun = isKernel ? "kernels" : "programs";
  const own = sessions[0];
  const kind = own && subject === dslKey(own.operatorClass) ? operatorClass(own.op)?.phrase : undefined;
  const what = subject === "lessons" ? noun : (kind ?? `${subject} ${noun}`);
  return language === "general" ? what : `${what} in ${tongues[language] ?? language}`;
}
