import { sha256 } from "../digest.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { type Claim, claimId, readClaimWords } from "./claim.ts";
import { type Block, parseClaimDocument } from "./claim-document.ts";
import { wordSimilarity } from "./similarity.ts";

/** Below this share of common words a rewritten block counts as a new claim and not as an edited one. */
const editedAtLeast = 0.5;

/** A block of the file with the claim that it is, where it is one. */
export interface ClaimBlock extends Block {
  claimId: string | null;
}

export interface Reconciled {
  blocks: ClaimBlock[];
  claims: Claim[];
  /** Evidence for what a person wrote: the words themselves, in the file. */
  handEvidence: Evidence[];
  /** What a person changed since the claims were last written, for the reviewer. */
  notes: string[];
}

/**
 * Brings the stored claims in line with the file as it stands now. The file wins: edited words replace the
 * claim's words and keep its id, new blocks become claims of a person, and a claim whose block is gone is
 * `removed`. An id is kept when the text is equal, else when the title is, else when most words are.
 */
export function reconcile(body: string, stored: readonly Claim[], file: string): Reconciled {
  const blocks: ClaimBlock[] = parseClaimDocument(body).map((block) => ({ ...block, claimId: null }));
  const open = blocks.filter((block) => block.part !== null);
  const active = stored.filter((claim) => claim.state === "active");
  const matched = new Map<ClaimBlock, Claim>();
  const free = new Set(active);

  const pair = (fits: (block: ClaimBlock, claim: Claim) => boolean): void => {
    for (const block of open) {
      if (matched.has(block)) continue;
      const claim = [...free].find((candidate) => candidate.part === block.part && fits(block, candidate));
      if (!claim) continue;
      matched.set(block, claim);
      free.delete(claim);
    }
  };
  pair((block, claim) => normalise(claim.text) === normalise(block.text));
  pair((block, claim) => {
    const title = block.part === null ? "" : readClaimWords(block.part, block.text).title;
    return title !== "" && title.toLowerCase() === claim.title.toLowerCase();
  });
  pairMostAlike(open, matched, free);

  const taken = new Set(stored.map((claim) => claim.id));
  const claims = new Map(stored.map((claim) => [claim.id, claim]));
  const handEvidence: Evidence[] = [];
  const notes: string[] = [];
  for (const block of open) {
    if (block.part === null) continue;
    const claim = matched.get(block);
    if (claim && normalise(claim.text) === normalise(block.text)) {
      block.claimId = claim.id;
      continue;
    }
    const words = readClaimWords(block.part, block.text);
    const hand = handEvidenceFor(block.text, file);
    handEvidence.push(hand);
    if (claim) {
      block.claimId = claim.id;
      const evidence = [...new Set([...claim.evidence, hand.id])];
      claims.set(claim.id, { ...claim, ...words, text: block.text, author: "person", evidence });
      notes.push(`A person edited the claim ${claim.id}; their words stay.`);
    } else {
      const id = claimId(words, taken);
      taken.add(id);
      block.claimId = id;
      claims.set(id, {
        ...words,
        id,
        state: "active",
        author: "person",
        evidence: [hand.id],
        text: block.text,
      });
      if (stored.length > 0) notes.push(`A person added the claim ${id}.`);
    }
  }
  for (const claim of free) {
    claims.set(claim.id, { ...claim, state: "removed", reason: "a person deleted it from the file" });
    notes.push(`A person deleted the claim ${claim.id}; it stays away.`);
  }
  return { blocks, claims: [...claims.values()], handEvidence, notes };
}

function handEvidenceFor(text: string, file: string): Evidence {
  const digest = sha256(text);
  return {
    id: `hand:${digest.slice(0, 8)}`,
    kind: "hand",
    trace: digest,
    places: [{ file }],
    summary: "A person wrote this in the skill's file.",
  };
}

function normalise(text: string): string {
  return text.replaceAll("\r\n", "\n").trimEnd();
}

/** Pairs what is left by common words, the most alike first, so that the result does not depend on order. */
function pairMostAlike(open: readonly ClaimBlock[], matched: Map<ClaimBlock, Claim>, free: Set<Claim>): void {
  const candidates: { block: ClaimBlock; claim: Claim; score: number }[] = [];
  for (const block of open) {
    if (matched.has(block)) continue;
    for (const claim of free) {
      if (claim.part !== block.part) continue;
      const score = wordSimilarity(block.text, claim.text);
      if (score >= editedAtLeast) candidates.push({ block, claim, score });
    }
  }
  candidates.sort((a, b) => b.score - a.score);
  for (const { block, claim } of candidates) {
    if (matched.has(block) || !free.has(claim)) continue;
    matched.set(block, claim);
    free.delete(claim);
  }
}
