import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/run.ts";
import { reasonOf } from "./failure.ts";

test("tells what the system said, without the names of its calls", async () => {
  await using folder = await temporaryFolder();
  const missing = await stat(join(folder.path, "it's, not there")).catch(reasonOf);
  expect(missing).toBe("no such file or directory");
  expect(await writeFile(folder.path, "").catch(reasonOf)).toBe("illegal operation on a directory");
});

test("tells anything else as it was thrown, on one line", () => {
  expect(reasonOf(new Error("first\n  second\n"))).toBe("first second");
  expect(reasonOf("EASY: not of the system, at all")).toBe("EASY: not of the system, at all");
});
