import { usageFailure } from "../failure.ts";
import type { Reporter } from "../reporter.ts";
import { maskedName } from "../secrets/masked-name.ts";
import { createRedactor, type Redactor } from "../secrets/redactor.ts";
import { createSecretLedger, type SecretLedger } from "../secrets/secret-ledger.ts";
import { detectFormat, type Detected } from "./detect-format.ts";
import { openEventFolder } from "./event-folder.ts";
import { maskedFacts, maskedStep } from "./masked-step.ts";
import { sessionReaders } from "./session-readers.ts";
import { openSessionFile, type OpenSessionFile } from "./session-file.ts";
import type { FormatName, SessionFacts, SessionSink, SessionTotals, Step } from "./session.ts";
import { type Candidate, traceFiles } from "./trace-files.ts";
import { digestOfFiles } from "./trace-folder.ts";

/** What could not be read of a trace. */
export interface Damage {
  bad_lines: number;
  /** Whether the last line is one of them: the trace was cut off. */
  truncated: boolean;
}

/**
 * A session that can be read, as often as needed and with the same steps each time. `facts`, `totals`, `skills`,
 * `compactions`, `damage` and `masked` are those of the latest reading and complete when it came to its end.
 */
export interface SessionTrace {
  /** Relative to the path that was opened, or its name where that is a file; with slashes. */
  readonly file: string;
  readonly format: FormatName;
  readonly facts: SessionFacts;
  /** Undefined where it says none. */
  readonly totals: SessionTotals | undefined;
  readonly skills: readonly string[];
  readonly compactions: number;
  readonly damage: Damage;
  /** How many different secrets of each kind were hidden. */
  readonly masked: Redactor["findings"];
  /** Steps with their secrets hidden. Those of sub-agents that have logs of their own come last. */
  steps(): AsyncIterable<Step>;
  /**
   * Each reading from here on hides from its first step on what the readings so far have found, also where nothing tells
   * that it is a secret.
   */
  recallSecrets(): void;
  /** SHA-256 of the file; of several files, one over them all. */
  digest(): Promise<string>;
}

export interface OpenedSessions {
  traces: SessionTrace[];
  /** Files that are not read, with the reason. */
  others: { file: string; reason: string }[];
}

/**
 * Opens a session, or all sessions in a folder. Formats are told by content. Throws `Failure` (exit code 2) where
 * there is no trace: for a file with the first keys that were seen in it. Sessions that share a ledger have the same
 * placeholder for the same secret. Folders `without` are read otherwise; where there are some, there may be no session.
 */
export async function openSession(
  path: string,
  options: { reporter: Reporter; ledger?: SecretLedger; without?: readonly string[] },
): Promise<OpenedSessions> {
  const { reporter, ledger = createSecretLedger(), without = [] } = options;
  const { root, found, skipped } = await traceFiles(path, without);
  const traces: SessionTrace[] = [];
  const others = [...skipped];
  for (const [index, candidate] of found.entries()) {
    reporter.progress("looking for traces", index, found.length);
    const detected = await formatOf(root, candidate);
    if (detected.format === "unknown") others.push({ file: candidate.file, reason: notATrace(detected) });
    else traces.push(sessionTrace(root, candidate, detected.format, ledger));
  }
  reporter.progress("looking for traces", found.length, found.length);
  if (traces.length > 0 || without.length > 0) return { traces, others };
  const [only] = others;
  throw usageFailure(
    others.length === 1 && only !== undefined
      ? `${maskedName(path)} is not a known trace: ${only.reason}.`
      : `There is no known trace in ${maskedName(path)}; none of its ${others.length} files is one.`,
    "Pass the log of an agent's session (such as a JSON-lines file of Claude Code or Codex, an ATIF document or a Markdown transcript), or a folder with an AKG log, which holds verification_results.jsonl.",
  );
}

async function formatOf(root: string, { kind, file }: Candidate): Promise<Detected> {
  if (kind === "events") return { format: "openhands-conversation" };
  return detectFormat(await openSessionFile(root, file, () => undefined));
}

function notATrace({ looksLike, keys }: Exclude<Detected, { format: FormatName }>): string {
  if (looksLike !== undefined)
    return `it looks like ${looksLike}, truncated or too large to be read as one document`;
  if (keys.length === 0) return "it is neither JSON nor a transcript with a user and an agent";
  const redactor = createRedactor();
  return `its first keys are ${keys.map((key) => JSON.stringify(redactor.mask(key.slice(0, 60)))).join(", ")}`;
}

function sessionTrace(
  root: string,
  candidate: Candidate,
  format: FormatName,
  ledger: SecretLedger,
): SessionTrace {
  let recalls = false;
  let facts: SessionFacts = {};
  let totals: SessionTotals | undefined;
  let skills = new Set<string>();
  let compactions = 0;
  let damage: Damage = { bad_lines: 0, truncated: false };
  let masked: Redactor["findings"] = new Map();
  let digest: string | undefined;

  return {
    file: candidate.file,
    format,
    get facts() {
      return facts;
    },
    get totals() {
      return totals;
    },
    get skills() {
      return [...skills];
    },
    get compactions() {
      return compactions;
    },
    get damage() {
      return damage;
    },
    get masked() {
      return masked;
    },
    steps,
    recallSecrets: () => void (recalls = true),
    digest: async () => (digest ??= await digestOf(await openFiles(countDamage))),
  };

  async function* steps(): AsyncGenerator<Step> {
    // Each reading starts anew: a secret that is known from its end would else be hidden earlier the second time.
    const redactor = createRedactor(ledger);
    if (recalls) redactor.recall();
    facts = {};
    totals = undefined;
    skills = new Set();
    compactions = 0;
    damage = { bad_lines: 0, truncated: false };
    masked = redactor.findings;
    const sink: SessionSink = {
      facts: (found) => void (facts = { ...facts, ...maskedFacts(found, redactor) }),
      damage: countDamage,
      skill: (name) => void skills.add(redactor.mask(name)),
      compaction: () => void (compactions += 1),
      totals: (found) => void (totals = found),
    };
    const [own, ...subagents] = await openFiles(countDamage);
    if (own === undefined) return;
    const read = sessionReaders[format];
    for await (const step of read(own, sink)) yield maskedStep(step, redactor);
    for (const file of subagents) {
      const subagent = /agent-([^/]*)\.jsonl$/.exec(file.file)?.[1] ?? file.file;
      // Their facts are those of the session, and their compactions are not the session's.
      const quiet: SessionSink = { ...sink, facts: () => undefined, compaction: () => undefined };
      for await (const step of read(file, quiet)) {
        // What a sub-agent is asked comes from the agent that started it.
        const source = step.source === "user" ? "system" : step.source;
        yield maskedStep({ ...step, source, subagent: step.subagent ?? subagent }, redactor);
      }
    }
    damage = { ...damage, truncated: own.isTruncated() };
    digest = await digestOf([own, ...subagents]);
  }

  function countDamage(): void {
    damage = { ...damage, bad_lines: damage.bad_lines + 1 };
  }

  async function openFiles(report: () => void): Promise<OpenSessionFile[]> {
    if (candidate.kind === "events") return [await openEventFolder(root, candidate.file, report)];
    const names = format === "claude-code-jsonl" ? candidate.subagents : [];
    return Promise.all([candidate.file, ...names].map((name) => openSessionFile(root, name, report)));
  }
}

async function digestOf(files: readonly OpenSessionFile[]): Promise<string> {
  const digests = new Map<string, string>();
  for (const file of files) digests.set(file.file, await file.digest());
  const [only, ...more] = digests.values();
  return only !== undefined && more.length === 0 ? only : digestOfFiles(digests);
}
