import { groupBy } from "../group-by.ts";

/** What a call does in a sequence: read, write, edit, and what was run with its result. */
export type Move = "read" | "write" | "edit" | "setup" | `${RunClass} passes` | `${RunClass} fails`;
export type RunClass = "build" | "test" | "benchmark" | "profile" | "run";

/** What a run is for, by the words of its family. */
export function runClass(family: string): RunClass {
  if (/^(?:ncu|nsys|nvprof|rocprof|perf|compute-sanitizer|cuda-memcheck|valgrind)\b/.test(family))
    return "profile";
  if (/bench|perf|\btime|speed|profile/i.test(family)) return "benchmark";
  if (/test|check|verify|valid/i.test(family)) return "test";
  if (
    /^(?:nvcc|gcc|g\+\+|clang|cmake|ninja|cc|c\+\+|hipcc|tsc)\b|build|setup\.py|^make$|compile/i.test(family)
  )
    return "build";
  return "run";
}

const maxMoves = 300;

/** Adds a move; the same one again and again counts once. */
export function addMove(moves: Move[], move: Move): boolean {
  if (moves.at(-1) === move) return true;
  if (moves.length >= maxMoves) return false;
  moves.push(move);
  return true;
}

/** A sequence of moves that several sessions share. */
export interface MovePattern {
  moves: readonly Move[];
  /** Indices of the sessions that hold it. */
  sessions: readonly number[];
}

const minLength = 3;
const maxLength = 10;
/** At most so many other moves between two of a pattern. */
const maxGap = 1;
/** Patterns of one length that are followed further: those of most sessions. */
const beam = 60;

/**
 * Closed sequential patterns over at least two sequences, in the manner of PrefixSpan (Pei et al., ICDE 2001): grown
 * move by move from the places where the shorter ones end. Closed: no longer pattern holds it in as many sessions.
 * Bounded by a beam, so that long sessions take no longer than many short ones. Most sessions first, then longest.
 */
export function movePatterns(sequences: readonly (readonly Move[])[]): MovePattern[] {
  interface Growing {
    moves: Move[];
    /** For each session that holds it, the places after its last move. */
    ends: Map<number, Set<number>>;
  }
  const found: MovePattern[] = [];
  let level: Growing[] = [{ moves: [], ends: new Map(sequences.map((_, index) => [index, new Set([0])])) }];
  while (level.length > 0 && (level[0]?.moves.length ?? 0) < maxLength) {
    const next: Growing[] = [];
    for (const pattern of level) {
      const isFirst = pattern.moves.length === 0;
      const extensions = new Map<Move, Map<number, Set<number>>>();
      for (const [session, ends] of pattern.ends) {
        const sequence = sequences[session] ?? [];
        for (const end of ends) {
          const stop = isFirst ? sequence.length : Math.min(sequence.length, end + 1 + maxGap);
          for (let place = end; place < stop; place += 1) {
            const move = sequence[place];
            if (move === undefined) continue;
            const places = extensions.get(move) ?? new Map<number, Set<number>>();
            extensions.set(move, places);
            places.set(session, (places.get(session) ?? new Set()).add(place + 1));
          }
        }
      }
      for (const [move, ends] of extensions)
        if (ends.size >= 2) next.push({ moves: [...pattern.moves, move], ends });
    }
    level = next
      .sort((a, b) => b.ends.size - a.ends.size || compare(a.moves.join(), b.moves.join()))
      .slice(0, beam);
    found.push(
      ...level.map(({ moves, ends }) => ({ moves, sessions: [...ends.keys()].sort((a, b) => a - b) })),
    );
  }
  return closed(found.filter(({ moves }) => moves.length >= minLength)).sort(
    (a, b) =>
      b.sessions.length - a.sessions.length ||
      b.moves.length - a.moves.length ||
      compare(a.moves.join(), b.moves.join()),
  );
}

function closed(patterns: readonly MovePattern[]): MovePattern[] {
  const bySessions = groupBy(patterns, ({ sessions }) => sessions.join());
  return [...bySessions.values()].flatMap((group) =>
    group.filter(
      (one) => !group.some((other) => other.moves.length > one.moves.length && holds(other.moves, one.moves)),
    ),
  );
}

function holds(longer: readonly Move[], shorter: readonly Move[]): boolean {
  let at = 0;
  for (const move of longer) if (move === shorter[at]) at += 1;
  return at === shorter.length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
