import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { madePlan, trialsFrom } from "../../test/made-evaluation.ts";
import { temporaryFolder } from "../../test/run.ts";
import { keepNoise, noiseToKeep } from "../evaluate/kept-noise.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import { silentReporter } from "../reporter.ts";
import { collectResults } from "./collected-results.ts";

test("noise floors come along with results, from folders of A/A runs too, the larger of two that differ", async () => {
  await using folder = await temporaryFolder();
  const plan = madePlan({ arms: ["none", "head"] });
  const store = await openResultStore(join(folder.path, "results"));
  for (const trial of trialsFrom(plan, { none: "00", head: "11" }).values()) await store.add(trial, null);
  await store.close();
  await writeFile(join(folder.path, "results/plan.json"), JSON.stringify(plan));

  const aa = madePlan({ arms: ["head"] });
  const [floor] = noiseToKeep(
    aa,
    trialsFrom(aa, { head: { "case-1": "10", "case-2": "01", "case-3": "11", "case-4": "00" } }),
  );
  if (!floor) throw new Error("no floor");
  await keepNoise(join(folder.path, "results"), [{ ...floor, spread: 0.1 }]);
  await keepNoise(join(folder.path, "scheduled"), [floor]);
  await mkdir(join(folder.path, "results/noise"), { recursive: true });
  await writeFile(join(folder.path, `results/noise/${"0".repeat(64)}.json`), "{}");

  const warnings: string[] = [];
  const reporter = { ...silentReporter, warning: (message: string) => void warnings.push(message) };
  const results = await collectResults(folder.path, { cwd: folder.path, reporter });
  expect(results?.plan).toEqual(plan);
  expect(results?.noise).toEqual([floor]);
  expect(warnings).toEqual([`results/noise/${"0".repeat(64)}.json is no noise floor and passed over.`]);
  expect(
    await collectResults(join(folder.path, "scheduled"), { cwd: folder.path, reporter }),
  ).toBeUndefined();
});
