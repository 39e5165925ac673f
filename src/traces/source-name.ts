import { basename, dirname } from "node:path";

/** The name of a trace's folder, for people. Where it is the `usual` one, the folder above says which run it was. */
export function sourceName(path: string, usual: string): string {
  const name = basename(path);
  return name === usual ? `${basename(dirname(path))}/${name}` : name;
}
