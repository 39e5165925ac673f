/** How a session ended, and what says so. */
export interface SessionOutcome {
  status: "success" | "failure" | "partial" | "unknown";
  by: "label" | "verifier" | "final_text" | "heuristic";
}

/** What is known at the end of a session. */
export interface SessionEnd {
  /** A label that came with the trace. */
  label: SessionOutcome["status"] | undefined;
  /** As the harness recorded it, such as `resolved`. */
  exitStatus: string | undefined;
  /** Whether the last run of a test, and the last run of all, passed. */
  lastTest: boolean | undefined;
  lastRun: boolean | undefined;
  finalText: string;
}

const resolved = /^(?:resolved|passed|success(?:ful)?|solved)$/i;
const unresolved = /^(?:unresolved|failed|failure|not[ _]resolved)$/i;
const bad =
  /\b(?:could not|couldn't|unable to|still (?:fails?|failing|broken|wrong)|does(?: not|n't) (?:work|pass|build)|gave up|not (?:yet )?(?:working|passing|solved)|remains? (?:broken|unsolved|slower))\b/i;
const good =
  /\b(?:pass(?:es|ed)?|works?|done|fixed|faster|correct|builds|succeed(?:s|ed)?|solved|complete[sd]?|reaches|green)\b/i;

/** A label before a verifier's word, before the last runs, before the agent's own words, which praise too easily. */
export function outcomeOf(end: SessionEnd): SessionOutcome {
  if (end.label !== undefined) return { status: end.label, by: "label" };
  const exit = end.exitStatus?.trim() ?? "";
  if (resolved.test(exit)) return { status: "success", by: "verifier" };
  if (unresolved.test(exit)) return { status: "failure", by: "verifier" };
  const { lastTest, lastRun } = end;
  const says = bad.test(end.finalText) ? "bad" : good.test(end.finalText) ? "good" : "nothing";
  if (lastRun !== undefined) {
    const passed = lastTest ?? lastRun;
    if (!passed) return { status: "failure", by: "heuristic" };
    return { status: lastRun && says !== "bad" ? "success" : "partial", by: "heuristic" };
  }
  if (says === "nothing") return { status: "unknown", by: "heuristic" };
  return { status: says === "good" ? "success" : "failure", by: "final_text" };
}
