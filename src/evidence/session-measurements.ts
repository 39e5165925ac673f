/** What a measurement is of; values of one quantity are stored in one unit. */
type Quantity = "time" | "bandwidth" | "compute" | "ratio";

/** A figure that a program printed about itself. */
export interface Measurement {
  /** The words before the figure, in lower case; empty where there are none. */
  name: string;
  quantity: Quantity;
  /** In the unit below. */
  value: number;
  /** Microseconds, GB/s, TFLOPS or times. */
  unit: "us" | "GB/s" | "TFLOPS" | "x";
  better: "low" | "high";
}

/** Units as programs write them, with the factor to the stored one. */
const units: Record<string, readonly [Quantity, number]> = {
  ns: ["time", 0.001],
  us: ["time", 1],
  µs: ["time", 1],
  μs: ["time", 1],
  usec: ["time", 1],
  usecond: ["time", 1],
  ms: ["time", 1000],
  msec: ["time", 1000],
  msecond: ["time", 1000],
  s: ["time", 1e6],
  sec: ["time", 1e6],
  seconds: ["time", 1e6],
  "mb/s": ["bandwidth", 0.001],
  "gb/s": ["bandwidth", 1],
  gbps: ["bandwidth", 1],
  "gib/s": ["bandwidth", 1.073741824],
  "tb/s": ["bandwidth", 1000],
  gflops: ["compute", 0.001],
  "gflop/s": ["compute", 0.001],
  tflops: ["compute", 1],
  "tflop/s": ["compute", 1],
  x: ["ratio", 1],
};

const stored: Record<Quantity, Pick<Measurement, "unit" | "better">> = {
  time: { unit: "us", better: "low" },
  bandwidth: { unit: "GB/s", better: "high" },
  compute: { unit: "TFLOPS", better: "high" },
  ratio: { unit: "x", better: "high" },
};

const unitWords = Object.keys(units)
  .sort((a, b) => b.length - a.length)
  .join("|");
const figure = "\\d[\\d,]*(?:\\.\\d+)?(?:e[+-]?\\d+)?";
const valueFirst = new RegExp(`(?<![\\w.])(${figure})\\s{0,3}(${unitWords})(?![\\w/])`, "gi");
/** Profilers print tables: name, unit, value. */
const unitFirst = new RegExp(
  `^\\s*([A-Za-z][\\w ./()-]{1,60}?)\\s+(${unitWords})\\s{1,80}(${figure})\\s*$`,
  "i",
);

/** Times of test runners, builds and downloads say nothing about the program. */
const otherTimes =
  /\b(?:passed|failed|error|errors|deselected|skipped|installed|collected|compil\w*|build|built|ninja)\b.*\bin\b|^\s*real\b|^\s*(?:user|sys)\s+\d/i;

const maxLine = 400;
const maxMeasurements = 64;

/**
 * The figures of a program's output: times, bandwidths, rates, factors. A figure that is printed several times under
 * one name counts once, with the median. `onlyPassed` looks only at lines that say that something passed: of a run
 * that failed, the rest is not to be trusted.
 */
export function measurementsOf(text: string, onlyPassed = false): Measurement[] {
  const found = new Map<string, { first: Measurement; values: number[] }>();
  for (const whole of text.split("\n")) {
    if (whole.length > maxLine || !/\d/.test(whole) || otherTimes.test(whole)) continue;
    if (onlyPassed && !/\b(?:PASS(?:ED)?|OK|passed)\b/.test(whole)) continue;
    for (const measurement of lineMeasurements(whole)) {
      const key = measurementKey(measurement);
      const known = found.get(key);
      if (known) known.values.push(measurement.value);
      else if (found.size < maxMeasurements)
        found.set(key, { first: measurement, values: [measurement.value] });
    }
  }
  return [...found.values()].map(({ first, values }) => ({ ...first, value: lowerMedian(values) }));
}

export function measurementKey({ name, quantity }: Measurement): string {
  return `${quantity}\0${name}`;
}

function lineMeasurements(line: string): Measurement[] {
  const table = unitFirst.exec(line);
  if (table) return measurement(table[1] ?? "", table[3] ?? "", table[2] ?? "");
  const found: Measurement[] = [];
  let end = 0;
  let name = "";
  for (const match of line.matchAll(valueFirst)) {
    const before = line.slice(end, match.index);
    end = match.index + match[0].length;
    const own = nameIn(before);
    // "triton 61.2 us 2193 GB/s": the second figure belongs to the same name.
    if (own !== "") name = own;
    found.push(...measurement(name, match[1] ?? "", match[2] ?? ""));
  }
  return found;
}

/** The words right before a figure, without marks and verdicts. */
function nameIn(before: string): string {
  const part = before.split(/[|;\t]|\s{3,}(?=\S*$)/).at(-1) || before;
  return part
    .toLowerCase()
    .replaceAll(
      /\b(?:pass(?:ed)?|fail(?:ed)?|ok|took|is|was|in|at|of|about|vs|against|and|per|avg|mean|median)\b/g,
      " ",
    )
    .replaceAll(/[^\p{L}\p{N}_./-]+/gu, " ")
    .replaceAll(/(?<!\S)[./-]+|[./-]+(?!\S)/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(-40)
    .trim();
}

function measurement(name: string, figure: string, unitWord: string): Measurement[] {
  const [quantity, factor] = units[unitWord.toLowerCase()] ?? [];
  const value = Number(figure.replaceAll(",", "")) * (factor ?? Number.NaN);
  if (quantity === undefined || !Number.isFinite(value) || value <= 0) return [];
  // A bare "3 s" is rather a pause than a result.
  const plainName = nameIn(name);
  if (plainName === "" && /^s(?:ec|econds)?$/i.test(unitWord)) return [];
  // Nine digits: a product such as 0.391 x 1000 is the figure that was printed.
  return [{ name: plainName, quantity, value: Number(value.toPrecision(9)), ...stored[quantity] }];
}

/** The lower middle value: one that was really printed. */
function lowerMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

const baselines =
  /\b(?:torch|pytorch|eager|cublas(?:lt)?|cudnn|cutlass|numpy|reference|ref|baseline|expected|native|inductor|compiled?|peak|roofline|theoretical|before)\b/;

/** Whether a name is that of what the program is compared with; it only moves by noise. */
export function isBaseline(name: string): boolean {
  return baselines.test(name);
}

/** How much of the time is saved, or how much more is reached: 0.1 is a tenth better, negative is worse. */
export function improvementOf(before: number, after: number, better: "low" | "high"): number {
  if (before <= 0) return 0;
  return better === "low" ? (before - after) / before : (after - before) / before;
}

/** Tests that passed and failed by the last summary of a test runner; undefined where there is none. */
export function testCounts(text: string): { passed: number; failed: number } | undefined {
  const line = text
    .slice(-4000)
    .split("\n")
    .findLast((candidate) => /\b\d+ (?:passed|failed)\b/.test(candidate));
  if (line === undefined) return undefined;
  const count = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed") + count("errors?") };
}
