import type { GitRepository } from "./repository.ts";

/** A commit without its changes. */
export interface CommitHead {
  commit: string;
  /** Of the committer, ISO 8601 in UTC. */
  date: string;
  subject: string;
  /** Values of the trailers that were asked for, in the order of the message. */
  trailers: { key: string; value: string }[];
}

/** What a commit did to one file, as `git log --name-status` tells it. */
export interface FileEvent extends CommitHead {
  kind: "added" | "changed" | "removed" | "renamed";
  /** The path after the commit; before it where the file was removed. */
  path: string;
  /** Where a renamed file lay before. */
  from: string | undefined;
}

/**
 * What happened to a file, newest first, across renames, as far as the clone reaches. Merges are passed over: what they
 * bring was done by the commits that they join. At most `most` events.
 */
export async function fileHistory(
  repository: GitRepository,
  query: { commit: string; path: string; trailers: readonly string[]; most: number },
): Promise<FileEvent[]> {
  const { commit, path, trailers, most } = query;
  const log = ["log", "-z", "--no-show-signature", `--max-count=${most}`, "--format=%H"];
  const found = ["--follow", "--find-renames=60%", "--name-status", "--no-ext-diff", commit, "--", path];
  const changes = changesOf(await repository.git.text([...log, ...found]));
  if (changes.length === 0) return [];
  const commits = changes.map((change) => change.commit);
  const heads = new Map(
    (await commitHeads(repository, ["--no-walk=unsorted", ...commits], trailers)).map((head) => [
      head.commit,
      head,
    ]),
  );
  return changes.flatMap((change) => {
    const head = heads.get(change.commit);
    return head === undefined ? [] : [{ ...head, ...change }];
  });
}

/** Commits that carry one of some trailers, newest first. */
export function trailerHistory(
  repository: GitRepository,
  { commit, trailers, most }: { commit: string; trailers: readonly string[]; most: number },
): Promise<CommitHead[]> {
  const patterns = trailers.map((key) => `--grep=^${key}: `);
  return commitHeads(repository, [`--max-count=${most}`, ...patterns, commit], trailers);
}

type FileChange = Pick<FileEvent, "commit" | "kind" | "path" | "from">;

const kinds: Record<string, FileEvent["kind"]> = {
  A: "added",
  C: "added",
  M: "changed",
  T: "changed",
  D: "removed",
  R: "renamed",
};

/** From `git log -z --name-status`: a commit, a line break and a letter, a path, and for a rename a second one. */
function changesOf(listed: string): FileChange[] {
  const words = listed.split("\0");
  const changes: FileChange[] = [];
  for (let at = 0; at + 2 < words.length; at += 1) {
    const [commit = "", letter = "", first = ""] = words.slice(at, at + 3);
    if (!letter.startsWith("\n")) continue;
    const kind = kinds[letter.charAt(1)];
    const isPair = /^[RC]/.test(letter.slice(1));
    const path = isPair ? (words[at + 3] ?? "") : first;
    if (kind !== undefined) {
      changes.push({ commit, kind, path, from: kind === "renamed" ? first : undefined });
    }
    at += isPair ? 3 : 2;
  }
  return changes;
}

/** No message can hold a zero byte, so none can end its field; the values of trailers hold no line break. */
async function commitHeads(
  { git }: GitRepository,
  which: readonly string[],
  trailers: readonly string[],
): Promise<CommitHead[]> {
  const keys = trailers.map((key) => `key=${key}`).join(",");
  const format = `%H%x00%ct%x00%s%x00%(trailers:${keys},unfold)`;
  const listed = await git.text(["log", "-z", "--no-show-signature", `--format=${format}`, ...which, "--"]);
  const words = listed.split("\0");
  const heads: CommitHead[] = [];
  for (let at = 0; at + 3 < words.length; at += 4) {
    const [commit = "", seconds = "", subject = "", lines = ""] = words.slice(at, at + 4);
    heads.push({
      commit,
      date: new Date(Number(seconds) * 1000).toISOString(),
      subject,
      trailers: lines.split("\n").flatMap((line) => {
        const colon = line.indexOf(": ");
        return colon < 0 ? [] : [{ key: line.slice(0, colon), value: line.slice(colon + 2).trim() }];
      }),
    });
  }
  return heads;
}
