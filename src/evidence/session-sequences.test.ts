import fc from "fast-check";
import { expect, test } from "vitest";
import { type Move, movePatterns, runClass } from "./session-sequences.ts";

test("the sequence that most sessions share comes first, and no shorter one that it holds", () => {
  const one: Move[] = ["read", "write", "test fails", "edit", "test passes"];
  const other: Move[] = ["write", "test fails", "setup", "edit", "test passes", "benchmark passes"];
  const third: Move[] = ["setup", "setup", "setup"];
  const patterns = movePatterns([one, other, third]);
  expect(patterns[0]).toEqual({ moves: ["write", "test fails", "edit", "test passes"], sessions: [0, 1] });
  expect(patterns).toHaveLength(1);
});

test("a run is classed by what its family says", () => {
  expect(["ncu", "python bench.py", "pytest a.py", "make build", "./t"].map(runClass)).toEqual([
    "profile",
    "benchmark",
    "test",
    "build",
    "run",
  ]);
});

const move = fc.constantFrom<Move>("read", "write", "edit", "test fails", "test passes");

test("every pattern stands in the sessions it names, with at most one move between two of its own", () => {
  fc.assert(
    fc.property(fc.array(fc.array(move, { maxLength: 14 }), { maxLength: 5 }), (sequences) => {
      for (const { moves, sessions } of movePatterns(sequences)) {
        expect(sessions.length).toBeGreaterThanOrEqual(2);
        for (const session of sessions) expect(holds(sequences[session] ?? [], moves)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

/** Tries every start, and both distances after each move. */
function holds(sequence: readonly Move[], pattern: readonly Move[]): boolean {
  const from = (place: number, index: number): boolean =>
    index === pattern.length ||
    [place, place + 1].some((next) => sequence[next] === pattern[index] && from(next + 1, index + 1));
  return sequence.some((first, place) => first === pattern[0] && from(place + 1, 1));
}
