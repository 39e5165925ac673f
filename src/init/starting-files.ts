import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { configJsonSchema } from "../config/config-json-schema.ts";
import { configFileName } from "../config/load.ts";
import { configText, schemaPath } from "./config-text.ts";
import { workflowsFolder } from "./package-folder.ts";
import { writtenWorkflow, writtenWorkflows } from "./written-workflow.ts";

/** What a repository starts with. Paths are from its top, with slashes. */
export type StartingFile =
  /** A file of ours, whole. */
  | { kind: "whole"; path: string; content: string }
  /** Lines that a file of the repository has to hold, wherever they stand in it. */
  | { kind: "lines"; path: string; lines: readonly string[] };

/** A real search log that comes with the package, and where it goes. */
const exampleLogs = "examples/cpp-row-softmax/logs";
const exampleTrace = "traces/example-row-softmax";

const readmes = {
  "skills/README.md": `# Skills

Every folder with a \`SKILL.md\` is a skill. \`overproof list\` shows them, \`overproof show NAME\` shows what each claim of one
rests on, and \`evals/\` beside a \`SKILL.md\` holds the cases that prove it.
`,
  "traces/README.md": `# Traces

What agents left behind: log folders of a search, sessions, conversations. What is committed here on the default branch is
distilled into skills by the workflow \`distill\`; \`overproof distill traces --dry-run\` shows what would come of it. Secrets in
a trace are masked before anything reads it, but once committed they are known: look before you commit.

\`example-row-softmax\` is a real search log, to try it with. Remove it when you have one of your own.
`,
};

/** Everything that a repository starts with, in the order of the paths. `folder` is that of the package. */
export async function startingFiles(
  folder: string,
  options: { action: string; example: boolean },
): Promise<StartingFile[]> {
  const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  const files: StartingFile[] = [
    { kind: "whole", path: configFileName, content: configText },
    { kind: "whole", path: schemaPath, content: schema },
    { kind: "lines", path: ".gitignore", lines: [".overproof/runs/", ".overproof/kernels/"] },
    // Traces are evidence, known by the digests of their bytes.
    { kind: "lines", path: ".gitattributes", lines: ["traces/** -text", ".overproof/** linguist-generated"] },
    ...Object.entries(readmes).map(([path, content]) => ({ kind: "whole" as const, path, content })),
  ];
  for (const name of writtenWorkflows) {
    const path = `${workflowsFolder}/${name}`;
    const content = writtenWorkflow(await readFile(join(folder, path), "utf8"), options.action);
    files.push({ kind: "whole", path, content });
  }
  if (options.example) files.push(...(await exampleFiles(join(folder, exampleLogs))));
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

async function exampleFiles(logs: string): Promise<StartingFile[]> {
  const entries = await readdir(logs, { recursive: true, withFileTypes: true });
  const files: StartingFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const below = path
      .slice(logs.length + 1)
      .split(sep)
      .join("/");
    files.push({ kind: "whole", path: `${exampleTrace}/${below}`, content: await readFile(path, "utf8") });
  }
  return files;
}
