import { z } from "zod";
import { Failure } from "../failure.ts";

/** What became of a claim of a source. */
export const ledgerStates = ["kept", "merged", "generalised", "conflicting", "dropped"] as const;
export type LedgerState = (typeof ledgerStates)[number];

export const ledgerEntrySchema = z.strictObject({
  /** The skill that the claim stood in. */
  source: z.string().min(1).max(64),
  /** The claim's id within its skill. */
  claim: z.string().min(1).max(60),
  title: z.string().max(200),
  state: z.enum(ledgerStates),
  /** Where it stands now; null for a dropped claim. */
  into: z.strictObject({ skill: z.string().min(1).max(64), claim: z.string().min(1).max(60) }).nullable(),
  /** Why, for the reviewer; never empty for a dropped claim. */
  reason: z.string().max(1000),
});
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

/** A claim of a source, by the name of its skill and its id there. */
export interface SourceClaim {
  source: string;
  claim: string;
}

/**
 * Holds a ledger against the claims of the sources: each is there exactly once, nothing else is, a claim that stands
 * somewhere says where, and a dropped one says why. Throws `Failure` (exit code 1).
 */
export function requireCompleteLedger(ledger: readonly LedgerEntry[], claims: readonly SourceClaim[]): void {
  const open = new Set(claims.map(keyOf));
  for (const entry of ledger) {
    const where = `the claim ${entry.claim} of ${entry.source}`;
    if (!open.delete(keyOf(entry))) throw incomplete(`The ledger names ${where} twice, or no source has it.`);
    if (entry.state === "dropped") {
      if (entry.into !== null)
        throw incomplete(`The ledger says that ${where} is dropped and where it stands.`);
      if (entry.reason.trim() === "") throw incomplete(`Nothing says why ${where} is dropped.`);
    } else if (entry.into === null) throw incomplete(`The ledger does not say where ${where} stands now.`);
  }
  const [missing] = open;
  if (missing === undefined) return;
  const [source, claim] = missing.split("\0");
  throw incomplete(`The ledger does not say what becomes of the claim ${claim} of ${source}.`);
}

function keyOf({ source, claim }: SourceClaim): string {
  return `${source}\0${claim}`;
}

function incomplete(problem: string): Failure {
  return new Failure(problem, {
    remedy: "Nothing was written. Run organize again; a claim is dropped only with a reason.",
    exitCode: 1,
  });
}
