import { findByPattern, findInReadings } from "./find-secrets.ts";
import { placeholderFor } from "./placeholder.ts";
import { isPersonal } from "./secret-kind.ts";

/**
 * The name of a file, a folder or an operator as it may be shown: secrets in it masked. Names of people stay, or nobody
 * would find a file in their home folder by it.
 */
export function maskedName(name: string): string {
  let shown = "";
  let copied = 0;
  let number = 0;
  for (const { kind, from, to } of findInReadings(name, findByPattern)) {
    if (isPersonal(kind)) continue;
    shown += name.slice(copied, from) + placeholderFor(kind, ++number);
    copied = to;
  }
  return shown + name.slice(copied);
}
