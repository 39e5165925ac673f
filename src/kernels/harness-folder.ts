import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../failure.ts";

/** The Python package of the harness, and the folder that it lies in. */
export const harnessPackage = "overproof_harness";
const folderName = "harness";

/** How far above this module, or the bundle that holds it, the folder may lie. */
const mostLevels = 4;

/**
 * The folder that Python takes the harness from: `harness/` of the package or of the Action's checkout, beside `dist`.
 * Throws `Failure` (exit code 3) for a package that came without it.
 */
export async function harnessFolder(module: string = import.meta.url): Promise<string> {
  let above = dirname(fileURLToPath(module));
  for (let level = 0; level < mostLevels; level += 1) {
    const folder = join(above, folderName);
    const isThere = await stat(join(folder, harnessPackage, "__init__.py")).then(
      (found) => found.isFile(),
      () => false,
    );
    if (isThere) return folder;
    above = dirname(above);
  }
  throw new Failure("The Python part that measures kernels is not there.", {
    remedy: `Install overproof with its ${folderName} folder, which lies beside dist.`,
    exitCode: 3,
  });
}
