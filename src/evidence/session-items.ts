import type { Place } from "../reporter.ts";
import { fitDiff } from "./code-diff.ts";
import type { Evidence } from "./evidence.ts";
import type { HistoryEntry } from "./session-history.ts";
import type { Pair } from "./session-pairs.ts";
import { runText } from "./session-command.ts";
import { sentencesOf } from "./session-sentences.ts";
import { isQuotable, isSuspicious } from "./session-suspicion.ts";

/** An item of evidence with what distillers need besides. */
export interface SessionLesson {
  item: Evidence;
  verified: Pair["verified"];
  /** Lines of the failure as printed. */
  lines: readonly string[];
  /** How the command line changed, part by part. */
  change: readonly string[];
  /** Commands that changed the setup between the two runs. */
  setup: readonly string[];
  /** What the run that tells ran, without what prepared it. */
  check: string;
  /** Files that were edited, as the trace names them. */
  files: readonly string[];
  /** The span of the history in which it was worked on. */
  span: readonly [from: number, to: number];
}

const maxDiff = 6000;
const maxWords = 700;
const maxCommand = 500;
const maxPlaces = 8;

/** The lesson of a pair. Words, commands and changes that hold suspicious text are left out of it. */
export function lessonOf(pair: Pair, identity: { id: string; trace: string }): SessionLesson {
  const { entries, before, after } = pair;
  const diff = safe(diffOf(entries));
  const words = wordsOfPair(entries);
  const command = safe((after ?? before).text.slice(0, maxCommand));
  const lines = pair.lines.filter((line) => !isSuspicious(line));
  const setup = entries
    .filter(({ kind }) => kind === "setup")
    .map(({ text }) => text)
    .filter(isTellable);
  const paths = new Set(entries.filter(({ kind }) => kind === "patch").map(({ path }) => path));
  const files = [...paths].filter((path) => !isSuspicious(path)).slice(0, 8);
  const change = pair.change.filter(isTellable);
  const log = safe(pair.log);
  const item: Evidence = {
    id: identity.id,
    kind: pair.kind,
    trace: identity.trace,
    places: placesOf(pair),
    summary: summaryOf(pair, files, lines),
    ...(diff === "" ? {} : { diff }),
    ...(pair.signature === "" || isSuspicious(pair.signature) ? {} : { signature: pair.signature }),
    ...(log === "" ? {} : { log }),
    ...(words === "" ? {} : { words }),
    ...(command === "" ? {} : { command }),
    ...(pair.metric ? { metric: metricOf(pair.metric) } : {}),
  };
  return {
    item,
    verified: pair.verified,
    lines,
    change,
    setup,
    check: safe(runText((after ?? before).command).slice(0, maxCommand)),
    files,
    span: [before.seq, after?.seq ?? before.seq],
  };
}

function metricOf({
  name,
  unit,
  before,
  after,
  better,
}: NonNullable<Pair["metric"]>): NonNullable<Evidence["metric"]> {
  return { name, unit, before, after, better };
}

/** Removing something is told in words of ours, with its last name only: where it lies does not matter. */
function isTellable(step: string): boolean {
  return /^rm\s[^|<>]*$/.test(step) || !isSuspicious(step);
}

function safe(text: string): string {
  return isSuspicious(text) ? "" : text;
}

/** The patches of the span, file by file, as far as they fit. */
function diffOf(entries: readonly HistoryEntry[]): string {
  const bodies = new Map<string, string[]>();
  for (const { kind, path, text } of entries) {
    if (kind !== "patch" || text === "") continue;
    bodies.set(path, [...(bodies.get(path) ?? []), text]);
  }
  let diff = "";
  for (const texts of bodies.values()) {
    for (const [index, text] of texts.entries()) {
      // Later patches of one file follow as further hunks.
      const shown = index === 0 ? text : text.replace(/^--- .*\n\+\+\+ .*\n/, "");
      const room = maxDiff - diff.length;
      if (room < 200) return diff;
      const fitted = fitDiff(shown, { maxChars: room }).text;
      diff += `${diff === "" ? "" : "\n"}${fitted}`;
    }
  }
  return diff;
}

/** What the agent said between the two runs: its first words and its last ones; else what it thought. */
function wordsOfPair(entries: readonly HistoryEntry[]): string {
  const said = sentencesIn(entries, "words");
  const sentences = said.length > 0 ? said : sentencesIn(entries, "thought");
  const kept: string[] = [];
  let length = 0;
  for (const sentence of [...sentences.slice(0, 5), ...sentences.slice(5).slice(-2)]) {
    if (length + sentence.length > maxWords) break;
    kept.push(sentence);
    length += sentence.length + 1;
  }
  const words = kept.join(" ");
  // What is harmless sentence by sentence need not be so together.
  return isQuotable(words) ? words : "";
}

function sentencesIn(entries: readonly HistoryEntry[], kind: HistoryEntry["kind"]): string[] {
  return entries
    .filter((entry) => entry.kind === kind)
    .flatMap((entry) => sentencesOf(entry.text))
    .filter(isQuotable);
}

function placesOf({ before, after, entries }: Pair): Place[] {
  const middle = entries.filter(({ kind }) => kind === "patch" || kind === "setup").map(({ place }) => place);
  const all = [before.place, ...middle.slice(0, maxPlaces - 2), ...(after ? [after.place] : [])];
  const seen = new Map(all.map((place) => [`${place.file}\0${place.line ?? ""}`, place]));
  return [...seen.values()];
}

function summaryOf(pair: Pair, files: readonly string[], lines: readonly string[]): string {
  const { kind, metric, verified } = pair;
  const problem = lines[0] === undefined ? "A failure without words" : `"${lines[0].slice(0, 160)}"`;
  const done = doneWords(pair, files);
  if (metric) {
    const figures = `${metric.name === "" ? "" : `${metric.name}: `}${figure(metric.before, metric.unit)} became ${figure(metric.after, metric.unit)}`;
    return kind === "gain" ? `${figures} after ${done}.` : `Worse after ${done}: ${figures}.`;
  }
  switch (kind) {
    case "fix": {
      const proof = {
        passed: "the run then passed",
        later: "it was gone in the next run, and a later one passed",
        no: "it was gone in the next run",
      }[verified];
      return `${problem} was overcome by ${done}; ${proof}.`;
    }
    case "attempt":
      return `${problem} stayed after ${done}.`;
    case "gain":
      return `Better after ${done}.`;
    case "failure":
      return `${problem} was not overcome.`;
  }
}

function doneWords({ entries, change }: Pair, files: readonly string[]): string {
  const count = entries.filter(({ kind }) => kind === "patch").length;
  const parts = [
    ...(count > 0
      ? [`${count === 1 ? "an edit" : `${count} edits`} of ${files.slice(0, 3).map(baseName).join(", ")}`]
      : []),
    ...entries
      .filter(({ kind, text }) => kind === "setup" && isTellable(text))
      .slice(0, 2)
      .map(({ text }) => text.slice(0, 120)),
    ...(change.length === 0
      ? []
      : [`another command line (${change.filter(isTellable).join("; ").slice(0, 160)})`]),
  ];
  return parts.length === 0 ? "no change" : parts.join(" and ");
}

/** A stored value as people read it: times from a millisecond on in milliseconds. */
export function figure(value: number, unit: string): string {
  if (unit === "us" && value >= 1000) return `${Number((value / 1000).toPrecision(4))} ms`;
  return unit === "x" ? `${value}x` : `${Number(value.toPrecision(4))} ${unit}`;
}

/** A name without its folders. */
export function baseName(path: string): string {
  const plain = path.replace(/[/\\]+$/, "");
  return plain.slice(Math.max(plain.lastIndexOf("/"), plain.lastIndexOf("\\")) + 1);
}
