import type { Evidence } from "../evidence/evidence.ts";
import { type Move, movePatterns, type RunClass } from "../evidence/session-sequences.ts";
import type { SessionEvidence } from "../evidence/session.ts";

/** A way of working that several sessions share. */
export interface Procedure {
  item: Evidence;
  moves: readonly Move[];
  /** How many different sessions hold it. */
  support: number;
  /** A command of each class that is run in it, as one of the sessions had it. */
  commands: ReadonlyMap<RunClass, string>;
}

/** A shorter sequence says nothing that an engineer does not do anyway. */
const minMoves = 4;

/** The sequence that most sessions share; undefined where there is none in at least two that did not fail. */
export function sharedProcedure(sessions: readonly SessionEvidence[]): Procedure | undefined {
  const different = differentSuccesses(sessions);
  const patterns = movePatterns(different.map(({ moves }) => moves));
  const best = patterns.find(
    ({ moves }) => moves.length >= minMoves && moves.some((move) => move.endsWith("passes")),
  );
  const holders = best?.sessions.flatMap((index) => different[index] ?? []) ?? [];
  const [first] = holders;
  if (!best || !first) return undefined;
  const commands = new Map<RunClass, string>();
  for (const { commands: own } of holders)
    for (const [name, text] of own) if (!commands.has(name)) commands.set(name, text);
  const places = holders.flatMap(({ items }) => items.find(({ kind }) => kind === "task")?.places ?? []);
  return {
    moves: best.moves,
    support: best.sessions.length,
    commands,
    item: {
      id: `${first.trace.slice(0, 8)}:procedure-${best.moves.length}-${best.sessions.length}`,
      kind: "procedure",
      trace: first.trace,
      places: places.slice(0, 20),
      summary: `${best.sessions.length} of ${different.length} sessions share this order: ${best.moves.join(", then ")}.`,
    },
  };
}

/** The sessions that did not fail, each once: one may be told in several formats. */
export function differentSuccesses(sessions: readonly SessionEvidence[]): SessionEvidence[] {
  return [...new Map(sessions.map((session) => [session.fingerprint, session])).values()].filter(
    ({ outcome }) => outcome.status === "success" || outcome.status === "partial",
  );
}
