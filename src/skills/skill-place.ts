/** The folder of a skill, from the path of its SKILL.md. */
export function skillFolder(path: string): string {
  return path.replace(/\/SKILL\.md$/, "");
}

/**
 * Which paths belong to the skill: all in its folder, but for those of skills that lie in folders of theirs below it.
 * `path` is that of its SKILL.md.
 */
export function ownPaths<T extends { path: string }>(files: readonly T[], path: string): T[] {
  const folder = `${skillFolder(path)}/`;
  const below = files.filter((file) => file.path.startsWith(folder));
  const nested = below
    .filter((file) => file.path !== path && file.path.endsWith("/SKILL.md"))
    .map((file) => `${skillFolder(file.path)}/`);
  return below.filter((file) => !nested.some((inner) => file.path.startsWith(inner)));
}

/** A place in AKG's own archive, `.archive/{timestamp}/...` anywhere in a library. */
export interface PutAwayPlace {
  /** As AKG wrote it: `YYYYmmdd_HHMMSS`, in the local time of a machine that nobody knows; ours may end in `_2`. */
  timestamp: string;
  /** Where the file lay before: AKG moves folders to the archive of the library that it organises. */
  original: string;
}

/** What the folder of the n-th run of one second is called, counted from 1. */
export function putAwayName(timestamp: string, n: number): string {
  return n === 1 ? timestamp : `${timestamp}_${n}`;
}

const namePattern = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?:_[1-9]\d{0,5})?$/;

/** Undefined for a path outside of such an archive. */
export function putAwayPlace(path: string): PutAwayPlace | undefined {
  const names = path.split("/");
  const at = names.indexOf(".archive");
  const timestamp = names[at + 1] ?? "";
  const rest = names.slice(at + 2);
  if (at < 0 || !namePattern.test(timestamp) || rest.length === 0) return undefined;
  return { timestamp, original: [...names.slice(0, at), ...rest].join("/") };
}

/** The timestamp read as UTC, in ISO form; undefined for a date that there is not. */
export function putAwayDate(timestamp: string): string | undefined {
  const parts = namePattern.exec(timestamp);
  if (parts === null) return undefined;
  const [, year = "", month = "", day = "", hour = "", minute = "", second = ""] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
