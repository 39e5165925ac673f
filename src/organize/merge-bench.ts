import { type ClaimWords, pickWords } from "../distill/claim.ts";
import { readClaimWords, renderClaim } from "../distill/claim-text.ts";
import { fencedLines } from "../distill/code-fence.ts";
import { wordsProblem, writtenWords } from "../distill/written-words.ts";
import { Failure } from "../failure.ts";
import { keepsLiterals } from "./kept-literals.ts";
import type { MergeOperation } from "./merge-operation.ts";
import { keepsAll } from "./offline-operations.ts";
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
 * no piece, unites pieces of different parts, loses a literal that a source gives, or changes the words of a person; a
 * merge without words also where none of the claims says every word of the others.
 */
export class MergeBench {
  readonly #standing = new Map<string, Standing>();
  /** What stands for a reference that another one took over. */
  readonly #takenBy = new Map<string, string>();
  readonly #dropped = new Map<string, string>();
  readonly #pieces = new Map<string, Piece>();
  readonly #skills: string[] = [];
  /** What the labels of links and footnotes stand for, in all sources so far. */
  readonly #labels = new Map<string, string>();

  /**
   * Adds a source after those that are there; its references begin with its number, counted from 1. A label of a link or
   * footnote that an earlier source gives another target is renamed, since in one document the first would count for both.
   */
  add(source: ParsedSource): void {
    const number = this.#skills.push(source.skill.name);
    const renamed = this.#takeLabels(source);
    for (const piece of source.pieces) {
      const ref = `${number}/${piece.id}`;
      const { part, title, head, isPersons } = piece;
      const text = withLabels(piece.text, renamed);
      this.#pieces.set(ref, { ...piece, text });
      const own = { ref, part, title, text, head, isPersons };
      this.#standing.set(ref, { ...own, words: null, says: [ref], conflict: null });
    }
  }

  /** The new names of a source's labels that are taken. */
  #takeLabels({ skill, pieces }: ParsedSource): ReadonlyMap<string, string> {
    const own = new Map(pieces.flatMap(({ text }) => labelDefinitions(text)).toReversed());
    const renamed = new Map<string, string>();
    for (const [label, target] of own) {
      let free = label;
      for (
        let n = 1;
        (this.#labels.get(free) ?? target) !== target || (free !== label && own.has(free));
        n += 1
      )
        free = `${label}-${skill.name}${n === 1 ? "" : `-${n}`}`;
      this.#labels.set(free, target);
      if (free !== label) renamed.set(label, free);
    }
    return renamed;
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
    const leader = candidates.find((one) =>
      found.every((other) => other === one || keepsAll(one, other, this)),
    );
    if (leader === undefined) {
      return candidates[0]?.part === "text"
        ? "sections are one only where their texts are equal"
        : "none of them says every word and literal of the others";
    }
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

/** A definition of a link or footnote (CommonMark 4.7, GitHub's footnotes), in a quotation or not. */
const labelDefinition = /^ {0,3}(?:>[ \t]?)*\[((?:[^[\]\\]|\\.)+)\]:(.*)$/;
/** Code in a line, or something in brackets, with the empty ones after it. */
const codeOrLabel = /(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)|\[((?:[^[\]\\]|\\[\s\S])+)\](?:\[\])?/g;

/** Labels compare without regard to case and blanks (CommonMark 4.7). */
function labelKey(label: string): string {
  return label.trim().replaceAll(/\s+/g, " ").toLowerCase();
}

/** The labels that a text defines, each with its target: the rest of the line, and the lines indented below it. */
function labelDefinitions(text: string): [label: string, target: string][] {
  const found: [string, string][] = [];
  let isBelow = false;
  for (const { line, isCode } of fencedLines(text)) {
    const [, label, target = ""] = (isCode ? null : labelDefinition.exec(line)) ?? [];
    const last = found.at(-1);
    if (label !== undefined) found.push([labelKey(label), target.trim()]);
    else if (isBelow && last !== undefined && /^\s+\S/.test(line)) last[1] += `\n${line.trim()}`;
    isBelow = label !== undefined || (isBelow && /^\s+\S/.test(line));
  }
  return found;
}

/** The text with other labels of links and footnotes; what a reader sees of a link stays. */
function withLabels(text: string, renamed: ReadonlyMap<string, string>): string {
  if (renamed.size === 0) return text;
  const written: string[] = [];
  let prose: string[] = [];
  const closeProse = (): void => {
    if (prose.length > 0) written.push(relabelled(prose.join("\n"), renamed));
    prose = [];
  };
  for (const { line, isCode } of fencedLines(text)) {
    if (isCode) {
      closeProse();
      written.push(line);
    } else prose.push(line);
  }
  closeProse();
  return written.join("\n");
}

function relabelled(prose: string, renamed: ReadonlyMap<string, string>): string {
  return prose.replaceAll(
    codeOrLabel,
    (found: string, _code: string | undefined, label: string | undefined, at: number) => {
      const other = label === undefined ? undefined : renamed.get(labelKey(label));
      const [before, after] = [prose[at - 1], prose[at + found.length]];
      if (label === undefined || other === undefined || before === "\\" || after === "(") return found;
      // What stands in brackets before others is the words of a link; after others it is the label.
      if (after === "[") return found;
      const isDefinition = after === ":" && /(?:^|\n)[ >\t]*$/.test(prose.slice(Math.max(0, at - 40), at));
      if (label.startsWith("^") || before === "]" || isDefinition) return `[${other}]`;
      return `[${label}][${other}]`;
    },
  );
}
