import type { Evidence } from "../evidence/evidence.ts";
import { baseName, figure, type SessionLesson } from "../evidence/session-items.ts";
import { sentencesOf } from "../evidence/session-sentences.ts";
import { codeBlock } from "../report/markdown.ts";
import { changedLines } from "./change-lines.ts";
import { code } from "./change-words.ts";
import { diffExcerpt } from "./diff-excerpt.ts";
import { percent } from "./figures.ts";
import { wordsOf } from "./similarity.ts";

const maxSentence = 220;
const maxCommand = 140;
const maxSignature = 160;

/**
 * Words of a trace for a sentence of ours: one line, shortened, without home folders, user names and addresses, and
 * with nothing in it that is markup. They are quoted, so that a reader knows whose they are.
 */
export function quotedWords(text: string, limit = maxSentence): string {
  return `"${withoutMarkup(shortened(withoutPlaces(text), limit))}"`;
}

/** A command or another piece of code of a trace, as a code span. */
export function shownCode(text: string, limit = maxCommand): string {
  return code(shortened(withoutPlaces(text), limit));
}

/** Code spans stay; elsewhere nothing starts a tag, a link or an image. What hides is shown by `writtenWords`. */
function withoutMarkup(text: string): string {
  const spans = text.split("`");
  if (spans.length % 2 === 0) return withoutMarkup(text.replaceAll("`", "'"));
  return spans
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replaceAll(/<(?=[A-Za-z/!?])/g, "\\<").replaceAll(/\[(?=[^\]]*\]\()/g, "\\["),
    )
    .join("`");
}

/** Paths of a person's machine tell nothing to others; those of systems are interfaces. */
function withoutPlaces(text: string): string {
  return text
    .replaceAll(/(?:\/(?:home|Users)\/[\w.-]+|\/root)(?=\/|\b)/g, "~")
    .replaceAll(/\b[A-Za-z]:\\Users\\[\w.-]+/g, "~")
    .replaceAll(/\/(?:tmp|var\/folders|private)\/[\w./-]*\/(?=[\w.-]+)/g, "")
    .replaceAll(/\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+\b/g, "(address)")
    .replaceAll(/\bhttps?:\/\/\S+/g, "(address)");
}

/** At most `limit` characters, cut between words. */
function shortened(text: string, limit: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= limit) return line;
  const cut = line.slice(0, limit - 3);
  const blank = cut.lastIndexOf(" ");
  return `${cut.slice(0, blank > limit / 2 ? blank : cut.length).replace(/[\uD800-\uDBFF]$/, "")}...`;
}

/** A failure's most telling line as it is named in titles: masked, without the place where it stands. */
export function failureName(item: Evidence): string {
  const lines = (item.signature ?? "").split("\n").filter((line) => line !== "");
  const telling = lines.filter(
    (line) => !/^(?:AssertionError: )?Tensor-likes are not (?:close|equal)/.test(line),
  );
  const line = telling[0] ?? lines[0] ?? "";
  const name = line
    .replaceAll(/<(?:num|nums|zero|time|hex)>/g, "...")
    .replaceAll(/<(?:path|symbol|url)>/g, (mark) => mark.slice(1, -1))
    .replace(/^(?:path(?:\(\.\.\.\))?:?\s*(?:\.\.\.:?\s*)*)+/, "")
    .replace(/^(?:\w+\.)*(?:RuntimeError|ValueError|AssertionError|Exception|Error): (?=\S+ \S+ \S+)/, "")
    .trim();
  return shortened(withoutPlaces(name), maxSignature);
}

/**
 * The agent's sentences about a lesson, those first that share most words with the change; with `onlyShared` no
 * others.
 */
export function reasonOf(lesson: SessionLesson, most: number, onlyShared = false): string {
  const { item, change, setup } = lesson;
  const changed = wordsOf(
    [item.diff ?? "", ...change, ...setup, item.signature ?? "", ...lesson.lines].join(" "),
  );
  const sentences = sentencesOf(item.words ?? "").map((text, index) => {
    let shared = 0;
    for (const word of wordsOf(text)) if (changed.has(word) && word.length > 2) shared += 1;
    return { text, index, shared };
  });
  return sentences
    .filter(({ shared }) => !onlyShared || shared > 0)
    .sort((a, b) => b.shared - a.shared || a.index - b.index)
    .slice(0, most)
    .sort((a, b) => a.index - b.index)
    .map(({ text }) => text)
    .join(" ");
}

/** What was done, in words of ours: the command line and the setup; files where there is no diff to show. */
export function doneSentence(lesson: SessionLesson): string {
  const { change, setup, files, item } = lesson;
  const parts: string[] = [];
  const steps = [...setup, ...change];
  const [removals, others] = [
    steps.filter((step) => /^rm\s/.test(step)),
    steps.filter((step) => !/^rm\s/.test(step)),
  ];
  const removed = removals
    .flatMap((step) =>
      step
        .split(/\s+/)
        .slice(1)
        .filter((word) => !word.startsWith("-")),
    )
    .map(baseName);
  if (removed.length > 0) parts.push(`remove the old ${removed.map((name) => shownCode(name)).join(", ")}`);
  for (const step of others.slice(0, 4)) parts.push(stepWords(step));
  if (others.length > 4) parts.push(`and ${others.length - 4} more changes of the command`);
  if (item.diff === undefined && files.length > 0) {
    parts.push(
      `change ${files.map((file) => shownCode(baseName(file))).join(", ")} (the trace does not show how)`,
    );
  }
  const sentence = parts.join("; ");
  return sentence === "" ? "" : `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`;
}

function stepWords(step: string): string {
  const [, now, was] = /^(.+) instead of (\S+)$/.exec(step) ?? [];
  if (now !== undefined && was !== undefined) return `use ${shownCode(now)} instead of ${shownCode(was)}`;
  if (/^[A-Za-z_]\w*=/.test(step)) return `set ${shownCode(step)}`;
  const [, gone] = /^without (.+)$/.exec(step) ?? [];
  if (gone !== undefined) return `leave out ${shownCode(gone)}`;
  return step.startsWith("-") ? `add ${shownCode(step)}` : `run ${shownCode(step)}`;
}

/** The change of a lesson as a block of code of at most `maxLines` lines; empty where there is none. */
export function changeBlock(lesson: SessionLesson, maxLines: number): string {
  const { diff } = lesson.item;
  if (diff === undefined) return "";
  const names = [...wordsOf(`${lesson.item.words ?? ""} ${lesson.lines.join(" ")}`)].filter(
    (word) => word.length > 3,
  );
  const excerpt = diffExcerpt(withoutPlaces(diff), names, maxLines);
  return excerpt === "" ? "" : codeBlock(excerpt, "diff");
}

/** "34.0 % less time: triton 61.2 us became 40.5 us". */
export function gainWords(item: Evidence): string {
  const { metric } = item;
  if (!metric) return "";
  const { before, after, unit, better } = metric;
  const share =
    better === "low"
      ? before >= after
        ? `${percent((before - after) / before)} less`
        : `${percent((after - before) / before)} more`
      : after >= before
        ? `${Number((after / before).toPrecision(3))} times as much`
        : `${percent((before - after) / before)} less`;
  const what = unit === "us" ? " time" : "";
  const name = metric.name === "" ? "" : `${shownCode(metric.name)} `;
  return `${share}${what}: ${name}${figure(before, unit)} became ${figure(after, unit)}`;
}

/** The changed lines of a lesson, to tell whether two are the same. */
export function changeText(lesson: SessionLesson): string {
  const { removed, added } = changedLines(lesson.item.diff ?? "");
  return [...removed, ...added, ...lesson.change, ...lesson.setup].join("\n");
}

/** "Seen once", "Seen in 3 of 5 traces". */
export function supportWords(count: number, all: number): string {
  return count === 1 ? "Seen once" : `Seen in ${count} of ${Math.max(all, count)} traces`;
}
