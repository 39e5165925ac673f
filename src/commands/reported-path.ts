import { relative, sep } from "node:path";
import { liesInside } from "../files/real-path.ts";

/** How results name a file: POSIX, relative to the working folder when it lies inside it, else absolute. */
export function reportedPath(absolute: string, cwd: string): string {
  const path = liesInside(absolute, cwd) ? relative(cwd, absolute) || "." : absolute;
  return path.replaceAll(sep, "/");
}
