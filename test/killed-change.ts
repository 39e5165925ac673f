import { readFileSync } from "node:fs";
import { changeLibrary, finishInterrupted, type LibraryChange } from "../src/organize/journal.ts";
import type { LibraryHome } from "../src/config/library-home.ts";

/**
 * `node test/killed-change.ts FILE N`: makes the changes in FILE, or finishes what is there where it holds none, and kills
 * itself without warning before the write N, counted from 0. Prints the number of writes when it comes to the end.
 */
const [file = "", number = ""] = process.argv.slice(2);
const { home, changes } = JSON.parse(readFileSync(file, "utf8")) as {
  home: LibraryHome;
  changes: LibraryChange[] | null;
};
let count = 0;
const before = (): void => {
  if (count === Number(number)) process.kill(process.pid, "SIGKILL");
  count += 1;
};
if (changes === null) await finishInterrupted(home, before);
else await changeLibrary(home, changes, before);
console.log(count);
