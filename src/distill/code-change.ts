import type { SourceLanguage } from "../evidence/source-text.ts";
import { type CodeFacts, readCodeFacts, type Setting } from "./code-facts.ts";

/** A setting whose value differs; `from` or `to` is null where one side does not have it. */
export interface SettingChange {
  name: string;
  owner: string;
  from: string | null;
  to: string | null;
}

/** Lines that changed in one place and hold nothing that has a name; trimmed. */
export interface LineChange {
  removed: string[];
  added: string[];
}

/** What differs between two versions of a program, in names that stand in its code. */
export interface CodeChange {
  settings: SettingChange[];
  callsAdded: string[];
  callsRemoved: string[];
  constructsAdded: string[];
  constructsRemoved: string[];
  lines: LineChange[];
}

/** Compares two versions by their facts. Both texts are without comments. */
export function compareCode(before: string, after: string, language: SourceLanguage = "python"): CodeChange {
  return compareFacts(readCodeFacts(before, language), readCodeFacts(after, language));
}

export function compareFacts(left: CodeFacts, right: CodeFacts): CodeChange {
  const change: CodeChange = {
    settings: settingChanges(left.settings, right.settings),
    callsAdded: only(right.calls, left.calls),
    callsRemoved: only(left.calls, right.calls),
    constructsAdded: only(right.constructs, left.constructs),
    constructsRemoved: only(left.constructs, right.constructs),
    lines: [],
  };
  // A number by position, such as the 256 in `triton.cdiv(n, 256)`, usually repeats something that has a name.
  const named = change.settings.filter((setting) => !isPosition(setting));
  const others = named.length + atomsOf({ ...change, settings: [] }).size;
  return others > 0 ? { ...change, settings: named } : change;
}

/** The smallest parts of a change, by a key that is equal for equal parts wherever they were made. */
export function atomsOf(change: CodeChange): Map<string, CodeChange> {
  const atoms = new Map<string, CodeChange>();
  const none = noChange();
  for (const setting of change.settings) {
    atoms.set(`=${setting.owner} ${setting.name} ${setting.from ?? ""}>${setting.to ?? ""}`, {
      ...none,
      settings: [setting],
    });
  }
  for (const call of change.callsAdded) atoms.set(`+${call}()`, { ...none, callsAdded: [call] });
  for (const call of change.callsRemoved) atoms.set(`-${call}()`, { ...none, callsRemoved: [call] });
  for (const construct of change.constructsAdded)
    atoms.set(`+${construct}`, { ...none, constructsAdded: [construct] });
  for (const construct of change.constructsRemoved)
    atoms.set(`-${construct}`, { ...none, constructsRemoved: [construct] });
  for (const lines of change.lines) {
    const key = [...lines.removed.map((line) => `-${line}`), ...lines.added.map((line) => `+${line}`)].join(
      "\n",
    );
    atoms.set(`lines ${key}`, { ...none, lines: [lines] });
  }
  return atoms;
}

function noChange(): CodeChange {
  return {
    settings: [],
    callsAdded: [],
    callsRemoved: [],
    constructsAdded: [],
    constructsRemoved: [],
    lines: [],
  };
}

/** One change from its parts, in their order. */
export function joinChanges(parts: Iterable<CodeChange>): CodeChange {
  const joined = noChange();
  for (const part of parts) {
    joined.settings.push(...part.settings);
    joined.callsAdded.push(...part.callsAdded);
    joined.callsRemoved.push(...part.callsRemoved);
    joined.constructsAdded.push(...part.constructsAdded);
    joined.constructsRemoved.push(...part.constructsRemoved);
    joined.lines.push(...part.lines);
  }
  return joined;
}

export function isPosition(setting: { name: string }): boolean {
  return setting.name.startsWith("argument ");
}

function settingChanges(before: readonly Setting[], after: readonly Setting[]): SettingChange[] {
  const left = byKey(before);
  const right = byKey(after);
  const changes: SettingChange[] = [];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const from = left.get(key) ?? [];
    const to = right.get(key) ?? [];
    const [owner = "", name = ""] = key.split("\0");
    const gone = without(from, to);
    const came = without(to, from);
    // One use more or less of a value that stays is no change of the setting.
    if (gone.length === 0 && from.length > 0 && came.every((value) => from.includes(value))) continue;
    if (came.length === 0 && to.length > 0) continue;
    for (let i = 0; i < Math.max(gone.length, came.length); i += 1) {
      changes.push({ owner, name, from: gone[i] ?? null, to: came[i] ?? null });
    }
  }
  return changes;
}

function byKey(settings: readonly Setting[]): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const { owner, name, value } of settings) {
    const key = `${owner}\0${name}`;
    const values = map.get(key);
    if (values) values.push(value);
    else map.set(key, [value]);
  }
  return map;
}

/** What `list` has more often than `other`. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const value of other) counts.set(value, (counts.get(value) ?? 0) + 1);
  return list.filter((value) => {
    const left = counts.get(value) ?? 0;
    counts.set(value, left - 1);
    return left <= 0;
  });
}

function only(set: ReadonlySet<string>, other: ReadonlySet<string>): string[] {
  return [...set].filter((value) => !other.has(value));
}
