import type { DistilledEvaluation } from "../commands/evaluate-distilled.ts";
import { evaluateText } from "./evaluate-text.ts";
import { oneLine } from "./one-line.ts";

/** What the evaluation of distilled skills came to, for the terminal: the A/B, or why there is none. */
export function distillEvaluationText(
  evaluation: DistilledEvaluation,
  view: { columns: number; colour: boolean },
): string {
  if (evaluation.evaluated === null) {
    const { reason, remedy } = evaluation.json;
    return `Not evaluated: ${oneLine(remedy === "" ? reason : `${reason} ${remedy}`)}\n`;
  }
  return evaluateText(evaluation.json, evaluation.evaluated, view);
}
