import type { PlacedBlock } from "./block-list.ts";
import { parseClaimDocument } from "./claim-document.ts";

/** A claim that is read back only when nothing before it swallows it. */
const guard = { part: "boundary" as const, text: "- end" };
const guardText = "\n\n## Applicability boundaries\n- end";

/**
 * Whether the file, read again around a block, gives the same claims: its neighbours before and after it, and the
 * block itself where it is a claim. Looks no further than the next claim or line on both sides, so that the time is
 * that of reading three blocks.
 */
export function readsBack(placed: PlacedBlock): boolean {
  const { section } = placed;
  const around: PlacedBlock[] = [placed];
  let before = placed.previous;
  for (; before && before.section === section; before = before.previous) {
    around.unshift(before);
    if (before.part !== null) break;
  }
  const isCut = section !== null && before?.section === section;
  let text = isCut ? `${section.heading}\n` : "";
  for (const block of around) text += block.text;
  let next = placed.next;
  for (; next; next = next.next) {
    if (next.part !== null || next.text.trim() === "") {
      around.push(next);
      text += next.text;
      if (next.part !== null) break;
    } else {
      text += /^\s*[^\n]*\n?/.exec(next.text)?.[0] ?? "";
      break;
    }
  }
  const expected = around.filter((block) => block.part !== null).map(({ part, text }) => ({ part, text }));
  if (!next) {
    text += guardText;
    expected.push(guard);
  }
  const read = parseClaimDocument(text).filter((block) => block.part !== null);
  return (
    read.length === expected.length &&
    read.every((block, index) => block.part === expected[index]?.part && block.text === expected[index]?.text)
  );
}
