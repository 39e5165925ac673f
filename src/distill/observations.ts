import type { Evidence } from "../evidence/evidence.ts";
import type { SearchVersions } from "../evidence/search-versions.ts";
import { unnamedPlaces } from "./change-lines.ts";
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
  /** Changes that came along with some of these pairs and, alone, did nothing or harm. */
  idle: CodeChange[];
  /** The pairs changed other things as well, so that the figures are not this change's alone. */
  amongOthers: boolean;
  /** Some of these pairs set a record on their path: the change is part of how the search got fast. */
  onRecordPath: boolean;
}

/** A pair of versions as the units that differ between them. */
interface Pair {
  item: Evidence;
  units: Set<number>;
  onRecordPath: boolean;
}

type Outcome = "faster" | "slower" | "same";

/** A slower pair that changed more things than this teaches little about any of them. */
const maxUnits = 4;

/** Large losses are told whatever they changed: so many of them. */
const rewrites = 2;

/** Shares of time below this count as no difference: the threshold by which steps were kept. */
const threshold = 0.01;

/**
 * Groups measured pairs of versions by what was changed. Where a version was measured beside the one it was derived
 * from, that pair counts, and not the step over several generations that spans it. Parts of changes that only ever
 * occur together are one unit. A pair with one unit tells about that unit; what such pairs show to do nothing or
 * harm is taken out of larger ones, and larger ones that their parts explain are left out. Slower pairs that no
 * part explains are summed up by the unit that most of them share and no faster pair has.
 */
export function observe(evidence: readonly Evidence[], versions: SearchVersions): Observation[] {
  const { pairs, units } = unitsOf(evidence, versions);
  const groups = new Map<string, Observation>();
  const add = (members: ReadonlySet<number>, pair: Pair, idle: readonly number[] = []): void => {
    addTo(groups, members, pair, units, idle);
  };
  for (const pair of pairs) if (pair.units.size === 1) add(pair.units, pair);

  const outcome = new Map<number, Outcome>();
  for (const pair of pairs) {
    const [unit = -1] = pair.units;
    const group = pair.units.size === 1 ? groups.get(keyOf(pair.units)) : undefined;
    if (group) outcome.set(unit, outcomeOf(group));
  }
  const idleSets = pairs.filter(
    (pair) => pair.item.kind !== "step" && pair.item.kind !== "faster" && pair.units.size > 1,
  );
  const unexplained: Pair[] = [];
  for (const pair of pairs) {
    if (pair.units.size < 2) continue;
    const isFaster = pair.item.kind === "step" || pair.item.kind === "faster";
    if (isFaster) {
      const idle = idleUnits(pair.units, outcome, idleSets);
      const rest = new Set([...pair.units].filter((unit) => !idle.includes(unit)));
      if (rest.size === 0) add(pair.units, pair);
      else if (rest.size === 1 || !isExplained(rest, pair.item, units, groups, outcome))
        add(rest, pair, idle);
    } else if (
      pair.item.kind === "slower" &&
      ![...pair.units].some((unit) => outcome.get(unit) === "slower")
    ) {
      unexplained.push(pair);
    }
  }
  const culprits = sharedCulprits(unexplained, pairs, units);
  const covered = new Set(culprits.flatMap((culprit) => culprit.slower));
  const open = unexplained.filter((pair) => !covered.has(pair.item));
  const largest = [...open].sort((a, b) => lossOf(b.item) - lossOf(a.item)).slice(0, rewrites);
  for (const pair of open) if (pair.units.size <= maxUnits || largest.includes(pair)) add(pair.units, pair);
  for (const group of groups.values()) group.diff = clearestDiff(group);
  return [...withoutInverses(mergeValues([...groups.values()])), ...culprits];
}

export function outcomeOf(group: Observation): Outcome {
  if (group.faster.length > group.slower.length) return "faster";
  return group.slower.length > 0 ? "slower" : "same";
}

function lossOf(item: Evidence): number {
  return -(item.improvement ?? 0);
}

/** Units that alone did nothing or harm, and sets of units that together did nothing in a pair of their own. */
function idleUnits(
  units: ReadonlySet<number>,
  outcome: ReadonlyMap<number, Outcome>,
  idleSets: readonly Pair[],
): number[] {
  const idle = new Set(
    [...units].filter((unit) => outcome.get(unit) === "same" || outcome.get(unit) === "slower"),
  );
  for (const pair of idleSets) {
    if (pair.units.size < units.size && [...pair.units].every((unit) => units.has(unit))) {
      for (const unit of pair.units) if (outcome.get(unit) !== "faster") idle.add(unit);
    }
  }
  return [...idle];
}

/**
 * A pair adds nothing to its parts when each of them is known to help, or when all others are mere settings and
 * one part alone was at least as fast, give or take the threshold.
 */
function isExplained(
  rest: ReadonlySet<number>,
  item: Evidence,
  units: readonly CodeChange[],
  groups: ReadonlyMap<string, Observation>,
  outcome: ReadonlyMap<number, Outcome>,
): boolean {
  const alone = [...rest].filter((unit) => outcome.get(unit) === "faster");
  if (alone.length === rest.size) return true;
  const others = [...rest].filter((unit) => !alone.includes(unit)).map((unit) => units[unit]);
  if (!others.every((change) => change && atomsOf({ ...change, settings: [] }).size === 0)) return false;
  const gains = alone.flatMap(
    (unit) => groups.get(String(unit))?.faster.map((step) => step.improvement ?? 0) ?? [],
  );
  return gains.some((gain) => (item.improvement ?? 0) <= gain + threshold);
}

/** Compares every pair and numbers the units that their changes are made of. */
function unitsOf(
  evidence: readonly Evidence[],
  versions: SearchVersions,
): { pairs: Pair[]; units: CodeChange[] } {
  const facts = new Map<string, CodeFacts | undefined>();
  const factsOf = (task: string): CodeFacts | undefined => {
    if (!facts.has(task)) {
      const code = versions.codeOf(task);
      facts.set(task, code === undefined ? undefined : readCodeFacts(code, versions.languageOf(task)));
    }
    return facts.get(task);
  };
  const compared: { item: Evidence; atoms: Map<string, CodeChange>; onRecordPath: boolean }[] = [];
  const occurrences = new Map<string, number[]>();
  for (const { item, onRecordPath } of directPairs(evidence, versions)) {
    const before = factsOf(item.parent_id ?? "");
    const after = factsOf(item.child_id ?? "");
    if (!before || !after) continue;
    const named = compareFacts(before, after);
    const atoms = atomsOf({ ...named, lines: unnamedPlaces(item.diff ?? "", named) });
    for (const key of atoms.keys()) {
      const list = occurrences.get(key);
      if (list) list.push(compared.length);
      else occurrences.set(key, [compared.length]);
    }
    if (atoms.size > 0) compared.push({ item, atoms, onRecordPath });
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
    pairs: compared.map(({ item, atoms, onRecordPath }) => ({
      item,
      onRecordPath,
      units: new Set([...atoms.keys()].map((key) => unitByAtom.get(key) ?? -1)),
    })),
    units: parts.map(joinChanges),
  };
}

/** Pairs to learn from: direct ones, and steps over generations whose gain no direct pair on the way shows. */
function directPairs(
  evidence: readonly Evidence[],
  versions: SearchVersions,
): { item: Evidence; onRecordPath: boolean }[] {
  const direct = new Map<string, Evidence>();
  const spanning: Evidence[] = [];
  for (const item of evidence) {
    if (!["step", "faster", "slower", "same"].includes(item.kind) || item.child_id === undefined) continue;
    if (versions.parentOf(item.child_id) === item.parent_id) direct.set(item.child_id, item);
    else spanning.push(item);
  }
  const recorded = new Set<Evidence>();
  const kept: Evidence[] = [];
  for (const item of spanning) {
    const onTheWay = pathOf(item, versions).map((task) => direct.get(task));
    const gains = onTheWay.filter((pair) => pair && (pair.improvement ?? 0) >= threshold);
    for (const pair of gains) if (pair) recorded.add(pair);
    if (gains.length === 0 || onTheWay.includes(undefined)) kept.push(item);
  }
  return [
    ...[...direct.values()].map((item) => ({
      item,
      onRecordPath: item.kind === "step" || recorded.has(item),
    })),
    ...kept.map((item) => ({ item, onRecordPath: true })),
  ];
}

/** The versions from the child of a step up to, and without, its parent. */
function pathOf(item: Evidence, versions: SearchVersions): string[] {
  const path: string[] = [];
  const seen = new Set<string>();
  for (let task = item.child_id; task !== undefined && task !== item.parent_id && !seen.has(task);) {
    seen.add(task);
    path.push(task);
    task = versions.parentOf(task);
  }
  return path;
}

function keyOf(units: ReadonlySet<number>): string {
  return [...units].sort((a, b) => a - b).join(",");
}

function addTo(
  groups: Map<string, Observation>,
  members: ReadonlySet<number>,
  pair: Pair,
  units: readonly CodeChange[],
  idle: readonly number[],
): void {
  const key = keyOf(members);
  const group: Observation = groups.get(key) ?? {
    ...noObservation,
    change: joinChanges([...members].flatMap((unit) => units[unit] ?? [])),
    faster: [],
    slower: [],
    same: [],
    idle: [],
  };
  groups.set(key, group);
  const { kind } = pair.item;
  if (kind === "slower") group.slower.push(pair.item);
  else if (kind === "same") group.same.push(pair.item);
  else group.faster.push(pair.item);
  group.onRecordPath ||= pair.onRecordPath;
  for (const unit of idle) {
    const change = units[unit];
    if (change && !group.idle.includes(change)) group.idle.push(change);
  }
}

const noObservation = { diff: "", amongOthers: false, onRecordPath: false };

/** One observation for one setting and value, from whatever value it came, where the outcome is the same. */
function mergeValues(observations: readonly Observation[]): Observation[] {
  const merged = new Map<string, Observation>();
  for (const [index, observation] of observations.entries()) {
    const [setting] = observation.change.settings;
    const isValue = setting !== undefined && setting.to !== null && atomsOf(observation.change).size === 1;
    const key = isValue
      ? [setting.owner, setting.name, setting.to, outcomeOf(observation)].join("\0")
      : String(index);
    const known = merged.get(key);
    merged.set(key, known ? joinObservations(known, observation) : observation);
  }
  return [...merged.values()];
}

function joinObservations(one: Observation, other: Observation): Observation {
  return {
    change: joinChanges([one.change, other.change]),
    diff: one.diff.length <= other.diff.length ? one.diff : other.diff,
    faster: [...one.faster, ...other.faster],
    slower: [...one.slower, ...other.slower],
    same: [...one.same, ...other.same],
    idle: [...new Set([...one.idle, ...other.idle])],
    amongOthers: one.amongOthers || other.amongOthers,
    onRecordPath: one.onRecordPath || other.onRecordPath,
  };
}

/** "No effect" of a change is not told where its inverse had one: the two would contradict each other. */
function withoutInverses(observations: readonly Observation[]): Observation[] {
  const inverses = new Set(
    observations
      .filter((observation) => outcomeOf(observation) !== "same")
      .flatMap(({ change }) => change.settings.map((s) => [s.owner, s.name, s.to, s.from].join("\0"))),
  );
  return observations.filter(
    (observation) =>
      outcomeOf(observation) !== "same" ||
      !observation.change.settings.some((s) => inverses.has([s.owner, s.name, s.from, s.to].join("\0"))),
  );
}

/** How many shared culprits are looked for: more than a skill ever shows. */
const maxCulprits = 20;

/** Covers slower pairs, again and again by the unit that most of them have and no faster pair has. */
function sharedCulprits(
  slower: readonly Pair[],
  pairs: readonly Pair[],
  units: readonly CodeChange[],
): Observation[] {
  const innocent = new Set(
    pairs
      .filter(({ item }) => item.kind === "step" || item.kind === "faster")
      .flatMap((pair) => [...pair.units]),
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
    const has = (pair: Pair): boolean => pair.units.has(culprit);
    const observation: Observation = {
      ...noObservation,
      change: units[culprit] ?? joinChanges([]),
      faster: [],
      slower: open.filter(has).map((pair) => pair.item),
      same: pairs.filter((pair) => pair.item.kind === "same" && has(pair)).map((pair) => pair.item),
      idle: [],
      amongOthers: true,
    };
    observations.push({ ...observation, diff: clearestDiff(observation) });
    open = open.filter((pair) => !has(pair));
  }
  return observations;
}

function clearestDiff(group: Observation): string {
  const decisive = group.faster.length > 0 ? group.faster : [...group.slower, ...group.same];
  const diffs = decisive.map((item) => item.diff ?? "").filter((diff) => diff !== "");
  return diffs.reduce((best, diff) => (best === "" || diff.length < best.length ? diff : best), "");
}
