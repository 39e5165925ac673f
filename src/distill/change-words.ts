import { type CodeChange, isPosition, type LineChange, type SettingChange } from "./code-change.ts";

/** A title may be this long before it turns into a list that nobody reads. */
const titleLength = 90;

/** A short imperative title for a change, such as "Set `BLOCK_SIZE` to `1024`": its most telling parts. */
export function changeTitle(change: CodeChange): string {
  const [first = "change the code as shown", second] = titleParts(change);
  return capitalise(
    second !== undefined && `${first}, ${second}`.length <= titleLength ? `${first}, ${second}` : first,
  );
}

/** The instruction in full: every named part of the change. */
export function changeInstruction(change: CodeChange): string {
  return `${partsOf(change).join("; ")}.`;
}

/** How many things a change asks for. */
export function partCount(change: CodeChange): number {
  return partsOf(change).length;
}

/** For a title: a loop that came or went tells most; one that was only rewritten tells least. */
function titleParts(change: CodeChange): string[] {
  const short = {
    ...change,
    constructsAdded: change.constructsAdded.map(shorten).slice(0, 2),
    constructsRemoved: change.constructsRemoved.map(shorten).slice(0, 2),
    callsAdded: change.callsAdded.slice(0, 3),
    callsRemoved: change.callsRemoved.slice(0, 3),
  };
  const isRewritten = change.constructsAdded.length > 0 && change.constructsRemoved.length > 0;
  const [constructs, calls, settings] = [constructParts(short), callParts(short), settingParts(short)];
  const parts = isRewritten ? [...calls, ...settings, ...constructs] : [...constructs, ...calls, ...settings];
  return [...parts, ...change.lines.map(linePart)];
}

/** What to do, the most telling part first: loops and pragmas, then calls, settings and other lines. */
function partsOf(change: CodeChange): string[] {
  return [
    ...constructParts(change),
    ...callParts(change),
    ...settingParts(change),
    ...change.lines.map(linePart),
  ];
}

/** The state in which the change was made: what the slower version had. */
export function changeCondition(change: CodeChange): string {
  const settings = groupSettings(change.settings).flatMap(({ name, from, owner }) =>
    from.length === 0 ? [] : [`${settingName(name, owner)} is ${list(from.map(code), "or")}`],
  );
  const calls =
    change.callsRemoved.length > 0 ? [`the kernel calls ${list(change.callsRemoved.map(code))}`] : [];
  const gone = change.constructsRemoved.map(constructName);
  const constructs = gone.length > 0 ? [`the code has ${list(gone)}`] : [];
  const states = [...settings, ...calls, ...constructs].slice(0, 3);
  if (states.length > 0) return `${states.join(", and ")}.`;
  const missing = [
    ...change.constructsAdded.map((construct) => constructName(construct).replace(/^the /, "")),
    ...change.callsAdded.map(code),
  ].slice(0, 2);
  if (missing.length > 0) return `the code has no ${list(missing, "or")}.`;
  const unset = change.settings.slice(0, 2).map(({ name, owner }) => settingName(name, owner));
  if (unset.length > 0) return `${list(unset)} ${unset.length === 1 ? "is" : "are"} not set.`;
  const removed = change.lines.flatMap((lines) => lines.removed.slice(0, 1)).slice(0, 1);
  return removed.length > 0
    ? `the code has ${code(shorten(removed[0]))}.`
    : "the code lacks the lines marked `+` below.";
}

/** A noun phrase for a change that did not help: "`num_warps` 16 instead of 4". */
export function changeNoun(change: CodeChange): string {
  const [came, gone] = [change.constructsAdded, change.constructsRemoved];
  const isSwap = came.length === 1 && gone.length === 1;
  const { swapped, added, removed } = callSwaps(change);
  const parts = [
    ...(isSwap ? [`${constructName(came[0] ?? "")} instead of ${constructName(gone[0] ?? "")}`] : []),
    ...(isSwap ? [] : came).map((construct) => `adding ${constructName(construct)}`),
    ...(isSwap ? [] : gone).map((construct) => `dropping ${constructName(construct)}`),
    ...swapped.map(([to, from]) => `${code(to)} instead of ${code(from)}`),
    ...added.map((call) => `using ${code(call)}`),
    ...removed.map((call) => `doing without ${code(call)}`),
    ...settingNouns(change),
    ...change.lines.slice(0, 2).map(lineNoun),
  ];
  const shown =
    parts.length > 3 ? `${parts.slice(0, 3).join(", ")} and ${parts.length - 3} more changes` : list(parts);
  return capitalise(shown);
}

/** Changes of one setting to one value, from whatever it was. */
function groupSettings(
  settings: readonly SettingChange[],
): { name: string; owner: string; from: string[]; to: string | null }[] {
  const groups = new Map<string, { name: string; owner: string; from: string[]; to: string | null }>();
  for (const { name, owner, from, to } of settings) {
    const key = `${owner}\0${name}\0${to ?? ""}`;
    const group = groups.get(key) ?? { name, owner, from: [], to };
    groups.set(key, group);
    if (from !== null && !group.from.includes(from)) group.from.push(from);
  }
  for (const group of groups.values()) group.from.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1));
  return [...groups.values()];
}

/** More settings than this in one change are counted. */
const maxSettings = 6;

function settingParts(change: CodeChange): string[] {
  const groups = groupSettings(change.settings);
  const more = groups.length > maxSettings ? [`change ${groups.length - maxSettings} more settings`] : [];
  const parts = groups
    .slice(0, maxSettings)
    .map(({ name, owner, from, to }) =>
      to === null
        ? `drop ${settingName(name, owner)} (was ${list(from.map(code), "or")})`
        : `set ${settingName(name, owner)} to ${code(to)}`,
    );
  return [...parts, ...more];
}

function settingNouns(change: CodeChange): string[] {
  return groupSettings(change.settings).map(({ name, owner, from, to }) => {
    const shown = settingName(name, owner);
    if (to === null) return `dropping ${shown} (was ${list(from.map(code), "or")})`;
    if (from.length === 0) return `setting ${shown} to ${code(to)}`;
    return `${shown} ${code(to)} instead of ${list(from.map(code), "or")}`;
  });
}

function settingName(name: string, owner: string): string {
  if (isPosition({ name })) return `${name} of ${code(owner)}`;
  return owner === "" ? code(name) : `${code(name)} of ${code(owner)}`;
}

/** Calls that took another's place: one name holds the other, as in `tl.exp2` for `tl.exp`. */
function callSwaps(change: CodeChange): {
  swapped: [to: string, from: string][];
  added: string[];
  removed: string[];
} {
  const removed = [...change.callsRemoved];
  const swapped: [string, string][] = [];
  const added = change.callsAdded.filter((call) => {
    const index = removed.findIndex((other) => isVariant(call, other));
    if (index < 0) return true;
    swapped.push([call, removed[index] ?? ""]);
    removed.splice(index, 1);
    return false;
  });
  return { swapped, added, removed };
}

function isVariant(one: string, other: string): boolean {
  const [a = "", b = ""] = [one, other].map((call) => /\w+(?=\W*$)/.exec(call)?.[0].toLowerCase());
  return a !== "" && b !== "" && (a.includes(b) || b.includes(a));
}

function callParts(change: CodeChange): string[] {
  const { swapped, added, removed } = callSwaps(change);
  return [
    ...swapped.map(([to, from]) => `use ${code(to)} instead of ${code(from)}`),
    ...(added.length > 0 ? [`use ${list(added.map(code))}`] : []),
    ...(removed.length > 0 ? [`do without ${list(removed.map(code))}`] : []),
  ];
}

function constructParts(change: CodeChange): string[] {
  const added = change.constructsAdded.map(constructName);
  const removed = change.constructsRemoved.map(constructName);
  if (added.length > 0 && removed.length > 0) return [`write ${list(added)} instead of ${list(removed)}`];
  if (added.length > 0) return [`add ${list(added)}`];
  return removed.length > 0 ? [`drop ${list(removed)}`] : [];
}

function constructName(construct: string): string {
  const flag = /^(\w+): (\S+)$/.exec(construct);
  if (flag) return `${code(flag[2] ?? "")} in ${code(flag[1] ?? "")}`;
  if (/^(?:for|while)\b/.test(construct)) return `the loop ${code(construct)}`;
  return construct.startsWith("<<<") ? `the launch ${code(construct)}` : code(construct);
}

/** A line that was rewritten, by what differs in it. */
function linePart({ removed, added }: LineChange): string {
  const [before, after] = [removed[0], added[0]];
  if (before === undefined) return `add ${code(shorten(after))}`;
  if (after === undefined) return `drop ${code(shorten(before))}`;
  const { from, to } = difference(before, after);
  const isSmall =
    removed.length === 1 && added.length === 1 && from !== "" && to !== "" && from.length + to.length <= 40;
  return isSmall && before.length > 50
    ? `write ${code(to)} instead of ${code(from)} in ${code(shorten(after))}`
    : `write ${code(shorten(after))} instead of ${code(shorten(before))}`;
}

function lineNoun(lines: LineChange): string {
  return linePart(lines)
    .replace(/^add /, "adding ")
    .replace(/^drop /, "dropping ")
    .replace(/^write /, "");
}

/** What is left of two lines without their common beginning and end, cut at words. */
function difference(before: string, after: string): { from: string; to: string } {
  const left = before.match(/\w+|\W/g) ?? [];
  const right = after.match(/\w+|\W/g) ?? [];
  let start = 0;
  while (start < Math.min(left.length, right.length) && left[start] === right[start]) start += 1;
  let end = 0;
  while (
    end < Math.min(left.length, right.length) - start &&
    left[left.length - 1 - end] === right[right.length - 1 - end]
  ) {
    end += 1;
  }
  return {
    from: left
      .slice(start, left.length - end)
      .join("")
      .trim(),
    to: right
      .slice(start, right.length - end)
      .join("")
      .trim(),
  };
}

function shorten(line = ""): string {
  return line.length <= 50 ? line : `${line.slice(0, 47)}...`;
}

/** Text of a trace as a code span: one line, and with a fence longer than any run of backticks in it. */
export function code(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}

function list(items: readonly string[], word: "and" | "or" = "and"): string {
  if (items.length > 4) return `${items.slice(0, 4).join(", ")} ${word} ${items.length - 4} more`;
  return items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} ${word} ${items.at(-1)}`;
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
