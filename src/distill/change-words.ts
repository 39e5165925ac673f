import { type CodeChange, isPosition, type SettingChange } from "./code-change.ts";

/** How many names, and how many characters, a title may hold before it turns into a list that nobody reads. */
const titleNames = 2;
const titleLength = 90;

/** A short imperative title for a change, such as "Set `BLOCK_SIZE` to `1024`". */
export function changeTitle(change: CodeChange, diff: string): string {
  const parts = titleParts(change);
  const [first] = parts;
  if (first === undefined) return lineTitle(diff);
  let shown = parts.slice(0, titleNames);
  if (shown.join(", ").length > titleLength) shown = [first];
  const title = capitalise(shown.join(", "));
  return parts.length > shown.length ? `${title} and ${parts.length - shown.length} more` : title;
}

/** The instruction in full: every named part of the change. */
export function changeInstruction(change: CodeChange): string {
  const parts = instructions(change);
  return parts.length === 0 ? "" : `${parts.join("; ")}.`;
}

/** For a title: a loop that came or went tells most; one that was only rewritten tells least. */
function titleParts(change: CodeChange): string[] {
  const short = {
    ...change,
    constructsAdded: change.constructsAdded.map(shorten),
    constructsRemoved: change.constructsRemoved.map(shorten),
  };
  const isRewritten = change.constructsAdded.length > 0 && change.constructsRemoved.length > 0;
  return isRewritten
    ? [...callParts(short), ...settingParts(short), ...constructParts(short)]
    : [...constructParts(short), ...callParts(short), ...settingParts(short)];
}

/** What to do, the most telling part first: loops and pragmas, then calls, then settings. */
function instructions(change: CodeChange): string[] {
  return [...constructParts(change), ...callParts(change), ...settingParts(change)];
}

/** The state in which the change was made: what the slower version had. */
export function changeCondition(change: CodeChange): string {
  const settings = groupSettings(change.settings).flatMap(({ name, from, owner }) =>
    from.length === 0 ? [] : [`${settingName(name, owner)} is ${list(from.map(code), "or")}`],
  );
  const calls = change.callsRemoved.map((call) => `the kernel calls ${code(call)}`);
  const constructs = change.constructsRemoved.map((construct) => `it has ${constructName(construct)}`);
  const states = [...settings, ...calls, ...constructs].slice(0, 3);
  return states.length === 0 ? "" : `${states.join(" and ")}.`;
}

/** A noun phrase for a change that did not help: "`num_warps` 16 instead of 4". */
export function changeNoun(change: CodeChange, diff: string): string {
  const [came, gone] = [change.constructsAdded, change.constructsRemoved];
  const isSwap = came.length === 1 && gone.length === 1;
  const parts = [
    ...(isSwap ? [`${constructName(came[0] ?? "")} instead of ${constructName(gone[0] ?? "")}`] : []),
    ...(isSwap ? [] : came).map((construct) => `adding ${constructName(construct)}`),
    ...(isSwap ? [] : gone).map((construct) => `dropping ${constructName(construct)}`),
    ...change.callsAdded.map((call) => `using ${code(call)}`),
    ...change.callsRemoved.map((call) => `doing without ${code(call)}`),
    ...settingNouns(change),
  ];
  if (parts.length === 0) return lineNoun(diff);
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

function settingParts(change: CodeChange): string[] {
  return groupSettings(change.settings).map(({ name, owner, from, to }) =>
    to === null
      ? `drop ${settingName(name, owner)} (${list(from.map(code), "or")})`
      : `set ${settingName(name, owner)} to ${code(to)}`,
  );
}

function settingNouns(change: CodeChange): string[] {
  return groupSettings(change.settings).map(({ name, owner, from, to }) => {
    const shown = settingName(name, owner);
    if (to === null) return `dropping ${shown} ${list(from.map(code), "or")}`;
    if (from.length === 0) return `setting ${shown} to ${code(to)}`;
    return `${shown} ${code(to)} instead of ${list(from.map(code), "or")}`;
  });
}

function settingName(name: string, owner: string): string {
  if (isPosition({ name })) return `${name} of ${code(owner)}`;
  return owner === "" ? code(name) : `${code(name)} of ${code(owner)}`;
}

function callParts(change: CodeChange): string[] {
  const added = change.callsAdded.map(code);
  const removed = change.callsRemoved.map(code);
  if (added.length > 0 && removed.length > 0) return [`use ${list(added)} instead of ${list(removed)}`];
  if (added.length > 0) return [`use ${list(added)}`];
  return removed.length > 0 ? [`do without ${list(removed)}`] : [];
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

/** Where a change has no name of its own, its lines are the title. */
function lineTitle(diff: string): string {
  const { removed, added } = changedLines(diff);
  if (added.length > 0 && removed.length > 0)
    return `Write ${code(shorten(added[0]))} instead of ${code(shorten(removed[0]))}`;
  if (added.length > 0) return `Add ${code(shorten(added[0]))}`;
  return removed.length > 0 ? `Drop ${code(shorten(removed[0]))}` : "Change the code as shown";
}

function lineNoun(diff: string): string {
  const { removed, added } = changedLines(diff);
  if (added.length > 0 && removed.length > 0)
    return `${code(shorten(added[0]))} instead of ${code(shorten(removed[0]))}`;
  if (added.length > 0) return `Adding ${code(shorten(added[0]))}`;
  return removed.length > 0 ? `Dropping ${code(shorten(removed[0]))}` : "A change of the code";
}

/** The changed lines of a unified diff without its headers, trimmed. */
export function changedLines(diff: string): { removed: string[]; added: string[] } {
  const lines = diff.split("\n").filter((line) => !line.startsWith("--- ") && !line.startsWith("+++ "));
  const pick = (sign: string): string[] =>
    lines
      .filter((line) => line.startsWith(sign) && line.slice(1).trim() !== "")
      .map((line) => line.slice(1).trim());
  return { removed: pick("-"), added: pick("+") };
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
