import { apiAddress, pageAddress } from "./repository.ts";
import type { Hub, Repository } from "./state.ts";

const statuses: Record<string, string> = {
  A: "added",
  D: "removed",
  M: "modified",
  R: "renamed",
  T: "changed",
};

interface ChangedFile {
  filename: string;
  previous: string | undefined;
  status: string;
  /** The new blob, or the old one of a removed file. */
  sha: string;
  additions: number;
  deletions: number;
  /** From the first hunk on; absent for binary files and pure renames. */
  patch: string | undefined;
}

/** What changed between two commits, renames found, in git's order. */
async function changedFiles(repository: Repository, from: string, to: string): Promise<ChangedFile[]> {
  const compare = ["--no-ext-diff", "--no-textconv", "-M", "--full-index", from, to];
  const raw = (await repository.git("diff", "--raw", "-z", ...compare)).split("\0");
  const counts = (await repository.git("diff", "--numstat", "-z", ...compare)).split("\0");
  const patches = (await repository.git("diff", "--patch", ...compare)).split(/^(?=diff --git )/m);
  const files: ChangedFile[] = [];
  let rawAt = 0;
  let countAt = 0;
  while (raw[rawAt]?.startsWith(":") === true) {
    const [, , oldSha = "", newSha = "", letters = ""] = raw[rawAt]?.split(" ") ?? [];
    const letter = letters.charAt(0);
    const isRename = letter === "R";
    const [additions = "-", deletions = "-"] = counts[countAt]?.split("\t") ?? [];
    const first = raw[rawAt + 1] ?? "";
    const patch = patches[files.length];
    const hunks = patch === undefined ? -1 : patch.search(/^@@ /m);
    files.push({
      filename: isRename ? (raw[rawAt + 2] ?? "") : first,
      previous: isRename ? first : undefined,
      status: statuses[letter] ?? "changed",
      sha: letter === "D" ? oldSha : newSha,
      additions: additions === "-" ? 0 : Number(additions),
      deletions: deletions === "-" ? 0 : Number(deletions),
      patch: hunks < 0 ? undefined : patch?.slice(hunks).replace(/\n$/, ""),
    });
    rawAt += isRename ? 3 : 2;
    // With -z a rename's counts are followed by the old and the new name as fields of their own.
    countAt += isRename ? 3 : 1;
  }
  return files;
}

/** The files of a pull request or a comparison, as GitHub lists them. */
export async function diffAnswer(
  hub: Hub,
  repository: Repository,
  from: string,
  to: string,
): Promise<{ additions: number; deletions: number }[]> {
  const files = await changedFiles(repository, from, to);
  return files.map(({ filename, previous, status, sha, additions, deletions, patch }) => ({
    sha,
    filename,
    status,
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: pageAddress(hub, repository, `/blob/${to}/${encodeURI(filename)}`),
    raw_url: pageAddress(hub, repository, `/raw/${to}/${encodeURI(filename)}`),
    contents_url: apiAddress(hub, repository, `/contents/${encodeURI(filename)}?ref=${to}`),
    ...(patch === undefined ? {} : { patch }),
    ...(previous === undefined ? {} : { previous_filename: previous }),
  }));
}
