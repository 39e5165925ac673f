import { isUtf8 } from "node:buffer";
import type { ParsedSource, SourceSkill } from "./skill-pieces.ts";

/** A source whose words name its files by their new paths. */
export function withMovedFiles(source: ParsedSource, moved: ReadonlyMap<string, string>): ParsedSource {
  if (moved.size === 0) return source;
  const renamed = renamer(moved);
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

/**
 * Notes on the files of a source that name files which lie elsewhere now. Their bytes are not changed: whether a program
 * means a file by such words is for a person to say.
 */
export function movedReferenceNotes(source: SourceSkill, moved: ReadonlyMap<string, string>): string[] {
  if (moved.size === 0) return [];
  const pattern = pathPattern([...moved.keys()].filter(hasFolder), String.raw`(?:\.{1,2}/)*`);
  return source.files.flatMap((file) => {
    if (!isUtf8(file.bytes)) return [];
    const text = Buffer.from(file.bytes).toString("utf8");
    const path = moved.get(file.path) ?? file.path;
    const named = pattern === undefined ? [] : [...text.matchAll(pattern)].map(([, name = ""]) => name);
    const notes = [...new Set(named)]
      .slice(0, 10)
      .map((name) => `${path} names ${name}, which is ${moved.get(name) ?? name} in the new skill.`);
    if (path !== file.path && leavesItsFolder(file.path, text))
      notes.push(
        `${path} was ${file.path} of ${source.name}, and names files above its folder with \`../\`.`,
      );
    return notes;
  });
}

/** Whether a file names what lies outside of the top folder that it moved with. */
function leavesItsFolder(path: string, text: string): boolean {
  const depth = path.split("/").length - 1;
  if (depth === 0) return false;
  return [...text.matchAll(/(?<![\w./-])((?:\.\.\/)+)\w/g)].some(
    ([, steps = ""]) => steps.length / "../".length >= depth,
  );
}

/**
 * Renames paths with a folder wherever they stand. A name without one may be a plain word, such as LICENSE or test: it
 * is a file only in a code span or as the target of a Markdown link.
 */
function renamer(moved: ReadonlyMap<string, string>): (text: string) => string {
  const paths = pathPattern([...moved.keys()].filter(hasFolder), String.raw`(?:\./)?`);
  const names = pathPattern(
    [...moved.keys()].filter((name) => !hasFolder(name)),
    String.raw`(?:\./)?`,
  );
  const placed = (found: string, path: string): string => moved.get(path) ?? found;
  const withNames = (text: string): string => (names === undefined ? text : text.replaceAll(names, placed));
  return (text) => {
    const done = paths === undefined ? text : text.replaceAll(paths, placed);
    if (names === undefined) return done;
    return done
      .replaceAll(/(?<!`)(`{1,2})(?!`)[^`\n]+\1(?!`)/g, withNames)
      .replaceAll(/(?<=\]\([ \t]{0,3}<?)[^)\s<>]+/g, withNames)
      .replaceAll(/(?<=^ {0,3}\[[^\]\n]{1,200}\]:[ \t]{0,3}<?)[^\s<>]+/gm, withNames);
  };
}

function hasFolder(path: string): boolean {
  return path.includes("/");
}

function pathPattern(paths: readonly string[], before: string): RegExp | undefined {
  if (paths.length === 0) return undefined;
  const names = paths.toSorted((a, b) => b.length - a.length).map(escaped);
  return new RegExp(String.raw`(?<![\w./-])${before}(${names.join("|")})(?![\w/-]|\.\w)`, "g");
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
