import { expect, it } from "vitest";
import { madePlan, madeTrials } from "../../test/made-evaluation.ts";
import { type Said, scriptedJudge, type Shown, shownTo } from "../../test/judge-script.ts";
import { plain, type Scripted, startModelServer } from "../../test/model-server.ts";
import { temporaryFolder } from "../../test/run.ts";
import { sha256 } from "../digest.ts";
import { openModel } from "../models/open-model.ts";
import { silentReporter } from "../reporter.ts";
import { openJudgeDesk } from "./judge-desk.ts";
import { judgedPairs } from "./judged-pairs.ts";
import { openJudgements } from "./judgement-store.ts";
import { pairwiseFigures } from "./pairwise-figures.ts";
import { type Plan, plannedTrials } from "./plan.ts";
import { openResultStore } from "./result-store.ts";
import { runPairs } from "./run-pairs.ts";
import { caseDigest, type SuiteCase } from "./suite.ts";
import { trialBudget } from "./trial-budget.ts";

function caseOf(id: string): SuiteCase {
  return {
    id,
    prompt: `Explain ${id}.`,
    files: new Map(),
    checks: [],
    assertions: ["It is right."],
    expectedOutput: "",
    source: id,
    seen: false,
    mustPass: false,
  };
}

interface World {
  script: Scripted[];
  /** Replies by case, of head and of base. */
  replies: Record<string, [head: string, base: string]>;
  repeats?: number;
  maxCalls?: number;
}

/** Runs the pairs of made results twice, and gives what the second run sees and what it cost. */
async function compared({ script, replies, repeats = 1, maxCalls }: World) {
  await using server = await startModelServer(...script);
  await using folder = await temporaryFolder();
  const spec = `openai:judge@${server.url}/v1`;
  const cases = new Map(Object.keys(replies).map((id) => [id, caseOf(id)]));
  const made = madePlan({ cases: [...cases.keys()].map((id) => ({ id })), repeats, more: { judge: spec } });
  const plan: Plan = {
    ...made,
    skills: made.skills.map((skill) => ({
      ...skill,
      cases: skill.cases.map((one) => ({ ...one, judged: true, sha256: caseDigest(caseOf(one.id), spec) })),
    })),
  };
  const replyOf = ({ arm, case: { id } }: { arm: string; case: { id: string } }): string =>
    (replies[id] ?? ["", ""])[arm === "head" ? 0 : 1];
  const results = await openResultStore(folder.path);
  const trials = madeTrials(plan, (trial) => ({ reply_sha256: sha256(replyOf(trial)) }));
  for (const trial of plannedTrials(plan)) {
    const result = trials.get(trial.key);
    if (result) await results.add(result, replyOf(trial));
  }
  const pairs = judgedPairs(plan, plannedTrials(plan));
  const ends: string[] = [];
  const requests: number[] = [];
  let figures: ReturnType<typeof pairwiseFigures> = null;
  for (let run = 0; run < 2; run += 1) {
    const judgements = await openJudgements(folder.path);
    const budget = trialBudget(maxCalls === undefined ? {} : { maxCalls }, undefined);
    const model = await openModel(spec, {
      keys: {},
      budget: budget.budget,
      now: () => 0,
      sleep: async () => undefined,
      random: () => 0,
      reporter: silentReporter,
    });
    if (model === undefined) throw new Error("no judge");
    const desk = openJudgeDesk({ spec, model, judgements, budget, places: 2, now: () => new Date(0) });
    const reporter = silentReporter;
    const caseFor = (trial: { case: { id: string } }): SuiteCase => caseOf(trial.case.id);
    ends.push(await runPairs(pairs, { desk, results, caseOf: caseFor, budget, concurrency: 2, reporter }));
    figures = pairwiseFigures(pairs, plan.judge, { results, judgements });
    requests.push(server.requests.length);
    await judgements.close();
  }
  await results.close();
  return { figures, ends, requests, seen: server.requests.map(shownTo) };
}

/** Prefers the answer that holds a word, wherever it stands. */
const fair = (shown: Shown): Said => {
  const at = shown.answers.findIndex((answer) => answer.includes("right"));
  if (at === -1) return { preference: "tie", quote: null, reason: "" };
  return { preference: at === 0 ? "first" : "second", quote: shown.answers[at], reason: "It is right." };
};

const better: Record<string, [string, string]> = Object.fromEntries(
  Array.from({ length: 6 }, (_, index) => [`case-${index}`, [`right ${index}`, `wrong ${index}`]]),
);

it("counts a preference that stays with its answer, and never asks twice", async () => {
  const { figures, requests, ends } = await compared({ script: [scriptedJudge(fair)], replies: better });
  // 2 * 0.5 ** 6
  expect(figures).toMatchObject({
    reference: "base",
    wins: 6,
    losses: 0,
    ties: 0,
    p: expect.closeTo(0.03125, 12) as number,
    open: 0,
  });
  expect(requests).toEqual([12, 12]);
  expect(ends).toEqual(["complete", "complete"]);
});

it("counts losses as it counts wins", async () => {
  const turned = Object.fromEntries(Object.entries(better).map(([id, [head, base]]) => [id, [base, head]]));
  const replies = turned as World["replies"];
  const { figures } = await compared({ script: [scriptedJudge(fair)], replies });
  expect(figures).toMatchObject({ wins: 0, losses: 6, ties: 0, p: expect.closeTo(0.03125, 12) as number });
});

it("calls everything a tie that a judge says who always prefers the first answer", async () => {
  const biased = (shown: Shown): Said => ({ preference: "first", quote: shown.answers[0], reason: "" });
  const { figures } = await compared({ script: [scriptedJudge(biased)], replies: better });
  expect(figures).toMatchObject({ wins: 0, losses: 0, ties: 6, p: 1 });
});

it.each([
  ["quotes neither answer", "invented words"],
  ["quotes nothing", null],
])("calls it a tie where a judge %s", async (_, quote) => {
  const lying = (shown: Shown): Said => ({ ...Object(fair(shown)), quote });
  const { figures } = await compared({ script: [scriptedJudge(lying)], replies: better });
  expect(figures).toMatchObject({ wins: 0, losses: 0, ties: 6, p: 1 });
});

it("takes equal replies for a tie without a call, and judges equal pairs of repeats once", async () => {
  const replies: World["replies"] = { same: ["x", "x"], other: ["right", "wrong"] };
  const { figures, requests } = await compared({ script: [scriptedJudge(fair)], replies, repeats: 3 });
  expect(figures).toMatchObject({ wins: 1, losses: 0, ties: 1, p: 1 });
  expect(requests).toEqual([2, 2]);
});

it("shows neither arms nor skills, and both orders", async () => {
  const { seen } = await compared({ script: [scriptedJudge(fair)], replies: { one: ["right", "wrong"] } });
  expect(seen.map(({ answers }) => answers)).toEqual([
    ["right", "wrong"],
    ["wrong", "right"],
  ]);
  for (const { text } of seen) expect(text).not.toMatch(/\b(?:head|base|none|arm|skill|wide-rows)\b/);
});

it("leaves open what a failing judge says nothing on, and stops asking it", async () => {
  const down = plain(503, { error: { message: "down" } });
  const many = Array.from({ length: 30 }, (_, index) => [`case-${index}`, [`right ${index}`, "wrong"]]);
  const replies = Object.fromEntries(many) as World["replies"];
  const { figures, ends, requests } = await compared({ script: [down], replies });
  expect(figures).toBeNull();
  expect(ends).toEqual(["complete", "complete"]);
  // Five failures in a row and one beside the last of them, of six attempts each.
  expect(requests[0]).toBeLessThanOrEqual(36);
});

it("stops at the budget, and goes on with the next run's", async () => {
  const { figures, requests, ends } = await compared({
    script: [scriptedJudge(fair)],
    replies: better,
    maxCalls: 7,
  });
  expect(ends).toEqual(["budget spent", "complete"]);
  expect(requests).toEqual([7, 12]);
  expect(figures).toMatchObject({ wins: 6, open: 0 });
});
