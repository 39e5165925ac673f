import { basename } from "node:path";
import { collectSessions, type SessionEvidence } from "../evidence/session.ts";
import { Failure, usageFailure } from "../failure.ts";
import type { Model } from "../models/model.ts";
import type { Reporter } from "../reporter.ts";
import { secretKindWords } from "../secrets/finding-words.ts";
import { maskedName } from "../secrets/masked-name.ts";
import { createRedactor, type Redactor } from "../secrets/redactor.ts";
import { isPersonal } from "../secrets/secret-kind.ts";
import { createSecretLedger, type SecretLedger } from "../secrets/secret-ledger.ts";
import { readConversation } from "../traces/akg-conversation.ts";
import { openSession, type SessionTrace } from "../traces/read-session.ts";
import { readTrace } from "../traces/read-trace.ts";
import { sessionCounter, type TraceEntry } from "../traces/session-counts.ts";
import type { Outcome } from "./distill-material.ts";
import { errorFixMaterial, readErrorFix } from "./error-fix-material.ts";
import { expertTuningMaterial } from "./expert-tuning-material.ts";
import type { Material, Mode } from "./material.ts";
import { searchLogMaterial } from "./search-log-material.ts";
import { groupSessions } from "./session-group.ts";
import { sessionMaterial } from "./session-material.ts";
import { modelCompressor } from "./timeline-compressor.ts";
import { folderTracesBelow, type FolderTrace, modeOfPath } from "./trace-mode.ts";

/** One distillation of a run: a material, or what is clear without one. */
export type IntakeItem = { paths: string[] } & (
  | {
      material: Material;
      /** Knows the secrets that reading the trace found, and their placeholders. */
      redactor: Redactor;
      /** The same with what only a teacher can do for it. */
      taught?: (teacher: Model) => Promise<Material>;
      outcome?: undefined;
    }
  | { material: undefined; outcome: Outcome }
);

/** What the traces of a run come to. */
export interface Intake {
  /** The mode that all of them are read in; `auto` where they differ. */
  mode: Mode | "auto";
  items: IntakeItem[];
  /** SHA-256 of each trace, in the order in which they were named. */
  digests: string[];
  /** What `traces.json` holds. */
  sessions: TraceEntry[];
  /** Files of the named folders that are no traces. */
  others: string[];
}

export interface IntakeOptions {
  mode: Mode | "auto";
  op: string | undefined;
  reporter: Reporter;
  /** Skills by the digests of the traces that they have learned from. */
  known: ReadonlyMap<string, string>;
}

/** A path as it was named, and where it leads. */
export interface NamedPath {
  path: string;
  named: string;
}

/**
 * Reads all traces of a run. Logs and conversations of a search are distilled one by one; the sessions of a run are
 * distilled together, by language, so that a claim can say how many of them support it. A folder may hold all of them,
 * however deep. Throws `Failure` (exit code 2) for a path that holds no trace. All traces share a ledger: a secret that one of them gives away is masked in what is
 * kept of the others too. Names of files may hold secrets as well, so they are shown masked.
 */
export async function readIntake(paths: readonly NamedPath[], options: IntakeOptions): Promise<Intake> {
  const { op, reporter } = options;
  const items: IntakeItem[] = [];
  const digests: string[] = [];
  const read: ReadSession[] = [];
  const others: string[] = [];
  const modes = new Set<Mode>();
  const ledger = createSecretLedger();
  const names = createRedactor(ledger);
  const add = (item: IntakeItem, mode: Mode): void => {
    items.push(item);
    modes.add(mode);
    digests.push(...(item.material?.traces.map((trace) => trace.sha256) ?? []));
  };
  for (const place of paths) {
    const named = maskedName(place.named);
    const found = options.mode === "auto" ? await modeOfPath(place.path) : options.mode;
    const below = await tracesBelow(place.path, found, options.mode);
    for (const { folder, mode } of below) {
      const shown = maskedName(`${place.named}/${folder}`);
      try {
        const redactor = createRedactor(ledger);
        add(await readItem(`${place.path}/${folder}`, shown, mode, { op, reporter, redactor }), mode);
      } catch (error) {
        // It was not named itself: the others go on, and this is told.
        if (!(error instanceof Failure) || error.exitCode !== 2) throw error;
        others.push(`${shown}: ${error.message}`);
      }
    }
    if (found === "session") {
      const without = below.map(({ folder }) => folder);
      const opened = await openSession(place.path, { reporter, ledger, without });
      if (opened.traces.length > 0) modes.add(found);
      for (const trace of opened.traces) read.push(await readSession(trace, place, { names, reporter }));
      for (const { file, reason } of opened.others) {
        const isWhole = file === place.named || opened.traces.length + below.length === 0;
        others.push(maskedName(`${isWhole ? place.named : `${place.named}/${file}`}: ${reason}`));
      }
    } else if (below.length === 0) {
      add(
        await readItem(place.path, named, found, { op, reporter, redactor: createRedactor(ledger) }),
        found,
      );
    }
  }
  if (items.length + read.length === 0) {
    throw usageFailure(
      `No trace could be read. ${others[0] ?? ""}`.trim(),
      "Name the log, the conversation or the session itself.",
    );
  }
  digests.push(...read.map(({ digest }) => digest));
  items.push(...sessionItems(read, options.known, ledger));
  // What a trace gave away is masked in what is kept of those that were read before it.
  for (const item of items) if (item.material) item.redactor.recall({ areReported: true });
  const [only] = modes;
  return {
    mode: modes.size === 1 && only !== undefined ? only : "auto",
    items,
    digests,
    sessions: read.map(({ entry }) => entry),
    others,
  };
}

/**
 * The logs and conversations inside of a folder that is none itself. Where a mode was asked for, only what can be read
 * so: the verifications of a search are read for its times or for its fixes.
 */
async function tracesBelow(path: string, found: Mode, asked: IntakeOptions["mode"]): Promise<FolderTrace[]> {
  if (asked === "auto") return found === "session" ? folderTracesBelow(path) : [];
  if (asked === "session" || (await modeOfPath(path)) !== "session") return [];
  const isConversation = asked === "expert_tuning";
  return (await folderTracesBelow(path))
    .filter(({ mode }) => (mode === "expert_tuning") === isConversation)
    .map(({ folder }) => ({ folder, mode: asked }));
}

async function readItem(
  path: string,
  named: string,
  mode: Exclude<Mode, "session">,
  reading: { op: string | undefined; reporter: Reporter; redactor: Redactor },
): Promise<IntakeItem> {
  const paths = [named];
  const { redactor } = reading;
  switch (mode) {
    case "search_log":
      return { paths, redactor, material: searchLogMaterial(await readTrace(path, reading)) };
    case "error_fix":
      return { paths, redactor, material: errorFixMaterial(await readErrorFix(path, reading)) };
    case "expert_tuning": {
      const trace = await readConversation(path, reading);
      return {
        paths,
        redactor,
        material: await expertTuningMaterial(trace),
        taught: (teacher) => {
          const compress = modelCompressor(teacher);
          return expertTuningMaterial(trace, {
            // The timeline is not through the second layer of masking yet.
            compress: async (text, targetChars) => compress(await redactor.maskDeep(text), targetChars),
          });
        },
      };
    }
  }
}

interface ReadSession {
  named: string;
  digest: string;
  evidence: SessionEvidence[];
  entry: TraceEntry;
  /** What was masked in it, for the reviewer. */
  masked: string[];
}

/**
 * A session's evidence and counts. Where something was masked that opens a door, the session is read a second time: an
 * early line that names no secret may repeat one that a later line gives away, and what is made of the early line, such
 * as the signature of an error, could no longer be searched for it.
 */
async function readSession(
  trace: SessionTrace,
  place: NamedPath,
  run: { names: Redactor; reporter: Reporter },
): Promise<ReadSession> {
  const once = await readOnce(trace, place, run);
  const isSafe = [...trace.masked.keys()].every(isPersonal);
  if (!isSafe) trace.recallSecrets();
  const session = isSafe ? once : await readOnce(trace, place, run);
  for (const words of secretKindWords(trace.masked)) run.reporter.warning(`${session.named}: ${words}`);
  return session;
}

/** One pass over a session. */
async function readOnce(
  trace: SessionTrace,
  { path, named }: NamedPath,
  { names }: { names: Redactor },
): Promise<ReadSession> {
  const counter = sessionCounter();
  async function* counted() {
    for await (const step of trace.steps()) {
      counter.add(step);
      yield step;
    }
  }
  const isFile = trace.file === basename(path) || trace.file === "";
  const source = names.mask(isFile ? basename(path) : `${basename(path)}/${trace.file}`);
  const evidence = await collectSessions(counted(), {
    digest: () => trace.digest(),
    source,
    format: trace.format,
    facts: () => trace.facts,
  });
  const outcome = evidence[0]?.outcome.status ?? "unknown";
  return {
    named: maskedName(isFile ? named : `${named}/${trace.file}`),
    digest: await trace.digest(),
    evidence,
    entry: { ...counter.entry(trace, outcome), file: names.mask(trace.file) },
    masked: secretKindWords(trace.masked).map((words) => `${source}: ${words}`),
  };
}

/** Sessions that a skill has learned from are not distilled again; the others go together by language. */
function sessionItems(
  read: readonly ReadSession[],
  known: IntakeOptions["known"],
  ledger: SecretLedger,
): IntakeItem[] {
  const items: IntakeItem[] = [];
  const fresh: ReadSession[] = [];
  const seen = new Set<string>();
  for (const session of read) {
    const skill = known.get(session.digest);
    if (seen.has(session.digest)) continue;
    seen.add(session.digest);
    if (skill === undefined) {
      fresh.push(session);
      continue;
    }
    const reason = `${session.named} is already part of the skill ${skill}.`;
    items.push({ paths: [session.named], material: undefined, outcome: { status: "unchanged", reason } });
  }
  for (const session of fresh) {
    if (session.evidence.length > 0) continue;
    const reason = `${session.named} holds no conversation.`;
    items.push({ paths: [session.named], material: undefined, outcome: { status: "empty", reason } });
  }
  const names = new Map(fresh.map(({ digest, named }) => [digest, named]));
  for (const group of groupSessions(fresh.flatMap(({ evidence }) => evidence))) {
    const paths = [...new Set(group.map(({ trace }) => names.get(trace) ?? trace))];
    const material = sessionMaterial(group);
    const masked = fresh.filter(({ named }) => paths.includes(named)).flatMap((session) => session.masked);
    const remarks = [...masked, ...(material.remarks ?? [])];
    items.push({ paths, redactor: createRedactor(ledger), material: { ...material, remarks } });
  }
  return items;
}
