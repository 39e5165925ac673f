import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { expect, test } from "vitest";
import { draftSkill } from "../distill/draft.ts";
import type { TraceEntry } from "../distill/evidence-file.ts";
import type { Proposal, ProposedSkill } from "../distill/proposal.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { maxBodyLength, pullRequestBody, pullRequestTitle } from "./pull-request-body.ts";

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

function body(items: Evidence[], text: string, traces: TraceEntry[] = [trace]): string {
  const answer = {
    skill_name: "x",
    description: "A description.",
    title: "Rows",
    operations: items.map((item, index) => ({
      op: "add" as const,
      part: "method" as const,
      title: `${text} ${index}`,
      when: text,
      do: `${text} ${index}`,
      why: text,
      check: "",
      evidence: [item.id],
    })),
  };
  const request = {
    name: "rows",
    path: "s/evolved-improvement/rows/SKILL.md",
    answer,
    author: "model" as const,
    evidence: items,
    traces: [trace],
    metadata: {},
  };
  const draft = draftSkill(request, undefined);
  const skill: ProposedSkill = {
    name: "rows",
    path: request.path,
    change: "added",
    traces: [trace],
    op: "softmax",
    scope: "s",
    rejects: 2,
    base: { skill: null, evidence: null },
    author: "model",
    answer,
    evidence: items,
    metadata: {},
    files: [],
    text: draft.text,
    evidence_file: draft.evidence,
    notes: [text],
    refused: [],
    unsupported: [text],
  };
  const proposal: Proposal = {
    format: 1,
    command: "distill",
    mode: "search_log",
    reproduce: "overproof distill logs",
    skills: [skill],
  };
  const reviewed = { name: "rows", path: request.path, draft, traces, proposed: [skill] };
  expect(pullRequestTitle([reviewed])).toBe("Add skill rows");
  return pullRequestBody(proposal, [reviewed]);
}

function step(index: number, diff: string, summary = "One ran faster."): Evidence {
  return {
    id: `aaaaaaaa:a>${index}`,
    kind: "step",
    trace: trace.sha256,
    places: [{ file: "logs/record.txt", line: index + 1 }],
    summary,
    improvement: 0.25,
    diff,
  };
}

test("names every trace that the skill learned from", () => {
  const one = body([step(0, "")], "Use more warps");
  expect(one).toContain(
    "from a `search_log` trace of `softmax` (SHA-256 `aaaaaaaaaaaa`), distilled by `offline`: 1 new",
  );
  const two = body([step(0, "")], "Use more warps", [
    trace,
    { ...trace, sha256: "c".repeat(64), op: "norm @octo/team", model: "anthropic:m" },
  ]);
  expect(two).toContain("Adds `rows` from 2 traces: 1 new claim.");
  expect(two).toContain(
    "- A `search_log` trace of `norm @octo/team` (SHA-256 `cccccccccccc`), distilled by `anthropic:m`.",
  );
});

const html = (markdown: string): string =>
  micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });

test("shows each claim with what it rests on, and says that nothing was evaluated", () => {
  const text = body([step(0, "@@ -1 +1 @@\n-a\n+b")], "Use more warps");
  expect(text).toContain("**A/B: not evaluated yet.**");
  expect(text).toContain("| 1 pair of versions, 25.0 % less time |");
  expect(text).toContain("2 records of the trace of `softmax` could not be read and were skipped");
  expect(text).toContain("Left out, because nothing in the trace supports it: Use more warps");
  const page = html(text);
  expect(page).toContain("<table>");
  expect(page.match(/<details>/g)).toHaveLength(1);
});

const hostile = [
  "@octo/team fixes #1 closes octo/skills#2",
  "<script>alert(1)</script><img src=x onerror=y><!-- hidden -->",
  "</details></summary> | a | b |\n| --- | --- |",
  "```\n# Heading\n```\n~~~",
  "[link](https://evil.example) ![image](https://evil.example/x.png) https://evil.example",
  "a\u202eb\u200bc",
];
for (const text of hostile) {
  test(`nothing of ${JSON.stringify(text.slice(0, 24))} acts in the rendered page`, () => {
    const page = html(body([step(0, `@@ -1 +1 @@\n-${text}\n+b`, text)], text));
    const prose = page.replaceAll(/<pre>[\s\S]*?<\/pre>|<code>[\s\S]*?<\/code>/g, "");
    expect(prose).not.toMatch(/<(?:script|img|a\s|!--)/);
    expect(prose).not.toMatch(/@octo|#[12]\b|\u202e/);
    expect(page.match(/<details>/g)).toHaveLength(1);
    expect(page.match(/<\/details>/g)).toHaveLength(1);
    expect(page.match(/<table>/g)).toHaveLength(1);
  });
}

test("stays under the limit with everything closed, however much there is to say", () => {
  const diff = `@@ -1,40 +1,40 @@\n${"-old line of code\n+new line of code\n".repeat(40)}`;
  const items = Array.from({ length: 190 }, (_, index) => step(index, diff));
  const text = body(items, "A change");
  expect(text.length).toBeLessThanOrEqual(maxBodyLength);
  const page = html(text);
  expect(page.match(/<details>/g)?.length).toBe(page.match(/<\/details>/g)?.length);
  expect((text.match(/^```/gm) ?? []).length % 2).toBe(0);
});
