import { type ClaimWords, pickWords } from "../distill/claim.ts";
import { readClaimWords, renderClaim } from "../distill/claim-text.ts";
import { wordsProblem, writtenWords } from "../distill/written-words.ts";
import { Failure } from "../failure.ts";
import { keepsLiterals } from "./kept-literals.ts";
import type { MergeOperation } from "./merge-operation.ts";
import type { ParsedSource, Piece, PiecePart } from "./skill-pieces.ts";

/** A piece of the survivor, and the pieces of the sources that it stands for. */
export interface Standing {
  /** The reference of the first of them. */
  ref: string;
  part: PiecePart;
  title: string;
  text: string;
  /** What stands before this and its neighbours, where it is one item of a list; else empty. */
  head: string;
  /** Null where the words are those of a source, as they stood. */
  words: ClaimWords | null;
  /** References of all sources' pieces that it says, its own first. */
  says: string[];
  isPersons: boolean;
  /** Why it stands beside others that it conflicts with, and their references. */
  conflict: { with: Set<string>; reason: string } | null;
}

export interface RefusedOperation {
  operation: MergeOperation;
  /** A clause that follows "because". */
  reason: string;
}

/**
 * The pieces of several sources, in their order, and what operations make of them. Refused, with a reason: what names
 * no piece, unites pieces of different parts, loses a literal that a source gives, or changes the words of a person.
 */
export class MergeBench {
  readonly #standing = new Map<string, Standing>();
  /** What stands for a reference that another one took over. */
  readonly #takenBy = new Map<string, string>();
  readonly #dropped = new Map<string, string>();
  readonly #pieces = new Map<string, Piece>();
  readonly #skills: string[] = [];

  /** Adds a source after those that are there; its references begin with its number, counted from 1. */
  add(source: ParsedSource): void {
    const number = this.#skills.push(source.skill.name);
    for (const piece of source.pieces) {
      const ref = `${number}/${piece.id}`;
      const { part, title, text, head, isPersons } = piece;
      this.#pieces.set(ref, piece);
      const own = { ref, part, title, text, head, isPersons };
      this.#standing.set(ref, { ...own, words: null, says: [ref], conflict: null });
    }
  }

  /** What stands now, in the order of the sources. */
  standing(): Standing[] {
    return [...this.#standing.values()];
  }

  /** The piece of a source by its reference. */
  piece(ref: string): Piece | undefined {
    return this.#pieces.get(ref);
  }

  /** The name of the skill that a reference is of. */
  skillOf(ref: string): string {
    return this.#skills[Number(ref.slice(0, ref.indexOf("/"))) - 1] ?? "";
  }

  /** Why each dropped piece is gone. */
  dropped(): ReadonlyMap<string, string> {
    return this.#dropped;
  }

  /** Applies operations in order; each whole or not at all. Throws `Failure` (exit code 1) for a drop without a reason. */
  apply(operations: readonly MergeOperation[]): { applied: MergeOperation[]; refused: RefusedOperation[] } {
    const applied: MergeOperation[] = [];
    const refused: RefusedOperation[] = [];
    for (const operation of operations) {
      const reason = this.#applyOne(operation);
      if (reason === null) applied.push(operation);
      else refused.push({ operation, reason });
    }
    return { applied, refused };
  }

  #applyOne(operation: MergeOperation): string | null {
    switch (operation.op) {
      case "merge":
        return this.#merge(operation.claims, operation.words);
      case "generalise":
        return this.#merge([operation.claim], operation.words);
      case "conflict":
        return this.#conflict(operation.claims, operation.reason);
      case "drop":
        return this.#drop(operation.claim, operation.reason);
    }
  }

  #merge(refs: readonly string[], wanted: ClaimWords | undefined): string | null {
    const found = this.#find(refs);
    if (typeof found === "string") return found;
    const [first, ...others] = found;
    if (first === undefined) return "it names no claim";
    if (others.length === 0 && wanted === undefined) return "it changes nothing";
    const strange = others.find(({ part }) => part !== first.part);
    if (strange) return `${strange.ref} stands in another part of its skill`;
    if (found.some(({ conflict }) => conflict !== null)) return "one of its claims conflicts with others";
    const stands = wanted === undefined ? this.#leader(found) : this.#reworded(found, wanted);
    if (typeof stands === "string") return stands;
    for (const { ref } of others) {
      this.#standing.delete(ref);
      this.#takenBy.set(ref, first.ref);
    }
    const says = [...new Set(found.flatMap((one) => one.says))];
    this.#standing.set(first.ref, { ...first, ...stands, ref: first.ref, says });
    return null;
  }

  /** The words of the piece that holds what all others need. */
  #leader(found: readonly Standing[]): Pick<Standing, "title" | "text" | "words" | "isPersons"> | string {
    const persons = found.filter(({ isPersons }) => isPersons);
    if (new Set(persons.map(({ text }) => text)).size > 1) return "persons wrote them in different words";
    const candidates = persons.length > 0 ? persons : found;
    const leader = candidates.find(({ text }) => found.every((other) => keepsLiterals(text, other.text)));
    if (leader === undefined) return "none of them holds the literals of all";
    return { title: leader.title, text: leader.text, words: leader.words, isPersons: leader.isPersons };
  }

  #reworded(
    found: readonly Standing[],
    wanted: ClaimWords,
  ): Pick<Standing, "title" | "text" | "words"> | string {
    const [first] = found;
    if (first === undefined || first.part === "text") return "a section that is no claim keeps its words";
    if (wanted.part !== first.part) return `${first.ref} stands in another part of its skill`;
    const persons = found.find(({ isPersons }) => isPersons);
    if (persons) return `a person wrote the words of ${persons.ref}`;
    const words = writtenWords(wanted);
    const problem = wordsProblem(words);
    if (problem !== null) return problem;
    const text = renderClaim(words);
    if (!saysExactly(words, text)) return "its words would not be found again in the file as one claim";
    const losing = found.find((one) => !keepsLiterals(text, one.text));
    if (losing) return `its words lose literals of ${losing.ref}`;
    const title = words.part === "method" ? words.title : (text.split("\n", 1)[0] ?? "");
    return { title, text, words };
  }

  #conflict(refs: readonly string[], reason: string): string | null {
    const found = this.#find(refs);
    if (typeof found === "string") return found;
    if (found.length < 2) return "it names fewer than two claims";
    for (const one of found) {
      const others = found.filter((other) => other !== one).map(({ ref }) => ref);
      const known = one.conflict ?? { with: new Set<string>(), reason };
      for (const ref of others) known.with.add(ref);
      this.#standing.set(one.ref, { ...one, conflict: known });
    }
    return null;
  }

  #drop(ref: string, reason: string): string | null {
    if (reason.trim() === "") {
      throw new Failure(`The claim ${ref} is to be dropped, and nothing says why.`, {
        remedy: "Nothing was written. Run organize again; a claim is dropped only with a reason.",
        exitCode: 1,
      });
    }
    const found = this.#find([ref]);
    if (typeof found === "string") return found;
    const [one] = found;
    if (one === undefined) return "it names no claim";
    if (one.isPersons) return `a person wrote the words of ${one.ref}`;
    if (one.part === "text") return "a section that is no claim is carried along";
    if (one.conflict !== null) return "it conflicts with others, so that a person has to choose";
    this.#standing.delete(one.ref);
    for (const said of one.says) this.#dropped.set(said, reason);
    return null;
  }

  /** What stands for some references, each once. */
  #find(refs: readonly string[]): Standing[] | string {
    const found = new Set<Standing>();
    for (const ref of refs) {
      const one = this.#resolve(ref);
      if (one === undefined) return `there is no claim ${ref}`;
      found.add(one);
    }
    return [...found];
  }

  #resolve(ref: string): Standing | undefined {
    let current = ref;
    for (let next = this.#takenBy.get(current); next !== undefined; next = this.#takenBy.get(current))
      current = next;
    return this.#standing.get(current);
  }
}

function saysExactly(words: ClaimWords, text: string): boolean {
  const read = readClaimWords(words.part, text);
  if (words.part !== "method") return read.do === words.do;
  return JSON.stringify(pickWords(read)) === JSON.stringify(pickWords(words));
}
