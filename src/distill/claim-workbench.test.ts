import fc from "fast-check";
import { expect, test } from "vitest";
import type { Claim, ClaimWords } from "./claim.ts";
import { parseClaimDocument, renderClaimDocument } from "./claim-document.ts";
import { readClaimWords, renderClaim } from "./claim-text.ts";
import { applyOperations } from "./claim-workbench.ts";
import { type Operation, operationSchema } from "./operation.ts";
import { reconcile } from "./reconcile.ts";

const evidenceIds = new Set(["e1", "e2"]);
const context = { author: "model" as const, evidenceIds };

function wordsOf(part: ClaimWords["part"], fields: Partial<ClaimWords>): ClaimWords {
  return {
    part,
    title: part === "method" ? "Title" : "",
    when: "",
    do: "do it.",
    why: "",
    check: "",
    ...fields,
  };
}
const add = (words: ClaimWords): Operation => ({ op: "add", ...words, evidence: ["e1"] });

/** Applies operations to a body, and checks that every claim is found again in what comes of it. */
function applied(body: string, operations: readonly Operation[], stored: readonly Claim[] = []) {
  const before = reconcile(body, stored, "SKILL.md");
  const result = applyOperations(before.blocks, before.claims, operations, context);
  const text = renderClaimDocument(result.blocks);
  const again = reconcile(text, result.claims, "SKILL.md");
  expect(again.notes).toEqual([]);
  expect(again.claims).toEqual(result.claims);
  return { ...result, text, before };
}

const body = `# Rows

## Task characteristics
A person's task.

## Optimization methods
### A person's method
**Do** something.

## Applicability boundaries
- A person's boundary.
`;

test.each<[string, ClaimWords, string]>([
  ["a fence at the start", wordsOf("method", { do: "```cpp\nx;\n```" }), "**Do**\n```cpp\nx;\n```\n"],
  ["an open fence", wordsOf("method", { do: "so:\n```cpp\nx;" }), "**Do** so:\n```cpp\nx;\n```\n"],
  ["a fence in a boundary", wordsOf("boundary", { do: "```\nx\n```" }), "-\n  ```\n  x\n  ```\n"],
  ["line ends in a title", wordsOf("method", { title: "One\n## Two" }), "### One ## Two\n**Do** do it.\n"],
  ["hashes after a title", wordsOf("method", { title: "In C #" }), "### In C \\#\n"],
  ["the name of a part in a title", wordsOf("method", { title: "Limits the registers" }), "### Limits the"],
  ["paragraphs in a task", wordsOf("task", { do: "One.\n\nTwo." }), "\nOne.\nTwo.\n"],
  ["a list item in a boundary", wordsOf("boundary", { do: "- Slower." }), "\n- Slower.\n"],
  ["list items in a boundary", wordsOf("boundary", { do: "- a\n- b" }), "\n- - a\n  - b\n"],
  ["code indented in a boundary", wordsOf("boundary", { do: "so:\n\n    x = 1" }), "- so:\n\n      x = 1\n"],
  ["a comment", wordsOf("task", { do: "a <!-- b" }), "\na <\\!-- b\n"],
  ["hidden characters", wordsOf("task", { do: "a\u202Eb" }), "\na[U+202E]b\n"],
  [
    "a why in a boundary",
    wordsOf("boundary", { do: "Slower.", why: "Two reads." }),
    "- Slower.\n  Two reads.\n",
  ],
  [
    "the offline distiller's form",
    wordsOf("method", { do: "set it:\n\n```diff\n-a\n+b\n \n```", why: "1 us." }),
    "### Title\n**Do** set it:\n\n```diff\n-a\n+b\n \n```\n**Why** 1 us.\n",
  ],
])("takes %s", (_, words, expected) => {
  const { text, refused, claims } = applied(body, [
    add(words),
    add(wordsOf(words.part, { title: "Next", do: "next." })),
  ]);
  expect(refused).toEqual([]);
  expect(text).toContain(expected);
  expect(claims.filter((claim) => claim.author === "person").map((claim) => claim.state)).toEqual(
    Array.from({ length: 3 }, () => "active"),
  );
});

test.each<[string, ClaimWords, string]>([
  ["a heading in a method", wordsOf("method", { do: "x\n### Y" }), "heading"],
  ["a heading in a task", wordsOf("task", { do: "# Y" }), "heading"],
  ["an underlined heading", wordsOf("boundary", { do: "x\n---" }), "heading"],
  ["a label in a method", wordsOf("method", { do: "x\n**When** y" }), "not be found again"],
  ["a part as a title", wordsOf("method", { title: "Limitations" }), "not be found again"],
  ["no title", wordsOf("method", { title: " " }), "title"],
  ["no words", wordsOf("task", { do: " \n " }), "says nothing"],
])("refuses %s and leaves the file as it was", (_, words, reason) => {
  const { text, refused } = applied(body, [add(words)]);
  expect(refused[0]?.reason).toContain(reason);
  expect(text).toBe(body);
});

test("an edit keeps the words that it does not name", () => {
  const edit = operationSchema.parse({ op: "edit", id: "c-1", do: "x", evidence: ["e1"] });
  expect(edit).toEqual({ op: "edit", id: "c-1", do: "x", evidence: ["e1"] });
});

test("fills an empty section whatever its heading is called and its line ends are", () => {
  for (const heading of ["## Methods", "## 优化方法", "### Methods"]) {
    for (const eol of ["\n", "\r\n"]) {
      const empty = ["# Rows", "", heading, "", "## See also", ""].join(eol);
      const { text } = applied(empty, [add(wordsOf("method", {}))]);
      const marks = heading.startsWith("###") ? "####" : "###";
      expect(text).toBe(`# Rows\n\n${heading}\n${marks} Title\n**Do** do it.\n\n## See also\n`);
    }
  }
});

test("refuses a new section behind a code fence that a person left open", () => {
  const { refused, text } = applied("# Rows\n\n```\ncode\n", [add(wordsOf("task", {}))]);
  expect(refused).toHaveLength(1);
  expect(text).toBe("# Rows\n\n```\ncode\n");
});

test("taking a claim out never joins its neighbours", () => {
  const first = applied("## Limits\nBefore.\n", [add(wordsOf("boundary", { do: "Mine." }))]);
  const id = first.claims.at(-1)?.id ?? "";
  const edited = `${first.text}\nAfter.\n`;
  const { claims, refused } = applied(
    edited,
    [{ op: "deprecate", id, reason: "r", evidence: ["e2"] }],
    first.claims,
  );
  expect(refused).toEqual([]);
  expect(claims.map((claim) => [claim.do, claim.state])).toEqual([
    ["Before.", "active"],
    ["Mine.", "deprecated"],
    ["After.", "active"],
  ]);
});

test("ids and evidence with the names of object members are ids like any other", () => {
  for (const id of ["__proto__", "constructor", "toString"]) {
    const { refused } = applied(body, [
      { op: "agree", id, evidence: ["e1"] },
      { op: "add", ...wordsOf("task", { do: "x" }), evidence: [id] },
    ]);
    expect(refused).toHaveLength(2);
  }
});

const fragment = fc.oneof(
  fc.constantFrom(
    "# ",
    "## ",
    "### ",
    "#### ",
    "- ",
    "1. ",
    "  ",
    "    ",
    "```",
    "```cpp",
    "~~~",
    "---",
    "===",
  ),
  fc.constantFrom(
    "\n",
    "\n",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "\u2028",
    "\u00A0",
    "\u202E",
    "\uD800",
    "\uFEFF",
  ),
  fc.constantFrom("**When**", "**Do** ", "**Why:** x", "<!--", "-->", "> ", "|", "`", "\\", "#", "👩‍💻"),
  fc.constantFrom("## Methods", "Limitations", "## 适用边界", "text", "one", "two", "__proto__"),
  fc.string({ maxLength: 5 }),
);
const wild = fc.array(fragment, { maxLength: 10 }).map((pieces) => pieces.join(""));
const part = fc.constantFrom("task" as const, "method" as const, "boundary" as const);
const wildWords: fc.Arbitrary<ClaimWords> = fc.record({
  part,
  title: wild,
  when: fc.oneof(fc.constant(""), wild),
  do: wild,
  why: fc.oneof(fc.constant(""), wild),
  check: fc.oneof(fc.constant(""), wild),
});

test("any words are refused, or found again with their neighbours as they were", () => {
  fc.assert(
    fc.property(wildWords, (words) => {
      const neighbour = wordsOf(words.part, { title: "After", do: "after." });
      const { refused, before, text, claims } = applied(body, [add(words), add(neighbour)]);
      expect(claims.slice(0, 3)).toEqual(before.claims);
      expect(text).toContain(renderClaim(neighbour));
      if (refused.length > 0) expect(claims).toHaveLength(4);
      const written = claims[3];
      if (refused.length === 0 && written?.author === "model") {
        const read = readClaimWords(written.part, written.text);
        expect(read.do).toBe(written.do);
        if (words.part === "method") expect(written).toMatchObject(read);
      }
    }),
    { numRuns: 500 },
  );
});

test("a rendered method is read back with the same words", () => {
  let accepted = 0;
  fc.assert(
    fc.property(wildWords, (words) => {
      const { claims, refused } = applied("", [add({ ...words, part: "method" })]);
      if (refused.length > 0) return;
      accepted += 1;
      const claim = claims[0];
      const [block] = parseClaimDocument(`## Methods\n${claim?.text}\n`).filter(
        (found) => found.part !== null,
      );
      expect(claim).toMatchObject(readClaimWords("method", block?.text ?? ""));
    }),
    { numRuns: 300 },
  );
  expect(accepted).toBeGreaterThan(20);
});

interface Step {
  kind: Operation["op"];
  words: ClaimWords;
  targets: number[];
}
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("add", "add", "edit", "agree", "merge", "deprecate"),
  words: fc.oneof(
    wildWords,
    wildWords.map((words) => ({ ...words, title: "T", do: "plain words", when: "" })),
  ),
  targets: fc.array(fc.nat(10), { minLength: 2, maxLength: 3 }),
});

test("any operations on any body leave a file in which all claims are found again", () => {
  fc.assert(
    fc.property(wild, fc.boolean(), fc.array(step, { maxLength: 8 }), (start, isPlain, steps) => {
      let text = isPlain ? body : start;
      let claims: Claim[] = [];
      for (const { kind, words, targets } of steps) {
        const ids = targets.map((n) => claims[claims.length === 0 ? 0 : n % claims.length]?.id ?? "none");
        const [id = "none"] = ids;
        const evidence = ["e2"];
        const { part: _, ...changes } = words;
        const operation: Operation =
          kind === "add"
            ? { op: "add", ...words, evidence }
            : kind === "edit"
              ? { op: "edit", id, ...changes, evidence }
              : kind === "merge"
                ? { op: "merge", ids, ...words, evidence }
                : kind === "deprecate"
                  ? { op: "deprecate", id, reason: "r", evidence }
                  : { op: "agree", id, evidence };
        ({ text, claims } = applied(text, [operation], claims));
        expect(reconcile(text, claims, "SKILL.md").notes).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test("thousands of operations and claims take seconds at most", () => {
  const operations = Array.from({ length: 5000 }, (_, n) =>
    add(wordsOf("boundary", { do: `Change ${n} was slower, seen once, on rows of ${n * 7} columns.` })),
  );
  const start = performance.now();
  const { text, claims } = applied(body, operations);
  const edited = text.replaceAll("was slower", "was a bit slower");
  const { claims: kept } = reconcile(edited, claims, "SKILL.md");
  expect(kept.filter((claim) => claim.state === "removed")).toEqual([]);
  applied(
    text,
    claims.map((claim): Operation => ({ op: "deprecate", id: claim.id, reason: "r", evidence: ["e1"] })),
    claims,
  );
  expect(performance.now() - start).toBeLessThan(10_000);
});
