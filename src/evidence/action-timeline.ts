import { sha256 } from "../digest.ts";
import { measuredFigures, numbersOf, valueOf } from "./measured-figures.ts";
import { sectionText, type TimelinePiece, type TimelineSection } from "./timeline-sections.ts";

/**
 * Shortens a text to about a number of characters. Lines such as `[[keep-1f2e3d4c-7: 120 characters]]` stand for what
 * must not be shortened; the answer holds each of them once, in their order.
 */
export type Compress = (text: string, targetChars: number) => Promise<string>;

export interface TimelineOptions {
  /** In characters; 60,000 where nothing else is said. */
  maxChars?: number;
  compress: Compress;
}

export interface Timeline {
  text: string;
  /** How often the compressor was called, and how many of its answers could be used. */
  calls: number;
  used: number;
  /** Characters of the sections that the text no longer holds. */
  leftOut: number;
  /** Longer than the limit: what it holds may not be shortened, or no answer of the compressor could be used. */
  isOverLimit: boolean;
}

const defaultMaxChars = 60_000;
/** Room for what comes next, so that a long conversation is not compressed again with every section. */
const roomShare = 0.3;
/** A text that could not be brought well below the limit has to grow by this factor before it is tried again. */
const growth = 1.25;
/** Less than this is not worth a call. */
const leastGain = 500;
const attempts = 2;

/** The line that stands for kept text while the rest is compressed. */
export const keepMark = /^\[\[keep-[0-9a-f]{8}-\d+: \d+ characters\]\]$/;

/**
 * Joins sections in their order; before one that would make the text longer than the limit, what was joined so far is
 * compressed. Only what a section does not keep is handed over: words of the user, code, figures and status are
 * replaced by marks meanwhile and cannot be lost. An answer is used when it holds every mark once and in order, every
 * measured figure of the text that it shortens and none that was not there, and when it is shorter; else the
 * compressor is asked once more, and after that the text stays. What is left out is counted at the end of the text.
 */
export async function buildTimeline(
  sections: readonly TimelineSection[],
  { maxChars = defaultMaxChars, compress }: TimelineOptions,
): Promise<Timeline> {
  let pieces: TimelinePiece[] = [];
  let chars = 0;
  let nextAttempt = maxChars;
  const made = { calls: 0, used: 0, leftOut: 0 };

  async function shrink(room: number): Promise<void> {
    if (chars + room <= nextAttempt) return;
    const shorter = await compressedPieces(pieces, freeTargetFor(room), compress, made);
    if (shorter) {
      made.used += 1;
      made.leftOut += freeLength(pieces) - freeLength(shorter);
      pieces = shorter;
      chars = lengthOf(pieces);
    }
    const hasRoom = chars + room <= maxChars * (1 - roomShare / 2);
    nextAttempt = hasRoom ? maxChars : Math.max(maxChars, (chars + room) * growth);
  }

  /** With room for more where that is possible, else as much as the limit leaves beside what is kept. */
  function freeTargetFor(room: number): number {
    const kept = chars - freeLength(pieces);
    const roomy = Math.min(maxChars * (1 - roomShare), maxChars - room) - kept;
    return Math.floor(room > 0 && roomy > leastGain ? roomy : Math.max(0, maxChars - room - kept));
  }

  for (const section of sections) {
    const length = sectionText(section).length;
    await shrink(length);
    pieces.push({ text: section.header, keep: true }, ...section.pieces, { text: "", keep: true });
    chars += length;
  }
  nextAttempt = maxChars;
  await shrink(0);
  const remark = remarkOf(made, chars > maxChars ? maxChars : undefined);
  return {
    ...made,
    text: `${pieces.map((piece) => piece.text).join("\n")}${remark}`,
    isOverLimit: chars > maxChars,
  };
}

/** What replaces the pieces; undefined where there is too little to gain or no answer can be used. */
async function compressedPieces(
  pieces: readonly TimelinePiece[],
  freeTarget: number,
  compress: Compress,
  made: { calls: number },
): Promise<TimelinePiece[] | undefined> {
  const free = freeLength(pieces);
  if (free - freeTarget < leastGain) return undefined;
  const asked = withMarks(pieces);
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    made.calls += 1;
    const answer = await compress(asked.text, asked.text.length - free + freeTarget).catch(() => "");
    const used = readAnswer(answer, asked);
    if (used) return used;
  }
  return undefined;
}

interface Marked {
  text: string;
  marks: string[];
  kept: string[];
  /** Free text before, between and after the marks: one more than there are marks. */
  free: string[];
}

function withMarks(pieces: readonly TimelinePiece[]): Marked {
  const kept: string[][] = [];
  const free: string[][] = [[]];
  let isKept = false;
  for (const piece of pieces) {
    if (piece.keep && !isKept) {
      kept.push([]);
      free.push([]);
    }
    isKept = piece.keep;
    (isKept ? kept : free).at(-1)?.push(piece.text);
  }
  const keptTexts = kept.map((lines) => lines.join("\n"));
  const freeTexts = free.map((lines) => lines.join("\n"));
  // Made from a digest of the text itself: nothing in it can be such a line.
  const digest = sha256(freeTexts.join("\n")).slice(0, 8);
  const marks = keptTexts.map((text, index) => `[[keep-${digest}-${index}: ${text.length} characters]]`);
  const lines = freeTexts.flatMap((text, index) => [text, marks[index] ?? ""]).filter((line) => line !== "");
  return { text: lines.join("\n"), marks, kept: keptTexts, free: freeTexts };
}

function readAnswer(answer: string, asked: Marked): TimelinePiece[] | undefined {
  const free: string[] = [];
  let rest = `\n${answer.replaceAll("\r\n", "\n")}\n`;
  for (const mark of asked.marks) {
    const at = rest.indexOf(`\n${mark}\n`);
    if (at < 0) return undefined;
    free.push(rest.slice(0, at));
    rest = rest.slice(at + mark.length + 1);
  }
  free.push(rest);
  const texts = free.map((text) => text.replace(/^\n+/, "").trimEnd());
  if (texts.some((text, index) => /^\[\[keep-/m.test(text) || opensBlock(text, asked.free[index] ?? "")))
    return undefined;
  const [before, after] = [asked.free.join("\n"), texts.join("\n")];
  if (after.length > before.length * 0.95 || !keepsFigures(before, after, asked.kept)) return undefined;
  return texts.flatMap((text, index) => {
    const kept = asked.kept[index];
    return [
      ...(text === "" ? [] : [{ text, keep: false }]),
      ...(kept === undefined ? [] : [{ text: kept, keep: true }]),
    ];
  });
}

/** Text in a block must not end it: it may hold no longer run of backticks than what it replaces. */
function opensBlock(text: string, before: string): boolean {
  return longestRun(text) > Math.max(2, longestRun(before));
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** Every measured figure of the text before stands somewhere still, and no other one came in. */
function keepsFigures(before: string, after: string, kept: readonly string[]): boolean {
  const lost = figuresWithout(before, numbersOf(after));
  const added = figuresWithout(after, numbersOf(before));
  if (lost.length + added.length === 0) return true;
  // Only now the kept text is searched, which is long and the same in every round.
  const standing = numbersOf(kept.join("\n"));
  return [...lost, ...added].every((figure) => standing.has(valueOf(figure)));
}

function figuresWithout(text: string, numbers: ReadonlySet<number>): string[] {
  return measuredFigures(text).filter((figure) => !numbers.has(valueOf(figure)));
}

function remarkOf({ leftOut }: { leftOut: number }, limit: number | undefined): string {
  const left =
    leftOut > 0
      ? [
          `Shortened: ${leftOut.toLocaleString("en")} characters of what the agent said, passed on or was answered are left out. Words of the user, code, figures and status are complete.`,
        ]
      : [];
  const over =
    limit === undefined
      ? []
      : [
          `Longer than ${limit.toLocaleString("en")} characters: what stands here could not be shortened further without loss.`,
        ];
  const lines = [...left, ...over];
  return lines.length === 0 ? "" : `\n---\n_${lines.join(" ")}_\n`;
}

function freeLength(pieces: readonly TimelinePiece[]): number {
  return pieces.reduce((sum, piece) => sum + (piece.keep ? 0 : piece.text.length + 1), 0);
}

function lengthOf(pieces: readonly TimelinePiece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.text.length + 1, 0);
}
