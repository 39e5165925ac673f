import { dirname, join, relative, resolve, sep } from "node:path";
import type { LoadedConfig } from "./load.ts";

/** Where a library and the files about it lie; all absolute. */
export interface LibraryHome {
  /** The folder with the skills. */
  library: string;
  /** The folder that holds the library and `.overproof/`. */
  home: string;
  evidence: string;
}

/**
 * The configured library, or the folder named on the command line. A folder that is not the configured library
 * keeps its evidence beside itself, so that a trial run cannot touch the repository's own records.
 */
export function libraryHome(cwd: string, loaded: LoadedConfig, named?: string): LibraryHome {
  const configured = resolve(loaded.folder, loaded.config.library);
  const library = named === undefined ? configured : resolve(cwd, named);
  const home = library === configured ? loaded.folder : dirname(library);
  return { library, home, evidence: join(home, ".overproof", "evidence") };
}

/** A path below the home, with slashes. */
export function homePath(home: LibraryHome, absolute: string): string {
  return relative(home.home, absolute).split(sep).join("/");
}
