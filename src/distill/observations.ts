import type { Evidence } from "../evidence/evidence.ts";
import type { SearchVersions } from "../evidence/search-versions.ts";
import { changedLines } from "./change-words.ts";
import { atomsOf, type CodeChange, compareFacts, joinChanges } from "./code-change.ts";
import { type CodeFacts, readCodeFacts } from "./code-facts.ts";

/** One change, with everything that was measured about it. */
export interface Observation {
  change: CodeChange;
  /** The smallest diff among the pairs that decide. */
  diff: string;
  faster: Evidence[];
  slower: Evidence[];
  same: Evidence[];
  /** Changes that came along with these steps and, alone, did nothing or harm. */
  idle: CodeChange[];
  /** The pairs changed other things as well, so that the figures are not this change's alone. */
  amongOthers: boolean;
}

/** A pair of versions as the units that differ between them. */
interface Pair {
  item: Evidence;
  units: Set<number>;
}

/**
 * Groups measured pairs of versions by what was changed. Parts of changes that only ever occur together are one
 * unit. A pair with one unit tells about that unit; what such pairs show to do nothing or harm is taken out of
 * larger steps. Pairs that the small ones explain are left out, and slower pairs that they do not explain are
 * summed up by the unit that most of them share and no faster pair has.
 */
export function observe(evidence: readonly Evidence[], versions: SearchVersions): Observation[] {
  const { pairs, units } = unitsOf(evidence, versions);
  const groups = new Map<string, Observation>();
  const clean = pairs.filter((pair) => pair.units.size === 1);
  for (const pair of clean) add(groups, pair.units, pair.item, units);

  const verdict = new Map<number, "faster" | "slower" | "same">();
  for (const pair of clean) {
    const [unit = -1] = pair.units;
    const group = groups.get(keyOf(pair.units));
    if (group) verdict.set(unit, verdictOf(group));
  }
  const unexplained: Pair[] = [];
  for (const pair of pairs) {
    if (pair.units.size < 2) continue;
    if (pair.item.kind === "step") {
      const idle = [...pair.units].filter(
        (unit) => verdict.get(unit) === "same" || verdict.get(unit) === "slower",
      );
      const rest = new Set([...pair.units].filter((unit) => !idle.includes(unit)));
      if (rest.size === 0) continue;
      if (rest.size === 1 || !explainedBy(rest, pair.item, units, groups, verdict))
        add(groups, rest, pair.item, units, idle);
    } else if (
      pair.item.kind === "slower" &&
      ![...pair.units].some((unit) => verdict.get(unit) === "slower")
    ) {
      unexplained.push(pair);
    }
  }
  const culprits = sharedCulprits(unexplained, pairs, units);
  const covered = new Set(culprits.flatMap((culprit) => culprit.slower));
  for (const pair of unexplained) {
    if (pair.units.size <= maxUnits && !covered.has(pair.item)) add(groups, pair.units, pair.item, units);
  }
  for (const group of groups.values()) group.diff = clearestDiff(group);
  return [...mergeValues([...groups.values()]), ...culprits];
}

/**
 * A step adds nothing to its parts when each of them is known to help, or when all others are mere settings and
 * one part alone was at least as fast, give or take the noise.
 */
function explainedBy(
  rest: ReadonlySet<number>,
  item: Evidence,
  units: readonly CodeChange[],
  groups: ReadonlyMap<string, Observation>,
  verdict: ReadonlyMap<number, string>,
): boolean {
  const alone = [...rest].filter((unit) => verdict.get(unit) === "faster");
  if (alone.length === rest.size) return true;
  const others = [...rest].filter((unit) => !alone.includes(unit)).map((unit) => units[unit]);
  if (!others.every((change) => change && atomsOf({ ...change, settings: [] }).size === 0)) return false;
  const gains = alone.flatMap(
    (unit) => groups.get(String(unit))?.faster.map((step) => step.improvement ?? 0) ?? [],
  );
  return gains.length > 0 && (item.improvement ?? 0) <= Math.max(...gains) + noise;
}

/** Shares of time below this are noise: the threshold by which steps were kept. */
const noise = 0.01;

/** One observation for one setting and value, from whatever value it came, where the outcome is the same. */
function mergeValues(observations: readonly Observation[]): Observation[] {
  const merged = new Map<string, Observation>();
  for (const [index, observation] of observations.entries()) {
    const [setting, ...more] = observation.change.settings;
    const isValue =
      setting !== undefined &&
      more.length === 0 &&
      setting.to !== null &&
      atomsOf(observation.change).size === 1;
    const key = isValue
      ? `${setting.owner}\0${setting.name}\0${setting.to}\0${verdictOf(observation)}`
      : String(index);
    const known = merged.get(key);
    if (!known) merged.set(key, { ...observation });
    else {
      merged.set(key, {
        change: joinChanges([known.change, observation.change]),
        diff: known.diff.length <= observation.diff.length ? known.diff : observation.diff,
        faster: [...known.faster, ...observation.faster],
        slower: [...known.slower, ...observation.slower],
        same: [...known.same, ...observation.same],
        idle: [...new Set([...known.idle, ...observation.idle])],
        amongOthers: false,
      });
    }
  }
  return [...merged.values()];
}

function verdictOf(group: Observation): "faster" | "slower" | "same" {
  if (group.faster.length > group.slower.length) return "faster";
  return group.slower.length > 0 ? "slower" : "same";
}

/** Compares every measured pair and numbers the units that their changes are made of. */
function unitsOf(
  evidence: readonly Evidence[],
  versions: SearchVersions,
): { pairs: Pair[]; units: CodeChange[] } {
  const facts = new Map<string, CodeFacts | undefined>();
  const factsOf = (task: string): CodeFacts | undefined => {
    if (!facts.has(task)) {
      const code = versions.codeOf(task);
      facts.set(task, code === undefined ? undefined : readCodeFacts(code));
    }
    return facts.get(task);
  };
  const compared: { item: Evidence; atoms: Map<string, CodeChange> }[] = [];
  const occurrences = new Map<string, number[]>();
  for (const item of evidence) {
    if (item.kind !== "step" && item.kind !== "slower" && item.kind !== "same") continue;
    const before = factsOf(item.parent_id ?? "");
    const after = factsOf(item.child_id ?? "");
    if (!before || !after) continue;
    const atoms = atomsOf(compareFacts(before, after));
    const unnamed = joinChanges([]);
    if (atoms.size === 0) atoms.set(`lines ${lineKey(item.diff ?? "")}`, unnamed);
    for (const key of atoms.keys()) {
      const list = occurrences.get(key);
      if (list) list.push(compared.length);
      else occurrences.set(key, [compared.length]);
    }
    compared.push({ item, atoms });
  }
  const numbers = new Map<string, number>();
  const unitByAtom = new Map<string, number>();
  const parts: CodeChange[][] = [];
  for (const { atoms } of compared) {
    for (const [key, change] of atoms) {
      if (unitByAtom.has(key)) continue;
      const together = (occurrences.get(key) ?? []).join(",");
      const unit = numbers.get(together) ?? parts.length;
      if (unit === parts.length) parts.push([]);
      numbers.set(together, unit);
      unitByAtom.set(key, unit);
      parts[unit]?.push(change);
    }
  }
  return {
    pairs: compared.map(({ item, atoms }) => ({
      item,
      units: new Set([...atoms.keys()].map((key) => unitByAtom.get(key) ?? -1)),
    })),
    units: parts.map(joinChanges),
  };
}

function keyOf(units: ReadonlySet<number>): string {
  return [...units].sort((a, b) => a - b).join(",");
}

function add(
  groups: Map<string, Observation>,
  units: ReadonlySet<number>,
  item: Evidence,
  all: readonly CodeChange[],
  idle: readonly number[] = [],
): void {
  const key = keyOf(units);
  const group: Observation = groups.get(key) ?? {
    change: joinChanges([...units].map((unit) => all[unit] ?? joinChanges([]))),
    diff: "",
    faster: [],
    slower: [],
    same: [],
    idle: [],
    amongOthers: false,
  };
  groups.set(key, group);
  if (item.kind === "step") group.faster.push(item);
  else if (item.kind === "slower") group.slower.push(item);
  else group.same.push(item);
  for (const unit of idle) {
    const change = all[unit];
    if (change && !group.idle.includes(change)) group.idle.push(change);
  }
}

/** A slower pair that changed more things than this teaches nothing about any of them. */
const maxUnits = 4;

/** How many shared culprits are looked for: more than a skill ever shows. */
const maxCulprits = 20;

/** Covers slower pairs, again and again by the unit that most of them have and no faster pair has. */
function sharedCulprits(
  slower: readonly Pair[],
  pairs: readonly Pair[],
  units: readonly CodeChange[],
): Observation[] {
  const innocent = new Set(
    pairs.filter((pair) => pair.item.kind === "step").flatMap((pair) => [...pair.units]),
  );
  const observations: Observation[] = [];
  let open = [...slower];
  while (open.length > 0 && observations.length < maxCulprits) {
    const counts = new Map<number, number>();
    for (const pair of open) {
      for (const unit of pair.units) if (!innocent.has(unit)) counts.set(unit, (counts.get(unit) ?? 0) + 1);
    }
    let culprit = -1;
    for (const [unit, count] of counts) if (count > (counts.get(culprit) ?? 0)) culprit = unit;
    if ((counts.get(culprit) ?? 0) < 2) break;
    const guilty = open.filter((pair) => pair.units.has(culprit)).map((pair) => pair.item);
    const same = pairs
      .filter((pair) => pair.item.kind === "same" && pair.units.has(culprit))
      .map((pair) => pair.item);
    const observation: Observation = {
      change: units[culprit] ?? joinChanges([]),
      diff: "",
      faster: [],
      slower: guilty,
      same,
      idle: [],
      amongOthers: true,
    };
    observation.diff = clearestDiff(observation);
    observations.push(observation);
    open = open.filter((pair) => !pair.units.has(culprit));
  }
  return observations;
}

function lineKey(diff: string): string {
  const { removed, added } = changedLines(diff);
  return [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)].join("\n");
}

function clearestDiff(group: Observation): string {
  const decisive = group.faster.length > 0 ? group.faster : [...group.slower, ...group.same];
  const diffs = decisive.map((item) => item.diff ?? "").filter((diff) => diff !== "");
  return diffs.reduce((best, diff) => (best === "" || diff.length < best.length ? diff : best), "");
}
