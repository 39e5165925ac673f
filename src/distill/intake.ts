import { basename } from "node:path";
import { collectSessions, type SessionEvidence } from "../evidence/session.ts";
import type { Model } from "../models/model.ts";
import type { Reporter } from "../reporter.ts";
import { secretKindWords } from "../secrets/finding-words.ts";
import { createRedactor, type Redactor } from "../secrets/redactor.ts";
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
import { modeOfPath } from "./trace-mode.ts";

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
 * distilled together, by language, so that a claim can say how many of them support it. Throws `Failure` (exit code 2)
 * for a path that holds no trace.
 */
export async function readIntake(paths: readonly NamedPath[], options: IntakeOptions): Promise<Intake> {
  const { op, reporter } = options;
  const items: IntakeItem[] = [];
  const digests: string[] = [];
  const read: ReadSession[] = [];
  const others: string[] = [];
  const modes = new Set<Mode>();
  for (const { path, named } of paths) {
    const mode = options.mode === "auto" ? await modeOfPath(path) : options.mode;
    modes.add(mode);
    if (mode === "session") {
      const opened = await openSession(path, { reporter });
      for (const trace of opened.traces) read.push(await readSession(trace, { path, named }, reporter));
      for (const { file, reason } of opened.others) {
        const shown = file === named || opened.traces.length === 0 ? named : `${named}/${file}`;
        others.push(`${shown}: ${reason}`);
      }
    } else {
      const item = await readItem(path, named, mode, { op, reporter });
      items.push(item);
      digests.push(...(item.material?.traces.map((trace) => trace.sha256) ?? []));
    }
  }
  digests.push(...read.map(({ digest }) => digest));
  items.push(...sessionItems(read, options.known));
  const [only] = modes;
  return {
    mode: modes.size === 1 && only !== undefined ? only : "auto",
    items,
    digests,
    sessions: read.map(({ entry }) => entry),
    others,
  };
}

async function readItem(
  path: string,
  named: string,
  mode: Exclude<Mode, "session">,
  options: { op: string | undefined; reporter: Reporter },
): Promise<IntakeItem> {
  const paths = [named];
  const redactor = createRedactor();
  const reading = { ...options, redactor };
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
        taught: (teacher) => expertTuningMaterial(trace, { compress: modelCompressor(teacher) }),
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

/** One pass over a session: its evidence and its counts. */
async function readSession(
  trace: SessionTrace,
  { path, named }: NamedPath,
  reporter: Reporter,
): Promise<ReadSession> {
  const counter = sessionCounter();
  async function* counted() {
    for await (const step of trace.steps()) {
      counter.add(step);
      yield step;
    }
  }
  const isFile = trace.file === basename(path) || trace.file === "";
  const source = isFile ? basename(path) : `${basename(path)}/${trace.file}`;
  const evidence = await collectSessions(counted(), {
    digest: () => trace.digest(),
    source,
    format: trace.format,
    facts: () => trace.facts,
  });
  const shown = isFile ? named : `${named}/${trace.file}`;
  for (const words of secretKindWords(trace.masked)) reporter.warning(`${shown}: ${words}`);
  const outcome = evidence[0]?.outcome.status ?? "unknown";
  const masked = secretKindWords(trace.masked).map((words) => `${source}: ${words}`);
  return {
    named: shown,
    digest: await trace.digest(),
    evidence,
    entry: counter.entry(trace, outcome),
    masked,
  };
}

/** Sessions that a skill has learned from are not distilled again; the others go together by language. */
function sessionItems(read: readonly ReadSession[], known: IntakeOptions["known"]): IntakeItem[] {
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
    items.push({ paths, redactor: createRedactor(), material: { ...material, remarks } });
  }
  return items;
}
