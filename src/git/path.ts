import { Failure } from "../failure.ts";
import { isDeviceName } from "../files/device-name.ts";
import { hiddenCharacters } from "../skills/hidden-characters.ts";

/**
 * Throws `Failure` (exit code 1) unless `path` is a plain path inside the repository on every system that may check
 * it out: relative, in slashes, no `.` or `..`, nothing that Windows or macOS would take for `.git` or cut short.
 * Git itself refuses some of these only where `core.protectNTFS` and `core.protectHFS` are on.
 */
export function assertSafePath(path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  throw new Failure(`The path ${JSON.stringify(path)} cannot be committed: ${problem}.`, {
    remedy: "Use a relative path with plain names, such as skills/name/SKILL.md.",
    exitCode: 1,
  });
}

/** What keeps a path from being committed, as a clause; undefined where nothing does. */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "it is empty";
  if (path.startsWith("/")) return "it is absolute";
  if (path.includes("\\")) return "it holds a backslash";
  // NTFS reads `name:stream`, and `C:` is a drive.
  if (path.includes(":")) return "it holds a colon";
  // macOS ignores invisible characters in names: `.g<U+200C>it` is `.git` there.
  if (hiddenCharacters(path).length > 0 || /\s/.test(path.replaceAll(" ", ""))) {
    return "it holds control or invisible characters";
  }
  for (const name of path.split("/")) {
    if (name === "") return "it holds an empty name";
    if (name === "." || name === "..") return "it leaves its folder";
    // Windows drops dots and spaces at the end of a name, and knows `.git` as `git~1` as well.
    if (/[. ]$/.test(name)) return "a name ends with a dot or a space";
    if (/^(?:\.git|git~\d+)$/i.test(name)) return "it reaches into git's own folder";
    if (isDeviceName(name)) return "a name is that of a device on Windows";
  }
  return undefined;
}

/** Throws `Failure` (exit code 1) when two of the paths cannot be in one tree, on systems that ignore case as well. */
export function assertSeparatePaths(paths: readonly string[]): void {
  const byKey = new Map(paths.map((path) => [caseless(path), path]));
  if (byKey.size < paths.length) throw clash("one path is there twice");
  for (const [key, path] of byKey) {
    for (let slash = key.indexOf("/"); slash >= 0; slash = key.indexOf("/", slash + 1)) {
      const file = byKey.get(key.slice(0, slash));
      if (file !== undefined)
        throw clash(`${JSON.stringify(file)} is a file, and ${JSON.stringify(path)} lies in it`);
    }
  }
}

/** Upper case first: some letters are only then one, such as the long s. */
function caseless(path: string): string {
  return path.normalize("NFC").toUpperCase().toLowerCase();
}

function clash(problem: string): Failure {
  return new Failure(`The files cannot be committed together: ${problem}.`, {
    remedy: "Give every file a path of its own.",
    exitCode: 1,
  });
}
