import { join, resolve } from "node:path";
import { baseConfig } from "../config/base-config.ts";
import { configSchema } from "../config/config.ts";
import { configFileName, type LoadedConfig, loadConfig } from "../config/load.ts";
import { Failure } from "../failure.ts";
import { type GitRepository, resolveCommit } from "../git/repository.ts";
import type { GitHubEvent } from "../github/event.ts";
import { baseCommit } from "./base-commit.ts";
import type { Context } from "./context.ts";

/** The configuration that counts, and what the working tree is held against. */
export interface TrustedConfig {
  loaded: LoadedConfig;
  /** The commit that skills are compared with; undefined where there is none. */
  base: string | undefined;
  /** The libraries of the configuration that counts and of the working tree's: a change may move them. Absolute. */
  libraries: string[];
  /** What is wrong with the configuration of the change, as clauses without a full stop. */
  problems: string[];
}

/**
 * The configuration that a change is judged by: in a workflow for a pull request or a merge queue the one of the base
 * branch, as the event names its commit, else the one of the working tree. A configuration of the change that cannot be
 * read is a problem of the change. Throws `Failure` (exit code 2) for one that counts and cannot be read.
 */
export async function trustedConfig(
  repository: GitRepository | undefined,
  event: GitHubEvent | undefined,
  request: { config?: string | undefined; base?: string | undefined },
  { cwd, reporter }: Pick<Context, "cwd" | "reporter">,
): Promise<TrustedConfig> {
  if (repository === undefined || event === undefined) {
    const loaded = await loadConfig(cwd, request.config);
    const base = repository && (await baseCommit(repository, request.base, loaded.config));
    return { loaded, base, libraries: [libraryOf(loaded)], problems: [] };
  }
  const problems: string[] = [];
  const own = await loadConfig(cwd, request.config).catch((error: unknown): LoadedConfig => {
    if (!(error instanceof Failure)) throw error;
    problems.push(error.message.replace(/\.$/, ""));
    const { folder } = repository;
    return {
      config: configSchema.parse({}),
      file: resolve(cwd, request.config ?? join(folder, configFileName)),
      folder,
    };
  });
  const base = await baseCommit(repository, request.base, own.config, event);
  // A branch may have left before the configuration came: the tip of the base says what counts.
  const commit = (await resolveCommit(repository, event.baseSha)) ?? base;
  if (commit === undefined) return { loaded: own, base, libraries: [libraryOf(own)], problems };
  const loaded = await baseConfig(repository, commit, own);
  if (JSON.stringify(loaded.config) !== JSON.stringify(own.config)) {
    reporter.info("This change has another configuration than its base; the base's counts.");
  }
  return { loaded, base, libraries: [...new Set([libraryOf(loaded), libraryOf(own)])], problems };
}

/** As it is written: a link in it is not followed. */
function libraryOf({ folder, config }: LoadedConfig): string {
  return resolve(folder, config.library);
}
