import { dirname } from "node:path/posix";
import { writeEvidenceFile } from "../distill/evidence-file.ts";
import type { LibraryChange } from "./journal.ts";
import type { OrganizedMerge } from "./organize-library.ts";
import type { SourceSkill } from "./skill-pieces.ts";
import type { Survivor } from "./survivor.ts";

const evidenceFolder = ".overproof/evidence";

/** The files of a survivor, relative to its library. */
export function survivorFiles({
  path,
  text,
  files,
}: Survivor): { path: string; content: string | Uint8Array }[] {
  const folder = dirname(path);
  return [
    ...files.map((file) => ({ path: `${folder}/${file.path}`, content: file.bytes })),
    { path, content: text },
  ];
}

/** What is written for survivors: their folders, and what their claims rest on. */
export function additions(merges: readonly OrganizedMerge[]): LibraryChange[] {
  return merges.flatMap(({ done }) =>
    done.survivors.flatMap((survivor): LibraryChange[] => [
      ...(survivor.evidence === null
        ? []
        : [
            {
              do: "write" as const,
              in: "home" as const,
              path: `${evidenceFolder}/${survivor.name}.json`,
              content: writeEvidenceFile(survivor.evidence),
            },
          ]),
      ...survivorFiles(survivor).map((file) => ({ do: "write" as const, in: "library" as const, ...file })),
    ]),
  );
}

/** What takes superseded skills out of a library in git: their files, and those of their evidence. */
export function removals(sources: readonly SourceSkill[]): LibraryChange[] {
  return sources.flatMap(({ name, path, files, evidence }): LibraryChange[] => {
    const folder = dirname(path);
    return [
      ...[path, ...files.map((file) => `${folder}/${file.path}`)].map((gone): LibraryChange => ({
        do: "remove",
        in: "library",
        path: gone,
      })),
      ...(evidence === undefined
        ? []
        : [{ do: "remove" as const, in: "home" as const, path: `${evidenceFolder}/${name}.json` }]),
    ];
  });
}

/**
 * What puts superseded skills away where there is no git: each folder moves below `.archive/{stamp}/` under its own
 * path, so that skills of one name in different folders do not meet; its evidence goes to `.evidence/` beside them.
 */
export function archiveMoves(
  sources: readonly SourceSkill[],
  archive: string,
  evidenceTexts: ReadonlyMap<string, string>,
): LibraryChange[] {
  return sources.flatMap(({ name, path }): LibraryChange[] => {
    const folder = dirname(path);
    const evidence = evidenceTexts.get(name);
    return [
      { do: "move", in: "library", from: folder, to: `${archive}/${folder}` },
      ...(evidence === undefined
        ? []
        : [
            {
              do: "write" as const,
              in: "library" as const,
              path: `${archive}/.evidence/${name}.json`,
              content: evidence,
            },
            { do: "remove" as const, in: "home" as const, path: `${evidenceFolder}/${name}.json` },
          ]),
    ];
  });
}

/** A time as the seed systems name archive folders: `20260301_120000`, in UTC. */
export function archiveStamp(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "_");
}
