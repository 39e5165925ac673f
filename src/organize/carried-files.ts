import { dirname, join } from "node:path/posix";
import { z } from "zod";
import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";
import { parseEvalSuite, writeEvalSuite, type EvalSuite } from "../evaluate/eval-case.ts";
import { Failure } from "../failure.ts";
import { parsedJson } from "../files/parsed-json.ts";
import type { SurvivorFile } from "./organize-proposal.ts";
import type { ParsedSource, SourceSkill } from "./skill-pieces.ts";

const evalsFile = "evals/evals.json";
const kernelsFile = "evals/kernels.json";

/** A file beside the survivor, with its bytes. */
export interface CarriedFile extends SurvivorFile {
  bytes: Uint8Array;
}

export interface CarriedFiles {
  files: CarriedFile[];
  /** By source: the new paths of files that could not keep theirs. */
  moved: ReadonlyMap<string, ReadonlyMap<string, string>>;
  notes: string[];
}

const kernelSuiteSchema = z.looseObject({
  kernels: z.array(
    z.looseObject({
      id: z.string().min(1).max(200),
      problem: z.string().max(400),
      files: z.array(z.string().max(400)).exactOptional(),
    }),
  ),
});

/**
 * The files of several skills' folders in one: the first skill that has a path keeps it, equal files are one, and another
 * skill's goes into a folder with its name. The cases of all are the survivor's, their ids begun with their skill's name.
 */
export function carryFiles(sources: readonly SourceSkill[], survivor: string): CarriedFiles {
  const taken = new Map<string, string>([["skill.md", ""]]);
  const files: CarriedFile[] = [];
  const moved = new Map<string, Map<string, string>>();
  const notes: string[] = [];
  const suites: { source: SourceSkill; suite: EvalSuite }[] = [];
  const kernels: { source: SourceSkill; cases: z.infer<typeof kernelSuiteSchema>["kernels"] }[] = [];
  const hasOther = sources.length > 1;
  for (const source of sources) {
    const paths = new Map<string, string>();
    moved.set(source.name, paths);
    for (const file of source.files) {
      if (hasOther && (file.path === evalsFile || file.path === kernelsFile)) {
        try {
          const text = new TextDecoder().decode(file.bytes);
          const where = `${dirname(source.path)}/${file.path}`;
          if (file.path === evalsFile) suites.push({ source, suite: parseEvalSuite(text, where) });
          else kernels.push({ source, cases: parseKernels(text, where) });
          continue;
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          notes.push(`${error.message} Its cases are carried along unread.`);
        }
      }
      const isReserved = hasOther && (file.path === evalsFile || file.path === kernelsFile);
      const digest = sha256(file.bytes);
      const wish = isReserved ? besideName(file.path, source.name) : file.path;
      const known = taken.get(wish.toLowerCase());
      if (known === digest && wish === file.path) continue;
      const path = known === undefined ? wish : freePath(besideName(file.path, source.name), taken);
      taken.set(path.toLowerCase(), digest);
      if (path !== file.path) paths.set(file.path, path);
      files.push({
        path,
        from: source.name,
        source_path: file.path,
        content: null,
        sha256: digest,
        bytes: file.bytes,
      });
    }
  }
  if (suites.length > 0) files.push(madeFile(evalsFile, unitedSuite(suites, survivor, moved)));
  if (kernels.length > 0) files.push(madeFile(kernelsFile, unitedKernels(kernels, survivor, moved)));
  files.sort((a, b) => compareText(a.path, b.path));
  return { files, moved, notes };
}

/** A source whose words name its files by their new paths. */
export function withMovedFiles(source: ParsedSource, moved: ReadonlyMap<string, string>): ParsedSource {
  if (moved.size === 0) return source;
  const names = [...moved.keys()].sort((a, b) => b.length - a.length).map(escaped);
  const pattern = new RegExp(`(?<![\\w./-])(?:\\./)?(${names.join("|")})(?![\\w/-])`, "g");
  const renamed = (text: string): string =>
    text.replaceAll(pattern, (found, path: string) => moved.get(path) ?? found);
  return {
    ...source,
    pieces: source.pieces.map((piece) => {
      const text = renamed(piece.text);
      if (text === piece.text) return piece;
      const { claim } = piece;
      if (claim === null) return { ...piece, text };
      const [when, instruction, why, check] = [claim.when, claim.do, claim.why, claim.check].map(renamed);
      return {
        ...piece,
        text,
        claim: {
          ...claim,
          text,
          when: when ?? "",
          do: instruction ?? "",
          why: why ?? "",
          check: check ?? "",
        },
      };
    }),
  };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** `references/notes.md` becomes `references/<skill>/notes.md`, and `LICENSE` `references/<skill>/LICENSE`. */
function besideName(path: string, skill: string): string {
  const slash = path.indexOf("/");
  return slash < 0 ? `references/${skill}/${path}` : `${path.slice(0, slash)}/${skill}${path.slice(slash)}`;
}

function freePath(wish: string, taken: ReadonlyMap<string, string>): string {
  let path = wish;
  for (let n = 2; taken.has(path.toLowerCase()); n += 1) path = wish.replace(/(\.[^./]*)?$/, `-${n}$1`);
  return path;
}

function parseKernels(text: string, file: string): z.infer<typeof kernelSuiteSchema>["kernels"] {
  const remedy = "Write a list `kernels` of objects with `id`, `problem` and `dsl`.";
  return parsedJson(text, kernelSuiteSchema, { file, kind: "a file of kernel cases", remedy }).kernels;
}

function unitedSuite(
  suites: readonly { source: SourceSkill; suite: EvalSuite }[],
  survivor: string,
  moved: CarriedFiles["moved"],
): string {
  const dialects = new Set(suites.map(({ suite }) => suite.dialect));
  const [only] = dialects;
  return writeEvalSuite({
    skillName: survivor,
    dialect: dialects.size === 1 && only !== undefined ? only : "both",
    others: Object.assign({}, ...suites.map(({ suite }) => suite.others).toReversed()),
    cases: suites.flatMap(({ source, suite }) =>
      suite.cases.map((one) => ({
        ...one,
        id: caseId(source.name, one.id),
        files: one.files.map((path) => moved.get(source.name)?.get(path) ?? path),
      })),
    ),
  });
}

function unitedKernels(
  suites: readonly { source: SourceSkill; cases: z.infer<typeof kernelSuiteSchema>["kernels"] }[],
  survivor: string,
  moved: CarriedFiles["moved"],
): string {
  const kernels = suites.flatMap(({ source, cases }) => {
    const placed = (path: string): string => {
      const now = moved.get(source.name)?.get(join("evals", path));
      return now === undefined ? path : now.replace(/^evals\//, "");
    };
    return cases.map((one) => ({
      ...one,
      id: caseId(source.name, one.id),
      problem: placed(one.problem),
      ...(one.files === undefined ? {} : { files: one.files.map(placed) }),
    }));
  });
  return `${JSON.stringify({ skill_name: survivor, kernels }, null, 2)}\n`;
}

/** Results of two cases with one id would be taken for each other's. An id has at most 200 characters. */
function caseId(skill: string, id: number | string): string {
  const whole = `${skill}/${id}`;
  return whole.length <= 200 ? whole : `${whole.slice(0, 183)}-${sha256(whole).slice(0, 16)}`;
}

function madeFile(path: string, content: string): CarriedFile {
  const bytes = new TextEncoder().encode(content);
  return { path, from: null, source_path: null, content, sha256: sha256(content), bytes };
}
