import { keepMark } from "./action-timeline.ts";
import { shortened } from "./shortened-text.ts";

/** Lengths to which stretches of text are cut, one after the other, until the whole is short enough. */
const lengths = [2000, 800, 300, 120, 40, 0];
/** Shorter repeated stretches are left as they are. */
const leastRepeat = 60;

/**
 * The compressor without a model. A stretch of text that stands above already becomes a remark; then every stretch is
 * cut to the same length, as long as the target allows, with a mark that counts what is left out and repeats the
 * figures in it.
 */
export function plainCompress(text: string, targetChars: number): Promise<string> {
  const parts = stretches(text);
  const once = withoutRepeats(parts);
  let result = once;
  for (const length of lengths) {
    result = once.map((part) => (part.isMark ? part : { ...part, text: shortened(part.text, length) }));
    if (result.reduce((sum, part) => sum + part.text.length + 1, 0) <= targetChars) break;
  }
  return Promise.resolve(result.map((part) => part.text).join("\n"));
}

interface Stretch {
  text: string;
  isMark: boolean;
}

/** The text apart into lines that stand for kept text and what is between them. */
function stretches(text: string): Stretch[] {
  const parts: Stretch[] = [];
  let lines: string[] = [];
  const close = (): void => {
    if (lines.length > 0) parts.push({ text: lines.join("\n"), isMark: false });
    lines = [];
  };
  for (const line of text.split("\n")) {
    if (keepMark.test(line)) {
      close();
      parts.push({ text: line, isMark: true });
    } else lines.push(line);
  }
  close();
  return parts;
}

function withoutRepeats(parts: readonly Stretch[]): Stretch[] {
  const seen = new Set<string>();
  return parts.map((part) => {
    if (part.isMark || part.text.length < leastRepeat) return part;
    if (seen.has(part.text))
      return { ...part, text: `(${part.text.length.toLocaleString("en")} characters, as above)` };
    seen.add(part.text);
    return part;
  });
}
