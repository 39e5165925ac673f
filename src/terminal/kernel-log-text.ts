import type { KernelLogResult } from "../commands/kernel-log.ts";
import { deviceWords } from "./kernel-check-text.ts";
import { oneLine } from "./one-line.ts";

/** The versions of a run, for the terminal. */
export function kernelLogText({ op, versions, folder, device }: KernelLogResult): string {
  const rows = versions.map(({ file, verdict, speedup }, index) => {
    const speed = speedup === null ? "-" : `${speedup.toFixed(2)}x`;
    return `${String(index + 1).padStart(3)}  ${verdict.padEnd(15)}${speed.padStart(8)}  ${file}`;
  });
  const isFailed = versions.every(({ verdict }) => verdict !== "correct");
  const next = isFailed
    ? "No version is correct, so there is nothing to distil yet."
    : `Next: overproof distill ${folder} --op ${op}`;
  const lines = [`${op} on ${deviceWords(device)}`, ...rows, `Log: ${folder}`, next];
  return `${lines.map(oneLine).join("\n")}\n`;
}
