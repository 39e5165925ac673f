import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "./build.ts";

/** Rebuilds into a temporary folder and fails on any byte that differs from the checked-in `dist/`. */
const fresh = await mkdtemp(join(tmpdir(), "overproof-dist-"));
try {
  await build(fresh);
  const differences = await compare(resolve(import.meta.dirname, "../dist"), fresh);
  if (differences.length > 0) {
    console.error(
      `dist/ is not what the source builds: ${differences.join(", ")}. Run "npm run build" and commit dist/.`,
    );
    process.exitCode = 1;
  } else {
    console.log("dist/ is what the source builds.");
  }
} finally {
  await rm(fresh, { recursive: true, force: true });
}

async function compare(kept: string, rebuilt: string): Promise<string[]> {
  const [left, right] = await Promise.all([list(kept), list(rebuilt)]);
  const differences: string[] = [];
  for (const name of new Set([...left, ...right])) {
    if (!left.has(name) || !right.has(name)) differences.push(name);
    else if (!(await readFile(join(kept, name))).equals(await readFile(join(rebuilt, name))))
      differences.push(name);
  }
  return differences.sort();
}

async function list(folder: string): Promise<Set<string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return new Set(
    entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(folder.length + 1)),
  );
}
