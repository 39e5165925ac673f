import { baseConfig } from "../config/base-config.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import type { GitRepository } from "../git/repository.ts";
import type { GitHubEvent } from "../github/event.ts";
import { baseCommit } from "./base-commit.ts";
import type { Context } from "./context.ts";

/** The configuration that counts, and the commit that the working tree is held against; undefined where there is none. */
export interface TrustedConfig {
  loaded: LoadedConfig;
  base: string | undefined;
}

/**
 * The configuration that a change is judged by: in a workflow for a pull request or a merge queue the one of the base
 * branch, else the one of the working tree. Throws `Failure` (exit code 2).
 */
export async function trustedConfig(
  repository: GitRepository | undefined,
  event: GitHubEvent | undefined,
  request: { config?: string | undefined; base?: string | undefined },
  { cwd, reporter }: Pick<Context, "cwd" | "reporter">,
): Promise<TrustedConfig> {
  const loaded = await loadConfig(cwd, request.config);
  if (repository === undefined) return { loaded, base: undefined };
  const base = await baseCommit(repository, request.base, loaded.config, event);
  if (event === undefined || base === undefined) return { loaded, base };
  const trusted = await baseConfig(repository, base, loaded);
  if (JSON.stringify(trusted.config) !== JSON.stringify(loaded.config)) {
    reporter.info("This change has another configuration than its base; the base's counts.");
  }
  return { loaded: trusted, base };
}
