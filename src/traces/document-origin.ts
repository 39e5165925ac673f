import type { JsonValue } from "./json-value.ts";
import type { Origin, SessionFile } from "./session.ts";

type Path = readonly (string | number)[];

/** The lines of a value in a document: from where it begins to where its last part begins. */
export function documentOrigin(file: SessionFile, path: Path, value: JsonValue | undefined): Origin {
  const from = file.lineOf(path);
  return { file: file.file, line_from: from, line_to: Math.max(from, file.lineOf(lastPart(path, value))) };
}

/** A line of a JSON-lines file or of a text. */
export function lineOrigin(file: SessionFile, line: number, lineTo: number = line): Origin {
  return { file: file.file, line_from: line, line_to: lineTo };
}

function lastPart(path: Path, value: JsonValue | undefined): Path {
  const found = [...path];
  let part = value;
  while (typeof part === "object" && part !== null) {
    const key: string | number | undefined = Array.isArray(part) ? part.length - 1 : Object.keys(part).at(-1);
    if (key === undefined || key === -1) break;
    found.push(key);
    part = Array.isArray(part) ? part.at(-1) : part[key];
  }
  return found;
}
