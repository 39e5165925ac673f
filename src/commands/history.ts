import { loadConfig } from "../config/load.ts";
import { libraryHome } from "../config/library-home.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { type FileEvent, fileHistory, trailerHistory } from "../git/file-history.ts";
import {
  commitOf,
  type GitRepository,
  isCutOff,
  isShallow,
  openRepository,
  readFileAt,
} from "../git/repository.ts";
import type { ArchiveEntry } from "../skills/archive.ts";
import { readSkillFile } from "../skills/skill-file.ts";
import type { Context } from "./context.ts";
import { putAwaySkills } from "./import-archive.ts";
import { inLibrary, type LibraryAt, libraryAt, putAwayPathOf, skillPathOf } from "./library-at.ts";
import { requireSkillName } from "./retire.ts";

export interface HistoryRequest {
  /** A skill; all of the library when absent. */
  name?: string | undefined;
  library?: string | undefined;
  config?: string | undefined;
}

/** Something that happened to a skill, newest first. */
export interface SkillEvent {
  what: "created" | "changed" | "moved" | "retired" | "restored";
  date: string;
  commit: string;
  subject: string;
  path: string;
  /** Of the metadata after it; null where there is none. */
  version: string | null;
  /** SHA-256 of the traces that the commit names. */
  traces: string[];
  /** Skills that took its place, by the index. */
  survivors: string[];
  /** Where a moved skill lay before. */
  from: string | null;
}

export interface SkillHistory {
  command: "history";
  name: string;
  /** Of its SKILL.md in the repository as it stands; null for one that is not there. */
  path: string | null;
  /** Its entries in the index, the last one first. */
  archived: ArchiveEntry[];
  /** Skills that it took the place of, by the index and its own metadata. */
  supersedes: string[];
  events: SkillEvent[];
  /** False where a shallow clone ends before the skill's life does. */
  isComplete: boolean;
}

export interface LibraryHistory {
  command: "history";
  /** The last one first. */
  archived: ArchiveEntry[];
  /** Skills in AKG's `.archive/{timestamp}/`, with their paths in the library. */
  put_away: { name: string; path: string; date: string }[];
  /** Commits of ours, newest first. */
  recent: { date: string; commit: string; subject: string }[];
  isComplete: boolean;
}

const trailers = ["Overproof-Trace", "Overproof-Mode", "Overproof-Supersedes", "Overproof-Restores"];

const mostEvents = 200;
const mostRecent = 20;

/**
 * The life of a skill across moves and merges, from git and the index of retired skills, as HEAD has them; without a name
 * the retired skills and the last commits of ours. Throws `Failure` (exit code 2) for a skill that never was.
 */
export async function history(
  request: HistoryRequest,
  context: Context,
): Promise<SkillHistory | LibraryHistory> {
  const { name } = request;
  if (name !== undefined) requireSkillName(name);
  const cwd = await realPath(context.cwd);
  const loaded = await loadConfig(cwd, request.config);
  const repository = await openRepository(cwd, context.environment);
  const home = await libraryHome(cwd, loaded, request.library);
  const at = await libraryAt(repository, home, await commitOf(repository, "HEAD"));
  const isComplete = !(await isShallow(repository));
  return name === undefined ? libraryHistory(at, isComplete) : skillHistory(at, name, isComplete);
}

async function libraryHistory(at: LibraryAt, isComplete: boolean): Promise<LibraryHistory> {
  const { repository, commit, index } = at;
  const recent = await trailerHistory(repository, { commit, trailers, most: mostRecent });
  return {
    command: "history",
    archived: newestFirst(index.retired),
    put_away: putAwaySkills(at).map(({ skill: { name, path, date = "" } }) => ({ name, path, date })),
    recent: recent.map(({ date, commit: id, subject }) => ({ date, commit: id, subject })),
    isComplete,
  };
}

async function skillHistory(at: LibraryAt, name: string, isComplete: boolean): Promise<SkillHistory> {
  const { repository, commit, index } = at;
  const archived = newestFirst(index.retired.filter((entry) => entry.name === name));
  const path = skillPathOf(at, name) ?? null;
  const [last] = archived;
  const followed = path ?? (last ? inLibrary(at, last.path) : putAwayPathOf(at, name));
  if (followed === undefined) {
    throw usageFailure(
      `There is no skill ${name} here, and none was retired.`,
      "Run overproof list, or overproof history without a name, to see the names.",
    );
  }
  const found = await fileHistory(repository, { commit, path: followed, trailers, most: mostEvents });
  const events: SkillEvent[] = [];
  for (const event of ownEvents(found, name)) {
    const isCut = !isComplete && event.kind === "added" && (await isCutOff(repository, event.commit));
    if (!isCut) events.push(await eventOf(event, { name, archived, repository }));
  }
  const heirOf = index.retired.filter(({ survivors }) => survivors.includes(name)).map((entry) => entry.name);
  return {
    command: "history",
    name,
    path,
    archived,
    supersedes: [...new Set([...heirOf, ...(path === null ? [] : await supersededBy(at, path))])].sort(),
    events,
    isComplete: isComplete || events.at(-1)?.what === "created",
  };
}

function newestFirst(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  return entries.toSorted((a, b) =>
    a.date === b.date ? (a.name < b.name ? -1 : 1) : a.date < b.date ? 1 : -1,
  );
}

/**
 * The events of the skill itself: git takes a survivor for a source that was renamed where their texts are alike, and
 * would go on with the life of that one.
 */
function ownEvents(events: readonly FileEvent[], name: string): FileEvent[] {
  const own: FileEvent[] = [];
  for (const event of events) {
    const isOther =
      event.kind === "renamed" &&
      event.trailers.some(({ key, value }) => {
        const superseded = key === "Overproof-Supersedes" ? value.split("@")[0] : undefined;
        return superseded !== undefined && superseded !== name && isFolderOf(event.from, superseded);
      });
    own.push(isOther ? { ...event, kind: "added", from: undefined } : event);
    if (isOther) break;
  }
  return own;
}

function isFolderOf(path: string | undefined, name: string): boolean {
  return `/${path ?? ""}`.endsWith(`/${name}/SKILL.md`);
}

async function eventOf(
  event: FileEvent,
  { name, archived, repository }: { name: string; archived: ArchiveEntry[]; repository: GitRepository },
): Promise<SkillEvent> {
  const { commit, date, subject, path, kind, from } = event;
  const values = (key: string): string[] =>
    event.trailers.filter((trailer) => trailer.key === key).map(({ value }) => value);
  const isRestored = values("Overproof-Restores").some((value) => value.startsWith(`${name}@`));
  const what = kind === "added" ? (isRestored ? "restored" : "created") : words[kind];
  const entry =
    what === "retired" ? archived.find((one) => one.date.slice(0, 10) <= date.slice(0, 10)) : undefined;
  const text = what === "retired" ? undefined : await readFileAt(repository, commit, path);
  return {
    what,
    date,
    commit,
    subject,
    path,
    version: readSkillFile(text?.toString("utf8") ?? "").skill?.frontMatter.metadata["version"] ?? null,
    traces: values("Overproof-Trace").filter((value) => /^[0-9a-f]{64}$/.test(value)),
    survivors: entry?.survivors ?? [],
    from: from ?? null,
  };
}

const words = { changed: "changed", removed: "retired", renamed: "moved" } as const;

/** Names in `metadata.supersedes`, which may carry a commit each. */
async function supersededBy({ repository, commit }: LibraryAt, path: string): Promise<string[]> {
  const text = (await readFileAt(repository, commit, path))?.toString("utf8") ?? "";
  const said = readSkillFile(text).skill?.frontMatter.metadata["supersedes"] ?? "";
  return said
    .split(/[\s,]+/)
    .map((word) => word.split("@")[0] ?? "")
    .filter((word) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(word));
}
