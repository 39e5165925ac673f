import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Context } from "../src/commands/context.ts";
import type { Reporter } from "../src/reporter.ts";

/** A library in a folder of its own, with room around it to see what is written outside. */
export interface OrganizeWorld {
  /** The folder that holds the library. */
  folder: string;
  library: string;
  workspace: string;
  context: Context;
  warnings: string[];
  /** The digest of every file below the folder, by its path. */
  files(): Promise<Map<string, string>>;
}

export async function organizeWorld(): Promise<OrganizeWorld> {
  const root = await mkdtemp(join(tmpdir(), "organize-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = join(root, "home");
  const library = join(folder, "skills");
  await mkdir(library, { recursive: true });
  const warnings: string[] = [];
  const reporter: Reporter = {
    info() {},
    warning: (message) => void warnings.push(message),
    progress() {},
  };
  const context: Context = {
    cwd: folder,
    environment: { PATH: process.env["PATH"], HOME: root },
    reporter,
    now: () => new Date("2026-03-01T12:00:00Z"),
    random: () => 0.5,
    sleep: async () => undefined,
  };
  return { folder, library, workspace: join(root, "ws"), context, warnings, files: () => filesBelow(folder) };
}

/** Puts a skill into a library; `path` is that of its folder. */
export async function putSkill(
  { library }: Pick<OrganizeWorld, "library">,
  path: string,
  skill: { name?: string; description?: string; metadata?: Record<string, string>; body: string },
): Promise<void> {
  const name = skill.name ?? path.slice(path.lastIndexOf("/") + 1);
  const metadata = Object.entries(skill.metadata ?? {}).map(
    ([key, value]) => `  ${key}: ${JSON.stringify(value)}`,
  );
  const head = [
    `name: ${name}`,
    `description: ${JSON.stringify(skill.description ?? `What ${name} is for, in a sentence.`)}`,
    ...(metadata.length > 0 ? ["metadata:", ...metadata] : []),
  ];
  await putFile(library, `${path}/SKILL.md`, `---\n${head.join("\n")}\n---\n\n${skill.body}\n`);
}

export async function putFile(folder: string, path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** Puts the skills of a fixture into a library. Returns the spec of its recorded answers. */
export async function putFixture({ library }: OrganizeWorld, name: string): Promise<string> {
  const input = join(import.meta.dirname, "fixtures", "akg", "organize", name, "input");
  await cp(join(input, "skills"), library, { recursive: true });
  const answers = await readdir(join(input, "model")).catch(() => []);
  return answers.length > 0 ? `replay:${join(input, "model")}` : "offline";
}

export async function filesBelow(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const digest = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    files.set(path.slice(folder.length + 1), digest);
  }
  return files;
}

/** A skill in the form of the seed systems with some methods. */
export function methodsBody(
  methods: readonly { title: string; text: string }[],
  boundary = "Only for contiguous inputs.",
): string {
  const sections = methods.map(({ title, text }, index) => `### ${index + 1}. ${title}\n\n${text}`);
  return `## Task characteristics\n\nKernels of one class.\n\n## Optimization methods\n\n${sections.join("\n\n")}\n\n## Applicability boundaries\n\n- ${boundary}`;
}
