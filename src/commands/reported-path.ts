import { isAbsolute, relative, sep } from "node:path";

/** How results name a file: POSIX, relative to the working folder when it lies inside it, else absolute. */
export function reportedPath(absolute: string, cwd: string): string {
  const inside = relative(cwd, absolute);
  const leaves = inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return (leaves ? absolute : inside || ".").replaceAll(sep, "/");
}
