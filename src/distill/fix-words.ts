import { code } from "./change-words.ts";

/** One thing that a fix does, in words for a reader and in a form that is equal in other programs. */
export interface FixPart {
  /** "add `mask=mask` to `tl.load`", without capital and full stop. */
  words: string;
  /** The words with names that a program chose for itself replaced by `_`. */
  key: string;
}

/** Longer code in a sentence is no help to a reader. */
const longest = 80;
/** A place that differs in more than this is told as whole lines. */
const longestDifference = 60;
/** More parts than this are told by their number; the code shows them. */
const maxParts = 4;

/**
 * What a unified diff does, part by part, equal parts once. Nothing but names in the diff goes into the words.
 */
export function fixParts(diff: string): FixPart[] {
  const parts = new Map<string, { verb: string; what: string; kind: string; where: Set<string> }>();
  for (const { removed, added } of placesOf(diff)) {
    for (const { verb, what, kind = what, where } of partsOfPlace(removed, added)) {
      const known = parts.get(`${verb}\0${what}`);
      if (known && where !== "") known.where.add(where);
      else if (!known)
        parts.set(`${verb}\0${what}`, { verb, what, kind, where: new Set(where === "" ? [] : [where]) });
    }
  }
  return [...parts.values()].map(({ verb, what, kind, where }) => {
    const places = [...where].sort().slice(0, 3);
    const target =
      places.length === 0 ? "" : ` ${verb === "add" ? "to" : "in"} ${places.map(code).join(" and ")}`;
    return { words: `${what}${target}`, key: withoutOwnNames(`${kind}${target}`) };
  });
}

/** One sentence for all parts; "and n more changes" where there are many. */
export function fixSentence(parts: readonly FixPart[]): string {
  const shown = parts.slice(0, maxParts).map((part) => part.words);
  const more = parts.length - shown.length;
  const rest =
    more > 0 ? [`make ${more} more ${more === 1 ? "change" : "changes"} like those in the code`] : [];
  const text = [...shown, ...rest].join("; ");
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What makes two fixes the same, whatever their programs call things. */
export function fixKey(parts: readonly FixPart[]): string {
  return [...new Set(parts.map((part) => part.key))].sort().join("\n");
}

/**
 * Text with names in code marks that a program chose for itself replaced by `_`. What stays is what means the same in
 * another program: called functions, attributes, keywords of calls, numbers and strings.
 */
export function withoutOwnNames(text: string): string {
  return text.replaceAll(/(`+)(.+?)\1/g, (_, mark: string, inner: string) => {
    const shown = inner.replaceAll(
      /"[^"]*"|'[^']*'|(?<![\w.])[A-Za-z_]\w*(?=(\s*\(|\.[A-Za-z_]|=(?!=))?)/g,
      (name: string, follows: string | undefined) => (isShared(name, follows) ? name : "_"),
    );
    return `${mark}${shown}${mark}`;
  });
}

/** Modules that kernels import under one name everywhere; keywords and types of the languages. */
const sharedNames = new Set(
  (
    "tl triton torch np math F nn cuda std import as def class return for while if else in not and or None True False " +
    "lambda with int float bool void const auto half double unsigned size_t self range len min max abs"
  ).split(" "),
);

function isShared(name: string, follows: string | undefined): boolean {
  if (/^["']/.test(name) || sharedNames.has(name)) return true;
  return follows !== undefined && (follows.startsWith("=") || follows.includes("("));
}

interface PlacedLines {
  removed: string[];
  added: string[];
}

/** The runs of changed lines of a unified diff, without empty lines. */
function placesOf(diff: string): PlacedLines[] {
  const places: PlacedLines[] = [];
  let open: PlacedLines | undefined;
  let isInHunk = false;
  for (const line of diff.split("\n")) {
    const sign = line.charAt(0);
    if (line.startsWith("@@")) isInHunk = true;
    if (!isInHunk || (sign !== "+" && sign !== "-")) {
      open = undefined;
      continue;
    }
    // New lines after which others go are another place.
    if (open === undefined || (sign === "-" && open.added.length > 0)) {
      open = { removed: [], added: [] };
      places.push(open);
    }
    if (line.slice(1).trim() !== "") (sign === "-" ? open.removed : open.added).push(line.slice(1));
  }
  return places.filter(({ removed, added }) => removed.length + added.length > 0);
}

interface RawPart {
  verb: "add" | "drop" | "write" | "indent";
  what: string;
  /** What stands for `what` in the key, where that is not the same with own names taken out. */
  kind?: string;
  /** The call that it happens in; may be empty. */
  where: string;
}

function partsOfPlace(removed: readonly string[], added: readonly string[]): RawPart[] {
  if (removed.length > 0 && removed.length === added.length) {
    return removed.map((before, index) => partOfPair(before.trim(), (added[index] ?? "").trim()));
  }
  if (removed.length === 0 || added.length === 0) {
    const verb = removed.length === 0 ? "add" : "drop";
    const lines = verb === "add" ? added : removed;
    return lines.length <= 2
      ? lines.map((line) => ({ verb, what: `${verb} ${code(shortened(line.trim()))}`, where: "" }))
      : [
          {
            verb,
            what: `${verb} the ${lines.length} lines around ${code(shortened(lines[0]?.trim() ?? ""))}`,
            where: "",
          },
        ];
  }
  const [from = "", to = ""] = [removed[0]?.trim(), added[0]?.trim()];
  const size = `${added.length} ${added.length === 1 ? "line" : "lines"}`;
  return [
    {
      verb: "write",
      what: `write ${size} from ${code(shortened(to))} instead of the ${removed.length} from ${code(shortened(from))}`,
      where: "",
    },
  ];
}

/** A line that was rewritten, by the smallest piece of it that differs. */
function partOfPair(before: string, after: string): RawPart {
  if (before === after)
    return { verb: "indent", what: `change the indentation of ${code(shortened(after))}`, where: "" };
  const { start, from, to } = difference(before, after);
  const where = callAround(before.slice(0, start));
  const whole: RawPart = {
    verb: "write",
    what: `write ${code(shortened(after))} instead of ${code(shortened(before))}`,
    where: "",
  };
  if (from.length > longestDifference || to.length > longestDifference) return whole;
  const [gone, came] = [from, to].map((text) => text.replaceAll(/^[\s,]+|[\s,]+$/g, ""));
  if (from.trim() === "" && came && isArgument(to))
    return { verb: "add", what: `add ${code(came)}`, where, kind: `add ${code(plainArgument(came))}` };
  if (to.trim() === "" && gone && isArgument(from))
    return { verb: "drop", what: `drop ${code(gone)}`, where, kind: `drop ${code(plainArgument(gone))}` };
  if (from.trim() === "" && start === before.length && /^\W+$/.test(to.trim())) {
    const keyword = /^\w*/.exec(before)?.[0] ?? "";
    const end = `with ${code(to.trim())}`;
    return {
      verb: "add",
      what: `end ${code(shortened(before))} ${end}`,
      kind: `end ${keyword} ${end}`,
      where: "",
    };
  }
  const grown = grownDifference(before, after, start, from, to);
  const target = /^([\w.[\]]+) = $/.exec(before.slice(0, start))?.[1];
  if (target !== undefined && from !== "" && to !== "") {
    return {
      verb: "write",
      what: `set ${code(target)} to ${code(grown.to)} instead of ${code(grown.from)}`,
      where: "",
    };
  }
  if (grown.from === "" || grown.to === "") return whole;
  const isInIt = where !== "" && grown.from.startsWith(`${where}(`);
  return {
    verb: "write",
    what: `write ${code(grown.to)} instead of ${code(grown.from)}`,
    where: isInIt ? "" : where,
  };
}

/** A keyword with a value that is made of a program's own names only, such as `mask=cols < n_cols`, as `mask=_`. */
function plainArgument(argument: string): string {
  const [, keyword, value = ""] = /^(\w+=)(.*)$/s.exec(argument) ?? [];
  const rest = withoutOwnNames(code(value)).replaceAll(/[`\s_<>=!+\-*/%&|^~()[\],:]/g, "");
  return keyword !== undefined && rest === "" ? `${keyword}_` : argument;
}

/** Whether an inserted text is an argument of its own and no part of one. */
function isArgument(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.startsWith(",") || trimmed.endsWith(",");
}

/** The text between the common start and the common end of two lines, cut at words. */
function difference(before: string, after: string): { start: number; from: string; to: string } {
  const [left, right] = [before, after].map((line) => line.match(/\w+|\s+|[^\w\s]/g) ?? []);
  const [a = [], b = []] = [left, right];
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const start = a.slice(0, head).join("").length;
  return {
    start,
    from: a.slice(head, a.length - tail).join(""),
    to: b.slice(head, b.length - tail).join(""),
  };
}

/** The difference with the names, keywords and dots that it hangs on: `num_stages=2` for `2`. */
function grownDifference(
  before: string,
  after: string,
  start: number,
  from: string,
  to: string,
): { from: string; to: string } {
  const hold = /(?:\w+=)?(?:[\w.]+\(|[\w.]*)$/.exec(before.slice(0, start))?.[0] ?? "";
  const rest = before.slice(start + from.length);
  const open = hold.endsWith("(") ? (/^\)/.exec(rest)?.[0] ?? "") : "";
  const grownFrom = `${hold}${from}${open}`.trim();
  const grownTo = `${hold}${to}${after.slice(start + to.length).startsWith(open) ? open : ""}`.trim();
  return grownFrom === "" || grownFrom.length > longest || grownTo.length > longest
    ? { from: from.trim(), to: to.trim() }
    : { from: grownFrom, to: grownTo };
}

/** The function whose call is open at the end of a text, where its name means the same elsewhere. */
function callAround(text: string): string {
  let depth = 0;
  for (let index = text.length - 1; index >= 0; index -= 1) {
    const character = text[index] ?? "";
    if (")]}".includes(character)) depth += 1;
    else if ("([{".includes(character)) {
      if (depth === 0) {
        const name = character === "(" ? (/[A-Za-z_][\w.:]*$/.exec(text.slice(0, index))?.[0] ?? "") : "";
        if (name !== "" || character === "(") return /[.:]/.test(name) ? name : "";
      } else depth -= 1;
    }
  }
  return "";
}

function shortened(line: string): string {
  return line.length <= longest ? line : `${line.slice(0, longest - 3)}...`;
}
