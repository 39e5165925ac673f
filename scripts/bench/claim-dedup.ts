import { duplicateAt, findDuplicates, type SaidText } from "../../src/distill/claim-dedup.ts";
import type { BenchResult } from "./bench-result.ts";
import { randomFrom } from "./seeded-random.ts";

const sizes = [1_000, 3_000, 10_000];
/** All pairs of more claims take too long to be compared. */
const comparedWhole = 1_000;

/** Claims against as many others: half are edits of one of them, half are new. */
export function run(): Promise<BenchResult> {
  findDuplicates(...generated(200));
  const rows = sizes.map((size) => {
    const [fresh, existing] = generated(size);
    const start = performance.now();
    const found = findDuplicates(fresh, existing, 3);
    const milliseconds = performance.now() - start;
    const duplicates = new Set(
      found.filter(({ verdict }) => verdict === "duplicate").map(({ newId }) => newId),
    );
    return {
      "new claims": size,
      "existing claims": size,
      "time (s)": (milliseconds / 1000).toFixed(2),
      "per claim (ms)": (milliseconds / size).toFixed(2),
      "found with a duplicate": duplicates.size,
      "recall against all pairs": size <= comparedWhole ? recall(fresh, existing) : "",
    };
  });
  return Promise.resolve({
    name: "claim-dedup",
    method:
      "Finding for each new claim the claims of a library that may say the same; claims are generated sentences of fixes, every second one an edit (one word in ten replaced) of one in the library. Recall: the share of claims with a duplicate whose best one, over all pairs, is found.",
    rows,
  });
}

/** How many of the duplicates that a comparison of all pairs finds are found through the index. */
function recall(fresh: readonly SaidText[], existing: readonly SaidText[]): string {
  const best = findDuplicates(fresh, existing, 1, { compareAll: true }).filter(
    ({ score }) => score >= duplicateAt,
  );
  const found = new Map(findDuplicates(fresh, existing, 1).map(({ newId, score }) => [newId, score]));
  const same = best.filter(({ newId, score }) => (found.get(newId) ?? 0) >= score - 1e-9);
  return `${same.length} of ${best.length}`;
}

const subjects =
  "load store dot arange sum max exp cdiv program_id zeros where atomic_add make_block_ptr reduce sort trans".split(
    " ",
  );
const conditions =
  "the row is longer than a block|shared memory runs out|the tail is not covered|an illegal memory access was encountered|the output holds nan|the input is not contiguous|the grid is too small|registers spill|the loop has one iteration|strides are swapped|the type is half|the mask is missing".split(
    "|",
  );
const advice =
  "pass a mask|round the block up|use fewer stages|use fewer warps|accumulate in single precision|call contiguous first|give masked lanes a neutral value|use a grid of whole blocks|hoist the load|split the loop|swap the strides|annotate the constant".split(
    "|",
  );
const extras =
  "aligned before after without twice once early late first last inner outer wide narrow small large fast slow left right upper lower".split(
    " ",
  );

/** `size` new claims and `size` existing ones; the same for the same size. */
function generated(size: number): [SaidText[], SaidText[]] {
  const random = randomFrom(size);
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? "";
  const claim = (): string =>
    `${pick(advice)} for tl.${pick(subjects)} and tl.${pick(subjects)} when ${pick(conditions)}: set BLOCK_${Math.floor(random() * 4 * size)} to ${2 ** Math.floor(random() * 12)} ` +
    `in kernel${Math.floor(random() * size)} ${pick(extras)} ${pick(extras)} ${pick(extras)}, with num_warps=${2 ** Math.floor(random() * 5)} and ${pick(advice)} ${pick(extras)}.`;
  const existing = Array.from({ length: size }, (_, index) => ({ id: `e${index}`, text: claim() }));
  const fresh = existing.map(({ text }, index) => ({
    id: `n${index}`,
    text:
      index % 2 === 0
        ? text
            .split(" ")
            .map((word) => (random() < 0.1 ? pick(extras) : word))
            .join(" ")
        : claim(),
  }));
  return [fresh, existing];
}

if (import.meta.main) console.table((await run()).rows);
