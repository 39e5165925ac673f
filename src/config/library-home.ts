import { dirname, join, relative, resolve, sep } from "node:path";
import { liesInside, realPath } from "../files/real-path.ts";
import type { LoadedConfig } from "./load.ts";

/** Where a library and the files about it lie; all absolute. */
export interface LibraryHome {
  /** The folder with the skills. */
  library: string;
  /** The folder that holds the library and `.overproof/`. */
  home: string;
  evidence: string;
  /** The folder that no write to the library may leave: the home, unless the configuration names a library elsewhere. */
  root: string;
}

/**
 * The configured library, or the folder named on the command line, which may be a link. A folder that is not the
 * configured library keeps its evidence beside itself, so that a trial run cannot touch the repository's own records.
 */
export async function libraryHome(cwd: string, loaded: LoadedConfig, named?: string): Promise<LibraryHome> {
  const configured = resolve(loaded.folder, loaded.config.library);
  const given = named === undefined ? configured : resolve(await realPath(cwd), named);
  const isConfigured = given === configured;
  const library = isConfigured ? configured : await realPath(given);
  const home = isConfigured ? loaded.folder : dirname(library);
  return {
    library,
    home,
    evidence: join(home, ".overproof", "evidence"),
    root: liesInside(library, home) ? home : library,
  };
}

/** A path below the home, with slashes. */
export function homePath(home: LibraryHome, absolute: string): string {
  return relative(home.home, absolute).split(sep).join("/");
}
