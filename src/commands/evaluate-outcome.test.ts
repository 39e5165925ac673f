import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { expect, it } from "vitest";
import { chatCompletion, plain, type Scripted, startModelServer } from "../../test/model-server.ts";
import {
  evaluateProbe,
  probeContext,
  probeJudge,
  probeStudent,
  writeProbe,
} from "../../test/probe-evaluation.ts";
import { temporaryFolder } from "../../test/run.ts";
import { exitCodeOf } from "../evaluate/evaluation-result.ts";
import { exitCodes, exitCodesHelp, outcomes } from "../evaluate/exit-codes.ts";
import { abPage } from "../report/ab-page.ts";
import { evaluateSummary } from "../report/evaluate-summary.ts";
import { gatePage } from "../report/gate-page.ts";
import { mergeAnswer } from "../report/merge-answer.ts";
import { evaluateText } from "../terminal/evaluate-text.ts";
import { evaluate } from "./evaluate.ts";
import { report } from "./report.ts";

const nobody = "openai:fake@http://nobody.invalid/v1";
const view = { columns: 100, colour: false };

/** Without line breaks, which stand where the terminal ends. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

it.each([1, 20])(
  "ends with 3 where a student of %i cases cannot be reached, and says who and why",
  async (cases) => {
    await using folder = await temporaryFolder();
    await writeProbe(folder.path, { cases });
    const said: string[] = [];
    const { result, evaluated } = await evaluateProbe(folder.path, { students: [nobody] }, said);
    expect(result).toMatchObject({ outcome: "service failed", status: "void", cost_usd: null });
    expect(exitCodeOf(result)).toBe(3);
    const why =
      /the student openai:fake failed in \d+ trials: gave no answer \((?:ENOTFOUND|EAI_AGAIN)\), at the last of [23] attempts/i;
    expect(result.problem).toMatch(why);
    expect(result.skills[0]?.students[0]?.failures).toMatchObject([
      { by: "student", class: "network", reason: expect.stringContaining(nobody) as string },
    ]);
    // One line for each attempt that is repeated, however many trials wait for it.
    const waits = said.filter((line) => line.includes("Waiting"));
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.length).toBeLessThanOrEqual(2);
    expect(said.filter((line) => line.includes("keeps failing"))).toHaveLength(cases === 1 ? 0 : 1);

    const { figures } = evaluated;
    if (figures === null) throw new Error("no figures");
    const { markdown } = await report({ results: "results" }, probeContext(folder.path));
    const page = gatePage({
      answer: { ...mergeAnswer(figures), conclusion: "failure", title: "" },
      findings: {
        changed: 1,
        problems: [],
        errors: [],
        unproven: [],
        figures,
        verdict: mergeAnswer(figures),
      },
      skills: [],
      ab: [],
      remarks: [],
      runUrl: undefined,
    });
    const texts = [
      evaluateText(result, evaluated, view),
      markdown,
      page,
      abPage(figures, { replies: new Map() }),
    ].map((text) => flat(text.replaceAll("\\", "")));
    for (const text of texts) {
      expect(text).toMatch(why);
      expect(text).not.toContain("nobody.invalid");
      expect(text).not.toMatch(/\$0\b/);
    }
    expect(evaluateSummary(result)).toMatch(why);
    expect(evaluateSummary(result)).toContain("## Overproof evaluation: service failed\n");
  },
);

it.each([
  ["answers with 500", plain(500, { error: { message: "out of order" } }), "answered 500: out of order"],
  ["answers nonsense", chatCompletion("I would rather not."), "the answer of openai:grader does not fit"],
])("ends with 3 where the judge %s, and calls it the judge", async (_, script: Scripted, words) => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 2, judged: true });
  await using students = await startModelServer(probeStudent);
  await using judges = await startModelServer(script);
  const { result, evaluated } = await evaluateProbe(folder.path, {
    students: [`openai:fake@${students.url}/v1`],
    judge: `openai:grader@${judges.url}/v1`,
  });
  expect(exitCodeOf(result)).toBe(3);
  const { markdown } = await report({ results: "results" }, probeContext(folder.path));
  for (const text of [result.problem ?? "", evaluateText(result, evaluated, view), markdown]) {
    expect(flat(text)).toMatch(/the judge openai:grader failed in 4 trials: /i);
    expect(flat(text).toLowerCase()).toContain(words);
    expect(text).not.toContain(judges.url);
    expect(text).not.toMatch(/judge [0-9a-f]{16}/);
  }
});

it("ends with 1 where a limit came before anything could be compared, and names what to raise", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 4, judged: true });
  await using students = await startModelServer(probeStudent);
  await using judges = await startModelServer(probeJudge);
  const models = {
    students: [`openai:fake@${students.url}/v1`],
    judge: `openai:grader@${judges.url}/v1`,
  };
  const first = await evaluateProbe(folder.path, { ...models, maxCalls: 1 });
  expect(first.result).toMatchObject({ outcome: "nothing measured", ended: "budget spent", calls: 1 });
  expect(exitCodeOf(first.result)).toBe(1);
  const sentence =
    "Nothing was measured: the limit of 1 call ended the run before any case had results that can be compared. Raise --max-calls, or evaluate.max-calls and budget.calls in overproof.yml, above 1 call, and run it again: what is done is kept.";
  expect(first.result.problem).toBe(sentence);
  expect(flat(evaluateText(first.result, first.evaluated, view))).toContain(sentence);

  const price = { "input-per-million": 1_000_000, "output-per-million": 1_000_000 };
  const prices = { date: "2026-01-01", models: { fake: price, grader: price } };
  await writeFile(join(folder.path, "overproof.yml"), stringify({ prices }));
  const dollars = await evaluateProbe(folder.path, { ...models, results: "other", budgetUsd: 1 });
  expect(dollars.result).toMatchObject({ outcome: "nothing measured", calls: 0, cost_usd: null });
  expect(dollars.result.problem).toContain("Raise --budget-usd");

  // With something to compare the run is only not complete.
  const more = await evaluateProbe(folder.path, { ...models, maxCalls: 15 });
  expect(more.result).toMatchObject({ outcome: "incomplete", ended: "budget spent", problem: null });
  expect(exitCodeOf(more.result)).toBe(0);
  const rest = await evaluateProbe(folder.path, { ...models, maxCalls: 50 });
  expect(rest.result).toMatchObject({ outcome: "complete", problem: null });
  expect(exitCodeOf(rest.result)).toBe(0);
});

it("ends with 1 where too much of a run failed, and with 3 for a shard or an A/A run that reaches nobody", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 6 });
  await using flaky = await startModelServer((response, request) =>
    (JSON.stringify(request.body).includes("question-102") ? plain(400, {}) : probeStudent)(
      response,
      request,
    ),
  );
  const half = await evaluateProbe(folder.path, { students: [`openai:fake@${flaky.url}/v1`] });
  expect(half.result).toMatchObject({ outcome: "void", ended: "complete" });
  expect(half.result.problem).toMatch(
    /^The results cannot be used: of probe-skill for openai:fake, the run is void/,
  );
  expect(exitCodeOf(half.result)).toBe(1);
  const request = {
    skills: ["skills/probe-skill"],
    students: [nobody],
    repeats: 1,
    placebo: false,
    plan: false,
  };
  for (const more of [{ aa: false, shard: "1/2" }, { aa: true }]) {
    const { result } = await evaluate({ ...request, results: "nobody", ...more }, probeContext(folder.path));
    expect(exitCodeOf(result)).toBe(3);
  }
});

it("lists every situation with its exit code, in lines that fit", () => {
  const lines = exitCodesHelp.split("\n");
  for (const { exitCode, words } of Object.values(outcomes))
    expect(lines).toContain(`  ${exitCode}  ${words}`);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
  const codes = lines.slice(1).map((line) => Number(line.trim().charAt(0)));
  expect(codes).toEqual(codes.toSorted((a, b) => a - b));
  expect(new Set(codes)).toEqual(new Set([0, 1, 2, 3]));
});

it("has the same table of exit codes in the README", async () => {
  const readme = await readFile(join(import.meta.dirname, "../../README.md"), "utf8");
  const rows = exitCodes.map(({ exitCode, words }) => `| ${exitCode} | ${words} |`);
  expect(readme).toContain(`\n| --- | --- |\n${rows.join("\n")}\n\n`);
});

it("prints dollars for a price that is known, also for one of zero", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 2 });
  await using server = await startModelServer(probeStudent);
  const free = { "input-per-million": 0, "output-per-million": 0 };
  await writeFile(
    join(folder.path, "overproof.yml"),
    stringify({ prices: { date: "2026-01-01", models: { fake: free } } }),
  );
  const said: string[] = [];
  const students = [`openai:fake@${server.url}/v1`];
  const { result, evaluated } = await evaluateProbe(folder.path, { students }, said);
  expect(result).toMatchObject({ cost_usd: 0, run: { calls: 4, cost_usd: 0 } });
  expect(said.join("\n")).toContain("4 calls to make, for $0.");
  expect(evaluateText(result, evaluated, view)).toContain("included), $0.");
});

it("keeps the plan of earlier results when another student fails, and both when it does not", async () => {
  await using folder = await temporaryFolder();
  await writeProbe(folder.path, { cases: 3 });
  await using one = await startModelServer(probeStudent);
  await using other = await startModelServer(probeStudent);
  const context = probeContext(folder.path);
  const first = await evaluateProbe(folder.path, { students: [`openai:one@${one.url}/v1`] });
  const before = await report({ results: "results" }, context);
  expect(before.evaluation.skills).toEqual(first.result.skills);

  await evaluateProbe(folder.path, { students: [nobody] });
  expect(await report({ results: "results" }, context)).toEqual(before);
  await evaluateProbe(folder.path, { students: [`openai:other@${other.url}/v1`], maxCalls: 1 });
  const said: string[] = [];
  const second = await evaluateProbe(folder.path, { students: [`openai:other@${other.url}/v1`] }, said);
  expect((await report({ results: "results" }, context)).evaluation.skills).toEqual(second.result.skills);
  const [kept = "", ...rest] = await readdir(join(folder.path, "results/plans"));
  expect(rest).toEqual([]);
  const name = kept.replace(".json", "");
  const earlier = await report({ results: "results", plan: name }, context);
  expect(earlier.markdown).toBe(before.markdown);
  await expect(report({ results: "results", plan: "../plan" }, context)).rejects.toMatchObject({
    exitCode: 2,
    remedy: `Write --plan with one of ${name}.`,
  });

  // More repeats of the same ask for all that is there: nothing has to be kept.
  await evaluateProbe(folder.path, { students: [`openai:other@${other.url}/v1`], repeats: 2 });
  expect(await readdir(join(folder.path, "results/plans"))).toEqual([kept]);
  const plan = JSON.parse(await readFile(join(folder.path, "results/plan.json"), "utf8")) as {
    repeats: number;
  };
  expect(plan.repeats).toBe(2);
});
