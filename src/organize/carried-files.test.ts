import { expect, test } from "vitest";
import { filesInMemory } from "../evaluate/skill-files.ts";
import { loadSuite, type Suite } from "../evaluate/suite.ts";
import { Failure } from "../failure.ts";
import { writeSkillFile } from "../skills/skill-file.ts";
import { type CarriedFiles, carryFiles } from "./carried-files.ts";
import { carryOut } from "./carry-out.ts";
import type { SourceSkill } from "./skill-pieces.ts";
import { requireUnitedCases } from "./united-cases.ts";

function skill(name: string, files: Record<string, unknown>, body = `# ${name}\n`): SourceSkill {
  return {
    name,
    path: `${name}/SKILL.md`,
    text: writeSkillFile({ name, description: `What ${name} is for.`, metadata: {} }, body),
    evidence: undefined,
    files: Object.entries(files)
      .map(([path, content]) => ({
        path,
        bytes: Buffer.from(typeof content === "string" ? content : JSON.stringify(content)),
      }))
      .toSorted((one, other) => (one.path < other.path ? -1 : 1)),
  };
}

/** The suite that evaluation finds in a folder with these files. */
async function suiteOf(files: SourceSkill["files"]): Promise<Suite> {
  const folder = filesInMemory(new Map(files.map(({ path, bytes }) => [path, bytes])));
  return loadSuite(folder, "merged", { name: "merged", learnedFrom: new Set() });
}

/** Carries files over, and has the union of cases proven as a merge does. */
function carried(...sources: SourceSkill[]): CarriedFiles {
  const done = carryFiles(sources, "merged");
  requireUnitedCases(sources, { name: "merged", ...done });
  return done;
}

function paths({ files }: CarriedFiles): string[] {
  return files.map(({ path }) => path);
}

const evals = (prompt: string, more: object = {}): object => ({ evals: [{ id: 1, prompt, ...more }] });
const test1 = (input: string, contains: string): object => ({ input, expected: { contains } });
const scripted = (prompt: string): object =>
  evals(prompt, { overproof: { checks: [{ kind: "script", path: "evals/check.py" }] } });

test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
  [
    "evals.json and tests.json",
    { "evals/evals.json": evals("Ask A.") },
    { "tests.json": [test1("Ask B.", "b")] },
  ],
  ["two tests.json", { "tests.json": [test1("Ask A.", "a")] }, { "tests.json": [test1("Ask B.", "b")] }],
  [
    "tests.json in evals and beside it",
    { "evals/tests.json": [test1("Ask A.", "a")] },
    { "tests.json": { cases: [test1("Ask B.", "b")] } },
  ],
  [
    "two skill_meta.json",
    { "skill_meta.json": { tests: [test1("Ask A.", "a")] } },
    { "skill_meta.json": { tests: [test1("Ask B.", "b")] } },
  ],
])("the survivor runs the cases of all its sources: %s", async (_, first, second) => {
  const sources = [skill("a", first), skill("b", second)];
  const alone = await Promise.all(sources.map(({ files }) => suiteOf(files)));
  const { cases } = await suiteOf(carried(...sources).files);
  expect(cases.map(({ id, prompt }) => [id, prompt])).toEqual([
    ["a/1", "Ask A."],
    ["b/1", "Ask B."],
  ]);
  expect(cases.map(({ checks }) => checks)).toEqual(alone.flatMap((one) => one.cases.map((c) => c.checks)));
});

test("upskill's own file has the cases of all sources too", () => {
  const meta = (version: string, ask: string): object => ({
    metadata: { version },
    tests: [test1(ask, "x")],
  });
  const done = carried(
    skill("a", { "skill_meta.json": meta("1.0", "Ask A.") }),
    skill("b", { "skill_meta.json": meta("2.0", "Ask B.") }),
  );
  const written = done.files.find(({ path }) => path === "skill_meta.json")?.content ?? "";
  expect(JSON.parse(written)).toMatchObject({
    metadata: { version: "1.0" },
    tests: [{ input: "Ask A." }, { input: "Ask B." }],
  });
  expect(done.notes).toEqual(["skill_meta.json keeps the metadata of a, not those of b."]);
});

test("the survivor has the trigger queries of all sources, and answers what any of them should", async () => {
  const query = (text: string, should_trigger: boolean): object => ({ query: text, should_trigger });
  const done = carried(
    skill("a", { "evals/trigger-eval.json": [query("Softmax?", true), query("Poem?", false)] }),
    skill("b", {
      "evals/trigger-eval.json": [query("Norm?", true), query("Softmax?", false), query("Poem?", false)],
    }),
    skill("c", { "evals/eval_queries.json": [query("Sum?", true)] }),
  );
  const { triggers } = await suiteOf(done.files);
  expect(triggers.map((one) => [one.query, one.shouldTrigger])).toEqual([
    ["Softmax?", true],
    ["Poem?", false],
    ["Norm?", true],
    ["Sum?", true],
  ]);
  expect(done.notes).toEqual(["A query that b should not answer is another skill's: Softmax?"]);
});

test("each case is judged by the script of its own skill, which moves with all that lies beside it", async () => {
  const files = (name: string): Record<string, unknown> => ({
    "evals/evals.json": scripted(`Ask ${name}.`),
    "evals/check.py": `#!/usr/bin/env python3\nimport lib # ${name}\n`,
  });
  const done = carried(skill("a", files("a")), skill("b", { ...files("b"), "evals/lib.py": "x = 1\n" }));
  const { cases } = await suiteOf(done.files);
  expect(cases.map(({ checks }) => checks)).toEqual([
    [{ kind: "script", path: "evals/check.py" }],
    [{ kind: "script", path: "evals/b/check.py" }],
  ]);
  expect(cases[1]?.scripts?.get("evals/b/check.py")).toContain("# b");
  expect(paths(done)).toContain("evals/b/lib.py");
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ["no JSON", { "evals/evals.json": "{" }, /is not JSON.*carried along unread/],
  [
    "a missing file",
    { "evals/evals.json": evals("Ask B.", { files: ["evals/x.txt"] }) },
    /needs the file evals\/x\.txt.*carried along unread/,
  ],
  ["no shebang", { "evals/evals.json": scripted("Ask B."), "evals/check.py": "x" }, /does not begin with #!/],
  [
    "ids that are one as text",
    {
      "evals/evals.json": {
        evals: [
          { id: 1, prompt: "B" },
          { id: "1", prompt: "C" },
        ],
      },
    },
    /two cases with the id "1"/,
  ],
  [
    "an unreadable file of upskill beside tests.json",
    { "tests.json": "[]", "skill_meta.json": "[" },
    /skill_meta\.json is not JSON/,
  ],
])(
  "cases that evaluation would refuse are noted and kept where it does not look: %s",
  async (_, files, note) => {
    const done = carried(skill("a", { "evals/evals.json": evals("Ask A.") }), skill("b", files));
    expect(done.notes[0]).toMatch(note);
    expect((await suiteOf(done.files)).cases.map(({ id }) => id)).toEqual(["a/1"]);
    const kept = done.files.filter(({ from }) => from === "b");
    expect(kept.map(({ source_path }) => source_path)).toEqual(Object.keys(files).toSorted());
    for (const { path } of kept) expect(path).toMatch(/^(?:evals|references)\/b\//);
  },
);

test("a survivor whose suite lacks a case, or asks something else, is refused", () => {
  const sources = [
    skill("a", { "evals/evals.json": evals("Ask A.") }),
    skill("b", { "evals/evals.json": scripted("Ask B."), "evals/check.py": "#!/bin/sh\n" }),
  ];
  const done = carryFiles(sources, "merged");
  const changed = (path: string, from: string, to: string): (() => void) => {
    const files = done.files.map((file) =>
      file.path === path
        ? { ...file, bytes: Buffer.from(Buffer.from(file.bytes).toString().replace(from, to)) }
        : file,
    );
    return () => requireUnitedCases(sources, { name: "merged", files, moved: done.moved });
  };
  expect(changed("evals/evals.json", "", "")).not.toThrow();
  expect(changed("evals/evals.json", "Ask B.", "Ask C.")).toThrow(Failure);
  expect(changed("evals/evals.json", "a/1", "a/2")).toThrow(/would not have all cases/);
  expect(changed("evals/check.py", "sh", "bash")).toThrow(/would not have all cases/);
});

test("a merge with more cases than one suite may have is refused", () => {
  const many = (name: string): object => ({
    evals: Array.from({ length: 5001 }, (_, id) => ({ id, prompt: `Ask ${name} ${id}.` })),
  });
  const sources = ["a", "b"].map((name) => skill(name, { "evals/evals.json": many(name) }));
  const merge = (): unknown =>
    carryOut(sources, {
      answer: { kind: "merge", operations: [] },
      survivors: [{ name: "merged", path: "merged/SKILL.md", description: "Both.", title: "Both" }],
      author: "offline",
    });
  expect(merge).toThrow(
    expect.objectContaining({ exitCode: 1, message: expect.stringMatching(/all cases/) }),
  );
});

test.each<[string, Record<string, string>, Record<string, string>, string[]]>([
  ["a file and a folder", { data: "1" }, { "data/x.csv": "2" }, ["data", "references/b/data/x.csv"]],
  ["in other capitals", { "Data/x.csv": "1" }, { data: "2" }, ["Data/x.csv", "references/b/data"]],
  [
    "the folder that a file would move to",
    { "references/b": "1", "references/notes.md": "1" },
    { "references/notes.md": "2" },
    ["references/b", "references/b-2/notes.md", "references/notes.md"],
  ],
  [
    "a file called references",
    { references: "1", LICENSE: "1" },
    { LICENSE: "2" },
    ["LICENSE", "b/b/LICENSE", "references"],
  ],
])("no path is a folder of another: %s", (_, first, second, expected) => {
  expect(paths(carried(skill("a", first), skill("b", second)))).toEqual(expected);
});

test("a file where the united cases go makes room for them", async () => {
  const done = carried(
    skill("a", { evals: "My notes." }),
    skill("b", { "evals/evals.json": evals("Ask B.") }),
  );
  expect(paths(done)).toEqual(["evals/evals.json", "references/a/evals"]);
  expect((await suiteOf(done.files)).cases).toHaveLength(1);
});

test("where one file clashes, all of its folder moves, and carried files that name it are noted", () => {
  const done = carried(
    skill("a", { "references/notes.md": "Of a." }),
    skill("b", {
      "references/notes.md": "See [more](more.md).",
      "references/more.md": "See ../scripts/go.sh.",
      "scripts/go.sh": "cat references/notes.md ../references/more.md\n",
    }),
  );
  expect(paths(done)).toEqual([
    "references/b/more.md",
    "references/b/notes.md",
    "references/notes.md",
    "scripts/go.sh",
  ]);
  expect(done.notes).toEqual([
    "references/b/more.md was references/more.md of b, and names files above its folder with `../`.",
    "scripts/go.sh names references/notes.md, which is references/b/notes.md in the new skill.",
    "scripts/go.sh names references/more.md, which is references/b/more.md in the new skill.",
  ]);
});

test("equal files are one, and one in other capitals is found under the name that stays", () => {
  const done = carried(
    skill("a", { "references/notes.md": "Notes.", LICENSE: "MIT" }),
    skill("b", { "references/Notes.md": "Notes.", LICENSE: "MIT" }),
  );
  expect(paths(done)).toEqual(["LICENSE", "references/notes.md"]);
  expect(done.moved.get("b")).toEqual(new Map([["references/Notes.md", "references/notes.md"]]));
});
