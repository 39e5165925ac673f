import { failsByText } from "../traces/failure-text.ts";
import type { Call } from "../traces/session.ts";
import { errorSignature, maskedLine } from "./error-signature.ts";
import { ownCopy } from "./session-history.ts";

/** What the output of a run tells. */
export interface RunOutput {
  failed: boolean;
  /** Of the failure, with what differs from run to run masked; empty where nothing failed or nothing is told. */
  signature: string;
  /** The same lines as printed. */
  lines: readonly string[];
  /** The end of a failing run's output. */
  log: string;
  /** Lines of tools that tell of a performance problem, such as spills; at most a few. */
  findings: readonly string[];
}

const maxLine = 240;
const maxLog = 1000;
/** The start and the end of a longer output are looked at. */
const maxLooked = 20_000;
/** Below this score a signature is a mere guess. */
const named = 40;

/** Reads the result of a call; undefined where there is none. */
export function readOutput(call: Call): RunOutput | undefined {
  const { result } = call;
  if (!result) return undefined;
  const text = shortened(result.text);
  // A pipe such as `| tail` hides the exit code of what failed: the text counts as well.
  const failed =
    result.isError === true || (result.exitCode ?? 0) !== 0 || failsByText(text, "shell", call.command);
  if (!failed) return { failed, signature: "", lines: [], log: "", findings: findingsOf(text) };
  return { failed, ...problemOf(text), log: ownCopy(text.slice(-maxLog).trim()), findings: findingsOf(text) };
}

function shortened(text: string): string {
  return text.length <= maxLooked ? text : `${text.slice(0, maxLooked / 2)}\n${text.slice(-maxLooked / 2)}`;
}

/**
 * The signature of a failure. Where no error is named, programs that check themselves print a line with `FAIL`;
 * lines that pass are no part of it.
 */
function problemOf(text: string): { signature: string; lines: string[] } {
  const printed = new Map<string, string>();
  const told = text
    .split("\n")
    .map((line) => toldError(line, printed))
    .join("\n");
  const found = errorSignature(told);
  const lines = found.lines.map((line) => cut(printed.get(line) ?? line));
  if (found.score >= named)
    return { signature: ownCopy(found.signature), lines: [...lines, ...largestDifference(told, lines)] };
  const first = text
    .split("\n")
    .find((line) => /\bFAIL(?:ED|URE)?\b/.test(line) && line.length < 4 * maxLine)
    ?.trim();
  if (first === undefined) return { signature: found.signature, lines };
  return { signature: maskedLine(first), lines: [cut(first)] };
}

/**
 * An exception as Python shows it with `repr`, `ValueError("...")`, says the same as `ValueError: ...`. The `E` that
 * pytest writes before each line of an error stands before the code of a compiler's message as well.
 */
function toldError(line: string, printed: Map<string, string>): string {
  if (line.length > 4 * maxLine) return line;
  const found = /^\s*(?:E\s+)?((?:\w+\.)*\w*(?:Error|Exception))\((["'])(.+)\2,?\)\s*$/.exec(line);
  if (!found) return line.replace(/^E(\s+)(?!\s*assert\b)/, "$1");
  const told = `${found[1]}: ${found[3]}`;
  printed.set(told, line.replace(/^\s*(?:E\s+)?/, "").trim());
  return told;
}

/** How far results are off tells more than that they are, and does not always stand among the telling lines. */
function largestDifference(text: string, lines: readonly string[]): string[] {
  const line = /^.*Greatest absolute difference.*$/m
    .exec(text)?.[0]
    ?.replace(/^\s*(?:E\s+)?/, "")
    .trim();
  return line === undefined || lines.includes(line) ? [] : [cut(line)];
}

function cut(line: string): string {
  return ownCopy(line.length <= maxLine ? line : `${line.slice(0, maxLine)}...`);
}

/**
 * What compilers and profilers of GPUs say about slow code: registers that spill, conflicts of banks, accesses that
 * do not coalesce. Each needs a figure above zero in its line.
 */
const performanceProblem =
  /spill|bank[_ ]?conflict|uncoalesced|local memory|divergen|serializ|excessive|throttl|stall|\bn_regs=255\b|latency[- ]bound|low occupancy/i;
const maxFindings = 4;

function findingsOf(text: string): string[] {
  if (!performanceProblem.test(text)) return [];
  return text
    .split("\n")
    .filter(
      (line) =>
        line.length < 4 * maxLine &&
        performanceProblem.test(line) &&
        /(?<![\w.])[1-9]/.test(line.replaceAll("=", " ")),
    )
    .map((line) => cut(line.trim()))
    .slice(0, maxFindings);
}
