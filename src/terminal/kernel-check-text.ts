import { styleText } from "node:util";
import type { KernelCheckResult } from "../commands/kernel-check.ts";
import type { Baseline } from "../kernels/choices.ts";
import type { KernelDevice, KernelTimes } from "../kernels/kernel-result.ts";
import { wrapText } from "../report/wrapped-text.ts";
import { showHidden } from "../skills/hidden-characters.ts";

interface View {
  columns: number;
  colour: boolean;
}

const labelWidth = 12;
const libraryWords =
  "Its results are right, but operators of the framework computed them: it is no kernel of its own, unless kernels.library is allowed.";
/** Of the compiler's or the candidate's last words. */
const mostLogLines = 20;

/** What one candidate is worth, for the terminal: no line is wider than `columns`, which is taken to be 60 at least. */
export function kernelCheckText(result: KernelCheckResult, view: View): string {
  const columns = Math.max(60, view.columns);
  const paint = (style: "red" | "green" | "dim" | "bold", text: string): string =>
    view.colour ? styleText(style, text, { validateStream: false }) : text;
  const row = (label: string, text: string): string[] =>
    wrapText(text, columns - labelWidth).map(
      (line, index) => `${(index === 0 ? label : "").padEnd(labelWidth)}${line}`,
    );
  const { verdict, problem, candidate, reasons, shapes, times } = result;
  const isCorrect = verdict === "correct";
  const lines = [paint(isCorrect ? "green" : "red", verdict), ...reasons.flatMap((text) => row("", text))];
  if (verdict === "library") lines.push(...row("", libraryWords));
  lines.push(...row("problem", `${problem.name} (${problem.format}, ${problem.sha256.slice(0, 12)})`));
  for (const { flag, detail } of problem.flags) lines.push(...row("  weak", `${flag}: ${detail}`));
  lines.push(...row("candidate", `${candidate.dsl} (${candidate.sha256.slice(0, 12)})`));
  const { seconds, cached } = result.compile;
  if (result.compiled) {
    lines.push(...row("compiled", cached || seconds === null ? "earlier" : `in ${seconds.toFixed(1)} s`));
  }
  lines.push(...row("device", deviceWords(result.device)));
  lines.push(...row("sandbox", sandboxWords(result.isolation)));
  if (shapes.length > 0) lines.push("", ...shapeTable(shapes, columns).map(paintHead));
  if (times !== null) lines.push("", ...timeTable(times, result.device).map(paintHead));
  if (result.speedup !== null) lines.push("", ...row("speedup", speedupWords(result)));
  if (result.library_ops.length > 0) lines.push("", ...row("library", result.library_ops.join(", ")));
  for (const { line, text } of result.hints) lines.push(...row(`line ${line}`, text).map(dim));
  const log = isCorrect ? "" : logOf(result);
  if (log !== "") lines.push("", ...logLines(log, columns).map(dim));
  return `${lines.join("\n")}\n`;

  function dim(text: string): string {
    return paint("dim", text);
  }
  function paintHead(text: string, index: number): string {
    return index === 0 ? paint("bold", text) : text;
  }
}

/** A device in words, for text and tables. */
export function deviceWords(device: KernelDevice): string {
  const versions = [
    device.torch === null ? null : `PyTorch ${device.torch}`,
    device.triton === null ? null : `Triton ${device.triton}`,
    device.cuda === null ? null : `CUDA ${device.cuda}`,
    device.driver === null ? null : `driver ${device.driver}`,
    device.kind === "cpu" ? `${device.threads} thread${device.threads === 1 ? "" : "s"}` : null,
    device.throttled === true ? "throttled" : null,
    device.others.length > 0 ? `${device.others.length} other processes on it` : null,
  ].filter((one) => one !== null);
  return `${device.kind}: ${device.name}${versions.length === 0 ? "" : ` (${versions.join(", ")})`}`;
}

function sandboxWords({ sandbox, network, limits }: KernelCheckResult["isolation"]): string {
  const net = network === "none" ? "no network" : "with the network";
  return `${sandbox === "none" ? "none" : sandbox}, ${net}, ${limits ? "limits" : "no limits"}`;
}

const baselineWords: Record<Baseline, string> = {
  eager: "PyTorch, eager",
  compiled: "torch.compile",
  numpy: "the reference in NumPy",
};

/** The speedup with its interval, and what it is against. */
export function speedupWords(result: {
  speedup: number | null;
  speedup_low: number | null;
  speedup_high: number | null;
  against: Baseline | null;
  device: Pick<KernelDevice, "kind">;
}): string {
  const { speedup, speedup_low: low, speedup_high: high, against, device } = result;
  if (speedup === null || low === null || high === null) return "not measured";
  const claim = device.kind === "cpu" ? "; on a CPU, which says nothing about a GPU" : "";
  return `${speedup.toFixed(2)}x (${low.toFixed(2)} to ${high.toFixed(2)}) against ${baselineWords[against ?? "eager"]}${claim}`;
}

function shapeTable(shapes: KernelCheckResult["shapes"], columns: number): string[] {
  const width = Math.min(columns - 52, Math.max(...shapes.map(({ name }) => name.length), 5));
  const cells = (name: string, rest: readonly string[]): string =>
    `${name.padEnd(width)}  ${rest.map((cell, index) => (index === 0 ? cell.padEnd(6) : cell.padStart(index === 1 ? 8 : 12))).join("")}`;
  const head = cells("shape", ["", "trials", "error/tol.", "max abs", "max rel"]);
  return [
    head.trimEnd(),
    ...shapes.map((one) =>
      cells(showHidden(one.name).slice(0, width), [
        one.passed ? "passed" : "failed",
        String(one.trials),
        figure(one.worst_ratio),
        figure(one.max_abs),
        figure(one.max_rel),
      ]),
    ),
  ];
}

function timeTable(times: KernelTimes, { backend }: KernelDevice): string[] {
  const row = (name: string, cells: readonly string[]): string =>
    `${name.padEnd(labelWidth)}${cells.map((cell) => cell.padStart(11)).join("")}`;
  const rows = [
    ["candidate", times.candidate],
    [backend === "abi" ? "NumPy" : "eager", times.eager],
    ["compiled", times.compiled],
  ] as const;
  return [
    row("ms", ["median", "p10", "p90", "runs"]),
    ...rows.flatMap(([name, one]) =>
      one === null ? [] : [row(name, [ms(one.median_ms), ms(one.p10_ms), ms(one.p90_ms), String(one.n)])],
    ),
  ];
}

function ms(value: number): string {
  return value >= 100 ? value.toFixed(1) : value.toPrecision(3);
}

function figure(value: number | null): string {
  if (value === null) return "-";
  return value !== 0 && (value < 0.01 || value >= 10_000) ? value.toExponential(1) : value.toFixed(2);
}

function logOf({ verdict, compile, log_tail }: KernelCheckResult): string {
  const compiler = verdict === "compile-error" ? compile.log_tail : "";
  return `${compiler}\n${log_tail}`.trim();
}

function logLines(log: string, columns: number): string[] {
  return log
    .split("\n")
    .slice(-mostLogLines)
    .flatMap((line) => wrapText(line, columns));
}
