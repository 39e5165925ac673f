import { armFigures } from "./arm-figures.ts";
import { pairedCase } from "./comparison.ts";
import { finishedRuns, type Measured, pairedRuns } from "./measured-case.ts";
import { seededRandom } from "./statistics/random.ts";
import type { Arm } from "./trial.ts";
import { decide, type Thresholds, type Verdict } from "./verdict.ts";

/** A student with the skill, held against what it would stand in for. */
export interface Candidate {
  student: string;
  rate: number | null;
  /** US dollars; null is unknown, or nothing was solved. */
  costPerSolved: number | null;
  /** Against the reference; null for the reference itself. */
  verdict: Verdict | null;
}

/** The cheapest student, with the skill, that is not inferior. */
export interface Recommendation {
  /**
   * The teacher alone, or the best student with the skill where the teacher was not measured; null without either, and
   * for a single student.
   */
  reference: { student: string; arm: Arm; isTeacher: boolean } | null;
  candidates: Candidate[];
  /** Null where none is shown to be good enough, or where what they cost is unknown. */
  student: string | null;
}

/** Recommends one of the students of one skill; `cases` of each are those that count for a verdict. */
export function recommend(
  students: readonly Measured[],
  options: { teacher: string | undefined; thresholds: Thresholds; seed: number },
): Recommendation {
  const figures = students
    .filter(({ student }) => student.spec !== options.teacher)
    .map((measured) => ({
      measured,
      head: armFigures(measured.cases.map((one) => finishedRuns(one, "head"))),
    }))
    .filter(({ head }) => head.runs > 0);
  const teacher = students.find(
    ({ student, cases }) =>
      student.spec === options.teacher && cases.some((one) => finishedRuns(one, "none").length > 0),
  );
  const best = figures.toSorted((a, b) => (b.head.rate?.value ?? 0) - (a.head.rate?.value ?? 0))[0];
  const reference = teacher ?? best?.measured;
  // A choice of one is none.
  if (!reference || (!teacher && figures.length < 2))
    return { reference: null, candidates: [], student: null };
  const arm: Arm = teacher ? "none" : "head";
  const candidates = figures.map(({ measured, head }): Candidate => {
    const { costPerSolved } = head;
    const verdict = measured === reference ? null : against(measured, reference, arm, options);
    return { student: measured.student.spec, rate: head.rate?.value ?? null, costPerSolved, verdict };
  });
  return {
    reference: { student: reference.student.spec, arm, isTeacher: teacher !== undefined },
    candidates,
    student: cheapest(candidates),
  };
}

function against(
  subject: Measured,
  reference: Measured,
  arm: Arm,
  { thresholds, seed }: { thresholds: Thresholds; seed: number },
): Verdict {
  const others = new Map(reference.cases.map((one) => [one.planned.id, one.arms.get(arm)]));
  const cases = subject.cases.flatMap((one) => {
    const pairs = pairedRuns(one.arms.get("head"), others.get(one.planned.id));
    return pairs.length === 0 ? [] : [pairedCase(one.planned, pairs)];
  });
  const random = seededRandom(`${seed}\0${subject.skill.name}\0${subject.student.spec}\0recommendation`);
  return decide(cases, thresholds, random).verdict;
}

/** A student of unknown cost could be the cheapest: then none is named, unless it is the only one. */
function cheapest(candidates: readonly Candidate[]): string | null {
  const good = candidates.filter(({ verdict }) => verdict !== "worse" && verdict !== "cannot tell");
  if (good.length > 1 && good.some(({ costPerSolved }) => costPerSolved === null)) return null;
  const [first] = good.toSorted((a, b) => (a.costPerSolved ?? 0) - (b.costPerSolved ?? 0));
  return first && first.costPerSolved !== null ? first.student : null;
}
