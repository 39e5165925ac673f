import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../failure.ts";

/** Where the workflows lie, below the package and below every repository. */
export const workflowsFolder = ".github/workflows";

/** How far above this module, or the bundle that holds it, the package's folder may lie. */
const mostLevels = 4;

/**
 * The folder of the package, or of the Action's checkout: the one with `action.yml` and the workflows beside it.
 * Throws `Failure` (exit code 3) for a package that came without them.
 */
export async function packageFolder(module: string = import.meta.url): Promise<string> {
  let folder = dirname(fileURLToPath(module));
  for (let level = 0; level < mostLevels; level += 1) {
    const needed = [join(folder, "action.yml"), join(folder, workflowsFolder, "evaluate.yml")];
    if ((await Promise.all(needed.map(isFile))).every(Boolean)) return folder;
    folder = dirname(folder);
  }
  throw new Failure("The workflows that belong to this program are not there.", {
    remedy: "Install overproof with action.yml and its .github folder, which lie beside dist.",
    exitCode: 3,
  });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
