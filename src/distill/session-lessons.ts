import { compareText } from "../compare-text.ts";
import { groupBy } from "../group-by.ts";
import type { SessionLesson } from "../evidence/session-items.ts";
import type { SessionEvidence } from "../evidence/session.ts";
import { signatureTree } from "../evidence/signature-tree.ts";
import { duplicateAt, findDuplicates } from "./claim-dedup.ts";
import { changeText, failureName, reasonOf } from "./session-words.ts";
import { haveEqualLiteralSets } from "./similarity.ts";

/** A lesson with the session that shows it. */
export interface SeenLesson {
  lesson: SessionLesson;
  session: SessionEvidence;
}

/** One way to overcome a failure, or to get faster, as several sessions show it. */
export interface Remedy {
  seen: SeenLesson[];
  /** Sessions that show it; one that is told several times counts once. */
  support: number;
}

/** A failure with everything that was done about it, or one kind of gain. */
export interface LessonGroup {
  /** The failure as it is named in titles; empty where nothing names it. */
  name: string;
  remedies: Remedy[];
  support: number;
}

/**
 * Groups what sessions show by failure: signatures that are alike are one, and in it changes that are the same are
 * one remedy. Most supported first; ties by text, so that the order of the sessions does not matter.
 */
export function lessonGroups(seen: readonly SeenLesson[]): LessonGroup[] {
  const ordered = [...seen].sort(bySeen);
  const tree = signatureTree();
  const keyed = ordered.map((one) => ({ one, group: tree.add(nameOf(one.lesson)) }));
  return [...groupBy(keyed, ({ group }) => group).values()]
    .map((members): LessonGroup => {
      const all = members.map(({ one }) => one);
      return {
        name: all[0] ? nameOf(all[0].lesson) : "",
        remedies: remediesOf(all),
        support: supportOf(all),
      };
    })
    .sort((a, b) => b.support - a.support || compareText(a.name, b.name));
}

/** The name of a failure; what an agent named in the output of a passing run has no signature. */
function nameOf({ item, lines }: SessionLesson): string {
  return failureName(item) || (lines[0] ?? "");
}

/** Changes that are the same, by the measure for claims; two whose literals differ never are. */
export function remediesOf(seen: readonly SeenLesson[]): Remedy[] {
  const groups: SeenLesson[][] = [];
  for (const one of seen) {
    const group = groups.find(([first]) => first !== undefined && isSameRemedy(first.lesson, one.lesson));
    if (group) group.push(one);
    else groups.push([one]);
  }
  return groups
    .map((group) => ({ seen: [...group].sort(clearestFirst), support: supportOf(group) }))
    .sort((a, b) => b.support - a.support || compareText(textOf(a), textOf(b)));
}

function isSameRemedy(one: SessionLesson, other: SessionLesson): boolean {
  const [left, right] = [remedyText(one), remedyText(other)];
  if (left === right) return true;
  const [found] = findDuplicates([{ id: "left", text: left }], [{ id: "right", text: right }]);
  if (!found || found.score < duplicateAt) return false;
  return haveEqualLiteralSets(left, right);
}

function remedyText(lesson: SessionLesson): string {
  return `${reasonOf(lesson, 3)}\n${lesson.item.diff === undefined ? changeText(lesson) : ""}`.trim();
}

function textOf({ seen }: Remedy): string {
  const [first] = seen;
  return first ? `${remedyText(first.lesson)}\n${changeText(first.lesson)}` : "";
}

/** The number of different sessions: a copy in another format has the same fingerprint. */
export function supportOf(seen: readonly SeenLesson[]): number {
  return new Set(seen.map(({ session }) => session.fingerprint)).size;
}

/** To show a remedy by: verified ones, those with words, then those with a short diff. */
function clearestFirst(a: SeenLesson, b: SeenLesson): number {
  const rank = ({ lesson }: SeenLesson): number =>
    (lesson.verified === "passed" ? 0 : lesson.verified === "later" ? 1 : 2) +
    (lesson.item.words === undefined ? 3 : 0) +
    (lesson.item.diff === undefined && lesson.change.length === 0 ? 6 : 0);
  const length = ({ lesson }: SeenLesson): number => lesson.item.diff?.length ?? 0;
  return rank(a) - rank(b) || length(a) - length(b) || bySeen(a, b);
}

function bySeen(a: SeenLesson, b: SeenLesson): number {
  return compareText(a.lesson.item.id, b.lesson.item.id);
}
