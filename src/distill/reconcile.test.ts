import fc from "fast-check";
import { expect, test } from "vitest";
import type { Claim, ClaimWords } from "./claim.ts";
import { parseClaimDocument, renderClaimDocument } from "./claim-document.ts";
import { applyOperations } from "./claim-workbench.ts";
import type { Operation } from "./operation.ts";
import { reconcile } from "./reconcile.ts";

const words = (part: ClaimWords["part"], title: string, text: string): ClaimWords => ({
  part,
  title,
  when: part === "method" ? "the row fits in a block." : "",
  do: text,
  why: "",
  check: "",
});

const adds: Operation[] = [
  { op: "add", ...words("task", "", "One reduction per row."), evidence: ["e1"] },
  { op: "add", ...words("method", "Read each row once", "hold the row in registers."), evidence: ["e1"] },
  { op: "add", ...words("method", "Use more warps", "set `num_warps=8`."), evidence: ["e2"] },
  { op: "add", ...words("boundary", "", "Tiles under 512 columns were slower."), evidence: ["e3"] },
];
const evidenceIds = new Set(["e1", "e2", "e3"]);

function firstDraft(): { body: string; claims: Claim[] } {
  const { blocks } = reconcile("# Rows\n", [], "SKILL.md");
  const applied = applyOperations(blocks, [], adds, { author: "offline", evidenceIds });
  expect(applied.refused).toEqual([]);
  return { body: renderClaimDocument(applied.blocks), claims: applied.claims };
}

test("renders the three parts in order, each claim under its heading", () => {
  expect(firstDraft().body).toBe(`# Rows

## Task characteristics
One reduction per row.

## Optimization methods
### Read each row once
**When** the row fits in a block.
**Do** hold the row in registers.

### Use more warps
**When** the row fits in a block.
**Do** set \`num_warps=8\`.

## Applicability boundaries
- Tiles under 512 columns were slower.
`);
});

test("finds every claim again in the text it rendered", () => {
  const { body, claims } = firstDraft();
  const again = reconcile(body, claims, "SKILL.md");
  expect(again.claims).toEqual(claims);
  expect(again.notes).toEqual([]);
  expect(renderClaimDocument(again.blocks)).toBe(body);
});

test("keeps the id of a claim whose words a person changed, and lets their words win over later edits", () => {
  const { body, claims } = firstDraft();
  const id = claims.find((claim) => claim.title === "Use more warps")?.id ?? "";
  const edited = body.replace("set `num_warps=8`.", "set `num_warps=8`, but never on A100.");
  const { blocks, claims: now } = reconcile(edited, claims, "SKILL.md");
  expect(now.find((claim) => claim.id === id)).toMatchObject({ author: "person", state: "active" });
  const later = applyOperations(blocks, now, [{ op: "edit", id, do: "set 16.", evidence: ["e2"] }], {
    author: "model",
    evidenceIds,
  });
  expect(later.refused[0]?.reason).toContain("a person wrote");
  expect(renderClaimDocument(later.blocks)).toBe(edited);
});

test("keeps the id when a person renamed a claim and changed a few words", () => {
  const { body, claims } = firstDraft();
  const id = claims.find((claim) => claim.title === "Read each row once")?.id;
  const edited = body.replace("### Read each row once", "### Read every row once");
  expect(reconcile(edited, claims, "SKILL.md").claims.find((claim) => claim.id === id)?.title).toBe(
    "Read every row once",
  );
});

test("never brings back a claim that a person deleted", () => {
  const { body, claims } = firstDraft();
  const edited = body.replace(/### Use more warps[^#]*/, "");
  const { blocks, claims: now } = reconcile(edited, claims, "SKILL.md");
  expect(now.find((claim) => claim.title === "Use more warps")?.state).toBe("removed");
  const later = applyOperations(blocks, now, adds, { author: "offline", evidenceIds });
  expect(renderClaimDocument(later.blocks)).toBe(edited);
  expect(later.refused[0]?.reason).toContain("a person deleted");
});

test("takes what a person wrote freely as their claim and leaves unknown sections alone", () => {
  const { body, claims } = firstDraft();
  const edited = `${body}- Not tried on bf16.\n\n## See also\n\nThe team's notes.\n`;
  const { blocks, claims: now } = reconcile(edited, claims, "SKILL.md");
  expect(now.at(-1)).toMatchObject({ author: "person", part: "boundary", do: "Not tried on bf16." });
  const later = applyOperations(
    blocks,
    now,
    [{ op: "add", ...words("boundary", "", "Rows over 64k were not tried."), evidence: ["e3"] }],
    { author: "offline", evidenceIds },
  );
  const text = renderClaimDocument(later.blocks);
  expect(text).toContain("- Not tried on bf16.\n- Rows over 64k were not tried.\n");
  expect(text.endsWith("## See also\n\nThe team's notes.\n")).toBe(true);
});

test("refuses evidence that does not exist and claims that do not exist", () => {
  const { body, claims } = firstDraft();
  const { blocks } = reconcile(body, claims, "SKILL.md");
  const { refused } = applyOperations(
    blocks,
    claims,
    [
      { op: "add", ...words("boundary", "", "x"), evidence: ["made-up"] },
      { op: "deprecate", id: "c-none", reason: "r", evidence: ["e1"] },
    ],
    { author: "model", evidenceIds },
  );
  expect(refused.map((refusal) => refusal.reason)).toEqual([
    "it rests on evidence that does not exist: made-up",
    "there is no active claim c-none",
  ]);
});

test("merges two claims into one that keeps all evidence, and deprecates with a reason", () => {
  const { body, claims } = firstDraft();
  const { blocks } = reconcile(body, claims, "SKILL.md");
  const [a, b] = claims.filter((claim) => claim.part === "method").map((claim) => claim.id);
  const { claims: now, blocks: after } = applyOperations(
    blocks,
    claims,
    [{ op: "merge", ids: [a ?? "", b ?? ""], ...words("method", "Rows", "do both."), evidence: ["e3"] }],
    { author: "model", evidenceIds },
  );
  expect(now.at(-1)?.evidence).toEqual(["e1", "e2", "e3"]);
  expect(now.filter((claim) => claim.state === "deprecated").map((claim) => claim.reason)).toEqual([
    `merged into ${now.at(-1)?.id}`,
    `merged into ${now.at(-1)?.id}`,
  ]);
  expect(renderClaimDocument(after)).toContain(
    "### Rows\n**When** the row fits in a block.\n**Do** do both.\n\n## App",
  );
});

const markdownLine = fc.oneof(
  fc.constantFrom(
    "## Task characteristics",
    "## 优化方法",
    "## Optimization methods",
    "### A method",
    "## Applicability boundaries",
    "## Other",
    "# Top",
    "- item",
    "  continued",
    "1. one",
    "```python",
    "```",
    "~~~",
    "",
    "   ",
    "**Do** this",
    "text",
  ),
  fc.string(),
);

test("splitting any text into blocks loses no byte", () => {
  fc.assert(
    fc.property(fc.array(markdownLine), fc.constantFrom("\n", "\r\n"), fc.boolean(), (lines, eol, end) => {
      const body = lines.join(eol) + (end ? eol : "");
      expect(renderClaimDocument(parseClaimDocument(body))).toBe(body);
    }),
  );
});

test("reconciling any text twice is the same as once", () => {
  fc.assert(
    fc.property(fc.array(markdownLine), (lines) => {
      const body = lines.join("\n");
      const once = reconcile(body, [], "SKILL.md");
      const twice = reconcile(body, once.claims, "SKILL.md");
      expect(twice.claims).toEqual(once.claims);
      expect(twice.handEvidence).toEqual([]);
    }),
  );
});

test("pairs do not depend on the order of the stored claims", () => {
  const { body, claims } = firstDraft();
  const edited = body.replace("### Use more warps", "### Use more of warps").replace("Tiles", "Small tiles");
  const [straight, turned] = [claims, claims.toReversed()].map((stored) =>
    reconcile(edited, stored, "SKILL.md").claims.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  );
  expect(turned).toEqual(straight);
  expect(straight?.every((claim) => claim.state === "active")).toBe(true);
});

test("pairs thousands of edited blocks with like words in seconds at most", () => {
  const lines = Array.from({ length: 4000 }, () => "- the same words in every item, slower");
  const { claims } = reconcile(`## Limits\n${lines.join("\n")}\n`, [], "SKILL.md");
  const start = performance.now();
  const edited = lines.map((line, n) => `${line} ${n}`).join("\n");
  reconcile(`## Limits\n${edited}\n`, claims, "SKILL.md");
  expect(performance.now() - start).toBeLessThan(8000);
});
