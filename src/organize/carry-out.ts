import { dirname } from "node:path/posix";
import { Failure } from "../failure.ts";
import { carryFiles, type CarriedFiles } from "./carried-files.ts";
import type { LedgerEntry } from "./ledger.ts";
import { requireCompleteLedger } from "./ledger.ts";
import { MergeBench } from "./merge-bench.ts";
import { withMovedFiles } from "./moved-references.ts";
import type { OrganizeDecision } from "./organize-proposal.ts";
import { type ParsedSource, parseSource, type SourceSkill, withCheckItems } from "./skill-pieces.ts";
import { type Survivor, writeSurvivor } from "./survivor.ts";
import { requireUnitedCases } from "./united-cases.ts";

/** Sources taken apart, ready for operations. */
export interface PreparedSources {
  sources: readonly ParsedSource[];
  bench: MergeBench;
}

/** What is decided about some sources. */
export interface Decision {
  answer: OrganizeDecision;
  /** One for a merge; for a split one for each of its groups. */
  survivors: readonly { name: string; path: string; description: string; title: string }[];
  author: "offline" | "model";
}

export interface CarriedOut {
  survivors: Survivor[];
  ledger: LedgerEntry[];
  notes: string[];
}

/** Takes sources apart for a merge. Their references begin with their place among them, counted from 1. */
export function prepareMerge(skills: readonly SourceSkill[]): PreparedSources {
  const { moved } = carryFiles(skills, "");
  const sources = skills.map((skill) =>
    withMovedFiles(parseSource(skill), moved.get(skill.name) ?? new Map()),
  );
  return prepared(sources);
}

/** Takes one source apart for a split, the items of checklists too. */
export function prepareSplit(skill: SourceSkill): PreparedSources {
  return prepared([withCheckItems(parseSource(skill))]);
}

function prepared(sources: readonly ParsedSource[]): PreparedSources {
  const bench = new MergeBench();
  for (const source of sources) bench.add(source);
  return { sources, bench };
}

/**
 * Applies a decision to its sources: the same sources and decision give the same bytes. Throws `Failure` (exit code 1)
 * for an operation that cannot be applied, and where a claim would be lost.
 */
export function carryOut(skills: readonly SourceSkill[], decision: Decision): CarriedOut {
  return decision.answer.kind === "merge" ? merged(skills, decision) : split(skills, decision);
}

function merged(skills: readonly SourceSkill[], { answer, survivors, author }: Decision): CarriedOut {
  const [wanted] = survivors;
  if (answer.kind !== "merge" || wanted === undefined || survivors.length > 1 || skills.length < 2)
    throw unsound("A merge makes one skill of two or more.");
  const { sources, bench } = prepareMerge(skills);
  const { refused } = bench.apply(answer.operations);
  const [first] = refused;
  if (first !== undefined) {
    throw unsound(`An operation (${first.operation.op}) cannot be applied, because ${first.reason}.`);
  }
  const { files, moved, notes } = carryFiles(skills, wanted.name);
  requireUnitedCases(skills, { name: wanted.name, files, moved });
  const standing = bench.standing();
  const survivor = writeSurvivor({
    kind: "merge",
    ...wanted,
    author,
    sources,
    bench,
    standing,
    files,
    moved,
  });
  const ledger = [...survivor.ledger, ...droppedEntries(bench)];
  requireCompleteLedger(ledger, claimsOf(sources));
  return { survivors: [survivor], ledger, notes };
}

function split(skills: readonly SourceSkill[], { answer, survivors, author }: Decision): CarriedOut {
  const [skill] = skills;
  if (answer.kind !== "split" || skill === undefined || skills.length > 1)
    throw unsound("A split makes several skills of one.");
  if (answer.groups.length !== survivors.length)
    throw unsound("A split names a skill for each of its groups.");
  const { sources, bench } = prepareSplit(skill);
  const byRef = new Map(bench.standing().map((one) => [one.ref, one]));
  const carried: CarriedFiles = carryFiles(skills, "");
  const written = survivors.map((wanted, index) => {
    const refs = new Set(answer.groups[index]);
    const standing = [...byRef.values()].filter(({ ref }) => refs.has(ref));
    if (standing.length < refs.size)
      throw unsound(`A group of the split names a claim that ${skill.name} lacks.`);
    const { files, moved } = carried;
    return writeSurvivor({ kind: "split", ...wanted, author, sources, bench, standing, files, moved });
  });
  const ledger = written.flatMap((survivor) => survivor.ledger);
  requireCompleteLedger(ledger, claimsOf(sources));
  return { survivors: written, ledger, notes: carried.notes };
}

function droppedEntries(bench: MergeBench): LedgerEntry[] {
  return [...bench.dropped()].map(([ref, reason]) => {
    const piece = bench.piece(ref);
    return {
      source: bench.skillOf(ref),
      claim: piece?.id ?? "",
      title: piece?.title ?? "",
      state: "dropped",
      into: null,
      reason,
    };
  });
}

function claimsOf(sources: readonly ParsedSource[]): { source: string; claim: string }[] {
  return sources.flatMap(({ skill, pieces }) => pieces.map(({ id }) => ({ source: skill.name, claim: id })));
}

/** The folder of a skill, below the library. */
export function folderOf(path: string): string {
  return dirname(path);
}

function unsound(problem: string): Failure {
  return new Failure(problem, { remedy: "Nothing was written. Run organize again.", exitCode: 1 });
}
