import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { rolldown } from "rolldown";

const root = resolve(import.meta.dirname, "..");

/**
 * Bundles both doors into `dist/`: shared code in chunks, so that the gate loads no model SDK.
 * Throws on any bundler warning: rolldown warns of direct `eval`, which is a hole and not noise.
 */
export async function build(directory = join(root, "dist")): Promise<void> {
  const warnings: string[] = [];
  const bundle = await rolldown({
    cwd: root,
    input: { action: "src/action.ts", cli: "src/cli.ts" },
    platform: "node",
    // The Action runs on Node 24; the command line also on the older ones that the README promises.
    transform: { target: "node20" },
    onLog: (level, log) => {
      if (level === "warn" && !isAcceptedEval(log)) warnings.push(log.message);
    },
  });
  const output = await bundle.generate({
    format: "esm",
    minify: true,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
  });
  await bundle.close();
  if (warnings.length > 0) throw new Error(`The bundler warns:\n${warnings.join("\n")}`);

  await rm(directory, { recursive: true, force: true });
  const packages = new Set<string>();
  for (const chunk of output.output) {
    const file = join(directory, chunk.fileName);
    await mkdirFor(file);
    // The command line is run by its path too, where nothing links it.
    const mode = chunk.fileName === "cli.js" ? 0o755 : 0o644;
    await writeFile(file, chunk.type === "chunk" ? chunk.code : chunk.source, { mode });
    if (chunk.type === "chunk") for (const id of chunk.moduleIds) packages.add(packageOf(id));
  }
  packages.delete("");
  await writeFile(join(directory, "licenses.txt"), await licenses([...packages].sort()));
}

/** gray-matter's own JavaScript engine; src/skills/front-matter.ts replaces it and a test proves that it never runs. */
function isAcceptedEval(log: { code?: string; id?: string; message: string }): boolean {
  return log.code === "EVAL" && log.message.includes("gray-matter/lib/engines.js");
}

function packageOf(moduleId: string): string {
  const match = /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(moduleId.replaceAll("\\", "/"));
  return match ? match[0] : "";
}

/** The licence texts that bundled packages ask to be kept with copies of them. */
async function licenses(folders: string[]): Promise<string> {
  const parts: string[] = [];
  for (const folder of folders) {
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      name: string;
      license?: string;
    };
    const text = await firstExisting(folder, [
      "LICENSE",
      "LICENSE.md",
      "LICENSE.txt",
      "license",
      "license.md",
      "LICENCE",
    ]);
    parts.push(`${manifest.name} (${manifest.license ?? "see its text"})\n\n${text.trim()}\n`);
  }
  return parts.join(`\n${"-".repeat(72)}\n\n`);
}

async function firstExisting(folder: string, names: string[]): Promise<string> {
  for (const name of names) {
    try {
      return await readFile(join(folder, name), "utf8");
    } catch {
      continue;
    }
  }
  return "(the package carries no licence file)";
}

async function mkdirFor(file: string): Promise<void> {
  const { mkdir } = await import("node:fs/promises");
  await mkdir(dirname(file), { recursive: true });
}

if (process.argv[1] === import.meta.filename) await build();
