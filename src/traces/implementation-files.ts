import { compareText } from "../compare-text.ts";
import type { TraceFolder } from "./trace-folder.ts";

/** Source files other than Python that a version may be written in; AscendC and plain C++ leave no `*_impl.py`. */
const otherEndings = ["cpp", "cc", "cxx", "cu", "c"];

/**
 * The folder of the log that a `verify_dir` means. A log is often read on another machine than the one that wrote
 * it, so that only the last two parts of the path count, `{op}/Iteration{task}_Step{nn}_verify`. They must name
 * folders that are there; nothing else of the path is used.
 */
export function verifyFolder(folder: TraceFolder, verifyDir: string | undefined): string | undefined {
  const parts = (verifyDir ?? "").replaceAll("\\", "/").split("/").filter(Boolean);
  const [operator, version] = parts.slice(-2);
  if (operator === undefined || version === undefined) return undefined;
  if (!folder.list("").folders.has(operator) || !folder.list(operator).folders.has(version)) return undefined;
  return `${operator}/${version}`;
}

/** The name of a version's folder, as `unique_dir` gives it in `speed_up_record.txt`. */
export function folderName(verifyDir: string | undefined): string {
  return (verifyDir ?? "").replaceAll("\\", "/").split("/").findLast(Boolean) ?? "";
}

/**
 * The file in a version's folder that holds the generated code: `{op}_{dsl}_impl.py`, else the first `*_impl.py` by
 * name, else the same with a C or C++ ending.
 */
export function implementationFile(
  folder: TraceFolder,
  versionFolder: string,
  op: string,
  dsl: string,
): string | undefined {
  const names = [...folder.list(versionFolder).files].filter((name) => name.includes("_impl."));
  for (const ending of ["py", ...otherEndings]) {
    const exact = `${op}_${dsl}_impl.${ending}`;
    if (names.includes(exact)) return `${versionFolder}/${exact}`;
    const [first] = names.filter((name) => name.endsWith(`_impl.${ending}`)).sort(compareText);
    if (first !== undefined) return `${versionFolder}/${first}`;
  }
  return undefined;
}
