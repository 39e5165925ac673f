import { stat } from "node:fs/promises";
import { usageFailure } from "../failure.ts";

/** A path that names a file, absolute; `shown` is how a message names it. Throws `Failure` (exit code 2) for others. */
export async function requireFile(absolute: string, shown: string): Promise<string> {
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile() === true) return absolute;
  throw usageFailure(
    `${shown} is ${found === undefined ? "not there" : "no file"}.`,
    "Name a file that can be read.",
  );
}
