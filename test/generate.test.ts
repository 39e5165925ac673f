import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { EvidenceFile } from "../src/distill/evidence-file.ts";
import type { GenerateResult } from "../src/distill/generate-result.ts";
import { isPersonal } from "../src/secrets/secret-kind.ts";
import { chatCompletion, type ModelServer, startModelServer } from "./model-server.ts";
import { action, cli, filesBelow, hasStack, temporaryFolder } from "./run.ts";
import { partsOf, plantedKey, plantedSecrets } from "./secrets-trace.ts";

/** A teacher that repeats whatever it was shown, and a student that knows nothing. */
function startModels(): Promise<ModelServer> {
  return startModelServer((response, seen) => {
    const messages = seen.body["messages"] as { role: string; content: string }[];
    const of = (role: string): string => messages.find((one) => one.role === role)?.content ?? "";
    chatCompletion(answerTo(of("system"), of("user")), { model: `served-${String(seen.body["model"])}` })(
      response,
      seen,
    );
  });
}

function answerTo(system: string, prompt: string): string {
  const evidence = /\[([0-9a-f]{8}:task)\]/.exec(prompt)?.[1] ?? "";
  if (system.startsWith("You write evaluation cases")) {
    const one = { expected_output: "It is told.", checks: [{ kind: "contains", value: "19:40" }] };
    const cases = [0, 1, 2, 3].map((n) => ({
      ...one,
      name: `case ${n}`,
      prompt: `When, asks visitor ${n}?`,
    }));
    return JSON.stringify({
      cases: cases.map((each) => ({ ...each, assertions: [], evidence: [evidence] })),
    });
  }
  if (!system.startsWith("You write agent skills") && !system.startsWith("You improve"))
    return "I do not know.";
  const data = prompt.slice(prompt.indexOf(evidence)).replaceAll(/[<>#]/g, " ").slice(0, 6000);
  const words = { when: "", why: "", check: "", evidence: [evidence] };
  return JSON.stringify({
    skill_name: "ebony-harbour",
    description: "Answers questions about the harbour. Use when somebody asks for its hours.",
    title: "The harbour of Port Ebony",
    operations: [
      { ...words, op: "add", part: "task", title: "what", do: "Questions about hours and tides." },
      { ...words, op: "add", part: "method", title: "Look before you answer", do: `Read ${data}` },
      { ...words, op: "add", part: "boundary", title: "limits", do: "Not for other harbours." },
    ],
  });
}

describe("a secret in the request of a generation", () => {
  const planted = [
    ...plantedSecrets().filter(({ kind }) => !isPersonal(kind)),
    { kind: "private-key" as const, value: plantedKey(), line: plantedKey() },
  ];
  const task = `Answer questions about the harbour.\n${planted
    .filter((_, index) => index % 2 === 0)
    .map(({ line }) => line)
    .join("\n")}`;
  const examples = planted
    .filter((_, index) => index % 2 === 1)
    .map(({ line }, index) => (index % 2 === 0 ? `${line} => fine` : `What now? => ${line}`));

  test("reaches no model, and nothing that is written or printed", async () => {
    await using server = await startModels();
    await using folder = await temporaryFolder();
    const ended = await cli(
      [
        "generate",
        task,
        ...examples.flatMap((example) => ["--example", example]),
        "--model",
        `openai:master@${server.url}/v1`,
        "--student",
        `openai:pupil@${server.url}/v1`,
        "--skill-meta",
        "--json",
      ],
      { cwd: folder.path },
    );
    expect([ended.code, hasStack(ended.stderr)]).toEqual([0, false]);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: "proposed", student: { not_run: 0 } });
    expect(ended.stderr).toMatch(/The request: [^\n]*Rotate (?:it|them): the request still holds/);

    const files = await filesBelow(folder.path);
    const names = Object.keys(files);
    for (const name of [
      "skills/ebony-harbour/SKILL.md",
      "skills/ebony-harbour/evals/evals.json",
      "skills/ebony-harbour/skill_meta.json",
      ".overproof/evidence/ebony-harbour.json",
    ])
      expect(names).toContain(name);
    expect(names.filter((name) => /request\.json|llm_prompt|session\.log/.test(name)).length).toBeGreaterThan(
      2,
    );
    expect(server.requests.length).toBeGreaterThan(3);
    // What stands where the secrets stood did come through, so the rest of the words did as well.
    expect(files["skills/ebony-harbour/SKILL.md"]).toContain("[secret:");
    const requests = server.requests.map(({ body }) => JSON.stringify(body));
    const everything = [ended.stdout, ended.stderr, ...requests, ...Object.values(files)].join("\n");
    const left = planted.filter(({ value }) =>
      partsOf(value).some((part) => part.length >= 8 && everything.includes(part)),
    );
    expect(left.map(({ kind }) => kind)).toEqual([]);
    expect(planted.length).toBeGreaterThan(20);
  });

  test("is not repeated where an example cannot be understood", async () => {
    await using folder = await temporaryFolder();
    const { value, line } = plantedSecrets().find(({ kind }) => kind === "github-token") ?? {
      value: "",
      line: "",
    };
    const ended = await cli(["generate", "Tell", "--example", line, "--model", "openai:none"], {
      cwd: folder.path,
    });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("has no arrow");
    expect(value).not.toBe("");
    expect(ended.stderr).not.toContain(value);
  });

  test("stands in the skill that is to be improved: nothing is asked and nothing written", async () => {
    await using server = await startModels();
    await using folder = await temporaryFolder();
    const { value } = plantedSecrets().find(({ kind }) => kind === "github-token") ?? { value: "" };
    const skill = join(folder.path, "skills", "tides", "SKILL.md");
    await mkdir(join(skill, ".."), { recursive: true });
    const text = `---\nname: tides\ndescription: "About tides."\n---\n\n# Tides\n\n## What to do\n\n### Ask\n**Do** Use ${value}.\n`;
    await writeFile(skill, text);
    const ended = await cli(
      ["generate", "Tell tides", "--from", "skills/tides", "--model", `openai:master@${server.url}/v1`],
      { cwd: folder.path },
    );
    expect([ended.code, hasStack(ended.stderr)]).toEqual([1, false]);
    expect(ended.stderr).toContain("rotate it");
    expect(ended.stderr).not.toContain(value);
    expect(server.requests).toEqual([]);
    expect(await filesBelow(join(folder.path, "skills"))).toEqual({ "tides/SKILL.md": text });
  });
});

/** The outputs that a step left in the file of its runner; the last one of a name counts. */
function outputsOf(text: string): Record<string, string> {
  const found = text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n?\2$/gm);
  return Object.fromEntries([...found].map(([, name = "", , value = ""]) => [name, value]));
}

describe("the Action's generate", () => {
  async function generate(
    folder: string,
    inputs: Record<string, string>,
  ): Promise<{ code: number | null; stdout: string; outputs: Record<string, string>; summary: string }> {
    const [output, summary] = [join(folder, "..", "output"), join(folder, "..", "summary")];
    for (const file of [output, summary]) await writeFile(file, "");
    const { code, stdout } = await action(
      { command: "generate", rounds: "1", seed: "1", "skill-meta": "false", "dry-run": "false", ...inputs },
      { cwd: folder, env: { GITHUB_WORKSPACE: folder, GITHUB_OUTPUT: output, GITHUB_STEP_SUMMARY: summary } },
    );
    const texts = await Promise.all([output, summary].map((file) => readFile(file, "utf8")));
    return { code, stdout, outputs: outputsOf(texts[0] ?? ""), summary: texts[1] ?? "" };
  }

  test("makes a skill from its inputs, with outputs and a summary, once", async () => {
    await using server = await startModels();
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, "work");
    await mkdir(folder);
    const { value } = plantedSecrets().find(({ kind }) => kind === "github-token") ?? { value: "" };
    const inputs = {
      task: `Answer questions about the harbour (${value}).`,
      examples: "When does it open? => 07:15\nAnd when on Sundays? => 08:30\n",
      model: `openai:master@${server.url}/v1`,
      student: `openai:pupil@${server.url}/v1`,
      "skill-meta": "true",
      "github-token": "ghs_job",
    };
    const first = await generate(folder, inputs);
    expect([first.code, hasStack(first.stdout)]).toEqual([0, false]);
    expect(first.outputs).toMatchObject({ status: "proposed", changed: "true", proposal: "" });
    const skills = JSON.parse(first.outputs["skills"] ?? "") as GenerateResult["skills"];
    expect(skills).toMatchObject([{ name: "ebony-harbour", change: "added" }]);
    expect(first.summary).toContain("## Overproof: proposed");
    expect(first.summary).toContain("held out");
    expect(first.stdout).toMatch(/::warning::The request: [^\n]*Rotate it: the request still holds it\./);

    const files = await filesBelow(folder);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([skills[0]?.path, "skills/ebony-harbour/skill_meta.json"]),
    );
    const suite = JSON.parse(files["skills/ebony-harbour/evals/evals.json"] ?? "") as { evals: object[] };
    expect(suite.evals).toHaveLength(6);
    const evidence = JSON.parse(files[".overproof/evidence/ebony-harbour.json"] ?? "") as EvidenceFile;
    expect(evidence.traces).toMatchObject([{ mode: "request", model: "openai:served-master" }]);
    const requests = server.requests.map(({ body }) => JSON.stringify(body));
    const everything = [...Object.values(files), ...requests, first.stdout, first.summary].join("\n");
    expect(value).not.toBe("");
    expect(everything).not.toContain(value);

    const again = await generate(folder, inputs);
    expect(again.outputs).toMatchObject({ status: "unchanged", changed: "false", skills: "[]" });
    expect(server.requests).toHaveLength(requests.length);
  });

  test("ends with 2 and a sentence for inputs that cannot be understood", async () => {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, "work");
    await mkdir(folder);
    const ended = await generate(folder, { task: "Tell tides", examples: "no arrow" });
    expect(ended.code).toBe(2);
    expect(ended.stdout).toContain("::error::");
    expect(ended.stdout).toContain("has no arrow");
    expect(ended.outputs).toMatchObject({ status: "", changed: "false", skills: "[]" });
    expect(await filesBelow(folder)).toEqual({});
  });
});
