import { readFile } from "node:fs/promises";
import { dirname, relative, sep } from "node:path";
import { join } from "node:path/posix";
import type { LibraryHome } from "../config/library-home.ts";
import { Failure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { blobId } from "../git/blob-id.ts";
import { currentCommit, type GitRepository, listFilesAt } from "../git/repository.ts";
import type { SourceSkill } from "../organize/skill-pieces.ts";

/**
 * The commit of the working copy, once it is sure that it holds every byte of these skills and their evidence: they are
 * removed from the tree, and git history is their archive. Throws `Failure` (exit code 1) where something is not committed.
 */
export async function requireCommitted(
  repository: GitRepository,
  home: LibraryHome,
  sources: readonly SourceSkill[],
): Promise<string> {
  const commit = await currentCommit(repository);
  if (commit === undefined) throw uncommitted("The library");
  const held = new Map(
    (await listFilesAt(repository, commit)).map(({ path, id, mode }) => [path, { id, mode }]),
  );
  const top = await realPath(repository.folder);
  const below = async (folder: string): Promise<string> =>
    relative(top, await realPath(folder))
      .split(sep)
      .join("/");
  const [library, evidence] = [await below(home.library), await below(home.evidence)];
  const requireHeld = (path: string, bytes: Uint8Array): void => {
    const known = held.get(path);
    if (known?.mode.startsWith("100") !== true || known.id !== blobId(bytes, commit)) throw uncommitted(path);
  };
  for (const source of sources) {
    requireHeld(join(library, source.path), Buffer.from(source.text));
    for (const { path, bytes } of source.files) requireHeld(join(library, dirname(source.path), path), bytes);
    const stored = `${source.name}.json`;
    if (source.evidence !== undefined)
      requireHeld(join(evidence, stored), await readFile(join(home.evidence, stored)));
  }
  return commit;
}

function uncommitted(what: string): Failure {
  return new Failure(`${what} is not committed as it is, so that removing it would lose it.`, {
    remedy: "Commit it first, or run organize with --dry-run.",
    exitCode: 1,
  });
}
