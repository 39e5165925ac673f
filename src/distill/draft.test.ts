import { expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import type { ClaimWords } from "./claim.ts";
import { type Draft, type DraftRequest, draftSkill, type ExistingSkill } from "./draft.ts";
import { parseEvidenceFile, type TraceEntry, writeEvidenceFile } from "./evidence-file.ts";
import type { Operation } from "./operation.ts";

const trace: TraceEntry = {
  sha256: "a".repeat(64),
  mode: "search_log",
  op: "softmax",
  dsl: "triton_cuda",
  backend: "cuda",
  arch: "h100",
  source: "run/logs",
  model: "offline",
  prompt_sha256: "b".repeat(64),
  distilled_at: "2026-01-01T00:00:00.000Z",
};

function step(id: string): Evidence {
  return { id, kind: "step", trace: trace.sha256, places: [], summary: "One ran faster.", diff: `+${id}` };
}

function method(title: string, text: string, evidence: string[]): Extract<Operation, { op: "add" }> {
  const words: ClaimWords = { part: "method", title, when: "", do: text, why: "", check: "" };
  return { op: "add", ...words, evidence };
}

function draft(operations: Operation[], existing?: ExistingSkill, more: Partial<DraftRequest> = {}): Draft {
  const cited = [...new Set(operations.flatMap((operation) => operation.evidence))];
  return draftSkill(
    {
      name: "rows",
      path: "s/evolved-improvement/rows/SKILL.md",
      answer: { skill_name: "rows", description: "Rows. Use when tuning rows.", title: "Rows", operations },
      author: "model",
      evidence: cited.map(step),
      traces: [trace],
      metadata: {},
      ...more,
    },
    existing,
  );
}

const stored = ({ text, evidence }: Draft): ExistingSkill => ({
  text,
  evidence: parseEvidenceFile(writeEvidenceFile(evidence), "rows.json"),
});

const first = draft([
  method("Read once", "read each row once.", ["e1"]),
  method("Warps", "set 8 warps.", ["e2"]),
]);
const idOf = (title: string): string =>
  first.evidence.claims.find((claim) => claim.title === title)?.id ?? "";

test("a new skill starts at version 1.0.0 and has all claims as added", () => {
  expect(first.change).toBe("added");
  expect(first.text).toContain('version: "1.0.0"');
  expect(first.added.map((claim) => claim.title)).toEqual(["Read once", "Warps"]);
});

test("only confirmed claims leave the skill and its evidence as they are", () => {
  const existing = stored(first);
  const again = draft([{ op: "agree", id: idOf("Warps"), evidence: ["e3"] }], existing);
  expect(again).toMatchObject({ change: "unchanged", text: first.text, evidence: existing.evidence });
  expect(again.confirmed.map((claim) => claim.id)).toEqual([idOf("Warps")]);
});

test("what is added, reworded and deprecated is told apart and raises the version", () => {
  const changed = draft(
    [
      method("Vectors", "load vectors.", ["e3"]),
      { op: "edit", id: idOf("Warps"), do: "set 16 warps.", evidence: ["e3"] },
      { op: "deprecate", id: idOf("Read once"), reason: "it was slower.", evidence: ["e3"] },
    ],
    stored(first),
  );
  expect(changed.change).toBe("changed");
  expect(changed.text).toContain('version: "1.1.0"');
  expect(changed.added.map((claim) => claim.title)).toEqual(["Vectors"]);
  expect(changed.reworded.map((claim) => claim.do)).toEqual(["set 16 warps."]);
  expect(changed.deprecated.map((claim) => claim.reason)).toEqual(["it was slower."]);
  expect(changed.notes).toEqual([]);
});

test("a person's words stay, and later edits of them are refused", () => {
  const { text, evidence } = stored(first);
  const edited = { text: text.replace("set 8 warps.", "set 4 warps on A100."), evidence };
  const later = draft(
    [
      method("Vectors", "load vectors.", ["e3"]),
      { op: "edit", id: idOf("Warps"), do: "set 16 warps.", evidence: ["e3"] },
    ],
    edited,
  );
  expect(later.text).toContain("set 4 warps on A100.");
  expect(later.refused[0]?.reason).toContain("a person wrote");
  expect(later.notes).toEqual([`A person edited the claim ${idOf("Warps")}; their words stay.`]);
});

test("a person may write more, less and stranger things than a model may, and the evidence stays readable", () => {
  const { text, evidence } = stored(first);
  const body = `${text}\n### ${"long ".repeat(100)}\n${"word ".repeat(3000)}\n\n###\n\n### Hidden \u202E here\nx\n`;
  const later = stored(draft([method("Vectors", "load vectors.", ["e3"])], { text: body, evidence }));
  const again = draft([method("More", "more.", ["e4"])], later);
  expect(again.notes).toEqual([]);
  expect(again.added.map((claim) => claim.title)).toEqual(["More"]);
});

test("a file with CRLF keeps them in every line, and gets no second section", () => {
  const { text, evidence } = stored(first);
  const crlf = { text: `${text}\n## Limits\n`.replaceAll("\n", "\r\n"), evidence };
  const limit: Operation = { ...method("", "Slow on A100.", ["e3"]), part: "boundary" };
  const later = draft([limit], crlf);
  expect(later.text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect(later.text).toContain("\r\n## Limits\r\n- Slow on A100.\r\n");
  expect(later.notes).toEqual([]);
});

test("a title of the answer cannot open sections", () => {
  const answer = {
    skill_name: "rows",
    description: "Rows.",
    title: "Rows\n\n## Limits\n- x",
    operations: [],
  };
  const { text } = draft([], undefined, { answer });
  expect(text).toContain("\n# Rows ## Limits - x\n");
});

test("keeps the diffs of each claim's first twelve items, and the same bytes when drafted again", () => {
  const ids = Array.from({ length: 30 }, (_, n) => `e${n}`);
  const long = draft([method("Read once", "read each row once.", ids)]);
  expect(long.evidence.evidence.map((item) => item.diff !== undefined)).toEqual(ids.map((_, n) => n < 12));
  const existing = stored(long);
  const operations = [method("Vectors", "load vectors.", ["e20"])];
  const later = draft(operations, existing, { evidence: [] });
  const again = draft(operations, stored(later), { evidence: [] });
  expect(later.evidence.evidence.filter((item) => item.diff !== undefined)).toHaveLength(12);
  expect(writeEvidenceFile(again.evidence)).toBe(writeEvidenceFile(later.evidence));
});
