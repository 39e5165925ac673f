import { hiddenCharacters, showHidden } from "../skills/hidden-characters.ts";
import { isDeviceName } from "./device-name.ts";

/** Folders deep; no trace comes near it. */
const maxDepth = 32;

/** A name as it can stand in a sentence of ours: quoted, hidden characters written out, not too long. */
export function shownEntryName(name: string): string {
  const shown = showHidden(name.length > 200 ? `${name.slice(0, 200)}…` : name);
  return JSON.stringify(shown);
}

/**
 * Why the name of a zip entry must not become a path, as a clause that follows "because"; null for a fit one. What
 * any system that runs the Action understands as a way out of the folder, or as another file, is refused on all.
 */
export function entryNameProblem(name: string, maxLength: number): string | null {
  if (name === "" || name === "/") return "its name is empty";
  if (name.length > maxLength) return `its name is longer than ${maxLength} characters`;
  if (hiddenCharacters(name).length > 0 || /[\t\n\r]/.test(name)) return "its name holds hidden characters";
  if (name.startsWith("/")) return "its path is absolute";
  if (name.includes("\\")) return "its name holds a backslash";
  if (/^[A-Za-z]:/.test(name)) return "its name begins with a drive letter";
  if (/[<>:"|?*]/.test(name)) return "its name holds a character that not every system allows";
  const segments = name.replace(/\/$/, "").split("/");
  if (segments.length > maxDepth) return `it lies more than ${maxDepth} folders deep`;
  for (const segment of segments) {
    if (segment === "..") return "its path leads out of the folder";
    if (segment === "" || segment === ".") return "its path has an empty part";
    if (/[. ]$/.test(segment)) return "a part of its path ends in a point or a blank";
    if (isDeviceName(segment)) return "a part of its path is the name of a device";
  }
  return null;
}

/** Finds names that would be one file, or a file and a folder at once, on a system that does not tell cases apart. */
export class EntryNames {
  readonly #taken = new Map<string, { path: string; isFile: boolean }>();

  /** Takes a name. Returns the path that it clashes with, or null. */
  take(name: string): string | null {
    const isFile = !name.endsWith("/");
    const path = isFile ? name : name.slice(0, -1);
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1)) {
      const clash = this.#takeOne(path.slice(0, end), false);
      if (clash !== null) return clash;
    }
    return this.#takeOne(path, isFile);
  }

  #takeOne(path: string, isFile: boolean): string | null {
    // Upper case first: some letters are only then one, such as the long s.
    const key = path.normalize("NFC").toUpperCase().toLowerCase();
    const other = this.#taken.get(key);
    if (other === undefined) {
      this.#taken.set(key, { path, isFile });
      return null;
    }
    return isFile || other.isFile || other.path !== path ? other.path : null;
  }
}
