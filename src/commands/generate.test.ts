import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  chatCompletion,
  type ModelServer,
  type SeenRequest,
  startModelServer,
} from "../../test/model-server.ts";
import { filesBelow, type TemporaryFolder, temporaryFolder } from "../../test/run.ts";
import type { GenerateResult } from "../distill/generate-result.ts";
import { searchLogMaterial } from "../distill/search-log-material.ts";
import { parseEvalSuite } from "../evaluate/eval-case.ts";
import { parseSkillMeta } from "../evaluate/upskill-tests.ts";
import { silentReporter } from "../reporter.ts";
import { lintSkill } from "../skills/lint.ts";
import { readTrace } from "../traces/read-trace.ts";
import type { Context } from "./context.ts";
import { generate, type GenerateRequest, type ReadMaterials } from "./generate.ts";

const searchLog = resolve(import.meta.dirname, "../../examples/cpp-row-softmax/logs");
const task = "Answer questions about the harbour of Port Ebony";

/** What a person with the skill knows, and nobody without it. */
const secret = "The tide gate closes at 19:40.";

let folder: TemporaryFolder;
let server: ModelServer;
let warnings: string[];
/** What the next server will answer, by what it is asked for. */
let teacher: (prompt: string, purpose: "generate" | "cases" | "refine") => unknown;
let student: (system: string, prompt: string) => string;

beforeEach(async () => {
  folder = await temporaryFolder();
  warnings = [];
  student = (system) => (system.includes("19:40") ? secret : "I do not know.");
  teacher = (prompt, purpose) => (purpose === "cases" ? cases() : skill(taskId(prompt), "Look it up."));
  server = await startModelServer((response, seen) => {
    const { system, prompt, model } = words(seen);
    const text =
      model === "pupil" ? student(system, prompt) : JSON.stringify(teacher(prompt, purposeOf(system)));
    chatCompletion(text, { model: `served-${model}` })(response, seen);
  });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

function words({ body }: SeenRequest): { system: string; prompt: string; model: string } {
  const messages = body["messages"] as { role: string; content: string }[];
  const of = (role: string): string => messages.find((one) => one.role === role)?.content ?? "";
  return { system: of("system"), prompt: of("user"), model: String(body["model"]) };
}

function purposeOf(system: string): "generate" | "cases" | "refine" {
  if (system.startsWith("You write evaluation cases")) return "cases";
  return system.startsWith("You improve agent skills") ? "refine" : "generate";
}

function taskId(prompt: string): string {
  return /\[([0-9a-f]{8}:task)\]/.exec(prompt)?.[1] ?? "no task in the prompt";
}

function skill(evidence: string, how: string): unknown {
  const words = { when: "", why: "", check: "", evidence: [evidence] };
  return {
    skill_name: "ebony-harbour",
    description: "Answers questions about the harbour. Use when somebody asks for its hours.",
    title: "The harbour of Port Ebony",
    operations: [
      { ...words, op: "add", part: "task", title: "what", do: "Questions about hours and tides." },
      { ...words, op: "add", part: "method", title: "Look before you answer", do: how },
      { ...words, op: "add", part: "boundary", title: "limits", do: "Not for other harbours." },
    ],
  };
}

/** Ten cases with words of their own, all about the one thing. */
function cases(): unknown {
  return {
    cases: Array.from({ length: 10 }, (_, n) => ({
      name: `case-name-${n}`,
      prompt: `When does the gate close, asks visitor ${n}${n}${n}?`,
      expected_output: `Visitor ${n}${n}${n} is told 19:40.`,
      checks: [{ kind: "contains", value: "19:40" }],
      assertions: [`It greets visitor ${n}${n}${n}.`],
      evidence: [],
    })),
  };
}

const context = (cwd: string): Context => ({
  cwd,
  environment: {},
  reporter: { ...silentReporter, warning: (text) => warnings.push(text) },
  now: () => new Date("2026-11-21T12:00:00Z"),
  random: () => 0.5,
  sleep: async () => undefined,
});

const noTraces: ReadMaterials = () => Promise.reject(new Error("no trace was named"));
const searchLogs: ReadMaterials = async (paths) => {
  const traces = paths.map((path) => readTrace(path, { op: undefined, reporter: silentReporter }));
  return (await Promise.all(traces)).map(searchLogMaterial);
};

function run(
  request: Partial<GenerateRequest> = {},
  options: { readMaterials?: ReadMaterials; cwd?: string } = {},
): Promise<GenerateResult> {
  return generate(
    {
      task,
      examples: [],
      from: [],
      model: `openai:master@${server.url}/v1`,
      skillMeta: false,
      dryRun: false,
      ...request,
    },
    context(options.cwd ?? folder.path),
    options.readMaterials ?? noTraces,
  );
}

function file(name: string): Promise<string | undefined> {
  return filesBelow(folder.path).then((files) => files[name]);
}

/** The prompts of the teacher, in order. */
function asked(): { purpose: string; text: string }[] {
  return server.requests
    .map(words)
    .filter(({ model }) => model === "master")
    .map(({ system, prompt }) => ({ purpose: purposeOf(system), text: `${system}\n${prompt}` }));
}

describe("a skill from a task", () => {
  it("is written with its evidence and its cases, on two sides", async () => {
    const result = await run({ examples: ["When does the gate open? => 07:15"] });
    expect(result).toMatchObject({
      command: "generate",
      status: "proposed",
      skills: [{ name: "ebony-harbour", path: "skills/ebony-harbour/SKILL.md", change: "added" }],
      refinement: [],
    });
    expect(result).not.toHaveProperty("student");
    const text = (await file("skills/ebony-harbour/SKILL.md")) ?? "";
    expect(lintSkill(text, "SKILL.md", { folder: "ebony-harbour" })).toEqual([]);
    expect(text).toContain("### Look before you answer");
    const evals = (await file("skills/ebony-harbour/evals/evals.json")) ?? "";
    const suite = parseEvalSuite(evals, "evals.json");
    expect(suite.skillName).toBe("ebony-harbour");
    expect(suite.cases).toHaveLength(11);
    // The teacher is shown the examples, so they can never be held out.
    expect(suite.cases[0]).toMatchObject({
      prompt: "When does the gate open?",
      checks: [{ kind: "contains", text: "07:15" }],
      split: "development",
    });
    const held = suite.cases.filter(({ split }) => split === "held-out").length;
    expect(held).toBeGreaterThan(0);
    expect(result.cases).toEqual({ development: 11 - held, held_out: held });
    const evidence = JSON.parse((await file(".overproof/evidence/ebony-harbour.json")) ?? "") as {
      traces: object[];
      evidence: object[];
    };
    expect(evidence.evidence).toMatchObject([{ kind: "task", words: task }]);
    expect(evidence.traces).toMatchObject([{ source: "request.json", model: "openai:served-master" }]);
  });

  it("is written by one who does not see the cases, and the cases by one who does not see the skill", async () => {
    await run();
    expect(asked().map(({ purpose }) => purpose)).toEqual(["generate", "cases"]);
    expect(asked()[1]?.text).not.toContain("Look it up");
    expect(asked()[0]?.text).not.toContain("visitor");
  });

  it("rests on nothing that was not asked for or shown", async () => {
    teacher = (prompt, purpose) => (purpose === "cases" ? cases() : skill("deadbeef:thin-air", prompt));
    expect(await run()).toMatchObject({
      status: "empty",
      reason: "No claim was left that rests on evidence.",
      skills: [],
    });
    expect(warnings.join("\n")).toContain("evidence that does not exist: deadbeef:thin-air");
    expect(Object.keys(await filesBelow(join(folder.path, "skills")))).toEqual([]);
  });

  it("is made once: the same request changes nothing and asks nobody", async () => {
    await run();
    const before = await filesBelow(join(folder.path, "skills"));
    const calls = server.requests.length;
    const again = await run();
    expect(again).toMatchObject({ status: "unchanged", reason: expect.stringContaining("ebony-harbour") });
    expect(server.requests).toHaveLength(calls);
    expect(await filesBelow(join(folder.path, "skills"))).toEqual(before);
  });

  it("goes beside a skill of that name, never into it", async () => {
    await run();
    expect(await run({ task: "Something else" })).toMatchObject({
      skills: [{ name: "ebony-harbour-2", change: "added" }],
    });
  });

  it("is only in the workspace in a dry run", async () => {
    const result = await run({ dryRun: true, workspace: "work" });
    expect(result.status).toBe("proposed");
    expect(await file("skills/ebony-harbour/SKILL.md")).toBeUndefined();
    expect(JSON.parse((await file("work/result.json")) ?? "")).toEqual(result);
    expect(await file("work/cases.json")).toContain("visitor 000");
  });

  it("has upskill's file too where it is wanted", async () => {
    await run({ skillMeta: true });
    const meta = parseSkillMeta(
      (await file("skills/ebony-harbour/skill_meta.json")) ?? "",
      "skill_meta.json",
    );
    expect(meta.metadata).toMatchObject({ source_task: task, test_pass_rate: null });
    expect(meta.cases).toHaveLength(10);
  });

  it("leaves out cases that nothing can check, and checks that are none", async () => {
    const one = { name: "a", prompt: "A?", expected_output: "", assertions: [], evidence: [] };
    teacher = (prompt, purpose) =>
      purpose === "cases"
        ? {
            cases: [
              { ...one, checks: [{ kind: "regex", value: "(" }] },
              { ...one, prompt: "B?", checks: [{ kind: "json-schema", value: '{"type":"nothing"}' }] },
              {
                ...one,
                prompt: "C?",
                checks: [{ kind: "contains", value: "" }],
                assertions: ["It is kind."],
              },
              { ...one, prompt: "D?", checks: [{ kind: "json-schema", value: '{"type":"array"}' }] },
              { ...one, prompt: " d? ", checks: [{ kind: "equals", value: "x" }] },
            ],
          }
        : skill(taskId(prompt), "Look it up.");
    expect((await run()).cases).toEqual({ development: 1, held_out: 1 });
    const suite = parseEvalSuite((await file("skills/ebony-harbour/evals/evals.json")) ?? "", "f");
    expect(suite.cases.map(({ prompt, checks }) => [prompt, checks.length])).toEqual([
      ["C?", 0],
      ["D?", 1],
    ]);
  });
});

describe("a refinement", () => {
  const pupil = (): string => `openai:pupil@${server.url}/v1`;

  it("shows the teacher failed development cases, and keeps what helps the student", async () => {
    teacher = (prompt, purpose) => {
      if (purpose === "cases") return cases();
      if (purpose === "generate") return skill(taskId(prompt), "Look it up.");
      const id = /\[([0-9a-f]{8}:case-\d+)\]/.exec(prompt)?.[1] ?? "";
      return skill(id, secret);
    };
    const { refinement, cases: counts, student: scores } = await run({ student: pupil() });
    const all = counts.development;
    expect(refinement).toEqual([
      { round: 1, before: { passed: 0, total: all }, after: { passed: all, total: all }, kept: true },
    ]);
    expect(scores).toEqual({
      development: { passed: all, total: all },
      held_out: { passed: counts.held_out, total: counts.held_out },
      not_run: 0,
    });
    const text = (await file("skills/ebony-harbour/SKILL.md")) ?? "";
    expect(text).toContain(secret);
    // All rounds are one change.
    expect(text).toContain('version: "1.0.0"');
    expect(await file(".overproof/evidence/ebony-harbour.json")).toContain(":case-");
  });

  it("shows the teacher nothing of a held-out case once the cases are split", async () => {
    teacher = (prompt, purpose) => {
      if (purpose === "cases") return cases();
      // Each round says something else, which helps in the second round only.
      const round = asked().filter((one) => one.purpose === "refine").length;
      return skill(taskId(prompt), purpose === "refine" ? `${secret} (${round})` : "Look it up.");
    };
    student = (system, prompt) =>
      system.includes("19:40") && prompt.includes("1") ? secret : `No: ${prompt}`;
    await run({ student: pupil(), rounds: 3 });
    const suite = parseEvalSuite((await file("skills/ebony-harbour/evals/evals.json")) ?? "", "f");
    const held = suite.cases.filter(({ split }) => split === "held-out");
    expect(held.length).toBeGreaterThan(1);
    const prompts = asked();
    const later = prompts.slice(prompts.findIndex(({ purpose }) => purpose === "cases") + 1);
    expect(later.length).toBeGreaterThan(0);
    const shown = later.map(({ text }) => text).join("\n");
    for (const { prompt, name, expectedOutput, assertions } of held)
      for (const words of [prompt, name, expectedOutput, ...assertions]) expect(shown).not.toContain(words);
    // The same search does find the development cases.
    const development = suite.cases.filter(({ split }) => split === "development");
    expect(development.some(({ prompt }) => shown.includes(prompt))).toBe(true);
    // Held-out cases are tried when the teacher has had its last word.
    const order = server.requests.map(words);
    const lastTeacher = order.findLastIndex(({ model }) => model === "master");
    const firstHeld = order.findIndex(({ model, prompt }) => model === "pupil" && prompt === held[0]?.prompt);
    expect(firstHeld).toBeGreaterThan(lastTeacher);
  });

  it("drops what does not help, and ends there", async () => {
    teacher = (prompt, purpose) =>
      purpose === "cases" ? cases() : skill(taskId(prompt), purpose === "refine" ? "Guess." : "Look it up.");
    const { refinement } = await run({ student: pupil(), rounds: 5 });
    expect(refinement).toMatchObject([
      { round: 1, before: { passed: 0 }, after: { passed: 0 }, kept: false },
    ]);
    expect(await file("skills/ebony-harbour/SKILL.md")).not.toContain("Guess.");
  });

  it("does not begin where nothing fails", async () => {
    teacher = (prompt, purpose) => (purpose === "cases" ? cases() : skill(taskId(prompt), secret));
    const { refinement } = await run({ student: pupil(), skillMeta: true });
    expect(refinement).toEqual([]);
    expect(asked().map(({ purpose }) => purpose)).toEqual(["generate", "cases"]);
    const meta = parseSkillMeta(
      (await file("skills/ebony-harbour/skill_meta.json")) ?? "",
      "skill_meta.json",
    );
    expect(meta.metadata.test_pass_rate).toBe(1);
  });

  it("gives the student the skill in a block, as plain text in and out", async () => {
    await run({ student: pupil() });
    const seen = server.requests.find(({ body }) => body["model"] === "pupil");
    expect(seen?.body).not.toHaveProperty("response_format");
    expect(words(seen ?? { path: "", headers: {}, body: {} }).system).toMatch(
      /^You answer the user's request\.\n\nThis skill is at hand\..*\n\nBEGIN SKILL ebony-harbour [0-9a-f]{16}\n# /s,
    );
  });

  it("is replayed from its recording, byte for byte", async () => {
    teacher = (prompt, purpose) =>
      purpose === "cases" ? cases() : skill(taskId(prompt), purpose === "refine" ? secret : "Look it up.");
    const recorded = await run({ student: pupil(), workspace: "work" });
    await using other = await temporaryFolder();
    const calls = server.requests.length;
    const replayed = await run(
      {
        model: `replay:${join(folder.path, "work")}`,
        student: `replay:${join(folder.path, "work", "student")}`,
        workspace: "work",
      },
      { cwd: other.path },
    );
    expect(server.requests).toHaveLength(calls);
    expect(replayed).toEqual(recorded);
    expect(await filesBelow(join(other.path, "skills"))).toEqual(
      await filesBelow(join(folder.path, "skills")),
    );
  });
});

describe("a skill from traces", () => {
  it("is distilled without a model where there is none", async () => {
    const request = { from: [searchLog], model: "offline", examples: ["Which flag? => -O3"] };
    const result = await run(request, { readMaterials: searchLogs });
    expect(result).toMatchObject({ status: "proposed", cases: { development: 1, held_out: 0 } });
    const name = result.skills[0]?.name ?? "";
    const text = (await file(`skills/${name}/SKILL.md`)) ?? "";
    expect(text).toContain('dsl: "cpp"');
    expect(
      lintSkill(text, "SKILL.md", { folder: name }).filter(({ severity }) => severity === "error"),
    ).toEqual([]);
    expect(server.requests).toEqual([]);
    expect(await run(request, { readMaterials: searchLogs })).toMatchObject({ status: "unchanged" });
  });

  it("shows a teacher all of their evidence, and marks the cases made from them", async () => {
    let id = "";
    teacher = (prompt, purpose) => {
      if (purpose === "cases") {
        const { cases: list } = cases() as { cases: object[] };
        return { cases: list.map((one, n) => ({ ...one, evidence: n === 0 ? [id] : [] })) };
      }
      const ids = [...prompt.matchAll(/\[([0-9a-f]{8}:[^\]]+)\] step:/g)].map((match) => match[1] ?? "");
      id = ids.at(-1) ?? "";
      return skill(id, "Vectorise.");
    };
    const [material] = await searchLogs([searchLog], {} as never);
    await run({ from: [searchLog] }, { readMaterials: searchLogs });
    for (const item of material?.evidence ?? []) expect(asked()[0]?.text).toContain(`[${item.id}]`);
    const suite = parseEvalSuite((await file("skills/ebony-harbour/evals/evals.json")) ?? "", "f");
    const digest = material?.traces[0]?.sha256;
    expect(suite.cases.map(({ traces }) => traces)).toEqual([
      [digest],
      ...Array.from({ length: 9 }, () => []),
    ]);
    const evidence = (await file(".overproof/evidence/ebony-harbour.json")) ?? "";
    expect(JSON.parse(evidence)).toMatchObject({
      traces: [{ source: "request.json" }, { sha256: digest, mode: "search_log" }],
      evidence: [{ id }],
    });
  });
});

describe("a skill that is there", () => {
  async function seedSkill(library: string): Promise<void> {
    const base = join(folder.path, library, "tides");
    await mkdir(join(base, "evals"), { recursive: true });
    await writeFile(
      join(base, "SKILL.md"),
      '---\nname: tides\ndescription: "About tides."\n---\n\n# Tides\n\n## What to do\n\n### Ask a sailor\n**Do** Ask.\n',
    );
    await writeFile(
      join(base, "evals", "evals.json"),
      JSON.stringify({
        skill_name: "tides",
        evals: [
          { id: 4, prompt: "Who knows?", expected_output: "A sailor.", expectations: ["It names a sailor."] },
          { id: 5, prompt: "Held?", expected_output: "", overproof: { split: "held-out" } },
        ],
      }),
    );
  }

  it("is improved where it stands, a person's words and cases as they are", async () => {
    await seedSkill("skills");
    const result = await run({ from: ["skills/tides"] });
    expect(result.skills).toMatchObject([
      { name: "tides", path: "skills/tides/SKILL.md", change: "changed" },
    ]);
    const text = (await file("skills/tides/SKILL.md")) ?? "";
    expect(text).toContain("### Ask a sailor\n**Do** Ask.");
    expect(text).toContain("### Look before you answer");
    expect(asked()[0]?.text).toContain("by a person");
    const suite = parseEvalSuite((await file("skills/tides/evals/evals.json")) ?? "", "f");
    expect(suite.cases).toHaveLength(12);
    expect(suite.cases.slice(0, 3)).toMatchObject([
      { id: 4, prompt: "Who knows?", expectedOutput: "A sailor.", assertions: ["It names a sailor."] },
      { id: 5, split: "held-out" },
      { id: 6, prompt: expect.stringContaining("visitor 000") },
    ]);
  });

  it("keeps upskill's file where a person changed it", async () => {
    await seedSkill("skills");
    const meta = '{"tests":[{"input":"Mine?","expected":{"contains":["mine"]}}]}';
    await writeFile(join(folder.path, "skills", "tides", "skill_meta.json"), meta);
    await run({ from: ["skills/tides"], skillMeta: true });
    expect(await file("skills/tides/skill_meta.json")).toBe(meta);
    expect(await file("skills/tides/evals/evals.json")).toContain("visitor 000");
  });

  it("outside of the library becomes one of it, with its cases and more", async () => {
    await seedSkill("elsewhere");
    const result = await run({ from: ["elsewhere/tides/SKILL.md"] });
    expect(result.skills).toMatchObject([{ name: "tides", path: "skills/tides/SKILL.md", change: "added" }]);
    const suite = parseEvalSuite((await file("skills/tides/evals/evals.json")) ?? "", "f");
    expect(suite.dialect).toBe("expectations");
    expect(suite.cases.slice(0, 3)).toMatchObject([
      { id: 4, assertions: ["It names a sailor."] },
      { id: 5, split: "held-out" },
      { id: 6, prompt: expect.stringContaining("visitor 000") },
    ]);
    expect(
      asked()
        .map(({ text }) => text)
        .join("\n"),
    ).not.toContain("Held?");
  });

  it("is refused when its name leads out of the library, or belongs to another one", async () => {
    await mkdir(join(folder.path, "evil"));
    const hostile = '---\nname: "../../evil"\ndescription: "x"\n---\n\n# X\n';
    await writeFile(join(folder.path, "evil", "SKILL.md"), hostile);
    await expect(run({ from: ["evil"] })).rejects.toMatchObject({ name: "Failure", exitCode: 2 });
    await seedSkill("skills");
    await seedSkill("elsewhere");
    await expect(run({ from: ["elsewhere/tides"] })).rejects.toThrow('The library has another skill "tides"');
    expect(server.requests).toEqual([]);
  });
});

it.each([
  ["no task", { task: "  " }, "No task is named."],
  ["a bad example", { examples: ["no arrow"] }, "has no arrow"],
  ["no model and no trace", { model: "offline" }, "Without a model"],
  ["a path that is not there", { from: ["nowhere"] }, "nowhere cannot be read"],
  ["a student that answers nothing", { student: "offline" }, "answers nothing"],
  ["a task that is too long", { task: "x".repeat(30_000) }, "30000 characters"],
])("refuses %s", async (_, request, message) => {
  await expect(run(request)).rejects.toMatchObject({
    name: "Failure",
    exitCode: 2,
    message: expect.stringContaining(message),
    remedy: expect.stringMatching(/\w/),
  });
  expect(server.requests).toEqual([]);
});

it("ends with 3, and says so in the workspace, when the teacher keeps to no form", async () => {
  teacher = () => ({ nothing: true });
  await expect(run({ workspace: "work" })).rejects.toMatchObject({ name: "Failure", exitCode: 3 });
  expect(JSON.parse((await file("work/result.json")) ?? "")).toMatchObject({
    status: "failed",
    exit_code: 3,
  });
});
