/**
 * The paths of a folder that is being filled from several: no path is another one in other capitals, and none is a
 * folder of another, so that every file system can hold them all.
 */
export interface FilePlaces {
  /** By path in lower case: the path, and the digest of the file there; empty where it is only kept free. */
  files: Map<string, { path: string; digest: string }>;
  /** Every folder above a file, in lower case. */
  folders: Set<string>;
}

export interface PlacedFile {
  path: string;
  /** Whether an equal file lies there already. */
  isThere: boolean;
}

export function takePath({ files, folders }: FilePlaces, path: string, digest: string): void {
  const key = path.toLowerCase();
  files.set(key, { path, digest });
  for (const folder of foldersAbove(key)) folders.add(folder);
}

/**
 * Places files of one skill that lie in one folder of it: all stay where they were, or all move together, so that what
 * they say of each other stays right. They move where one of them clashes with a file that is there, or `mustMove`.
 */
export function placeFiles(
  places: FilePlaces,
  files: readonly { path: string; digest: string }[],
  { skill, mustMove }: { skill: string; mustMove: boolean },
): PlacedFile[] {
  const stays = !mustMove && files.every((file) => isEqualThere(places, file) || isFree(places, file.path));
  const wishOf = stays ? (path: string) => path : homeOf(places, files, skill);
  return files.map((file) => {
    const wish = wishOf(file.path);
    const known = places.files.get(wish.toLowerCase());
    if (known?.digest === file.digest) return { path: known.path, isThere: true };
    // One skill may have files that clash with each other elsewhere than where it was written.
    const path = isFree(places, wish) ? wish : homeOf(places, [file], skill)(file.path);
    takePath(places, path, file.digest);
    return { path, isThere: false };
  });
}

function isEqualThere({ files }: FilePlaces, { path, digest }: { path: string; digest: string }): boolean {
  return files.get(path.toLowerCase())?.digest === digest;
}

function isFree({ files, folders }: FilePlaces, path: string): boolean {
  const key = path.toLowerCase();
  return !files.has(key) && !folders.has(key) && foldersAbove(key).every((folder) => !files.has(folder));
}

/** `references/notes.md` goes to `references/<skill>/notes.md`, and `LICENSE` to `references/<skill>/LICENSE`. */
function homeOf(
  places: FilePlaces,
  files: readonly { path: string }[],
  skill: string,
): (path: string) => string {
  const slash = files[0]?.path.indexOf("/") ?? -1;
  const top = slash < 0 ? undefined : files[0]?.path.slice(0, slash);
  const isFolder = (name: string): boolean => !places.files.has(name.toLowerCase());
  let base = [top, "references", skill].find((name) => name !== undefined && isFolder(name));
  for (let n = 2; base === undefined; n += 1) if (isFolder(`${skill}-${n}`)) base = `${skill}-${n}`;
  const below = base;
  for (let n = 1; ; n += 1) {
    const home = `${below}/${skill}${n === 1 ? "" : `-${n}`}`;
    const placed = (path: string): string => `${home}/${below === top ? path.slice(slash + 1) : path}`;
    if (files.every(({ path }) => isFree(places, placed(path)))) return placed;
  }
}

function foldersAbove(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) folders.push(path.slice(0, at));
  return folders;
}
