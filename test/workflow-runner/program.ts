import { copyFile, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { bundleFolder } from "../bundle.ts";
import { temporaryFolder, type TemporaryFolder } from "../run.ts";

const root = resolve(import.meta.dirname, "../..");

/** What other repositories call our workflows and our action by. */
export const ourRepository = "overproof/overproof";

/** The folder of one of our own workflows. */
export function ourWorkflow(name: string): string {
  return join(root, ".github/workflows", name);
}

/** A checkout of this repository in which `dist` is the bundle under test. */
export async function ourProgram(): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  await copyFile(join(root, "action.yml"), join(folder.path, "action.yml"));
  await symlink(bundleFolder, join(folder.path, "dist"));
  await symlink(join(root, "harness"), join(folder.path, "harness"));
  return folder;
}
