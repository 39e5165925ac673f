import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { collectSessions, type SessionEvidence } from "../src/evidence/session.ts";
import type { SessionLesson } from "../src/evidence/session-items.ts";
import { silentReporter } from "../src/reporter.ts";
import { openSession } from "../src/traces/read-session.ts";

const folder = resolve(import.meta.dirname, "fixtures/traces");

const labelSchema = z.object({
  format: z.string(),
  language: z.string(),
  outcome: z.enum(["success", "failure", "partial", "unknown"]),
  conversations: z.array(z.string()).optional(),
  lessons: z.array(z.object({ id: z.string(), error: z.string(), fix: z.string() })),
});
type Label = z.infer<typeof labelSchema>;
export type LabelledLesson = Label["lessons"][number];

/** What a good reading finds in each labelled session, by its file. */
export function sessionLabels(): Map<string, Label> {
  const labels: unknown = JSON.parse(readFileSync(join(folder, "labels.json"), "utf8"));
  return new Map(Object.entries(z.record(z.string(), labelSchema).parse(labels)));
}

/** The evidence of a session of the fixtures, one for each of its conversations. */
export async function labelledEvidence(file: string): Promise<SessionEvidence[]> {
  const { traces } = await openSession(join(folder, file), { reporter: silentReporter });
  const [trace] = traces;
  if (trace === undefined) throw new Error(`${file} holds no trace`);
  return collectSessions(trace.steps(), {
    digest: () => trace.digest(),
    source: file,
    format: trace.format,
    facts: () => trace.facts,
  });
}

/** A labelled lesson and the lesson of the evidence that was taken for it. */
export interface LessonMatch {
  label: LabelledLesson;
  /** Undefined where no lesson holds half of the words of the label's error or of its fix. */
  lesson: SessionLesson | undefined;
  hasError: boolean;
  hasFix: boolean;
}

/** What has to be found of the words of a label. */
const enough = 0.5;

/**
 * Pairs labels with lessons, one with one, the best pairs first. A lesson has the error of a label when its failure
 * (signature, output, the agent's words) holds at least half of the words of the label's error; the fix by the changes,
 * the commands and the agent's words. Labels are worded by people, so that words that mean the same do not count.
 */
export function matchLessons(
  labels: readonly LabelledLesson[],
  lessons: readonly SessionLesson[],
): LessonMatch[] {
  const pairs = labels
    .flatMap((label) =>
      lessons.map((lesson) => ({
        label,
        lesson,
        error: shareOf(label.error, errorText(lesson)),
        fix: shareOf(label.fix, fixText(lesson)),
      })),
    )
    .filter(({ error, fix }) => error >= enough || fix >= enough)
    .sort((a, b) => b.error + b.fix - (a.error + a.fix));
  const taken = new Map<LabelledLesson, LessonMatch>();
  const used = new Set<SessionLesson>();
  for (const { label, lesson, error, fix } of pairs) {
    if (taken.has(label) || used.has(lesson)) continue;
    used.add(lesson);
    taken.set(label, { label, lesson, hasError: error >= enough, hasFix: fix >= enough });
  }
  return labels.map(
    (label) => taken.get(label) ?? { label, lesson: undefined, hasError: false, hasFix: false },
  );
}

/** Lessons that a label may ask for: what was overcome, and what got better. */
export function taughtLessons(evidence: SessionEvidence): SessionLesson[] {
  return evidence.lessons.filter(({ item }) => item.kind === "fix" || item.kind === "gain");
}

function errorText({ item, lines }: SessionLesson): string {
  return [item.signature, ...lines, item.log, item.words, item.summary].join(" ");
}

function fixText({ item, change, setup }: SessionLesson): string {
  return [item.diff, ...change, ...setup, item.words, item.command].join(" ");
}

function shareOf(label: string, text: string): number {
  const wanted = wordsIn(label);
  const found = wordsIn(text);
  return [...wanted].filter((word) => found.has(word)).length / wanted.size;
}

const filler = new Set("the and for are was were not with that this its from only than does".split(" "));

/** Words of two letters and more and numbers, without endings; names are taken apart at underscores. */
function wordsIn(text: string): Set<string> {
  const words =
    text
      .toLowerCase()
      .replaceAll("_", " ")
      .match(/[a-z]+\d*|\d+(?:\.\d+)?/g) ?? [];
  return new Set(
    words
      .filter(
        (word) =>
          word.length > 1 &&
          !filler.has(word) &&
          !/^(?:an|of|to|in|on|is|be|or|no|it|by|at|as|do)$/.test(word),
      )
      .map((word) => word.replace(/(?:ings?|ed|es|s)$/, "")),
  );
}
