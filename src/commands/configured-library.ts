import { libraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";

/** The folder of the library that the configuration names; absolute. */
export async function configuredLibrary(cwd: string, config: string | undefined): Promise<string> {
  return (await libraryHome(cwd, await loadConfig(cwd, config))).library;
}
