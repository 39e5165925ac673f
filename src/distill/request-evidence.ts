import { sha256 } from "../digest.ts";
import type { CheckResult } from "../evaluate/check.ts";
import type { EvalCase } from "../evaluate/eval-case.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Example } from "./example.ts";

/** What a person asked for. */
export interface GenerationRequest {
  task: string;
  examples: readonly Example[];
  /** SHA-256 of the skill that is to be improved; null without one. */
  skill: string | null;
}

/** A request as a trace: it can be cited like one, and is known again by its digest. */
export interface RequestTrace {
  sha256: string;
  /** The file `requestFile` of the workspace. */
  text: string;
  evidence: Evidence[];
}

export const requestFile = "request.json";

/** The words of a request as evidence: its task, and each of its examples. */
export function requestTrace(request: GenerationRequest): RequestTrace {
  const text = `${JSON.stringify(request, null, 2)}\n`;
  const trace = sha256(text);
  const item = (about: string, summary: string, words: string): Evidence => ({
    id: `${trace.slice(0, 8)}:${about}`,
    kind: "task",
    trace,
    places: [{ file: requestFile }],
    summary,
    words,
  });
  const examples = request.examples.map(({ input, output }, index) =>
    item(`example-${index + 1}`, `Example ${index + 1} of the request.`, `in: ${input}\nout: ${output}`),
  );
  return {
    sha256: trace,
    text,
    evidence: [item("task", "The task of the request.", request.task), ...examples],
  };
}

/** Characters of an answer that a teacher is shown, from its end. */
const maxAnswer = 4000;

/** A development case that a student failed, as evidence for what the skill has to say better. */
export function failedCase(
  request: RequestTrace,
  failed: { case: EvalCase; answer: string; results: readonly CheckResult[] },
): Evidence {
  const { id, prompt } = failed.case;
  const reasons = failed.results.filter(({ passed }) => !passed).map(({ evidence }) => evidence);
  const { answer } = failed;
  return {
    id: `${request.sha256.slice(0, 8)}:case-${id}`,
    kind: "task",
    trace: request.sha256,
    places: [{ file: "evals/evals.json" }],
    summary: `Development case ${id}: a student that had the skill failed it. ${reasons.join(" ")}`,
    words: prompt,
    log: answer.length > maxAnswer ? `…${answer.slice(-maxAnswer)}` : answer,
  };
}
