import { attemptItemId, fixItemId, givenUp, logItemId, neverFixed } from "../evidence/fix-items.ts";
import type { FixLog } from "../evidence/fix-log.ts";
import { groupBy } from "../group-by.ts";
import { dslKey } from "../skills/skill-name.ts";
import { code } from "./change-words.ts";
import type { Claim, ClaimWords } from "./claim.ts";
import { renderClaim } from "./claim-text.ts";
import { errorTitle } from "./error-title.ts";
import { times } from "./figures.ts";
import { entryWords, type FixEntry, fixEntries, type FixNamer, fixNamer, keyOfItem } from "./fix-entries.ts";
import { fixParts, fixSentence } from "./fix-words.ts";
import type { KnownClaims, LibraryClaims, OfflineAnswer } from "./material.ts";
import type { Operation } from "./operation.ts";
import { dslPhrase } from "./operator-class.ts";
import { leftOutNote } from "./settled-answer.ts";
import { likePairs, settleClaims } from "./settled-claims.ts";

/** Lines of a body that a reader gets through, and those that a later log may bring to a body that is full. */
const maxLines = 120;
const leastNewLines = 48;
/** Headings, blank lines and the paragraph at the start. */
const frameLines = 10;
const most = { open: 5, attempts: 4 };
const maxDescription = 480;

/**
 * The deterministic distiller for fix logs. Every sentence is made from names in the diffs, figures of the log and the
 * texts of its errors. A skill that exists is only added to: what its claims or other skills say already is agreed with or
 * left out, and no word that stands is changed. Undefined where there is nothing to say and no skill to confirm.
 */
export function distillErrorFixOffline(
  log: FixLog,
  known: KnownClaims | undefined,
  library: LibraryClaims,
): OfflineAnswer | undefined {
  const namer = fixNamer();
  const claimOf = claimsByKey(known, namer);
  const entries = fixEntries(log, namer);
  const notes: string[] = [];
  const agreed: Operation[] = [];
  const fresh: { entry: FixEntry; words: ClaimWords }[] = [];
  for (const entry of entries) {
    const others = entries.filter((other) => other.failure === entry.failure).length - 1;
    const words = entryWords(entry, others, log.metadata.arch);
    const claim = claimOf.get(entry.key);
    if (claim === undefined) fresh.push({ entry, words });
    else if (claim.state === "active") agreed.push({ op: "agree", id: claim.id, evidence: entry.evidence });
    else notes.push(leftOutNote(words.title, { kind: "deleted", id: claim.id }));
  }

  const allWords = fresh.map(({ words }) => words);
  const pairs = likePairs(allWords, known?.claims ?? [], library);
  const added: Extract<Operation, { op: "add" }>[] = [];
  for (const [index, settlement] of settleClaims(allWords, pairs).entries()) {
    const { entry, words } = fresh[index] ?? {};
    if (entry === undefined || words === undefined) continue;
    if (settlement.kind === "new") {
      added.push({ op: "add", ...words, evidence: entry.evidence });
      if (settlement.note !== undefined) notes.push(settlement.note);
    } else if (settlement.kind === "known") {
      agreed.push({ op: "agree", id: settlement.id, evidence: entry.evidence });
    } else notes.push(leftOutNote(words.title, settlement));
  }
  if (known === undefined && added.length === 0) return undefined;

  const boundaries = boundaryOperations(log, entries, known, namer);
  const taken = frameLines + boundaries.length + linesOf(known?.claims ?? []);
  // What a log that was read before left out for length stays out, so that reading it again changes nothing.
  const isKnownLog = known?.evidence.some((item) => item.trace === log.digest) ?? false;
  const room = Math.max(known === undefined ? 0 : leastNewLines, maxLines - taken);
  const kept = isKnownLog ? [] : withinLines(added, room);
  const left = added.length - kept.length;
  if (left > 0)
    notes.push(`Left out for length: ${left} ${left === 1 ? "fix" : "fixes"} that fewer tasks support.`);
  const task: Operation[] =
    known === undefined ? [{ op: "add", ...taskWords(log), evidence: [logItemId(log)] }] : [];
  return {
    answer: { ...nameAndDescription(log, entries), operations: [...task, ...agreed, ...kept, ...boundaries] },
    notes: [...notes, ...logNotes(log)],
  };
}

/** The claims of a skill by what their evidence shows; one that a person deleted only where no other says the same. */
function claimsByKey(known: KnownClaims | undefined, namer: FixNamer): Map<string, Claim> {
  const items = new Map((known?.evidence ?? []).map((item) => [item.id, item]));
  const found = new Map<string, Claim>();
  for (const claim of known?.claims ?? []) {
    if (claim.state === "deprecated" || claim.part !== "method") continue;
    for (const id of claim.evidence) {
      const item = items.get(id);
      const key = item && keyOfItem(item, namer);
      if (key !== undefined && found.get(key)?.state !== "active") found.set(key, claim);
    }
  }
  return found;
}

/** What did not help, and what nothing helped against; each failure once. */
function boundaryOperations(
  log: FixLog,
  entries: readonly FixEntry[],
  known: KnownClaims | undefined,
  namer: FixNamer,
): Operation[] {
  const overcome = new Set(entries.map((entry) => entry.failure));
  const open = [...groupBy(neverFixed(log), ({ signature }) => namer.failureOf(signature))]
    .filter(([failure]) => !overcome.has(failure))
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, most.open)
    .map(([failure, group]) => ({
      title: `Not overcome: ${errorTitle(group[0]?.error_lines[0] ?? failure)}`,
      text: `Not overcome in this log: ${signatureText(failure)} (${times(group.length)} the last failure of a task that never passed).`,
      evidence: group.map((failed) => fixItemId(log, failed)),
    }));
  const attempts = [
    ...groupBy(
      givenUp(log),
      ({ signature, diff }) => `${namer.failureOf(signature)}\0${fixSentence(fixParts(diff))}`,
    ),
  ]
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, most.attempts)
    .map(([key, group]) => {
      const [failure = "", sentence = ""] = key.split("\0");
      return {
        title: `No help: ${sentence}`.slice(0, 200),
        text: `Did not help against ${signatureText(failure)}: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, "")} (tried ${times(group.length)}).`,
        evidence: group.map((attempt) => attemptItemId(log, attempt)),
      };
    });
  const flaky =
    log.flaky.length === 0
      ? []
      : [
          {
            title: "Checks that change without the code",
            text: "A check of the same code ended in another way here: check once more before you change code for a failure that is not plain.",
            evidence: [logItemId(log)],
          },
        ];
  return [...open, ...attempts, ...flaky].map(({ title, text, evidence }) => {
    const same = known?.claims.find(
      (claim) => claim.part === "boundary" && claim.state === "active" && claim.title === title,
    );
    if (same) return { op: "agree", id: same.id, evidence };
    return { op: "add", part: "boundary", title, when: "", do: text, why: "", check: "", evidence };
  });
}

function taskWords(log: FixLog): ClaimWords {
  const { op_name, backend, arch } = log.metadata;
  const where = [backend, arch].filter((part) => part !== "").join(", ");
  const operators = log.operators.filter((op) => op !== "").map(code);
  const passed = log.tasks.filter((task) => task.passed_any).length;
  return {
    part: "task",
    title: `Fixes on ${op_name}`.slice(0, 200),
    when: "",
    do:
      `Errors that verification printed for generated ${dslPhrase(dslKey(log.metadata.dsl))} kernels` +
      `${operators.length > 0 ? ` (${operators.join(", ")}${where === "" ? "" : `; ${where}`})` : ""}, each with a change after which it was gone: ` +
      `first seen in ${log.entries} checks of ${log.tasks.length} tasks, of which ${passed} passed. ` +
      "Compare the last lines of a failed check with the entries; what differs from run to run is written as `<num>` and the like.",
    why: "",
    check: "",
  };
}

function nameAndDescription(
  log: FixLog,
  entries: readonly FixEntry[],
): Pick<OfflineAnswer["answer"], "skill_name" | "description" | "title"> {
  const key = dslKey(log.metadata.dsl);
  const dsl = dslPhrase(key);
  const intro = `Errors of ${dsl} kernels in verification, with the changes that overcame them`;
  const rest = `Use when a generated ${dsl} kernel fails to compile, to run or to give the right numbers.`;
  const titles: string[] = [];
  for (const { fixes } of entries) {
    const title = errorTitle(fixes[0]?.error_lines[0] ?? "").replaceAll("`", "");
    const length = intro.length + rest.length + titles.join("; ").length + title.length + 6;
    if (titles.includes(title) || /[<>]|\.\.\./.test(title)) continue;
    if (length > maxDescription) break;
    titles.push(title);
  }
  return {
    skill_name: key === "" ? "error-fix" : `${key}-error-fix`,
    description: `${intro}${titles.length === 0 ? "" : `: ${titles.join("; ")}`}. ${rest}`,
    title: `Errors and fixes in ${dsl}`,
  };
}

/** What a reviewer should know of the log. */
function logNotes(log: FixLog): string[] {
  const count = (test: (fix: FixLog["fixes"][number]) => boolean): number => log.fixes.filter(test).length;
  const parts = [
    [count((fix) => fix.dsl !== log.metadata.dsl), "of another DSL"],
    [count((fix) => fix.signature === ""), "whose log holds no text"],
    [count((fix) => fix.diff === ""), "without the code of both sides"],
    [count((fix) => fix.diff !== "" && fix.lasting_diff === ""), "whose change did not last"],
    [log.flaky.length, "with the same code after it (flaky)"],
  ] as const;
  return parts
    .filter(([number]) => number > 0)
    .map(
      ([number, what]) =>
        `In the records only: ${number} overcome ${number === 1 ? "failure" : "failures"} ${what}.`,
    );
}

function signatureText(signature: string): string {
  return signature.split("\n").map(code).join(" and ");
}

function withinLines<T extends ClaimWords>(words: readonly T[], lines: number): T[] {
  let used = 0;
  const kept: T[] = [];
  for (const claim of words) {
    const size = renderClaim(claim).split("\n").length + 1;
    if (kept.length > 0 && used + size > lines) break;
    used += size;
    kept.push(claim);
  }
  return kept;
}

function linesOf(claims: readonly Claim[]): number {
  return claims
    .filter((claim) => claim.state === "active")
    .reduce((sum, claim) => sum + claim.text.split("\n").length + 1, 0);
}
