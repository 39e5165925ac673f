import { measuredFigures } from "./measured-figures.ts";

const mark = /\[\.\.\. ([\d,]+) characters left out(?:; figures in them: [^\]\n]*)?\]/g;

/** In characters: a text that is hardly longer than the limit is not worth a mark. */
const slack = 80;

/**
 * The beginning of a text, cut at a word or a line, and a mark that counts what is left out and repeats the measured
 * figures in it. A text that holds such a mark can be shortened again. One that is hardly longer than `limit`
 * characters stays whole, and so does one that the mark would make no shorter.
 */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit + Math.min(slack, limit)) return text;
  const head = cutAtWord(text, limit);
  const rest = text.slice(head.length);
  let count = rest.length;
  for (const [whole, number = ""] of rest.matchAll(mark))
    count += Number(number.replaceAll(",", "")) - whole.length;
  const figures = measuredFigures(rest).join(", ");
  const kept = figures === "" ? "" : `; figures in them: ${figures}`;
  const start = head.trimEnd();
  const short = `${start}${start === "" ? "" : " "}[... ${count.toLocaleString("en")} characters left out${kept}]`;
  return short.length < text.length ? short : text;
}

/** No longer than the limit; never within a pair of surrogates or an earlier mark. */
function cutAtWord(text: string, limit: number): string {
  let end = limit;
  for (const found of text.matchAll(mark)) {
    if (found.index < end && end < found.index + found[0].length) end = found.index;
  }
  const head = text.slice(0, end);
  const cut = Math.max(head.lastIndexOf("\n"), head.lastIndexOf(" "));
  const whole = cut > end * 0.6 ? head.slice(0, cut) : head;
  return whole.replace(/[\uD800-\uDBFF]$/, "");
}
