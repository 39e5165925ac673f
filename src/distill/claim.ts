import { z } from "zod";
import { sha256 } from "../digest.ts";

/** The three parts of a skill's body; each claim stands in one of them. */
const claimParts = ["task", "method", "boundary"] as const;
export type ClaimPart = (typeof claimParts)[number];

/**
 * The words of a claim, as an operation may bring them. `do` always says something. A method needs a title, which
 * stands in the file; the title of another part is a key that only distillers see. `when`, `why` and `check` are
 * words of methods and may be empty.
 */
export const claimWordsSchema = z.object({
  part: z.enum(claimParts),
  title: z.string().max(200),
  when: z.string().max(2000).default(""),
  do: z.string().min(1).max(8000),
  why: z.string().max(2000).default(""),
  check: z.string().max(2000).default(""),
});
export type ClaimWords = z.infer<typeof claimWordsSchema>;

/** Who wrote the words that stand: the offline distiller, a model, or a person by editing the file. */
const claimAuthors = ["offline", "model", "person"] as const;

/** A stored claim. Its words have no limits: a person writes as much, or as little, as they like. */
export const claimSchema = z.object({
  part: z.enum(claimParts),
  title: z.string(),
  when: z.string().default(""),
  do: z.string(),
  why: z.string().default(""),
  check: z.string().default(""),
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  /** `active` claims stand in the file. A `removed` one was deleted by a person and never returns by itself. */
  state: z.enum(["active", "deprecated", "removed"]),
  reason: z.string().optional(),
  author: z.enum(claimAuthors),
  /** Ids of the evidence it rests on; never empty. */
  evidence: z.array(z.string()).min(1),
  /** The Markdown block as it stands in the file, without the blank lines after it. */
  text: z.string(),
});
export type Claim = z.infer<typeof claimSchema>;

/** Names new claims after their words, so that the same claim gets the same id on every machine. */
export function claimNamer(takenIds: Iterable<string>): (words: ClaimWords) => string {
  const taken = new Set(takenIds);
  const nextNumber = new Map<string, number>();
  return (words) => {
    const base = `c-${sha256([words.part, words.title, words.when, words.do].join("\0")).slice(0, 8)}`;
    let n = nextNumber.get(base) ?? 1;
    let id = n === 1 ? base : `${base}-${n}`;
    while (taken.has(id)) {
      n += 1;
      id = `${base}-${n}`;
    }
    nextNumber.set(base, n);
    taken.add(id);
    return id;
  };
}

/** The words alone, without what else is known of a claim or operation. */
export function pickWords({ part, title, when, do: instruction, why, check }: ClaimWords): ClaimWords {
  return { part, title, when, do: instruction, why, check };
}
