import { duplicateAt, findDuplicates } from "../distill/claim-dedup.ts";
import { pickWords } from "../distill/claim.ts";
import { normalisedText } from "../distill/claim-pairing.ts";
import { writeSkillFile } from "../skills/skill-file.ts";
import { keepsLiterals } from "./kept-literals.ts";
import type { MergeBench, Standing } from "./merge-bench.ts";
import type { MergeOperation } from "./merge-operation.ts";
import { parseSource, type Piece } from "./skill-pieces.ts";

/** Claims of equal titles may be less alike than this only where they are about something else. */
const sameTitleAt = 0.3;

/**
 * Reads a whole merged document into operations: a claim of it that says what claims of the sources say takes their
 * place, with all their literals. What it does not say is kept as it stands, and what no source says is left out, as
 * `unsupported`.
 */
export function documentOperations(
  body: string,
  bench: MergeBench,
): { operations: MergeOperation[]; unsupported: string[] } {
  const text = writeSkillFile(
    { name: "document", description: "The answer of a model.", metadata: {} },
    body,
  );
  const said = parseSource({
    name: "document",
    path: "document/SKILL.md",
    text,
    evidence: undefined,
    files: [],
  }).pieces;
  const covered = coverage(said, bench.standing());
  const operations: MergeOperation[] = [];
  const unsupported: string[] = [];
  for (const piece of said) {
    const members = covered.get(piece) ?? [];
    if (members.length === 0) unsupported.push(piece.title);
    else operations.push(...operationsFor(piece, members));
  }
  return { operations, unsupported };
}

function operationsFor(piece: Piece, members: readonly Standing[]): MergeOperation[] {
  const equal = members.find(({ text }) => normalisedText(text) === normalisedText(piece.text));
  const [first = equal, ...others] = equal ? [equal, ...members.filter((one) => one !== equal)] : members;
  if (first === undefined) return [];
  const claims = [first, ...others].map(({ ref }) => ref);
  const { claim } = piece;
  if (equal !== undefined || claim === null) return claims.length > 1 ? [{ op: "merge", claims }] : [];
  const words = pickWords(claim);
  return claims.length > 1
    ? [{ op: "merge", claims, words }]
    : [{ op: "generalise", claim: first.ref, words }];
}

/** The pieces of the sources that each piece of the document says; each is said by at most one. */
function coverage(said: readonly Piece[], standing: readonly Standing[]): Map<Piece, Standing[]> {
  const covered = new Map<Piece, Standing[]>();
  const byId = new Map(said.map((piece) => [piece.id, piece]));
  const best = new Map<string, { piece: Piece; score: number }>();
  const pairs = findDuplicates(
    standing.map(({ ref, text }) => ({ id: ref, text })),
    said.map(({ id, text }) => ({ id, text })),
    5,
  );
  const byRef = new Map(standing.map((one) => [one.ref, one]));
  for (const { newId, existingId, score } of pairs) {
    const [one, piece] = [byRef.get(newId), byId.get(existingId)];
    if (one === undefined || piece === undefined || one.isPersons || one.part !== piece.part) continue;
    const isTitled = one.part === "method" && one.title.toLowerCase() === piece.title.toLowerCase();
    if (score < (isTitled ? sameTitleAt : duplicateAt) || !keepsLiterals(piece.text, one.text)) continue;
    const known = best.get(newId);
    if (known === undefined || score > known.score) best.set(newId, { piece, score });
  }
  for (const one of standing) {
    const found = best.get(one.ref)?.piece;
    if (found) covered.set(found, [...(covered.get(found) ?? []), one]);
  }
  return covered;
}
