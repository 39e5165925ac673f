import type { EvaluationFigures, StudentFigures } from "../evaluate/figures.ts";
import type { OutsideFailure } from "../evaluate/outside-failures.ts";
import type { Plan } from "../evaluate/plan.ts";
import { excerpt } from "../models/excerpt.ts";
import { counted } from "./figure-words.ts";
import { studentNames } from "./student-names.ts";

/** A reason is the provider's, and as long as it likes. */
const longestReason = 200;

/** Text of a result with the names of models in it as reports have them: the address of a server is nobody's business. */
export function withoutAddresses(text: string, plan: Plan): string {
  const nameOf = studentNames(plan);
  const specs = [...plan.students.map(({ spec }) => spec), ...(plan.judge === null ? [] : [plan.judge])];
  // The longest first: one spec may begin with another.
  return specs
    .toSorted((a, b) => b.length - a.length)
    .reduce((said, spec) => said.replaceAll(spec, () => nameOf(spec, "")), text);
}

/** Who failed and why, as a clause without a full stop: `the judge openai:large failed in 8 trials: …`. */
export function failureWords(
  failure: OutsideFailure,
  { student, version }: Pick<StudentFigures, "student" | "version">,
  plan: Plan,
): string {
  const nameOf = studentNames(plan);
  const name = failure.by === "judge" ? nameOf(plan.judge ?? "", "") : nameOf(student, version);
  // Of a judgement only its digest is said.
  let reason = withoutAddresses(failure.reason, plan).replace(/ to "judge [0-9a-f]+"/, "");
  for (const spec of [name, nameOf(student, "")])
    if (reason.startsWith(`${spec} `)) reason = reason.slice(spec.length + 1);
  const who = failure.by === "script" ? "a script of the cases" : `the ${failure.by} ${name}`;
  const why = excerpt(reason, { limit: longestReason }).replace(/[.]$/, "");
  return `${who} failed in ${counted(failure.trials, "trial")}: ${why}`;
}

/** The most frequent failure of a student's trials, as a clause after a semicolon; empty where nothing failed. */
export function firstFailureWords(figures: StudentFigures, plan: Plan): string {
  const [first] = figures.failures;
  return first === undefined ? "" : `; ${failureWords(first, figures, plan)}`;
}

/** The most frequent failure of all; undefined where nothing failed. */
export function worstFailureWords({ skills, plan }: EvaluationFigures): string | undefined {
  const [worst] = skills
    .flatMap(({ students }) =>
      students.flatMap((student) => student.failures.map((failure) => ({ student, failure }))),
    )
    .sort((a, b) => b.failure.trials - a.failure.trials);
  return worst && failureWords(worst.failure, worst.student, plan);
}
