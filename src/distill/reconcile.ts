import { sha256 } from "../digest.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { showHidden } from "../skills/hidden-characters.ts";
import { type Claim, claimNamer } from "./claim.ts";
import { type Block, parseClaimDocument } from "./claim-document.ts";
import { normalisedText, pairClaims } from "./claim-pairing.ts";
import { readClaimWords } from "./claim-text.ts";

/** A block of the file with the claim that it is, where it is one. */
export interface ClaimBlock extends Block {
  claimId: string | null;
}

export interface Reconciled {
  /** The body in blocks, with `\n` at line ends and hidden characters written out, as the writer writes it. */
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
  const written = showHidden(body.replaceAll(/\r\n?/g, "\n"));
  const blocks: ClaimBlock[] = parseClaimDocument(written).map((block) => ({ ...block, claimId: null }));
  const claims = new Map(stored.map((claim) => [claim.id, claim]));
  const active = [...claims.values()].filter((claim) => claim.state === "active");
  const open = blocks.filter((block) => block.part !== null);
  const paired = pairClaims(open, active);
  const nameOf = claimNamer(claims.keys());
  const handEvidence: Evidence[] = [];
  const notes: string[] = [];
  for (const block of open) {
    if (block.part === null) continue;
    const claim = paired.get(block);
    if (claim && normalisedText(claim.text) === normalisedText(block.text)) {
      block.claimId = claim.id;
      continue;
    }
    const words = readClaimWords(block.part, block.text);
    const hand = handEvidenceFor(block.text, file);
    handEvidence.push(hand);
    if (claim) {
      block.claimId = claim.id;
      // Only methods show their title; that of another part is a key, which outlives the words.
      const title = block.part === "method" ? words.title : claim.title;
      const evidence = [...new Set([...claim.evidence, hand.id])];
      claims.set(claim.id, { ...claim, ...words, title, text: block.text, author: "person", evidence });
      notes.push(`A person edited the claim ${claim.id}; their words stay.`);
    } else {
      const id = nameOf(words);
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
  const kept = new Set(paired.values());
  for (const claim of active) {
    if (kept.has(claim)) continue;
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
