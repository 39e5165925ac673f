import type { ClaimPart } from "./claim.ts";
import { fenceAfter } from "./code-fence.ts";
import type { EntryMode } from "./material.ts";

/** A part of the body that holds claims, from its heading to the next heading of that depth. */
export interface Section {
  part: ClaimPart;
  /** The heading's line, as it stands. */
  heading: string;
  depth: number;
}

/**
 * A piece of a skill's body, byte for byte. `part` is null for headings, blank lines and sections that hold
 * no claims; those are carried along untouched. All blocks of a section, its heading's too, share one `section`.
 */
export interface Block {
  part: ClaimPart | null;
  text: string;
  section: Section | null;
}

/** The headings that open a part, in the words of this product and of the seed systems' answers. */
const partHeadings: Record<ClaimPart, RegExp> = {
  task: /^(task (characteristics|features|traits)|when to use|任务特征|任务特点|适用任务)/i,
  method:
    /^(optimi[sz]ation (methods|steps|techniques)|methods|errors and fixes|what to do|优化方法|优化手段|优化策略|优化技巧)/i,
  boundary:
    /^(applicab(ility|le) (boundaries|limits|scope)|boundaries|limits|limitations|适用边界|适用范围|边界|限制|注意事项)/i,
};

export type PartTitles = Readonly<Record<ClaimPart, string>>;

/** The headings that a new skill gets; `parseClaimDocument` knows them all. */
export const partTitles: PartTitles = {
  task: "Task characteristics",
  method: "Optimization methods",
  boundary: "Applicability boundaries",
};

/** The headings by how the skill's first trace is read. */
export function partTitlesOf(mode: EntryMode): PartTitles {
  switch (mode) {
    case "search_log":
    case "expert_tuning":
      return partTitles;
    case "error_fix":
      return { ...partTitles, task: "When to use", method: "Errors and fixes" };
    case "session":
    case "request":
      return { ...partTitles, task: "When to use", method: "What to do" };
  }
}

/** The mark of a list item, with one blank where there is one. */
export const itemMark = /^(?:[-*+]|\d{1,9}[.)])(?:[ \t]|(?=\n)|$)/;

/**
 * Splits a body into blocks whose texts, joined, are the body again.
 * Task: one claim a paragraph. Methods: one claim a heading below the section's (or list item where there is none).
 * Boundaries: one claim a list item or paragraph. Code fences are never split.
 */
export function parseClaimDocument(body: string): Block[] {
  const blocks: Block[] = [];
  let section: Section | null = null;
  let current: Block | undefined;
  let inTitledMethod = false;
  let isAfterBlank = false;
  let fence = "";

  const start = (part: ClaimPart | null, line: string): void => {
    current = { part, text: line, section };
    blocks.push(current);
  };
  const extend = (line: string): void => {
    if (current) current.text += line;
    else start(null, line);
  };

  for (const line of body.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const bare = line.replace(/\r?\n$/, "");
    const wasInFence = fence !== "";
    const wasAfterBlank: boolean = isAfterBlank;
    fence = fenceAfter(bare, fence);
    isAfterBlank = !wasInFence && bare.trim() === "";
    if (wasInFence) {
      extend(line);
      continue;
    }
    const part: ClaimPart | null = section?.part ?? null;
    const heading = headingOf(bare);
    if (heading) {
      const outer: number = section?.depth ?? 2;
      const isMethodTitle = part === "method" && heading.depth === outer + 1;
      const opened = partOpenedBy(heading, isMethodTitle);
      if (opened !== null || heading.depth <= outer) {
        section = opened === null ? null : { part: opened, heading: bare, depth: heading.depth };
        inTitledMethod = false;
        start(null, line);
      } else if (isMethodTitle) {
        inTitledMethod = true;
        start(part, line);
      } else extend(line);
      continue;
    }
    const isInClaim = current?.part === part;
    if (part === null) {
      if (current && current.part !== null) start(null, line);
      else extend(line);
    } else if (isAfterBlank || inTitledMethod) extend(line);
    else if (part !== "task" && itemMark.test(bare)) start(part, line);
    else if (isInClaim && !wasAfterBlank) extend(line);
    else if (isInClaim && part !== "task" && /^\s/.test(bare)) extend(line);
    else start(part, line);
  }
  return blocks.flatMap(splitTail);
}

interface Heading {
  depth: number;
  title: string;
}

/** The heading that a line is, or null. Closing hashes count only after a blank (CommonMark 4.2). */
export function headingOf(line: string): Heading | null {
  const marks = /^#{1,6}(?=\s|$)/.exec(line)?.[0];
  if (marks === undefined) return null;
  const title = line.slice(marks.length).trim();
  let end = title.length;
  while (title[end - 1] === "#") end -= 1;
  const isClosed = end === 0 || /\s/.test(title[end - 1] ?? "");
  return { depth: marks.length, title: isClosed ? title.slice(0, end).trimEnd() : title };
}

/**
 * The part that a heading opens, or null. The title of the whole skill and those of methods have to be the name of
 * a part and nothing more: "Limits the registers" is a method like any other.
 */
function partOpenedBy({ depth, title }: Heading, isMethodTitle: boolean): ClaimPart | null {
  if (depth > 3) return null;
  const name = title.replace(/^[\d.、:\s]+/, "").replace(/^\*\*|\*\*$/g, "");
  for (const part of ["task", "method", "boundary"] as const) {
    const found = partHeadings[part].exec(name)?.[0];
    if (found === undefined) continue;
    const rest = name.slice(found.length).trim();
    const isWhole = /^[:：.。]?$/.test(rest) || /^[(（][^()（）]*[)）]$/.test(rest);
    if (isWhole || (depth > 1 && !isMethodTitle)) return part;
  }
  return null;
}

/** Blank lines after a claim are not part of it. */
function splitTail(block: Block): Block[] {
  if (block.part === null) return [block];
  const kept = block.text.trimEnd();
  if (kept.length === block.text.length) return [block];
  return [
    { ...block, text: kept },
    { ...block, part: null, text: block.text.slice(kept.length) },
  ];
}

/** The body that the blocks make. */
export function renderClaimDocument(blocks: readonly { text: string }[]): string {
  return blocks.map((block) => block.text).join("");
}
