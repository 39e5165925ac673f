import { withStandIns } from "../secrets/placeholder.ts";

/** What identifies a failure in its output. */
export interface ErrorSignature {
  /**
   * The telling lines in their order, one a line, with what differs from run to run masked: `<path>`, `<num>`,
   * `<zero>`, `<nums>`, `<hex>`, `<symbol>`, `<time>`, `<url>`. `nan` and `inf` stay. Empty where there is no text.
   */
  signature: string;
  /** The same lines as they are printed, without terminal colours. One or two; none for an empty text. */
  lines: string[];
  /** How sure it is that the first line names an error: 60 and more is a named error, 1 a mere last line. */
  score: number;
}

/** A line may be as long as a program likes; what identifies it stands at its start. */
const maxLine = 400;

/** A second line is told only when it names an error itself. */
const telling = 60;

/**
 * The signature of a failure, from the whole output of the run. Takes the two lines that say most: exceptions (of
 * a chain the last), then compilers' errors (of several the first), then failed comparisons; summaries of test runners
 * and build tools only where there is nothing else. Linear, and throws for no content.
 */
export function errorSignature(text: string): ErrorSignature {
  const found = rankedLines(text);
  const [best] = found;
  if (best === undefined) return { signature: "", lines: [], score: 0 };
  const second = found.find((line) => line !== best && line.score >= telling && line.masked !== best.masked);
  const chosen = [best, ...(second ? [second] : [])].sort((a, b) => a.index - b.index);
  return {
    signature: chosen.map((line) => line.masked).join("\n"),
    lines: chosen.map((line) => line.text),
    score: best.score,
  };
}

interface RankedLine {
  index: number;
  text: string;
  masked: string;
  score: number;
}

/** The few best lines, best first; of equal exceptions the last comes first, of other equal lines the first. */
function rankedLines(text: string): RankedLine[] {
  let best: RankedLine[] = [];
  let isInTraceback = false;
  let last: RankedLine | undefined;
  for (const [index, raw] of plainLines(text)) {
    const line = raw.trim();
    if (line === "") continue;
    if (line.replace(/^E\s+/, "").startsWith("Traceback (most recent call last)")) {
      isInTraceback = true;
      continue;
    }
    const isIndented = /^\s/.test(raw);
    const endsTraceback: boolean = isInTraceback && !isIndented;
    if (isInTraceback && isIndented) continue;
    if (endsTraceback) isInTraceback = false;
    const shown = line.replace(/^E\s+(?=\S)/, "");
    const plain: RankedLine = { index, text: shown, masked: "", score: 1 };
    if (/\p{L}/u.test(shown)) last = plain;
    const score = scoreOf(line, endsTraceback);
    if (score <= 0) continue;
    const ranked = { ...plain, masked: maskedLine(shown), score };
    if (score >= exceptionScore && saysOnlyWhere(ranked.masked)) ranked.score = 45;
    const isRepeated = best.some((other) => other.masked === ranked.masked);
    if (isRepeated && score < exceptionScore) continue;
    best = [...best.filter((other) => other.masked !== ranked.masked), ranked].sort(byRank).slice(0, 2);
  }
  if (best.length === 0 && last) best = [{ ...last, masked: maskedLine(last.text) }];
  return best;
}

function byRank(a: RankedLine, b: RankedLine): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.score >= exceptionScore ? b.index - a.index : a.index - b.index;
}

/** Lines with their number, without terminal sequences and control characters, cut to `maxLine`. */
function* plainLines(text: string): Generator<[number, string]> {
  let start = 0;
  for (let index = 0; start <= text.length; index += 1) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    yield [
      index,
      text
        .slice(start, Math.min(end, start + 2 * maxLine))
        .replaceAll(ansi, "")
        .replaceAll(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\t" ? " " : ""))
        .slice(0, maxLine),
    ];
    start = end + 1;
  }
}

/** Terminal sequences: colours and cursor moves (ECMA-48 5.4), titles and links (5.6). */
// oxlint-disable-next-line no-control-regex -- terminal sequences are control characters
const ansi = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)|[@-Z\\-_])/g;

const exceptionScore = 95;

/** Lines that repeat, wrap or accompany an error; looked at first. */
const weak: readonly [RegExp, number][] = [
  [/^(?:The above exception was|During handling of the above)/, 0],
  [
    /errors? might be asynchronously|^For debugging consider|^Compile with `?TORCH_USE|^Device-side assert/i,
    0,
  ],
  [/\b(?:no|0|without(?: any)?) (?:errors?|failures?)\b/i, 0],
  [/^(?:ninja|g?make(?:\[\d+\])?): .*(?:stopped|\*\*\*|Error \d)/, 8],
  [/^(?:FAILED\b|ERROR \S+\.py\b|=+ .*(?:failed|error).*=+$|\d+ (?:failed|errors?)\b)/, 15],
  [/Error building extension|non-zero exit (?:status|code)|exit(?:ed)?(?: with)? (?:code|status) \d/i, 20],
];

/** Lines that name an error, the most telling kind first. */
const strong: readonly [RegExp, number][] = [
  [
    /^(?:E\s+)?(?:Uncaught )?(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Interrupt)\b(?:\s*\[[^\]]*\])?(?::|$)/,
    100,
  ],
  [/^(?:E\s+)?(?:[a-z_]\w*\.)+[A-Z]\w+: \S/, exceptionScore],
  [/\b(?:fatal )?error\b\s*(?:\[\w+\]|#?[A-Z]*\d+(?:-D)?)?\s*:/i, 90],
  [
    /\b(?:panic(?:ked)?|Segmentation fault|core dumped|undefined (?:reference|symbol)|Assertion .* failed)\b/,
    80,
  ],
  [
    /\b(?:cuda|hip|nccl|cublas|cudnn|acl)\w*[ _]?error|illegal memory access|out of memory|no kernel image/i,
    80,
  ],
  [/\b(?:ERROR|FATAL|CRITICAL)\b/, 70],
  [/(?:difference|err\w*|output)\b.*\b(?:nan|inf)\b/i, 65],
  [/mismatch|not (?:all)?close|\bmax(?:imum)?[ _](?:abs\w*[ _]|rel\w*[ _])?(?:err|diff)/i, telling],
  [/Greatest (?:absolute|relative) difference|^E\s{2,}\S/i, telling],
  [/\bwarning\b/i, 5],
  [/command not found|no such file|not (?:found|supported|defined)|permission denied|timed? ?out/i, 50],
  [
    /\b(?:error|failed|failure|fatal|cannot|could not|unable to|invalid|unsupported|unexpected|killed)\b/i,
    40,
  ],
  [/错误|失败|不一致|异常/, 40],
];

function scoreOf(line: string, endsTraceback: boolean): number {
  for (const [pattern, score] of weak) if (pattern.test(line)) return score;
  if (endsTraceback) return 100;
  return strong.find(([pattern]) => pattern.test(line))?.[1] ?? 0;
}

/** Whether an exception's line holds nothing but its name and a place: what is wrong then stands elsewhere. */
function saysOnlyWhere(masked: string): boolean {
  const colon = masked.indexOf(":");
  if (colon < 0) return false;
  const words = masked.slice(colon + 1).replaceAll(/<\w+>/g, "");
  return !/\p{L}/u.test(words.replaceAll(/\b(?:at|in|line|file|column)\b/gi, ""));
}

/** One line with what differs from run to run masked, on single blanks. Placeholders of secrets stay as they are. */
export function maskedLine(line: string): string {
  const { text, restored } = withStandIns(line);
  return restored(withoutVariables(text));
}

function withoutVariables(line: string): string {
  return line
    .replaceAll(/\bnan\b/gi, "nan")
    .replaceAll(/[-+]?\binf(?:inity)?\b/gi, "inf")
    .replaceAll(/[^\s"'`()[\]{},;=<>|]+/g, maskedToken)
    .replaceAll(/<path>\(<num>\)/g, "<path>")
    .replaceAll(/<(?:num|zero)>(?:(?:, ?| ?[x×] ?)<(?:num|zero)>)+/g, "<nums>")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Ends of the names of files that outputs mention. */
const fileEnd =
  /\.(?:pyi?|ipynb|cuh?|c|cc|cpp|cxx|hp?p?|hxx|hip|so(?:\.\d+)*|a|o|ptx|cubin|ll|mlir|ttg?ir|rs|go|java|[mc]?[jt]sx?|json|ya?ml|toml|txt|md|sh|log|cmake)$/i;

function maskedToken(token: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(token)) return "<url>";
  const [, core = token, tail = ""] = /^(.*?)(?:[:@]\d+)*([:.!?]*)$/.exec(token) ?? [];
  if (isPath(core)) return `<path>${tail.replace(/[.!?]/g, "")}`;
  if (/^\d{4}-\d\d-\d\d(?:T|$)|^\d\d:\d\d:\d\d/.test(core)) return "<time>";
  if (/^0x[\da-f]+$/i.test(core) || isDigest(core)) return `<hex>${tail}`;
  if (/^_Z[\w.$]{3,}$|^\?.+@@/.test(core)) return `<symbol>${tail}`;
  return token.replaceAll(number, (text) => (Number(text.replaceAll("_", "")) === 0 ? "<zero>" : "<num>"));
}

/** A number that is no part of a name such as `sm_90`; a unit may follow. */
const number =
  /(?<![\w.])[-+]?\d[\d_]*(?:\.\d+)*(?:e[-+]?\d+)?(?=$|[^\w]|(?:[munp]?s|[KMGT]i?B|x|bytes?)\b)/gi;

function isPath(core: string): boolean {
  if (!/[a-z]/i.test(core)) return false;
  if (fileEnd.test(core) && core.length > 3) return true;
  return /^(?:~?\/|\.{1,2}\/|[A-Za-z]:[\\/])[\w.@+-]/.test(core) && core.length > 2;
}

function isDigest(core: string): boolean {
  if (/^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i.test(core)) return true;
  return /^[\da-f]{8,}$/i.test(core) && /\d/.test(core) && /[a-f]/i.test(core);
}
