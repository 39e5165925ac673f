import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scanForOrganize } from "../../src/organize/library-scan.ts";
import { type Likeness, likenessOf } from "../../src/organize/likeness.ts";
import { comparedText } from "../../src/organize/offline-clusters.ts";
import { themesOf } from "../../src/organize/themes.ts";
import { writeSkillFile } from "../../src/skills/skill-file.ts";
import type { BenchResult } from "./bench-result.ts";
import { madeSkills } from "./made-skills.ts";

const sizes = [1_000, 3_000, 10_000];
/** All pairs of more skills take too long to be compared. */
const comparedWhole = 1_000;
const threshold = 0.3;

/** Libraries of made skills on disk: read, compared and clustered, each in a fresh folder. */
export async function run(): Promise<BenchResult> {
  await measured(100);
  const rows = [];
  for (const size of sizes) rows.push(await measured(size));
  return {
    name: "organize",
    method:
      "Reading a library from disk, finding the pairs of skills with a likeness of 0.3 and more, and grouping them into themes, without a model. Skills are generated in the form of the seed systems, six variants of each subject, each with about 60% of its methods and one word in eight replaced. Memory is the growth of the process' resident set. Recall: the share of all pairs at or above the threshold that the index finds.",
    rows,
  };
}

async function measured(size: number): Promise<BenchResult["rows"][number]> {
  const folder = await mkdtemp(join(tmpdir(), "overproof-organize-"));
  try {
    for (const { name, description, body } of madeSkills(size)) {
      await mkdir(join(folder, name));
      const text = writeSkillFile({ name, description, metadata: { dsl: "triton_cuda" } }, body);
      await writeFile(join(folder, name, "SKILL.md"), text);
    }
    const memory = process.memoryUsage.rss();
    const start = performance.now();
    const { skills } = await scanForOrganize(folder);
    const scanned = performance.now();
    const likeness = likenessOf(skills.map(comparedText));
    const pairs = likeness.pairs(threshold);
    const compared = performance.now();
    const themes = themesOf(likeness, pairs, threshold);
    const end = performance.now();
    return {
      skills: size,
      "scan (s)": seconds(scanned - start),
      "compare (s)": seconds(compared - scanned),
      "cluster (s)": seconds(end - compared),
      "per skill (ms)": ((end - start) / size).toFixed(2),
      "memory (MiB)": Math.max(0, Math.round((process.memoryUsage.rss() - memory) / 1_048_576)),
      pairs: pairs.length,
      themes: themes.length,
      "recall against all pairs": size <= comparedWhole ? recall(likeness, pairs) : "",
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function recall(likeness: Likeness, pairs: ReturnType<Likeness["pairs"]>): string {
  const all = likeness.allPairs(threshold);
  const found = new Set(pairs.map(({ one, other }) => `${one} ${other}`));
  return `${all.filter(({ one, other }) => found.has(`${one} ${other}`)).length} of ${all.length}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}

if (import.meta.main) console.table((await run()).rows);
