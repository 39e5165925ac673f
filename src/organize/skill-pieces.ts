import { sha256 } from "../digest.ts";
import type { Claim, ClaimPart } from "../distill/claim.ts";
import { headingOf, parseClaimDocument, partTitles, type Section } from "../distill/claim-document.ts";
import { readClaimWords } from "../distill/claim-text.ts";
import { fenceAfter, fencedLines, openFence } from "../distill/code-fence.ts";
import type { EvidenceFile } from "../distill/evidence-file.ts";
import { type ClaimBlock, reconcile } from "../distill/reconcile.ts";
import { stemmedWords } from "../distill/text-vectors.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { FrontMatter } from "../skills/front-matter.ts";
import { parseSkillFile } from "../skills/skill-file.ts";

/** A skill as it lies in a library, with everything in its folder. */
export interface SourceSkill {
  name: string;
  /** Path of the SKILL.md, relative to the library, with slashes. */
  path: string;
  text: string;
  evidence: EvidenceFile | undefined;
  /** Every other file of its folder, sorted by path. */
  files: readonly SourceFile[];
}

export interface SourceFile {
  /** Below the skill's folder. */
  path: string;
  bytes: Uint8Array;
}

/** Where a piece stands: in a part that holds claims, or in a section that this product does not know. */
export type PiecePart = ClaimPart | "text";

/** One thing that a skill says: a claim, or a section that is carried along as it is. */
export interface Piece {
  /** The claim's id; `t-` and the digest of its text for a section. Unique within the skill. */
  id: string;
  part: PiecePart;
  /** Its heading, or the first words where it has none. */
  title: string;
  /** As it can stand in another skill: headings at the depth they have there, without numbers, fences closed. */
  text: string;
  /** What stands before this and its neighbours, where it is one item of a list; else empty. */
  head: string;
  /** Null for a section. */
  claim: Claim | null;
  /** Whether a person changed these words in a skill that this product wrote: they are not changed again. */
  isPersons: boolean;
}

export interface ParsedSource {
  skill: SourceSkill;
  frontMatter: FrontMatter;
  /** The title of the whole skill; empty where it has none. */
  title: string;
  /** The headings of its parts, without the hashes and without what they say beyond the name of the part. */
  headings: ReadonlyMap<ClaimPart, string>;
  pieces: readonly Piece[];
  /** Claims that stand in the file no more: they are remembered. */
  gone: readonly Claim[];
  /** What the claims rest on, a person's own words among it. */
  evidence: readonly Evidence[];
}

/** Characters of a title in a ledger. */
const longestTitle = 120;

/** What stands before the pieces that say what titles and headings of parts said. */
export const headOfHeadings = "## Titles and headings of the sources";

/**
 * Takes a skill apart so that every line of its body but titles, part headings and rules is in exactly one piece. A title
 * or part heading that says more than a name does, such as a condition, is a piece too.
 */
export function parseSource(skill: SourceSkill): ParsedSource {
  const { frontMatter, body: written } = parseSkillFile(skill.text, skill.path);
  const body = withWholeComments(written);
  const { blocks, claims, handEvidence } = reconcile(body, skill.evidence?.claims ?? [], skill.path);
  const byId = new Map(claims.map((claim) => [claim.id, claim]));
  const headings = new Map<ClaimPart, string>();
  const pieces: Piece[] = [];
  const taken = new Set(byId.keys());
  const special: SpecialHeading[] = [];
  let section: Section | null = null;
  let specialSection: SpecialHeading | undefined;
  let title = "";
  let outside = "";
  const closeOutside = (): void => {
    for (const { heading, depth, text } of sectionsOf(outside)) {
      const isTitle = depth === 1 && title === "";
      if (isTitle) title = heading;
      if (isTitle && text === "" && saysMore(heading, skill.name))
        special.push({ heading, part: null, methods: [] });
      if (text === "" && (heading === "" || isTitle)) continue;
      const piece = sectionPiece(heading === "" ? `Notes of ${skill.name}` : heading, text, skill.name);
      pieces.push({ ...piece, id: freeId(`t-${sha256(piece.text).slice(0, 8)}`, taken) });
    }
    outside = "";
  };
  for (const block of blocks) {
    if (block.section === null) {
      outside += block.text;
      continue;
    }
    closeOutside();
    const { part } = block.section;
    if (block.section !== section) {
      section = block.section;
      const heading = headingOf(section.heading)?.title ?? "";
      const { name, rest } = partName(heading, part);
      const isSpecial = saysMore(rest, skill.name);
      if (isSpecial) special.push({ heading, part, methods: [] });
      if (!headings.has(part)) headings.set(part, isSpecial ? name : heading);
      specialSection = isSpecial ? special.at(-1) : undefined;
    }
    const claim = block.claimId === null ? undefined : byId.get(block.claimId);
    if (claim === undefined) {
      // Deeper headings right after that of a part belong to no claim.
      outside += block.text.startsWith(block.section.heading)
        ? block.text.slice(block.section.heading.length)
        : block.text;
      closeOutside();
    } else {
      const piece = claimPiece(block, claim, skill);
      pieces.push(piece);
      if (part === "method") specialSection?.methods.push(piece.title);
    }
  }
  closeOutside();
  for (const heading of special) {
    const piece = headingPiece(heading, skill.name);
    pieces.push({ ...piece, id: freeId(`t-${sha256(piece.text).slice(0, 8)}`, taken) });
  }
  return {
    skill,
    frontMatter,
    title,
    headings,
    pieces,
    gone: claims.filter(({ state }) => state !== "active"),
    evidence: [...(skill.evidence?.evidence ?? []), ...handEvidence],
  };
}

function claimPiece(block: ClaimBlock, claim: Claim, skill: SourceSkill): Piece {
  const part = claim.part;
  const depth = block.section?.depth ?? 2;
  const plain = closedText(placedText(block.text, { part, depth }).trimEnd());
  const text = readsAlone(part, plain) ? plain : plain.replace(/^(### .*)$/m, `$1 of ${skill.name}`);
  const words = readClaimWords(part, text);
  const title = part === "method" && words.title !== "" ? words.title : firstWords(words.do);
  return {
    id: claim.id,
    part,
    title: title.slice(0, longestTitle),
    text,
    head: "",
    claim: { ...claim, ...words, title: part === "method" ? words.title : claim.title, text },
    isPersons: skill.evidence !== undefined && claim.author === "person",
  };
}

/** A claim as it stands in a section of the second depth; a method without the number that it had in its own skill. */
function placedText(text: string, { part, depth }: { part: ClaimPart; depth: number }): string {
  const lines = fencedLines(text).map(({ line, isCode }, index) => {
    const heading = isCode ? null : headingOf(line);
    if (heading === null) return line;
    if (part === "method" && index === 0) return `### ${withoutNumber(heading.title)}`;
    return depth === 2
      ? line
      : `${"#".repeat(Math.min(6, Math.max(4, heading.depth + 2 - depth)))} ${heading.title}`;
  });
  return lines.join("\n");
}

/** Whether a claim is read back as it is, below the heading of its part. */
function readsAlone(part: ClaimPart, text: string): boolean {
  const read = parseClaimDocument(`## ${partTitles[part]}\n\n${text}`).filter((block) => block.part !== null);
  return read.length === 1 && read[0]?.part === part && read[0].text === text.trimEnd();
}

/** A title without `3.`, `3)` or `3、` before it; one that is nothing else keeps it. */
export function withoutNumber(title: string): string {
  const rest = title.replace(/^\d{1,3}(?:[.)](?=\s)|、)\s*/, "");
  return rest === "" ? title : rest;
}

interface TextSection {
  /** Empty for text before the first heading. */
  heading: string;
  /** 0 for text before the first heading. */
  depth: number;
  /** Without the heading. */
  text: string;
}

/**
 * The sections of a text outside of all parts. A heading of the first three depths opens one, unless it stands deeper
 * than that of the section around it; the title of the whole skill is nothing around.
 */
function sectionsOf(text: string): TextSection[] {
  const sections: { heading: string; depth: number; lines: string[] }[] = [
    { heading: "", depth: 0, lines: [] },
  ];
  for (const { line, isCode } of fencedLines(text)) {
    const heading = isCode ? null : headingOf(line);
    const open = sections.at(-1);
    if (
      heading !== null &&
      heading.depth <= 3 &&
      (open === undefined || open.depth <= 1 || heading.depth <= open.depth)
    )
      sections.push({ heading: heading.title, depth: heading.depth, lines: [] });
    else open?.lines.push(line);
  }
  return sections.map(({ heading, depth, lines }) => ({ heading, depth, text: trimmedLines(lines) }));
}

/** Without blank lines and rules at both ends. */
function trimmedLines(lines: readonly string[]): string {
  const isBare = (line: string | undefined): boolean =>
    line !== undefined && /^\s*(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})?$/.test(line);
  let start = 0;
  let end = lines.length;
  while (start < end && isBare(lines[start])) start += 1;
  while (end > start && isBare(lines[end - 1])) end -= 1;
  return lines.slice(start, end).join("\n").trimEnd();
}

function sectionPiece(heading: string, text: string, skill: string): Omit<Piece, "id"> {
  const closed = closedText(text);
  const plain = withHeading(heading, closed);
  const isRead = parseClaimDocument(plain).some(({ part }) => part !== null);
  return {
    part: "text",
    title: (heading === "" ? firstWords(text) : heading).slice(0, longestTitle),
    head: "",
    text: isRead ? withHeading(`Notes of ${skill}: ${heading}`, closed) : plain,
    claim: null,
    isPersons: false,
  };
}

function withHeading(heading: string, text: string): string {
  return text === "" ? `## ${heading}` : `## ${heading}\n\n${text}`;
}

function closedFences(text: string): string {
  const fence = openFence(text);
  return fence === "" ? text : `${text}\n${fence}`;
}

/** What a text opens ends with it: else it would take in what follows it in another skill. */
function closedText(text: string): string {
  const fenced = closedFences(text);
  return commentLines(fenced).openAt === null ? fenced : `${fenced}\n-->`;
}

/**
 * The lines of a text, told apart into those that go on with an HTML comment and the rest (CommonMark 4.6, the second
 * kind: from a line that begins with its mark to the next that holds its end), and the line of a comment without an end.
 */
function commentLines(text: string): {
  lines: { line: string; isInside: boolean }[];
  openAt: number | null;
} {
  let fence = "";
  let openAt: number | null = null;
  const lines = text.split("\n").map((line, index) => {
    const isInside = openAt !== null;
    if (!isInside && fence === "" && /^ {0,3}<!--/.test(line)) openAt = index;
    else if (!isInside) fence = fenceAfter(line, fence);
    if (openAt !== null && line.includes("-->")) openAt = null;
    return { line, isInside };
  });
  return { lines, openAt };
}

/**
 * A body whose comments are not taken apart: their lines are indented, so that none of them reads as a heading, an item
 * or a fence, and follow each other without blank lines. A comment without an end is none here: its piece closes it.
 */
function withWholeComments(body: string): string {
  const { lines, openAt } = commentLines(body.replaceAll(/\r\n?/g, "\n"));
  return lines
    .flatMap(({ line, isInside }, index) => {
      if (!isInside || (openAt !== null && index > openAt)) return [line];
      if (line.trim() === "") return [];
      return [/^(?: {4}|\t)/.test(line) ? line : `    ${line}`];
    })
    .join("\n");
}

/** A title (`part` null) or the heading of a part that says more than a name does. */
interface SpecialHeading {
  heading: string;
  part: ClaimPart | null;
  /** Titles of the methods below it. */
  methods: string[];
}

/** Words of titles and headings that set no condition; stems, as `stemmedWords` gives them. */
const plainWords = new Set(
  stemmedWords(
    "a an and for in of on the to with guide kernel kernels methods notes optimization skill steps techniques tips",
  ),
);

function saysMore(heading: string, skill: string): boolean {
  const named = new Set(stemmedWords(skill));
  const isName = parseClaimDocument(`# ${heading.replaceAll(/^\s*[(（]|[)）]\s*$/g, "")}`)[0]?.section;
  return !isName && stemmedWords(heading).some((word) => !named.has(word) && !plainWords.has(word));
}

/** Characters of the longest name of a part, generously. */
const longestPartName = 40;

/** A heading as the name of its part and what follows it: the name is the shortest beginning that opens the part. */
function partName(heading: string, part: ClaimPart): { name: string; rest: string } {
  const plain = heading.replace(/^[\d.、:\s]+/, "").replace(/^\*\*/, "");
  for (let end = 1; end <= Math.min(plain.length, longestPartName); end += 1) {
    const name = plain.slice(0, end);
    if (parseClaimDocument(`# ${name}`)[0]?.section?.part === part) return { name, rest: plain.slice(end) };
  }
  return { name: heading, rest: "" };
}

function headingPiece({ heading, part, methods }: SpecialHeading, skill: string): Omit<Piece, "id"> {
  const named = methods.map((title) => JSON.stringify(title)).join(", ");
  const what = {
    task: `task characteristics of ${skill}`,
    method: named === "" ? `methods of ${skill}` : `methods ${named} of ${skill}`,
    boundary: `boundaries of ${skill}`,
  };
  return {
    part: "text",
    title: heading.slice(0, longestTitle),
    text: `- ${part === null ? `Title of ${skill}` : `Over the ${what[part]}`}: ${heading}`,
    head: headOfHeadings,
    claim: null,
    isPersons: false,
  };
}

function firstWords(text: string): string {
  const line = text.split("\n").find((one) => one.trim() !== "") ?? "";
  return line.trim().slice(0, longestTitle);
}

function freeId(base: string, taken: Set<string>): string {
  let id = base;
  for (let n = 2; taken.has(id); n += 1) id = `${base}-${n}`;
  taken.add(id);
  return id;
}

/** An item of a checklist. */
const checkItem = /^[-*+] \[[ xX]\]/;

/**
 * The same source with each item of a checklist as a piece of its own, so that the parts of a split skill can each have
 * the items that belong to their entries.
 */
export function withCheckItems(source: ParsedSource): ParsedSource {
  const taken = new Set(source.pieces.map(({ id }) => id));
  const pieces = source.pieces.flatMap((piece): Piece[] => {
    if (piece.part !== "text") return [piece];
    const lines = piece.text.split("\n");
    const first = lines.findIndex((line) => checkItem.test(line));
    const items = first < 0 ? [] : itemsOf(lines.slice(first));
    if (items.length < 2 || /```|~~~|<!--/.test(piece.text)) return [piece];
    const head = lines.slice(0, first).join("\n").trimEnd();
    return items.map((text) => ({
      ...piece,
      id: freeId(`t-${sha256(`${head}\0${text}`).slice(0, 8)}`, taken),
      title: firstWords(text.replace(checkItem, "")),
      text,
      head,
    }));
  });
  return { ...source, pieces };
}

/** The items of a list, what is indented below one with it; what follows the list goes with its last item. */
function itemsOf(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (checkItem.test(line) || items.length === 0) items.push(line);
    else items[items.length - 1] = `${items.at(-1) ?? ""}\n${line}`;
  }
  return items.map((item) => item.trimEnd());
}
