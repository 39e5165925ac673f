import type { CaseFigures } from "../evaluate/case-figures.ts";
import type { EvaluationFigures, StudentFigures } from "../evaluate/figures.ts";
import { type Arm, arms, type Trial } from "../evaluate/trial.ts";

/** The page shows the replies of so many cases in all, and of each comparison at least so many. */
const maxShown = 240;
const leastShown = 3;

/** One case with one run of each arm. */
export interface ShownCase {
  one: CaseFigures;
  runs: { arm: Arm; trial: Trial; all: readonly Trial[] }[];
}

/**
 * The cases whose replies are worth reading, the wrong ones first, and of each arm the first run that failed, else the
 * first that there is.
 */
export function shownCases(figures: EvaluationFigures, student: StudentFigures): ShownCase[] {
  const comparisons = figures.skills.reduce((count, { students }) => count + students.length, 0);
  const limit = Math.max(leastShown, Math.floor(maxShown / Math.max(1, comparisons)));
  return [...student.cases, ...student.seen.cases].slice(0, limit).map((one) => ({
    one,
    runs: arms.flatMap((arm) => {
      const all = one.trials.get(arm) ?? [];
      const trial = all.find(({ outcome }) => outcome === "failed") ?? all[0];
      return trial ? [{ arm, trial, all }] : [];
    }),
  }));
}

/** The digests of the replies that the page shows, each once. */
export function shownReplies(figures: EvaluationFigures): string[] {
  const digests = new Set<string>();
  for (const { students } of figures.skills)
    for (const student of students)
      for (const { runs } of shownCases(figures, student))
        for (const { trial } of runs) if (trial.reply_sha256 !== null) digests.add(trial.reply_sha256);
  return [...digests];
}
