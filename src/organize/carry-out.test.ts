import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Failure } from "../failure.ts";
import { parseSkillFile, writeSkillFile } from "../skills/skill-file.ts";
import { parseClaimDocument } from "../distill/claim-document.ts";
import { carryOut, prepareMerge, prepareSplit } from "./carry-out.ts";
import { keepsLiterals } from "./kept-literals.ts";
import type { MergeOperation } from "./merge-operation.ts";
import { offlineOperations } from "./offline-operations.ts";
import { parseSource, type SourceSkill } from "./skill-pieces.ts";
import { splitOffline } from "./split-decision.ts";

const survivor = {
  name: "triton-cuda-merged-rows",
  path: "triton-cuda-merged-rows/SKILL.md",
  description: "Row kernels of all kinds, in one place.",
  title: "Rows",
};

function source(name: string, body: string, metadata: Record<string, string> = {}): SourceSkill {
  const text = writeSkillFile({ name, description: `What ${name} is for.`, metadata }, body);
  return { name, path: `${name}/SKILL.md`, text, evidence: undefined, files: [] };
}

const line = fc.constantFrom(
  "Load the row once with `tl.load(x, mask=m)`.",
  "Set num_warps=8 for rows of 4096 elements.",
  "Set num_warps=4 for rows of 4096 elements.",
  'Use eviction_policy="evict_first" for streams.',
  "单遍读取整行，驻留寄存器。",
  "Keep BLOCK_SIZE a power of 2.",
  "| width | warps |",
  "    indented code",
  "- an item",
  "* [ ] a box",
  "1. first",
  "<!-- a comment -->",
  "<!-- begun",
  "ended -->",
  "**When** rows are wide.",
  "```python",
  "~~~",
  "x = tl.sum(y)",
  "> quoted",
  "---",
  "",
);
const heading = fc
  .tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom(
      "Task characteristics",
      "优化方法",
      "Methods",
      "Limits",
      "Rows",
      "Rows",
      "Setup",
      "1. Rows",
      "Notes of a",
      "",
    ),
  )
  .map(([depth, title]) => `${"#".repeat(depth)} ${title}`);
const body = fc
  .array(fc.oneof({ weight: 3, arbitrary: line }, heading), { maxLength: 24 })
  .map((lines) => lines.join("\n"));

/** The words of three characters and more, or Han words; those of headings that a merge writes by itself do not count. */
function words(text: string): Set<string> {
  const own = text.replaceAll(/^## Notes of skill-\d|^(### .*) of skill-\d$/gm, "$1");
  return new Set(own.match(/\p{Script=Han}+|[\p{L}\p{N}_]{3,}/gu));
}

test("a merge without a model loses no claim, no section and no line of any skill", () => {
  fc.assert(
    fc.property(fc.array(body, { minLength: 2, maxLength: 4 }), (bodies) => {
      const skills = bodies.map((text, index) => source(`skill-${index}`, text));
      const { bench, sources } = prepareMerge(skills);
      const operations = offlineOperations(bench, sources);
      const { survivors, ledger } = carryOut(skills, {
        answer: { kind: "merge", operations },
        survivors: [survivor],
        author: "offline",
      });
      const [written] = survivors;
      const said = parseSkillFile(written?.text ?? "", "x").body;
      for (const { skill, pieces } of sources) {
        for (const piece of pieces) {
          const entry = ledger.find((one) => one.source === skill.name && one.claim === piece.id);
          expect(entry?.into?.skill).toBe(survivor.name);
          if (entry?.state === "kept") expect(said).toContain(piece.text.trimStart());
          const plain = piece.text.replace(/^## Notes of skill-\d|(?<=^### .*) of skill-\d$/m, "");
          expect(keepsLiterals(said, plain)).toBe(true);
        }
      }
      const kept = words(`${said} Rows`);
      for (const { pieces } of sources)
        for (const piece of pieces) for (const word of words(piece.text)) expect(kept.has(word)).toBe(true);
      expect(ledger).toHaveLength(sources.reduce((sum, { pieces }) => sum + pieces.length, 0));
    }),
    { numRuns: 400 },
  );
});

test("every line of a body but titles, part headings and rules is in one piece", () => {
  fc.assert(
    fc.property(body, (text) => {
      const skill = source("skill", text);
      const { pieces, title, headings } = parseSource(skill);
      const said = words(
        `${pieces.map((piece) => piece.text).join("\n")} ${title} ${[...headings.values()].join(" ")}`,
      );
      const own = parseClaimDocument(parseSkillFile(skill.text, "x").body);
      const headingWords = words(
        own
          .filter(({ part }) => part === null)
          .map((block) => block.section?.heading ?? "")
          .join(" "),
      );
      for (const word of words(parseSkillFile(skill.text, "x").body))
        expect(said.has(word) || headingWords.has(word) || /^\d+$/.test(word)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test("a split puts every entry and item into exactly one part, for any text", () => {
  const entry = fc.tuple(
    fc.constantFrom("Mask missing", "Out of resource", "nan", "Type error", "编译失败", "x"),
    line,
    line,
  );
  fc.assert(
    fc.property(fc.array(entry, { minLength: 2, maxLength: 14 }), fc.boolean(), (entries, isTitled) => {
      const list = entries
        .map(([title, one, two], index) => `### ${title} ${index}\n\n${one}\n${two}`)
        .join("\n\n");
      const items = entries.map(([title], index) => `- [ ] ${title} ${index}`).join("\n");
      const text = `${isTitled ? "## Errors and fixes\n\n" : ""}${list}\n\n---\n## Quick Checklist\n\nCheck first:\n\n${items}`;
      const skill = source("triton-cuda-error-fix", text, { category: "fix" });
      const prepared = prepareSplit(skill);
      const { groups } = splitOffline(prepared);
      if (groups.length === 0) return;
      expect(groups.length).toBeGreaterThanOrEqual(2);
      expect(groups.length).toBeLessThanOrEqual(4);
      const placed = groups.flatMap(({ claims }) => claims);
      expect(placed.toSorted()).toEqual(
        prepared.bench
          .standing()
          .map(({ ref }) => ref)
          .toSorted(),
      );
      const survivors = groups.map((_, index) => {
        const name = `triton-cuda-fix-${index}`;
        return { name, path: `${name}/SKILL.md`, description: "Errors and fixes of one kind.", title: name };
      });
      const done = carryOut([skill], {
        answer: { kind: "split", groups: groups.map(({ claims }) => claims) },
        survivors,
        author: "offline",
      });
      expect(done.ledger).toHaveLength(placed.length);
    }),
    { numRuns: 200 },
  );
});

test("refuses a split that leaves an entry out or names it twice", () => {
  const skill = source("fixes", "### One\n\na\n\n### Two\n\nb\n\n### Three\n\nc", { category: "fix" });
  const [one = "", two = "", three = ""] = prepareSplit(skill)
    .bench.standing()
    .map(({ ref }) => ref);
  const survivors = ["a", "b"].map((name) => ({
    name,
    path: `${name}/SKILL.md`,
    description: "Errors of one kind.",
    title: name,
  }));
  const decide = (groups: string[][]): (() => unknown) => {
    return () => carryOut([skill], { answer: { kind: "split", groups }, survivors, author: "model" });
  };
  expect(decide([[one, two], [three]])).not.toThrow();
  expect(decide([[one], [three]])).toThrow(Failure);
  expect(
    decide([
      [one, two],
      [two, three],
    ]),
  ).toThrow(Failure);
  expect(
    decide([
      [one, two],
      ["1/c-00000000", three],
    ]),
  ).toThrow(Failure);
});

test("a claim is dropped only with a reason, and the ledger gives it", () => {
  const skills = [
    source("a", "## Methods\n\n### One\n\nDo it."),
    source("b", "## Methods\n\n### Two\n\nDo that."),
  ];
  const [ref = ""] = prepareMerge(skills)
    .bench.standing()
    .map((one) => one.ref);
  const decide = (reason: string): (() => ReturnType<typeof carryOut>) => {
    const operations: MergeOperation[] = [{ op: "drop", claim: ref, reason }];
    return () =>
      carryOut(skills, { answer: { kind: "merge", operations }, survivors: [survivor], author: "model" });
  };
  expect(decide(" ")).toThrow(/nothing says why/);
  const entry = decide("wrong since Triton 3.4")().ledger.find(({ state }) => state === "dropped");
  expect(entry).toMatchObject({ source: "a", into: null, reason: "wrong since Triton 3.4" });
});

test("words that lose a literal of a claim are refused, and the claims are kept", () => {
  const skills = [
    source("a", "## Methods\n\n### Warps\n\nUse `num_warps=8` from 4096 columns on."),
    source("b", "## Methods\n\n### More warps\n\nUse `num_warps=8` for wide rows."),
  ];
  const { bench } = prepareMerge(skills);
  const claims = bench.standing().map(({ ref }) => ref);
  const words = {
    part: "method" as const,
    title: "Warps",
    when: "",
    do: "Use more warps.",
    why: "",
    check: "",
  };
  const { refused } = bench.apply([{ op: "merge", claims, words }]);
  expect(refused[0]?.reason).toMatch(/lose literals/);
  expect(bench.standing()).toHaveLength(2);
  expect(
    bench.apply([{ op: "merge", claims, words: { ...words, do: "Use `num_warps=8` from 4096 columns on." } }])
      .refused,
  ).toEqual([]);
});

test("operator names may be said of a class, names of an interface may not go", () => {
  expect(
    keepsLiterals(
      "Fuse the scaling into `tl.load`.",
      "Fuse the scaling of row_softmax_kernel into `tl.load`.",
    ),
  ).toBe(true);
  expect(keepsLiterals("Fuse the scaling.", "Fuse the scaling into `tl.load`.")).toBe(false);
});

test("claims in nearly the same words that tell to do different things stand side by side with where they were learned", () => {
  const text = (warps: number): string =>
    `## Methods\n\n### Match num_warps to the row width\n\nFor rows of 4096 columns and more set num_warps to ${warps} and measure the kernel again.`;
  const skills = [
    source("a", text(8), { hardware: "a100" }),
    source("b", text(16), { hardware: "a100, h100" }),
  ];
  const { bench, sources } = prepareMerge(skills);
  const operations = offlineOperations(bench, sources);
  const { survivors, ledger } = carryOut(skills, {
    answer: { kind: "merge", operations },
    survivors: [survivor],
    author: "offline",
  });
  expect(survivors[0]?.text).toContain("### Match num_warps to the row width (on a100)");
  expect(survivors[0]?.text).toContain("### Match num_warps to the row width (on a100, h100)");
  expect(ledger.map(({ state }) => state)).toEqual(["conflicting", "conflicting"]);
});

test("the front matter says what the survivor is made of, and unites hardware", () => {
  const skills = [
    source("a", "## Methods\n\n### One\n\nDo it.", {
      dsl: "triton_cuda",
      backend: "cuda",
      hardware: "a100",
      version: "1.4.0",
      category: "improvement",
    }),
    source("b", "## Methods\n\n### Two\n\nDo that.", {
      dsl: "triton-cuda",
      hardware: "h100, a100",
      version: "1.2.0",
      framework: "torch",
    }),
  ];
  const { survivors } = carryOut(skills, {
    answer: { kind: "merge", operations: [] },
    survivors: [survivor],
    author: "offline",
  });
  expect(parseSkillFile(survivors[0]?.text ?? "", "x").frontMatter.metadata).toEqual({
    source: "merged",
    category: "improvement",
    dsl: "triton_cuda",
    backend: "cuda",
    hardware: "a100, h100",
    framework: "torch",
    version: "1.5.0",
    supersedes: "a, b",
  });
});
