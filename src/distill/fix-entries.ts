import { compareText } from "../compare-text.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { fixItemId, taughtFixes } from "../evidence/fix-items.ts";
import type { FixLog, FixRecord } from "../evidence/fix-log.ts";
import { signatureTree } from "../evidence/signature-tree.ts";
import { codeBlock } from "../report/markdown.ts";
import { code } from "./change-words.ts";
import type { ClaimWords } from "./claim.ts";
import { diffExcerpt } from "./diff-excerpt.ts";
import { errorTitle } from "./error-title.ts";
import { times } from "./figures.ts";
import { fixKey, type FixPart, fixParts, fixSentence } from "./fix-words.ts";

/** One failure with one way to overcome it, wherever it was seen. */
export interface FixEntry {
  /** Equal for entries of one failure. */
  failure: string;
  /** Equal for the same failure and the same fix. */
  key: string;
  parts: FixPart[];
  /** In order of the log. */
  fixes: FixRecord[];
  /** The one with the fewest changed lines; of equal ones the first. */
  smallest: FixRecord;
  /** Ids of their items. */
  evidence: string[];
  /** Tasks, each run for itself, that it was seen in. */
  tasks: number;
  operators: string[];
}

/** Names failures and fixes, so that those of earlier logs are found again. */
export interface FixNamer {
  failureOf(signature: string): string;
  keyOf(signature: string, parts: readonly FixPart[]): string;
}

/** Like signatures get one name; signatures that are named first keep theirs. */
export function fixNamer(): FixNamer {
  const tree = signatureTree();
  const names = new Map<string, string>();
  const failureOf = (signature: string): string => {
    const name = names.get(signature) ?? tree.add(signature).signatures[0] ?? signature;
    names.set(signature, name);
    return name;
  };
  return { failureOf, keyOf: (signature, parts) => `${failureOf(signature)}\0${fixKey(parts)}` };
}

/** The key of an item of evidence that shows a fix; undefined for any other item. */
export function keyOfItem(item: Evidence, namer: FixNamer): string | undefined {
  const { kind, signature, diff } = item;
  if (kind !== "fix" || signature === undefined || diff === undefined) return undefined;
  return namer.keyOf(signature, fixParts(diff));
}

/** The entries of a log, those that most tasks support first; entries of one failure follow each other by that too. */
export function fixEntries(log: FixLog, namer: FixNamer): FixEntry[] {
  const entries = new Map<string, FixEntry>();
  for (const fix of taughtFixes(log)) {
    const parts = fixParts(fix.lasting_diff);
    const key = namer.keyOf(fix.signature, parts);
    const failure = namer.failureOf(fix.signature);
    const entry: FixEntry = entries.get(key) ?? {
      failure,
      key,
      parts,
      fixes: [],
      smallest: fix,
      evidence: [],
      tasks: 0,
      operators: [],
    };
    entries.set(key, entry);
    if (changedLines(fix) < changedLines(entry.smallest)) [entry.smallest, entry.parts] = [fix, parts];
    entry.fixes.push(fix);
    entry.evidence.push(fixItemId(log, fix));
  }
  for (const entry of entries.values()) {
    entry.tasks = new Set(entry.fixes.map(({ op, task_id, run }) => JSON.stringify([op, task_id, run]))).size;
    entry.operators = [...new Set(entry.fixes.map(({ op }) => op))].sort(compareText);
  }
  return [...entries.values()].sort(
    (a, b) =>
      b.tasks - a.tasks ||
      b.operators.length - a.operators.length ||
      doubts(a) - doubts(b) ||
      compareText(a.key, b.key),
  );
}

/** Lines of code that an entry shows. */
const maxCodeLines = 10;

/** An entry as a claim. `others` is how many other ways the log shows to overcome the same failure. */
export function entryWords(entry: FixEntry, others: number, arch: string): ClaimWords {
  const fix = entry.smallest;
  const message = errorTitle(fix.error_lines[0] ?? "");
  const first = entry.parts[0]?.words ?? "";
  const long = `${message}: ${first}`;
  return {
    part: "method",
    title: first !== "" && long.length <= 120 ? long : message,
    when: `verification prints ${fix.signature.split("\n").map(code).join(" and ")}.`,
    do: `${fixSentence(entry.parts)}\n\n${codeBlock(codePair(fix.lasting_diff), "diff")}`,
    why: whyText(entry, others, arch),
    check: checkText(entry),
  };
}

/** The changed lines of a diff, within a few lines. */
function codePair(diff: string): string {
  const changed = diff
    .split("\n")
    .filter((line) => !line.startsWith(" ") && line !== "")
    .join("\n");
  return diffExcerpt(changed, [], maxCodeLines);
}

function whyText({ fixes, tasks, operators }: FixEntry, others: number, arch: string): string {
  const where = operators.map((op) => (op === "" ? "an unnamed operator" : code(op))).join(", ");
  const often = fixes.length > tasks ? `, ${times(fixes.length)} in all` : "";
  const seen = `Seen in ${tasks} ${tasks === 1 ? "task" : "tasks"} of ${where}${arch === "" ? "" : ` on ${arch}`}${often}.`;
  const again = fixes.filter((fix) => fix.came_back).length;
  const remarks = [
    again > 0
      ? `The same text came back later in ${fixes.length === 1 ? "that task" : `${again} of them`}.`
      : "",
    others > 0 ? `${others} other ${others === 1 ? "change" : "changes"} overcame this failure as well.` : "",
  ];
  return [seen, ...remarks].filter((text) => text !== "").join(" ");
}

function checkText({ fixes }: FixEntry): string {
  const passed = fixes.filter((fix) => fix.fixed_step === fix.success_step).length;
  if (fixes.length === 1) {
    return passed === 1
      ? "Verify again: the check right after this change passed."
      : "Verify again: the check right after this change got past this failure to another one; a later one passed.";
  }
  if (passed === 0) {
    return `Verify again: ${fixes.length} checks right after this change got past this failure to another one; later ones passed.`;
  }
  const rest =
    passed === fixes.length ? "" : "; the others got past this failure to another one, and passed later";
  return `Verify again: ${passed} of ${fixes.length} checks right after this change passed${rest}.`;
}

function changedLines({ lasting_diff }: FixRecord): number {
  return lasting_diff.split("\n").filter((line) => /^[+-](?![+-]{2} )/.test(line)).length;
}

/** How many of its fixes are not sure: the same failure came back. */
function doubts(entry: FixEntry): number {
  return entry.fixes.filter((fix) => fix.came_back).length / entry.fixes.length;
}
