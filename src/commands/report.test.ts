import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { madePlan, madeTrials } from "../../test/made-evaluation.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import type { Trial } from "../evaluate/trial.ts";
import { type Reporter, silentReporter } from "../reporter.ts";
import { report } from "./report.ts";

let root = "";
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "report-"))));
afterAll(() => rm(root, { recursive: true, force: true }));

const plan = madePlan({ cases: 6, students: ["openai:small", "openai:large"] });
const trials = madeTrials(plan, ({ arm, identity }) => ({
  outcome: arm === "head" || identity.repeat === 0 ? "passed" : "failed",
}));

async function storedRun(name: string, order: Trial[] = [...trials.values()]): Promise<string> {
  const folder = join(root, name);
  const store = await openResultStore(folder);
  for (const trial of order) await store.add(trial, `reply of ${trial.key}`);
  await store.close();
  await writeFile(join(folder, "plan.json"), JSON.stringify(plan));
  return folder;
}

test("a report is made from the files alone, byte for byte the same, in whatever order results came", async () => {
  const context = { cwd: root, reporter: silentReporter };
  await storedRun("one");
  await storedRun("two", [...trials.values()].reverse());
  const first = await report({ results: "one", html: "one.html" }, context);
  const again = await report({ results: "one", html: "again.html" }, context);
  const other = await report({ results: "two", html: "two.html" }, context);
  expect(first.html).toBe("one.html");
  for (const one of [again, other]) {
    expect(one.markdown).toBe(first.markdown);
    expect(one.evaluation).toEqual(first.evaluation);
    expect(await readFile(join(root, one.html ?? ""))).toEqual(await readFile(join(root, "one.html")));
  }
  expect(first.evaluation).toMatchObject({ command: "report", status: "complete", calls: 72 });
  expect(await readFile(join(root, "one.html"), "utf8")).toContain("<pre>reply of ");
});

test("one raw result that is another makes another table, other figures and another page", async () => {
  const context = { cwd: root, reporter: silentReporter };
  await storedRun("as-it-was");
  const [one, ...others] = trials.values();
  if (!one) throw new Error("no trial");
  const outcome = one.outcome === "passed" ? "failed" : "passed";
  await storedRun("one-changed", [{ ...one, outcome }, ...others]);
  const before = await report({ results: "as-it-was", html: "as-it-was.html" }, context);
  const after = await report({ results: "one-changed", html: "one-changed.html" }, context);
  const tableOf = (markdown: string): string | undefined =>
    markdown.split("\n").find((line) => line.startsWith("| `wide-rows`"));
  expect(tableOf(after.markdown)).not.toBe(tableOf(before.markdown));
  expect(after.evaluation.skills).not.toEqual(before.evaluation.skills);
  expect(await readFile(join(root, "one-changed.html"))).not.toEqual(
    await readFile(join(root, "as-it-was.html")),
  );
});

test("the teacher is one of the students, named or configured", async () => {
  const results = await storedRun("teacher");
  const context = { cwd: results, reporter: silentReporter };
  expect((await report({ results: "." }, context)).figures.teacher).toBeNull();
  expect((await report({ results: ".", teacher: "openai:large" }, context)).figures.teacher).toBe(
    "openai:large",
  );
  await writeFile(join(results, "overproof.yml"), "model: openai:large\n");
  expect((await report({ results: "." }, context)).figures.teacher).toBe("openai:large");
  await expect(report({ results: ".", teacher: "openai:unknown" }, context)).rejects.toMatchObject({
    message: "The results have no student openai:unknown.",
    exitCode: 2,
  });
});

test("a plan that is missing, damaged or without bounds is refused in a sentence", async () => {
  const context = { cwd: root, reporter: silentReporter };
  await expect(report({ results: "nothing" }, context)).rejects.toMatchObject({
    message: expect.stringMatching(/^There is no plan in nothing: /),
    exitCode: 2,
  });
  const results = await storedRun("broken");
  for (const [content, problem] of [
    ['{"format": 1', /plan\.json is not JSON/],
    ['{"format": 2}', /plan\.json is not the plan of an evaluation: format/],
    [JSON.stringify({ ...plan, repeats: 10_000_000 }), /asks for 480000000 trials/],
  ] as const) {
    await writeFile(join(results, "plan.json"), content);
    await expect(report({ results: "broken" }, context)).rejects.toMatchObject({
      message: expect.stringMatching(problem),
      exitCode: 2,
    });
  }
});

test("damaged results and replies that were changed are told and left out", async () => {
  const results = await storedRun("damaged");
  await appendFile(join(results, "trials.jsonl"), "{ half a line\n");
  const shown = [...trials.values()].find(({ outcome }) => outcome === "failed");
  await writeFile(join(results, "replies", `${shown?.reply_sha256}.txt`), "another reply");
  const warnings: string[] = [];
  const reporter: Reporter = { ...silentReporter, warning: (message) => void warnings.push(message) };
  await report({ results: "damaged", html: "damaged.html" }, { cwd: root, reporter });
  expect(warnings).toEqual([
    "1 results cannot be read, the first in trials.jsonl:73.",
    `The reply ${shown?.reply_sha256?.slice(0, 12)} was changed since it was stored and is not shown.`,
  ]);
  expect(await readFile(join(root, "damaged.html"), "utf8")).not.toContain("another reply");
});
