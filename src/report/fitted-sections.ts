import { truncateMarkdown } from "./markdown.ts";

/** A shorter section says nothing. */
const shortest = 400;

/**
 * Sections of Markdown, joined by blank lines, within `room` characters: short ones stay whole, the others share what is
 * left and are cut between their blocks. Where that leaves next to nothing for each, one sentence stands for all;
 * undefined where there is no room for it.
 */
export function fittedSections(sections: readonly string[], room: number): string[] | undefined {
  let left = room;
  const fitted = new Map<number, string>();
  const byLength = [...sections.entries()].sort(([, a], [, b]) => a.length - b.length);
  for (const [done, [index, section]] of byLength.entries()) {
    const share = Math.floor(left / (byLength.length - done)) - 2;
    if (share < Math.min(shortest, section.length)) {
      const all = `What the claims of ${sections.length} skills rest on is left out here for length; their evidence files hold it.`;
      return all.length <= room ? [all] : undefined;
    }
    const own = truncateMarkdown(section, share).trimEnd();
    fitted.set(index, own);
    left -= own.length + 2;
  }
  return sections.map((_, index) => fitted.get(index) ?? "");
}
