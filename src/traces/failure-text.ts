import type { CallKind } from "./session.ts";

/** Commands that show or search files: an error in what they print is somebody else's. */
const showsFiles =
  /^\s*(?:cat|head|tail|less|more|sed\s+-n|grep|rg|egrep|awk|find|ls|which|git\s+(?:log|show|diff|grep|status))\b/;

/** Lines that a failing build, test or program prints, and hardly ever one that works. */
const failureLines = [
  /^[ \t]*Traceback \(most recent call last\):/m,
  /^(?:E[ \t]+)?(?:[A-Za-z_][\w.]*)?(?:Error|Exception|Fault)(?::|\()/m,
  /^(?:[^\s:()]+[:(]\d[\d:,)]*\s*)?(?:\w+ )?(?:fatal )?error(?:\[\w+\]|\s+\w+\d+)?\s*:/im,
  /^(?:nvcc |ptxas )?fatal\s*:/im,
  /^=+ (?:FAILURES|ERRORS) =+$/m,
  /\b[1-9]\d* (?:failed|errors?)\b[^\n]{0,200} in [\d.]+ ?s/,
  /^(?:[1-9]\d* failed\b|FAILED\b(?!\s*[:=]\s*0\b))/m,
  /(?<!\b0 )\bFAIL(?:ED|URE)?\b(?!\s*[:=]?\s*0\b)/,
  /: (?:command not found|No such file or directory|Permission denied)$/m,
  /^(?:Segmentation fault|Killed|Aborted|Bus error)\b/m,
  /^(?:make|ninja|cmake)(?:\[\d+\])?: (?:\*\*\*|build stopped)/m,
  /\bCUDA error: /,
  /^npm ERR!/m,
];

/** What tools that change or read files answer when they could not. */
const refusals =
  /^(?:Error\b|Failed to\b|No replacement was performed|String (?:to replace )?not found|File (?:does not exist|not found)|<tool_use_error>)/i;

/**
 * Whether a call failed, told from its text alone: for formats that record neither a mark nor an exit code. It says so
 * only for texts that programs print when they fail, and looks at the first and last 20,000 characters.
 */
export function failsByText(text: string, kind: CallKind, command: string | null): boolean {
  const looked = text.length <= 40_000 ? text : `${text.slice(0, 20_000)}\n${text.slice(-20_000)}`;
  if (kind !== "shell") return refusals.test(looked);
  if (command !== null && showsFiles.test(command) && !/&&|;|\|\|/.test(command))
    return /^(?:bash: |sh: )?(?:cat|head|tail|sed|grep|rg|find|ls): .*: (?:No such file|Permission denied)/.test(
      looked,
    );
  return failureLines.some((pattern) => pattern.test(looked));
}
