import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, matchesGlob, relative, resolve, sep } from "node:path";
import { buffer } from "node:stream/consumers";
import { fromBufferPromise } from "yauzl";
import { zipOf } from "../zip.ts";
import type { StepWorld } from "./step-world.ts";

/** What `actions/upload-artifact` 7 does, into the fake GitHub. */
export async function uploadArtifact(inputs: Record<string, string>, world: StepWorld): Promise<void> {
  const { name = "artifact", path = "" } = inputs;
  const places = path
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => resolve(world.workspace, line));
  const hidden = inputs["include-hidden-files"] === "true";
  const found = (await Promise.all(places.map((place) => filesAt(place, hidden)))).flat();
  if (found.length === 0) {
    const problem = `No files were found with the provided path: ${path}.`;
    if (inputs["if-no-files-found"] === "error") throw new Error(problem);
    world.log(problem);
    return;
  }
  const root = rootOf(places, found);
  const files: Record<string, Buffer> = {};
  for (const file of found) files[relative(root, file).split(sep).join("/")] = await readFile(file);
  const { artifacts } = world.github.repository(world.repository);
  for (const [id, one] of artifacts) {
    if (one.runId !== world.runId || one.name !== name) continue;
    if (inputs.overwrite !== "true") throw new Error(`An artifact with the name ${name} already exists.`);
    artifacts.delete(id);
  }
  const zip = await zipOf(files);
  world.github.addArtifact(world.repository, { runId: world.runId, name, zip, isOfFork: world.isFork });
}

/** What `actions/download-artifact` 8 does: one artifact by its name, or those that fit a pattern. */
export async function downloadArtifact(inputs: Record<string, string>, world: StepWorld): Promise<void> {
  const { name = "", pattern = "" } = inputs;
  const target = resolve(world.workspace, inputs.path || ".");
  const own = [...world.github.repository(world.repository).artifacts.values()].filter(
    (one) => one.runId === world.runId,
  );
  const wanted = own.filter((one) => (name === "" ? matchesGlob(one.name, pattern) : one.name === name));
  if (name !== "" && wanted.length === 0) throw new Error(`Artifact '${name}' not found`);
  // A single one that fits a pattern comes without a folder of its own.
  const isFlat = name !== "" || wanted.length === 1;
  for (const { name: found, zip } of wanted) await extract(zip, isFlat ? target : join(target, found));
}

async function extract(zip: Buffer, folder: string): Promise<void> {
  const file = await fromBufferPromise(zip, { lazyEntries: true });
  for await (const entry of file.eachEntry()) {
    const path = join(folder, entry.fileName);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await buffer(await file.openReadStreamPromise(entry)));
  }
}

/** The files at a place; those whose name, or whose folder's below the place, begins with a dot only when asked for. */
async function filesAt(place: string, hidden: boolean): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isFile()) return hidden || !basename(place).startsWith(".") ? [place] : [];
  const entries = await readdir(place, { withFileTypes: true });
  const inside = entries.filter(({ name }) => hidden || !name.startsWith("."));
  return (await Promise.all(inside.map(({ name }) => filesAt(join(place, name), hidden)))).flat().sort();
}

function commonFolder(places: readonly string[]): string {
  const [first = [], ...rest] = places.map((place) => place.split(sep));
  const end = first.findIndex((part, index) => rest.some((other) => other[index] !== part));
  return first.slice(0, end < 0 ? -1 : end).join(sep);
}

/** What paths in the artifact are relative to: a single file's folder, a single folder, or what several have in common. */
function rootOf(places: readonly string[], found: readonly string[]): string {
  const [only = ""] = places;
  if (places.length > 1) return commonFolder(places);
  return found.length === 1 && found[0] === only ? dirname(only) : only;
}
