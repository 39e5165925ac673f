import { isUtf8 } from "node:buffer";
import { join, relative, sep } from "node:path";
import { usageFailure } from "../failure.ts";
import { liesInside } from "../files/real-path.ts";
import { type GitRepository, listTree, readFileAt } from "../git/repository.ts";
import { configSchema } from "./config.ts";
import { configFileName, type LoadedConfig, parseConfig } from "./load.ts";

/**
 * The configuration as a commit has it, where `loaded` was found in the working tree; the defaults where the commit has
 * none. A pull request is judged by the configuration of its base: it cannot lower the bar that it has to pass, nor
 * name a command or a server. Throws `Failure` (exit code 2) for one that does not fit the schema.
 */
export async function baseConfig(
  repository: GitRepository,
  commit: string,
  loaded: LoadedConfig,
): Promise<LoadedConfig> {
  const file = loaded.file ?? join(repository.folder, configFileName);
  if (!liesInside(file, repository.folder)) return loaded;
  const path = relative(repository.folder, file).split(sep).join("/");
  const shown = `${commit.slice(0, 12)}:${path}`;
  const [entry] = await listTree(repository, commit, [path]);
  if (entry === undefined) return { ...loaded, file: undefined, config: configSchema.parse({}) };
  const bytes = await readFileAt(repository, commit, path);
  if (bytes === undefined) {
    throw usageFailure(`${shown} is no regular file.`, "Put the file itself there, on the target branch.");
  }
  if (!isUtf8(bytes)) throw usageFailure(`${shown} is no UTF-8 text.`, "Correct it on the target branch.");
  return { ...loaded, file, config: parseConfig(bytes.toString("utf8"), shown) };
}
