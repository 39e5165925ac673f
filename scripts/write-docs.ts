import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { markdownTable } from "markdown-table";
import { parse } from "yaml";
import { configJsonSchema } from "../src/config/config-json-schema.ts";
import { lintRules } from "../src/skills/lint-rules.ts";

const root = resolve(import.meta.dirname, "..");

/** Files and sections that are made from the code; `npm run docs` writes them, and a test fails when they differ. */
export async function generatedDocs(): Promise<Record<string, string>> {
  const schema = configJsonSchema();
  return {
    "docs/overproof.schema.json": `${JSON.stringify(schema, null, 2)}\n`,
    "docs/configuration.md": configurationPage(schema),
    "docs/lint-rules.md": lintPage(),
    "docs/action.md": await actionPage(),
  };
}

interface SchemaNode {
  description?: string;
  default?: unknown;
  type?: string;
  properties?: Record<string, SchemaNode>;
  items?: SchemaNode;
}

function configurationPage(schema: Record<string, unknown>): string {
  const rows: string[][] = [];
  const walk = (node: SchemaNode, prefix: string): void => {
    for (const [name, child] of Object.entries(node.properties ?? {})) {
      const key = prefix === "" ? name : `${prefix}.${name}`;
      const isGroup = child.properties !== undefined;
      rows.push([
        `\`${key}\``,
        isGroup ? "" : shown(child),
        (child.description ?? "").replaceAll("|", "\\|"),
      ]);
      if (isGroup) walk(child, key);
    }
  };
  walk(schema, "");
  return `# Configuration

\`overproof.yml\` in the root of the repository. Every key has a default, so the file may be empty or absent. Unknown keys are
refused. For completion in an editor, keep a copy of [overproof.schema.json](overproof.schema.json) beside it and begin with:

\`\`\`yaml
# yaml-language-server: $schema=./overproof.schema.json
\`\`\`

${markdownTable([["key", "default", "meaning"], ...rows])}
`;
}

function shown(node: SchemaNode): string {
  return node.default === undefined ? "none" : `\`${JSON.stringify(node.default)}\``;
}

function lintPage(): string {
  const rows = Object.entries(lintRules).map(([id, rule]) => [
    `\`${id}\``,
    rule.severity,
    rule.hint.replaceAll("|", "\\|").replaceAll("<", "&lt;"),
  ]);
  return `# Lint rules

\`overproof lint\` and \`command: lint\` check every \`SKILL.md\` against the Agent Skills specification and against what other readers
of YAML make of it. Errors end with exit code 1, warnings do not.

${markdownTable([["rule", "severity", "what to do"], ...rows])}
`;
}

interface ActionFile {
  inputs: Record<string, { description: string; default?: string; required?: boolean }>;
  outputs: Record<string, { description: string }>;
}

async function actionPage(): Promise<string> {
  const action = parse(await readFile(join(root, "action.yml"), "utf8")) as ActionFile;
  const inputs = Object.entries(action.inputs).map(([name, { description, default: value, required }]) => [
    `\`${name}\``,
    required ? "required" : value ? `\`${value}\`` : "",
    description,
  ]);
  const outputs = Object.entries(action.outputs).map(([name, { description }]) => [
    `\`${name}\``,
    description,
  ]);
  return `# The Action

One Action for every command; the input \`command\` says which. The workflows that \`overproof init\` writes use all of them.
Each step gets the secrets of its command and no other: a model key where a model is called, a token where GitHub is.

## Inputs

${markdownTable([["input", "default", "meaning"], ...inputs])}

## Outputs

${markdownTable([["output", "meaning"], ...outputs])}
`;
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of Object.entries(await generatedDocs())) await writeFile(join(root, path), text);
}
