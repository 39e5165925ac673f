import type { SessionLesson } from "../../src/evidence/session-items.ts";
import {
  type LabelledLesson,
  labelledEvidence,
  matchLessons,
  sessionLabels,
  taughtLessons,
} from "../../test/labelled-lessons.ts";
import type { BenchResult } from "./bench-result.ts";

interface Counts {
  labels: number;
  found: number;
  error: number;
  both: number;
  lessons: number;
}

/**
 * Lessons that are read of the labelled sessions against their labels: a row for each and one for all, and as a
 * control one for labels against the lessons of sessions on something else.
 */
export async function run(): Promise<BenchResult> {
  const labels = sessionLabels();
  const lessons = new Map<string, SessionLesson[]>();
  for (const file of labels.keys()) {
    // Labels tell of the first conversation of a file.
    const [evidence] = await labelledEvidence(file);
    lessons.set(file, evidence ? taughtLessons(evidence) : []);
  }
  const rows: BenchResult["rows"] = [];
  const all = noCounts();
  const others = noCounts();
  for (const [file, label] of labels) {
    const counts = countsOf(label.lessons, lessons.get(file) ?? []);
    add(all, counts);
    rows.push(rowOf(file, counts));
    const ids = new Set(label.lessons.map(({ id }) => id));
    const other = [...labels].find(([, { lessons: their }]) => !their.some(({ id }) => ids.has(id)));
    if (other) add(others, countsOf(label.lessons, lessons.get(other[0]) ?? []));
  }
  rows.push(rowOf("all", all), rowOf("control: lessons of another session", others));
  return {
    name: "session-labels",
    method:
      "Lessons (failures with what overcame them, better figures with the change before them) that are read of the labelled sessions in test/fixtures/traces, against labels.json. Found: half of the words of the label's error or of its fix stand in one lesson, each lesson taken once; the next columns ask for half of the error's words, and for half of both. Precision: lessons that were taken for a label. Labels are worded by people and the rules were written with these sessions at hand, so this is an upper hint, and a guard against changes for the worse. The control pairs each session's labels with the lessons of a session on something else.",
    rows,
  };
}

function noCounts(): Counts {
  return { labels: 0, found: 0, error: 0, both: 0, lessons: 0 };
}

function countsOf(labels: readonly LabelledLesson[], lessons: readonly SessionLesson[]): Counts {
  const matches = matchLessons(labels, lessons);
  return {
    labels: matches.length,
    found: matches.filter(({ lesson }) => lesson !== undefined).length,
    error: matches.filter(({ hasError }) => hasError).length,
    both: matches.filter(({ hasError, hasFix }) => hasError && hasFix).length,
    lessons: lessons.length,
  };
}

function add(sum: Counts, counts: Counts): void {
  for (const key of ["labels", "found", "error", "both", "lessons"] as const) sum[key] += counts[key];
}

function rowOf(trace: string, { labels, found, error, both, lessons }: Counts): BenchResult["rows"][number] {
  return {
    trace,
    labels,
    found,
    "with the error's words": error,
    "with error and fix": both,
    "lessons read": lessons,
    "recall (found)": share(found, labels),
    "recall (error)": share(error, labels),
    "recall (both)": share(both, labels),
    precision: share(found, lessons),
  };
}

function share(part: number, whole: number): string {
  return whole === 0 ? "none" : `${Math.round((100 * part) / whole)} %`;
}

if (import.meta.main) console.table((await run()).rows);
