import { lstat, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { reasonOf, usageFailure } from "../failure.ts";
import { firstIssue } from "../files/parsed-json.ts";
import { realPath } from "../files/real-path.ts";
import { type Config, configSchema } from "./config.ts";

export const configFileName = "overproof.yml";

export interface LoadedConfig {
  config: Config;
  /** The file it came from; undefined when defaults are used. */
  file: string | undefined;
  /**
   * The folder that relative paths of the configuration start from, without links: the configuration's own; without
   * one the folder of the repository; else the working folder.
   */
  folder: string;
}

/**
 * Reads `overproof.yml`: the named file, else the first one in `cwd` or a folder above it, as far as the repository
 * reaches, else the defaults.
 * Throws `Failure` (exit code 2) for a named file that is missing and for content that does not fit the schema.
 */
export async function loadConfig(cwd: string, named?: string): Promise<LoadedConfig> {
  const here = await realPath(resolve(cwd));
  if (named !== undefined) {
    const file = resolve(here, named);
    const text = await readFile(file, "utf8").catch((error: unknown) => {
      throw usageFailure(
        `The configuration ${named} cannot be read: ${reasonOf(error)}.`,
        "Name an existing file with --config.",
        error,
      );
    });
    return { config: parseConfig(text, named), file, folder: await realPath(dirname(file)) };
  }
  for (let folder = here; ; folder = dirname(folder)) {
    const file = join(folder, configFileName);
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw usageFailure(`${file} cannot be read: ${reasonOf(error)}.`, "Make it readable.", error);
    });
    if (text !== undefined) return { config: parseConfig(text, file), file, folder };
    const isRepository = await exists(join(folder, ".git"));
    if (isRepository || folder === dirname(folder)) {
      return { config: configSchema.parse({}), file: undefined, folder: isRepository ? folder : here };
    }
  }
}

/** In a worktree and in a submodule `.git` is a file. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Parses the text of a configuration; `file` is for messages. */
export function parseConfig(text: string, file: string): Config {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const problem = document.errors[0];
  if (problem) {
    throw usageFailure(
      `${file} is not valid YAML: ${reasonOf(problem.message.split("\n")[0])}`,
      "Correct that line.",
    );
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw usageFailure(`${file} is not usable YAML: ${reasonOf(error)}.`, "Write it without aliases.", error);
  }
  const parsed = configSchema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw usageFailure(
    `${file}: ${firstIssue(parsed.error)}.`,
    "Correct it; docs/configuration.md lists every key.",
  );
}
