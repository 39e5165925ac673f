import { type ClaimPart, fenceAfter } from "./claim.ts";

/**
 * A piece of a skill's body, byte for byte. `part` is null for headings, blank lines and sections that hold
 * no claims; those are carried along untouched.
 */
export interface Block {
  part: ClaimPart | null;
  text: string;
}

/** The headings that open a part, in the words of this product and of the seed systems' answers. */
const partHeadings: Record<ClaimPart, RegExp> = {
  task: /^(task (characteristics|features|traits)|任务特征|任务特点|适用任务)/i,
  method: /^(optimi[sz]ation (methods|steps|techniques)|methods|优化方法|优化手段|优化策略|优化技巧)/i,
  boundary:
    /^(applicab(ility|le) (boundaries|limits|scope)|boundaries|limits|limitations|适用边界|适用范围|边界|限制|注意事项)/i,
};

export const partTitles: Record<ClaimPart, string> = {
  task: "Task characteristics",
  method: "Optimization methods",
  boundary: "Applicability boundaries",
};

/**
 * Splits a body into blocks whose texts, joined, are the body again.
 * Task: one claim a paragraph. Methods: one claim a `###` section (or list item where there is none).
 * Boundaries: one claim a list item or paragraph. Code fences are never split.
 */
export function parseClaimDocument(body: string): Block[] {
  const blocks: Block[] = [];
  let part: ClaimPart | null = null;
  let sectionDepth = 2;
  let current: Block | null = null;
  let inTitledMethod = false;
  let fence = "";

  const start = (part: ClaimPart | null, line: string): void => {
    current = { part, text: line };
    blocks.push(current);
  };
  const extend = (line: string): void => {
    if (current) current.text += line;
    else start(null, line);
  };

  for (const line of body.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const bare = line.replace(/\r?\n$/, "");
    const wasInFence = fence !== "";
    fence = fenceAfter(bare, fence);
    if (wasInFence) {
      extend(line);
      continue;
    }
    const heading = /^(#{1,6})\s+(.*?)\s*#*\s*$/.exec(bare);
    if (heading) {
      const depth = heading[1]?.length ?? 1;
      const title = (heading[2] ?? "").replace(/^[\d.、:\s]+/, "").replace(/^\*\*|\*\*$/g, "");
      const opened = partOf(title);
      if (opened !== null && depth <= 3) {
        part = opened;
        sectionDepth = depth;
        inTitledMethod = false;
        start(null, line);
      } else if (depth <= sectionDepth) {
        part = null;
        inTitledMethod = false;
        start(null, line);
      } else if (part === "method" && depth === sectionDepth + 1) {
        inTitledMethod = true;
        start(part, line);
      } else extend(line);
      continue;
    }
    if (part === null) {
      if (current && (current as Block).part !== null) start(null, line);
      else extend(line);
    } else if (bare.trim() === "") extend(line);
    else if (inTitledMethod) extend(line);
    else if (part !== "task" && /^(?:[-*+]|\d+[.)])\s+/.test(bare)) start(part, line);
    else if (current && (current as Block).part === part && !endsBlank((current as Block).text)) extend(line);
    else if (part !== "task" && current && (current as Block).part === part && /^\s/.test(bare)) extend(line);
    else start(part, line);
  }
  return blocks.flatMap(splitTail);
}

/** The part that a heading opens, or null. */
function partOf(title: string): ClaimPart | null {
  for (const part of ["task", "method", "boundary"] as const) if (partHeadings[part].test(title)) return part;
  return null;
}

function endsBlank(text: string): boolean {
  return /\n[ \t\r]*\n$/.test(text);
}

/** Blank lines after a claim are not part of it. */
function splitTail(block: Block): Block[] {
  if (block.part === null) return [block];
  const kept = block.text.replace(/\s+$/, "");
  if (kept.length === block.text.length) return [block];
  return [
    { part: block.part, text: kept },
    { part: null, text: block.text.slice(kept.length) },
  ];
}

/** The body that the blocks make. */
export function renderClaimDocument(blocks: readonly Block[]): string {
  return blocks.map((block) => block.text).join("");
}
