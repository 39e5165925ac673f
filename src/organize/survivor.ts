import { isDeepStrictEqual } from "node:util";
import { compareText } from "../compare-text.ts";
import { type Claim, type ClaimPart, pickWords } from "../distill/claim.ts";
import { itemMark, parseClaimDocument, partTitles } from "../distill/claim-document.ts";
import { readClaimWords } from "../distill/claim-text.ts";
import type { EvidenceFile } from "../distill/evidence-file.ts";
import { reconcile } from "../distill/reconcile.ts";
import { requireValidSkill } from "../distill/valid-skill.ts";
import { writtenTitle } from "../distill/written-words.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { Failure } from "../failure.ts";
import { parseSkillFile, writeSkillFile } from "../skills/skill-file.ts";
import type { CarriedFile } from "./carried-files.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { MergeBench, Standing } from "./merge-bench.ts";
import { headOfHeadings, type ParsedSource } from "./skill-pieces.ts";
import { survivorFrontMatter } from "./survivor-front-matter.ts";

export interface SurvivorRequest {
  kind: "merge" | "split";
  name: string;
  /** Path of the SKILL.md, relative to the library. */
  path: string;
  description: string;
  title: string;
  author: "offline" | "model";
  sources: readonly ParsedSource[];
  bench: MergeBench;
  /** What of the bench it says. */
  standing: readonly Standing[];
  files: readonly CarriedFile[];
  /** By source: where its files lie now. */
  moved: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface Survivor {
  name: string;
  path: string;
  text: string;
  evidence: EvidenceFile | null;
  files: readonly CarriedFile[];
  /** What became of the claims that it says. */
  ledger: LedgerEntry[];
}

const parts: readonly ClaimPart[] = ["task", "method", "boundary"];

const remedy =
  "Nothing was written. Leave these skills as they are, and report this as a fault of overproof.";

/**
 * Writes a survivor from what stands. Throws `Failure` (exit code 1) where its claims would not be found again in its
 * file, a section of a source is not in it, or lint refuses it.
 */
export function writeSurvivor(request: SurvivorRequest): Survivor {
  const { name, path, sources, standing } = request;
  const told = besideEachOther(standing).map((one) => ({ ...one, text: toldText(one, request) }));
  const { claims, ids } = claimsOf(told, request);
  const frontMatter = survivorFrontMatter(request);
  const text = writeSkillFile(frontMatter, bodyOf(told, request));
  const body = parseSkillFile(text, path).body;
  const found = reconcile(body, claims, path);
  const isWhole = told.every((one) => one.part !== "text" || body.includes(one.text));
  if (found.notes.length > 0 || !isDeepStrictEqual(found.claims, claims) || !isWhole) {
    throw new Failure(
      `Not all that ${sources.map(({ skill }) => skill.name).join(", ")} say would be found in ${name}.`,
      {
        remedy,
        exitCode: 1,
      },
    );
  }
  requireValidSkill({ name, path, text }, remedy);
  return {
    name,
    path,
    text,
    evidence: evidenceOf(claims, request),
    files: request.files,
    ledger: ledgerOf(told, ids, request),
  };
}

/** Claims that conflict follow each other; what has no title comes before titled methods, which would swallow it. */
function besideEachOther(standing: readonly Standing[]): Standing[] {
  const byRef = new Map(standing.map((one) => [one.ref, one]));
  const placed = new Set<Standing>();
  for (const one of standing) {
    placed.add(one);
    for (const ref of one.conflict?.with ?? []) {
      const other = byRef.get(ref);
      if (other) placed.add(other);
    }
  }
  return [...placed].sort((a, b) => rank(a) - rank(b));
}

function rank({ part, text }: Standing): number {
  return part === "method" && !text.startsWith("### ") ? 0 : 1;
}

/** A claim that conflicts with another says where it was learned. */
function toldText(one: Standing, { bench, sources }: SurvivorRequest): string {
  const text = one.text.trimStart();
  if (one.conflict === null) return text;
  const own = sources.find(({ skill }) => skill.name === bench.skillOf(one.ref));
  const hardware = own?.frontMatter.metadata["hardware"] ?? "";
  const isTold = [...one.conflict.with].every((ref) => {
    const other = sources.find(({ skill }) => skill.name === bench.skillOf(ref));
    return hardware !== "" && (other?.frontMatter.metadata["hardware"] ?? "") !== hardware;
  });
  const where = isTold ? `on ${hardware}` : `as in ${bench.skillOf(one.ref)}`;
  const [first = "", ...rest] = text.split("\n");
  if (one.part === "method" && first.startsWith("### ")) return [`${first} (${where})`, ...rest].join("\n");
  const isPlain = !/```|~~~/.test(text);
  return isPlain ? `${text} (${where})` : text;
}

/** The claims of the survivor, and the id of each reference. */
function claimsOf(
  standing: readonly Standing[],
  { bench, author, sources }: SurvivorRequest,
): { claims: Claim[]; ids: Map<string, string> } {
  const taken = new Set<string>();
  const ids = new Map<string, string>();
  const claims: Claim[] = [];
  for (const one of standing) {
    const pieces = one.says.flatMap((ref) => bench.piece(ref) ?? []);
    const speaker = pieces.find(({ text }) => one.text.startsWith(text)) ?? pieces[0];
    const id = freeId(speaker?.id ?? one.ref.slice(one.ref.indexOf("/") + 1), taken);
    ids.set(one.ref, id);
    if (one.part === "text") continue;
    const words = readClaimWords(one.part, one.text);
    claims.push({
      ...pickWords(words),
      title: one.part === "method" ? words.title : (one.words?.title ?? speaker?.claim?.title ?? ""),
      id,
      state: "active",
      author: one.words === null ? (speaker?.claim?.author ?? "person") : author,
      evidence: [...new Set(pieces.flatMap(({ claim }) => claim?.evidence ?? []))],
      text: one.text,
    });
  }
  for (const source of sources) {
    for (const claim of source.gone) claims.push({ ...claim, id: freeId(claim.id, taken) });
  }
  return { claims, ids };
}

function freeId(wish: string, taken: Set<string>): string {
  let id = wish;
  for (let n = 2; taken.has(id); n += 1) id = `${wish.slice(0, 34)}-${n}`;
  taken.add(id);
  return id;
}

function bodyOf(standing: readonly Standing[], request: SurvivorRequest): string {
  const blocks = [`# ${titleOf(request)}`];
  for (const part of parts) {
    const own = standing.filter((one) => one.part === part);
    if (own.length === 0) continue;
    const heading = request.sources.flatMap(({ headings }) => headings.get(part) ?? [])[0] ?? "";
    blocks.push(`## ${opens(heading, part) ? heading : partTitles[part]}`);
    let list = "";
    for (const { text } of own) {
      const isListed = part === "boundary" && itemMark.test(text) && itemMark.test(list);
      if (list === "") list = text;
      else list = `${list}${isListed ? "\n" : "\n\n"}${text}`;
    }
    blocks.push(list);
  }
  let head = "";
  const sections = standing.filter(({ part }) => part === "text");
  const isOfHeadings = (one: Standing): boolean => one.head === headOfHeadings;
  for (const one of [
    ...sections.filter(isOfHeadings),
    ...sections.filter((section) => !isOfHeadings(section)),
  ]) {
    if (one.head !== "" && one.head === head) blocks[blocks.length - 1] += `\n${one.text}`;
    else blocks.push(one.head === "" ? one.text : `${one.head}\n\n${one.text}`);
    head = one.head;
  }
  return `${blocks.join("\n\n")}\n`;
}

function titleOf({ title, name }: SurvivorRequest): string {
  const written = writtenTitle(title);
  const isPlain = parseClaimDocument(`# ${written}\n`).every(({ section }) => section === null);
  return written !== "" && isPlain ? written : name;
}

function opens(heading: string, part: ClaimPart): boolean {
  return heading !== "" && parseClaimDocument(`## ${heading}\n\nx`).at(-1)?.part === part;
}

function evidenceOf(claims: readonly Claim[], request: SurvivorRequest): EvidenceFile | null {
  const { sources, name, path } = request;
  const known = sources.flatMap(({ skill }) => skill.evidence ?? []);
  if (known.length === 0) return null;
  const traces = new Map(known.flatMap((file) => file.traces).map((trace) => [trace.sha256, trace]));
  const cited = new Set(claims.flatMap((claim) => claim.evidence));
  const items = new Map<string, Evidence>();
  for (const item of sources.flatMap(({ evidence }) => evidence)) {
    if (cited.has(item.id) && !items.has(item.id)) items.set(item.id, item);
  }
  const files = writtenFiles(request);
  return {
    format: 1,
    skill: name,
    path,
    traces: [...traces.values()],
    claims: [...claims],
    evidence: [...items.values()],
    ...(files.length > 0 ? { files } : {}),
  };
}

/** Files that a distillation wrote, where they lie now: a later one may write over them. */
function writtenFiles({ sources, moved, files }: SurvivorRequest): NonNullable<EvidenceFile["files"]> {
  const digests = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  const written = sources.flatMap(({ skill }) =>
    (skill.evidence?.files ?? []).flatMap((file) => {
      const path = moved.get(skill.name)?.get(file.path) ?? file.path;
      return digests.get(path) === file.sha256 ? [{ path, sha256: file.sha256 }] : [];
    }),
  );
  return [...new Map(written.map((file) => [file.path, file])).values()].sort((a, b) =>
    compareText(a.path, b.path),
  );
}

function ledgerOf(
  standing: readonly Standing[],
  ids: ReadonlyMap<string, string>,
  { bench, name }: SurvivorRequest,
): LedgerEntry[] {
  return standing.flatMap((one) =>
    one.says.map((ref): LedgerEntry => {
      const piece = bench.piece(ref);
      const into = { skill: name, claim: ids.get(one.ref) ?? "" };
      const entry = {
        source: bench.skillOf(ref),
        claim: piece?.id ?? "",
        title: piece?.title ?? "",
        into,
      };
      const others = one.says.length - 1;
      const isReworded = one.words !== null;
      if (one.conflict !== null) {
        const reason = isReworded ? `reworded; ${one.conflict.reason}`.slice(0, 1000) : one.conflict.reason;
        return { ...entry, state: "conflicting", reason };
      }
      if (isReworded) {
        const reason = others > 0 ? `reworded, in one with ${others} more` : "reworded";
        return { ...entry, state: "generalised", reason };
      }
      if (others === 0) return { ...entry, state: "kept", reason: "" };
      const isSpeaker = ref === one.says.find((said) => one.text.startsWith(bench.piece(said)?.text ?? "\0"));
      return isSpeaker
        ? { ...entry, state: "kept", reason: `${others} more ${others === 1 ? "says" : "say"} the same` }
        : { ...entry, state: "merged", reason: "another one says the same" };
    }),
  );
}
