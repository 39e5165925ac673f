import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Draft, draftSkill, type ExistingSkill } from "../src/distill/draft.ts";
import { errorFixMaterial, readErrorFix } from "../src/distill/error-fix-material.ts";
import type { Material } from "../src/distill/material.ts";
import type { Operation } from "../src/distill/operation.ts";
import { silentReporter } from "../src/reporter.ts";
import { parseSkillFile } from "../src/skills/skill-file.ts";
import { akgVectors } from "./akg-fixtures.ts";
import { writeFixLog } from "./fix-log-folder.ts";

const inputSchema = z.object({
  bodies: z.array(z.string()),
  metadata: z.object({ dsl: z.string(), backend: z.string() }),
  existing: z.string().nullable(),
});
const expectedSchema = z.object({ path: z.string(), texts: z.array(z.string()) });

const vectors = akgVectors("write_error_fix").map(({ id, input, expected, quirks }) => ({
  id,
  quirks,
  input: inputSchema.parse(input),
  expected: expectedSchema.parse(expected),
}));

/** The list that AKG writes at the end of a file; we write none. */
const checklist = /^(?:---\n+)?## Quick Checklist\n+(?:[^-\n].*\n+)?(?:- \[ \] .*\n*)*/m;

/** The entries of a body in AKG's form, as operations. */
function entriesOf(body: string): Extract<Operation, { op: "add" }>[] {
  return body
    .replace(checklist, "")
    .replace(/\n---\s*$/, "\n")
    .split(/^(?=### )/m)
    .filter((entry) => entry.startsWith("### "))
    .map((entry) => {
      const [heading = "", ...lines] = entry.trim().split("\n");
      const words = {
        part: "method",
        title: heading.slice(4),
        when: "",
        do: lines.join("\n").trim(),
        why: "",
        check: "",
      } as const;
      return { op: "add", ...words, evidence: ["a"] };
    });
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "write-error-fix-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Appends each body to the skill that a log of these metadata goes into. */
async function append(
  input: z.infer<typeof inputSchema>,
): Promise<{ material: Material; drafts: Draft[]; path: string }> {
  const check = { ...input.metadata, step: 2 };
  const trace = await readErrorFix(writeFixLog(folder, [check]), { reporter: silentReporter });
  const material = errorFixMaterial(trace);
  const { mode, op, dsl, backend, arch, place } = material;
  const path = `${place.name}/SKILL.md`;
  const drafts: Draft[] = [];
  let existing: ExistingSkill | undefined =
    input.existing === null ? undefined : { text: input.existing, evidence: undefined };
  for (const body of input.bodies) {
    const draft = draftSkill(
      {
        name: place.name ?? "",
        path,
        answer: {
          skill_name: "",
          description: material.plainDescription,
          title: "",
          operations: entriesOf(body),
        },
        author: "model",
        evidence: [{ id: "a", kind: "fix", trace: trace.digest, places: [], summary: "It passed." }],
        traces: [
          {
            sha256: trace.digest,
            mode,
            op,
            dsl,
            backend,
            arch,
            source: "logs",
            model: "m",
            prompt_sha256: "",
            distilled_at: "2026-01-01T00:00:00.000Z",
          },
        ],
        metadata: Object.fromEntries(Object.entries(material.metadata).filter(([, value]) => value !== "")),
      },
      existing,
    );
    existing = { text: draft.text, evidence: draft.evidence };
    drafts.push(draft);
  }
  return { material, drafts, path };
}

const titlesIn = (text: string): string[] => text.match(/^### .*$/gm) ?? [];

describe("appending to a skill of fixes", () => {
  it("uses every vector", () => {
    expect(vectors).toHaveLength(7);
  });

  it.each(vectors)(
    "writes $id where AKG does, with all entries, each once and whole",
    async ({ input, expected }) => {
      const { drafts, path } = await append(input);
      expect(path).toBe(expected.path);
      expect(drafts.flatMap((draft) => draft.refused)).toEqual([]);
      for (const [index, draft] of drafts.entries()) {
        const given = [
          input.existing ?? "",
          ...input.bodies.slice(0, index + 1).map((body) => body.replace(checklist, "")),
        ];
        expect(titlesIn(draft.text)).toEqual([...new Set(given.flatMap(titlesIn))]);
        for (const { title, do: words } of input.bodies.slice(0, index + 1).flatMap(entriesOf)) {
          expect(draft.text).toContain(`### ${title}\n`);
          for (const line of words.split("\n")) expect(draft.text).toContain(line);
        }
        expect(parseSkillFile(draft.text, path).frontMatter.name).toBe(path.replace("/SKILL.md", ""));
      }
    },
  );

  it.each(vectors.filter(({ input }) => input.existing === null))(
    "writes the metadata of $id",
    async ({ input, expected }) => {
      const { drafts, path } = await append(input);
      const ours = parseSkillFile(drafts[0]?.text ?? "", path).frontMatter.metadata;
      const theirs = parseSkillFile(expected.texts[0] ?? "", path).frontMatter.metadata;
      expect(ours["source"]).toBe(theirs["source"]);
      expect(ours["category"]).toBe(theirs["case_type"]);
      expect(ours["backend"]).toBe(theirs["backend"]);
      expect(ours["dsl"]).toBe(theirs["dsl"]?.replaceAll("_", "-") ?? "unknown");
    },
  );

  it("appends nothing that stands there (WR4)", async () => {
    const repeated = vectors.find(({ quirks }) => quirks.includes("WR4"));
    const { drafts } = await append(inputSchema.parse(repeated?.input));
    expect(drafts.map((draft) => draft.change)).toEqual(["added", "unchanged"]);
    expect(drafts[1]?.text).toBe(drafts[0]?.text);
  });

  it("leaves an existing file as it is but for what comes after it (WR2)", async () => {
    const input = inputSchema.parse(vectors.find(({ quirks }) => quirks.includes("WR2"))?.input);
    const { drafts, path } = await append(input);
    const [before, after] = [input.existing ?? "", drafts[0]?.text ?? ""].map((text) =>
      parseSkillFile(text, path),
    );
    expect(after?.frontMatter.description).toBe("a --- b");
    expect(after?.body.startsWith(before?.body.trimEnd() ?? "?")).toBe(true);
  });
});
