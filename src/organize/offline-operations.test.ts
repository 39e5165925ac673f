import { expect, test } from "vitest";
import type { EvidenceFile } from "../distill/evidence-file.ts";
import { writeSkillFile } from "../skills/skill-file.ts";
import { prepareMerge } from "./carry-out.ts";
import { offlineOperations } from "./offline-operations.ts";
import type { SourceSkill } from "./skill-pieces.ts";

/** A skill with one method, distilled from traces of an operator. */
function source(name: string, method: string, op?: string): SourceSkill {
  const text = writeSkillFile(
    { name, description: `What ${name} is for.`, metadata: {} },
    `## Methods\n\n### Keep rows\n\n${method}`,
  );
  const path = `${name}/SKILL.md`;
  const trace = {
    sha256: "a".repeat(64),
    mode: "search_log" as const,
    op: op ?? "",
    dsl: "triton_cuda",
    backend: "cuda",
    arch: "",
    source: "logs",
    model: "offline",
    prompt_sha256: "",
    distilled_at: "2026-01-01T00:00:00Z",
  };
  const claim = {
    part: "method" as const,
    title: "Keep rows",
    when: "",
    do: method,
    why: "",
    check: "",
    id: "c-1",
    state: "active" as const,
    author: "offline" as const,
    evidence: ["aaaaaaaa:x"],
    text: `### Keep rows\n\n${method}`,
  };
  const evidence: EvidenceFile | undefined =
    op === undefined
      ? undefined
      : { format: 1, skill: name, path, traces: [trace], claims: [claim], evidence: [] };
  return { name, path, text, evidence, files: [] };
}

function decided(...skills: SourceSkill[]): { op: string; said: string[] }[] {
  const { bench, sources } = prepareMerge(skills);
  const { applied, refused } = bench.apply(offlineOperations(bench, sources));
  expect(refused).toEqual([]);
  return applied.map(({ op }) => ({ op, said: bench.standing().map(({ text }) => text) }));
}

const advice =
  "Load each row once with `tl.load(x, mask=m)` and keep it in registers when 4096 elements fit.";

test("unites equal methods, and light edits that lose no word", () => {
  expect(decided(source("a", advice), source("b", advice))).toHaveLength(1);
  const shorter = advice.replace("each row once", "each row");
  expect(decided(source("a", shorter), source("b", advice))).toEqual([
    { op: "merge", said: [`### Keep rows\n\n${advice}`] },
  ]);
});

test("keeps methods apart where each says something that the other does not", () => {
  const one = `${advice} Store the sum in single precision.`;
  const other = `${advice} Mark the loads as streaming.`;
  expect(decided(source("a", one), source("b", other)).filter(({ op }) => op === "merge")).toEqual([]);
});

test("methods with other figures conflict and are not united", () => {
  const operations = decided(source("a", advice), source("b", advice.replace("4096", "8192")));
  expect(operations.map(({ op }) => op)).toEqual(["conflict"]);
  expect(operations[0]?.said).toHaveLength(2);
});

test("methods that differ in the operator of their traces are said of its class, and literals of the interface stay", () => {
  const text = (op: string): string =>
    `The rows of ${op} fit into registers: load them once with \`tl.load\`.`;
  const [operation] = decided(
    source("a", text("row_sum"), "row_sum"),
    source("b", text("row_amax"), "row_amax"),
  );
  expect(operation?.said).toEqual([
    "### Keep rows\n**Do** The rows of reduction kernels fit into registers: load them once with `tl.load`.",
  ]);
});

test("names of operators in code are no words of prose", () => {
  const text = (op: string): string => `Call \`${op}(x)\` on the rows that fit into registers.`;
  const operations = decided(
    source("a", text("row_sum"), "row_sum"),
    source("b", text("row_amax"), "row_amax"),
  );
  expect(operations.filter(({ op }) => op === "merge")).toEqual([]);
});
