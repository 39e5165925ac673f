import type { Place } from "../reporter.ts";
import { changeParts, changesWorkload, commandChange } from "./command-change.ts";
import { type CommandLine, isSameFamily, sharesFamily } from "./session-command.ts";
import { type History, type HistoryEntry, newHistory, nextSeq, ownCopy, since } from "./session-history.ts";
import {
  improvementOf,
  isBaseline,
  type Measurement,
  measurementKey,
  measurementsOf,
  testCounts,
} from "./session-measurements.ts";
import type { RunOutput } from "./session-output.ts";

/** One run of something that builds, tests or measures. */
export interface Run {
  seq: number;
  command: CommandLine;
  text: string;
  families: readonly string[];
  output: RunOutput;
  measurements: readonly Measurement[];
  tests: { passed: number; failed: number } | undefined;
  /** The lines of a passing run, for a problem that the agent names in it. */
  lines: readonly string[];
  place: Place;
}

/** Two runs of the same family, and what was done between them. */
export interface Pair {
  /**
   * `fix`: the failure of the first is gone. `attempt`: it is still there, or the second is slower. `gain`: the second
   * measures better. `failure`: there is no second run that tells more.
   */
  kind: "fix" | "attempt" | "gain" | "failure";
  /** Whether the second run passed, or a later one of the family did without the failure coming back. */
  verified: "passed" | "later" | "no";
  signature: string;
  lines: readonly string[];
  log: string;
  entries: readonly HistoryEntry[];
  /** How the second command line differs, part by part. */
  change: readonly string[];
  before: Run;
  after: Run | undefined;
  metric:
    | { name: string; unit: Measurement["unit"]; before: number; after: number; better: "low" | "high" }
    | undefined;
}

/** What one agent does: the session's own, or a sub-agent. */
export interface Lane {
  history: History;
  /** Failures that are not overcome, the latest last. */
  open: { run: Run; overcome: Pair[] }[];
  /** Runs that passed, the latest last: what an agent says next may name a problem in their output. */
  passed: Run[];
  best: Map<string, Measured[]>;
  emit: (pair: Pair) => void;
  /** Failures and figures that were forgotten for length. */
  dropped: number;
}

interface Measured {
  measurement: Measurement;
  run: Run;
  /** The last run that printed this figure, better or not. */
  last: Run;
  lastValue: number;
}

const maxOpen = 20;
/** Failures in a row, one overcome after the other, that a passing run confirms. */
const maxOvercome = 20;
const maxPassed = 12;
const maxMeasured = 200;
/** Differences below this share are noise (the threshold of search logs too). */
const threshold = 0.01;
/** Lines of a passing run that are kept. */
const maxLines = 30;

export function newLane(emit: (pair: Pair) => void): Lane {
  return { history: newHistory(), open: [], passed: [], best: new Map(), emit, dropped: 0 };
}

/** A run as it is compared with others; takes its number from the lane's history. */
export function newRun(
  lane: Lane,
  run: Pick<Run, "command" | "text" | "families" | "output" | "place">,
  text: string,
): Run {
  return {
    ...run,
    seq: nextSeq(lane.history),
    measurements: measurementsOf(text, run.output.failed),
    tests: testCounts(text),
    lines: run.output.failed
      ? []
      : ownCopy(text.slice(-2000))
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line !== "" && line.length <= 240)
          .slice(-maxLines),
  };
}

/** Compares a run with the earlier ones of its families, and tells what the pairs show. */
export function takeRun(lane: Lane, run: Run): void {
  const fixed = run.output.failed ? failedAgain(lane, run) : passedNow(lane, run);
  const gained = measured(lane, run);
  if (run.output.failed) return;
  if (!fixed && !gained) namedProblem(lane, run);
  lane.passed.push(run);
  if (lane.passed.length > maxPassed) lane.passed.shift();
}

/** Failures that nothing overcame. */
export function closeLane(lane: Lane): void {
  for (const { run } of lane.open) {
    lane.emit({ ...pairOf(lane, run, undefined), kind: "failure", verified: "no" });
  }
  lane.open = [];
}

function failedAgain(lane: Lane, run: Run): boolean {
  const index = lane.open.findLastIndex(({ run: before }) => sharesFamily(before.families, run.families));
  const known = lane.open[index];
  const overcome = known?.overcome ?? [];
  let isFix = false;
  if (known) {
    const pair = pairOf(lane, known.run, run);
    const isSame = known.run.output.signature === run.output.signature;
    if (hasChange(pair)) {
      if (isSame) lane.emit({ ...pair, kind: fewerFail(known.run, run) ? "fix" : "attempt" });
      else {
        const fix: Pair = { ...pair, kind: "fix" };
        lane.emit(fix);
        overcome.push(fix);
        isFix = true;
      }
    }
    lane.open.splice(index, 1);
    // A failure that comes back was not overcome by what was done about it.
    for (const fix of overcome) {
      if (fix.signature === run.output.signature && fix.after !== run) fix.kind = "attempt";
    }
  }
  lane.open.push({ run, overcome: overcome.filter((fix) => fix.kind === "fix").slice(-maxOvercome) });
  if (lane.open.length > maxOpen) {
    lane.open.shift();
    lane.dropped += 1;
  }
  return isFix;
}

function fewerFail(before: Run, after: Run): boolean {
  return before.tests !== undefined && after.tests !== undefined && after.tests.failed < before.tests.failed;
}

function passedNow(lane: Lane, run: Run): boolean {
  let isFix = false;
  lane.open = lane.open.filter((known) => {
    // The last part is the one that failed, or one that was never reached.
    const last = known.run.families.at(-1) ?? "";
    if (!run.families.some((family) => isSameFamily(family, last))) return true;
    const pair = pairOf(lane, known.run, run);
    for (const fix of known.overcome) fix.verified = "later";
    if (hasChange(pair)) {
      lane.emit({ ...pair, kind: "fix", verified: "passed" });
      isFix = true;
    }
    return false;
  });
  return isFix;
}

/** Strictly better figures make a chain; a figure that got worse after a change is an attempt. */
function measured(lane: Lane, run: Run): boolean {
  const gains: Pair[] = [];
  const losses: Pair[] = [];
  const own = run.measurements.filter(({ name }) => !isBaseline(name));
  const hasTime = own.some(({ quantity }) => quantity !== "ratio");
  for (const measurement of own) {
    if (hasTime && measurement.quantity === "ratio") continue;
    const key = measurementKey(measurement);
    const list = lane.best.get(key) ?? [];
    const known = list.find((entry) => sharesFamily(entry.run.families, run.families));
    if (!known) {
      remember(lane, key, [...list, { measurement, run, last: run, lastValue: measurement.value }]);
      continue;
    }
    const change = commandChange(known.last.command, run.command);
    const metricOf = (before: number) => ({ ...measurement, before, after: measurement.value });
    const gain = improvementOf(known.measurement.value, measurement.value, measurement.better);
    const loss = improvementOf(known.lastValue, measurement.value, measurement.better);
    if (changesWorkload(change)) Object.assign(known, { measurement, run });
    else if (gain >= threshold) {
      const pair = pairOf(lane, known.run, run);
      if (hasChange(pair)) gains.push({ ...pair, kind: "gain", metric: metricOf(known.measurement.value) });
      Object.assign(known, { measurement, run });
    } else if (loss <= -threshold) {
      const pair = pairOf(lane, known.last, run);
      if (hasChange(pair)) losses.push({ ...pair, kind: "attempt", metric: metricOf(known.lastValue) });
    } else if (gain > -threshold) {
      // As good as the best: what was done before this run is not what a later gain comes from.
      known.run = run;
    }
    Object.assign(known, { last: run, lastValue: measurement.value });
  }
  const [best] = largestFirst(gains);
  const [worst] = largestFirst(losses);
  if (best) lane.emit(withFinding({ ...best, verified: run.output.failed ? "no" : "passed" }));
  else if (worst) lane.emit(worst);
  return best !== undefined;
}

function remember(lane: Lane, key: string, list: Measured[]): void {
  lane.best.set(key, list.slice(-8));
  if (lane.best.size <= maxMeasured) return;
  const [oldest = key] = lane.best.keys();
  lane.best.delete(oldest);
  lane.dropped += 1;
}

/** Of several figures of one run the one that changed most; times before rates, which often say the same. */
function largestFirst(pairs: readonly Pair[]): Pair[] {
  const size = ({ metric }: Pair): number =>
    metric ? Math.abs(Math.log(metric.after / metric.before)) + (metric.unit === "us" ? 0.01 : 0) : 0;
  return [...pairs].sort((a, b) => size(b) - size(a));
}

/** What a profiler or a compiler said between the two runs is what the change was made for. */
function withFinding(pair: Pair): Pair {
  const lines = pair.entries.filter((entry) => entry.kind === "finding").map((entry) => entry.text);
  const own = [...new Set([...pair.before.output.findings, ...lines])];
  return { ...pair, lines: own.slice(0, 3) };
}

/** Words by which an agent says that something in an output is not as it should be. */
const complaint =
  /\b(?:but|too|slow\w*|wrong\w*|incorrect\w*|only|half|missing|leaks?|race|conflicts?|spills?|not|never|differs?|mismatch\w*|worse|bound|bug|problem|includes?|should)\b/i;

/**
 * A run that passed and whose output shows a problem all the same: the agent's next words complain and name a word or
 * figure of one of its lines, and after the change that line is gone.
 */
function namedProblem(lane: Lane, run: Run): void {
  const before = lane.passed.findLast((other) => sharesFamily(other.families, run.families));
  if (!before) return;
  const pair = pairOf(lane, before, run);
  const next = pair.entries.find((entry) => entry.kind === "words");
  if (!next || !complaint.test(next.text) || !hasChange(pair)) return;
  const said = tokensOf(next.text);
  const now = new Set(run.lines);
  const line = before.lines.find(
    (candidate) =>
      !now.has(candidate) &&
      !/\b(?:PASS(?:ED)?|OK|passed)\b/.test(candidate) &&
      sharedTokens(said, candidate) >= 2,
  );
  if (line === undefined) return;
  lane.emit({ ...pair, kind: "fix", verified: "passed", signature: "", lines: [line] });
}

function tokensOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[a-z_]{4,}|\d+(?:\.\d+)?/g));
}

function sharedTokens(said: ReadonlySet<string>, line: string): number {
  return [...tokensOf(line)].filter((token) => said.has(token)).length;
}

function pairOf(lane: Lane, before: Run, after: Run | undefined): Pair {
  const between = since(lane.history, before.seq);
  const entries = after ? between.filter((entry) => entry.seq < after.seq) : between;
  const change = after ? commandChange(before.command, after.command) : undefined;
  return {
    kind: "failure",
    verified: "no",
    signature: before.output.signature,
    lines: before.output.lines,
    log: before.output.log,
    entries,
    change: change ? changeParts(change) : [],
    before,
    after,
    metric: undefined,
  };
}

function hasChange(pair: Pair): boolean {
  return pair.change.length > 0 || pair.entries.some(({ kind }) => kind === "patch" || kind === "setup");
}
