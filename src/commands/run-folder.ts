import { join, resolve } from "node:path";
import type { LibraryHome } from "../config/library-home.ts";
import { usageFailure } from "../failure.ts";
import { liesInside, realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { type ModelSpec, parseModelSpec } from "../models/spec.ts";

/** The model of a spec; the folder of a replay is read from the working folder. */
export function modelFrom(spec: string, cwd: string): ModelSpec {
  const parsed = parseModelSpec(spec);
  return parsed.kind === "replay" ? { ...parsed, folder: resolve(cwd, parsed.folder) } : parsed;
}

/** Opening a workspace clears it: a recording that lies there would be gone before it is replayed. */
export async function requireOtherFolder(model: ModelSpec | undefined, folder: string): Promise<void> {
  if (model?.kind !== "replay") return;
  if (!liesInside(await realPath(model.folder), await realPath(folder))) return;
  throw usageFailure(
    `The recording in ${model.folder} would be overwritten by its own replay.`,
    "Give another workspace, or copy the recording elsewhere first.",
  );
}

/** Where a run without a named workspace works, by the digest of what it works on. */
export function defaultRunFolder(home: LibraryHome, command: string, digest: string): string {
  return join(home.home, ".overproof", "runs", `${command}-${digest.slice(0, 12)}`);
}

/** Runs are no part of the repository: their folder tells git so itself. */
export async function ignoreRuns(home: LibraryHome): Promise<void> {
  const path = join(home.home, ".overproof", "runs", ".gitignore");
  await writeStaged([{ path, content: "*\n", root: home.root }]);
}
