import { expect, it } from "vitest";
import { chatCompletion, startModelServer } from "../../test/model-server.ts";
import { createBudget } from "../models/budget.ts";
import type { Model } from "../models/model.ts";
import { openModel } from "../models/open-model.ts";
import { silentReporter } from "../reporter.ts";
import type { Claim } from "./claim.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import type { Operation } from "./operation.ts";
import { settleAnswer } from "./settled-answer.ts";

async function served(url: string): Promise<Model> {
  const model = await openModel(`openai:judge@${url}/v1`, {
    keys: {},
    budget: createBudget({}, undefined),
    now: () => 0,
    sleep: () => Promise.resolve(),
    random: () => 0,
    reporter: silentReporter,
  });
  if (model === undefined) throw new Error("no model");
  return model;
}

const says = (...verdicts: [pair: number, verdict: string][]) =>
  chatCompletion(JSON.stringify({ verdicts: verdicts.map(([pair, verdict]) => ({ pair, verdict })) }));

const known: Claim = {
  id: "c-1",
  part: "method",
  title: "Mask loads",
  when: "verification prints `CUDA error: an illegal memory access was encountered`.",
  do: "Add a mask to every load.",
  why: "",
  check: "",
  state: "active",
  author: "offline",
  evidence: ["e"],
  text: "",
};

function answer(title: string, when: string, advice: string): DistillAnswer {
  const add: Operation = {
    op: "add",
    part: "method",
    title,
    when,
    do: advice,
    why: "",
    check: "",
    evidence: ["n"],
  };
  return { skill_name: "s", description: "d", title: "t", operations: [add] };
}

const paraphrase = answer(
  "Illegal access",
  "a kernel reads out of bounds and an illegal memory access was encountered.",
  "Add masks to loads.",
);

it("agrees with what the judge calls a duplicate", async () => {
  await using server = await startModelServer(says([1, "duplicate"]));
  const settled = await settleAnswer(paraphrase, [known], new Map(), await served(server.url));
  expect(settled.answer.operations).toEqual([{ op: "agree", id: "c-1", evidence: ["n"] }]);
});

it("adds what the judge calls another thing, and tells the reviewer of a contradiction", async () => {
  await using server = await startModelServer(says([1, "contradicts"]));
  const settled = await settleAnswer(paraphrase, [known], new Map(), await served(server.url));
  expect(settled.answer).toEqual(paraphrase);
  expect(settled.notes).toEqual(['"Illegal access" may contradict the claim c-1.']);
});

it("never asks about, and never merges, claims whose literals differ", async () => {
  await using server = await startModelServer(says([1, "duplicate"]));
  const other = { ...known, do: "Set num_stages to 2 for every load." };
  const wanted = answer("Mask loads", known.when, "Set num_stages to 4 for every load.");
  const settled = await settleAnswer(wanted, [other], new Map(), await served(server.url));
  expect(settled.answer).toEqual(wanted);
  expect(settled.notes).toEqual(['"Mask loads" is possibly the same as the claim c-1.']);
  expect(server.requests).toEqual([]);
});

it("leaves out what another skill says, and names it", async () => {
  const same = answer(known.title, known.when, known.do);
  const settled = await settleAnswer(same, [], new Map([["other-skill", [known]]]), undefined);
  expect(settled.answer.operations).toEqual([]);
  expect(settled.notes).toEqual(['Not added: "Mask loads", because the skill other-skill says it (c-1).']);
});

it("does not bring back what a person deleted", async () => {
  const same = answer(known.title, known.when, known.do);
  const settled = await settleAnswer(same, [{ ...known, state: "removed" }], new Map(), undefined);
  expect(settled.answer.operations).toEqual([]);
  expect(settled.notes[0]).toContain("a person deleted");
});

it("leaves other operations and boundaries as they are", async () => {
  const agree: Operation = { op: "agree", id: "c-1", evidence: ["n"] };
  const boundary: Operation = {
    op: "add",
    part: "boundary",
    title: "x",
    when: "",
    do: known.do,
    why: "",
    check: "",
    evidence: ["n"],
  };
  const mixed: DistillAnswer = { ...paraphrase, operations: [agree, boundary] };
  expect(await settleAnswer(mixed, [known], new Map(), undefined)).toEqual({ answer: mixed, notes: [] });
});
