import type { Model, Question } from "../models/model.ts";
import { type Judgement, type JudgementBasis, judgementKey } from "./judgement.ts";
import type { JudgementLookup, JudgementStore } from "./judgement-store.ts";
import type { TrialBudget } from "./trial-budget.ts";

/** What a judgement took. */
export type Effort = Pick<Judgement, "key" | "model" | "tokens" | "cost_usd" | "calls" | "finished_at">;

/** What is to be judged, and the key of the trial that asks. */
export interface JudgeMatter {
  basis: JudgementBasis;
  trial: string;
}

/** Where the judge is asked. */
export interface JudgeDesk {
  /** As the plan names the judge, and its judgements with it. */
  readonly spec: string;
  readonly judgements: JudgementLookup;
  /**
   * The judgement on the basis of a matter. It is asked for once, whoever needs it and when: equal replies are judged alike, and
   * what is known is never paid for again. Throws `Failure` (exit code 3) where the judge fails, gives no answer of the
   * form, or may not be paid for; `hasRefused` of the budget tells the last.
   */
  judgementOn<T>(
    matter: JudgeMatter,
    question: Omit<Question<T>, "purpose">,
    toJudgement: (answer: T, effort: Effort) => Judgement,
  ): Promise<Judgement>;
}

/** `budget` is the one that the judge was opened with; `places` is how many questions may be open at once. */
export function openJudgeDesk(parts: {
  spec: string;
  model: Model;
  judgements: JudgementStore;
  budget: TrialBudget;
  places: number;
  now: () => Date;
}): JudgeDesk {
  const { spec, model, judgements, budget, now } = parts;
  const open = new Map<string, Promise<Judgement>>();
  const inPlace = placesOf(parts.places);

  async function ask<T>(
    { key, trial }: { key: string; trial: string },
    question: Omit<Question<T>, "purpose">,
    toJudgement: (answer: T, effort: Effort) => Judgement,
  ): Promise<Judgement> {
    // No two questions that are open have one key, and the budget tells them apart by it.
    const purpose = `judge ${key.slice(0, 16)}`;
    budget.begin(purpose, { trial, judgement: key });
    try {
      const { value, model: name, usage, costUsd } = await model.ask({ ...question, purpose });
      const judgement = toJudgement(value, {
        key,
        model: name,
        tokens: {
          input: usage.inputTokens,
          cached_input: usage.cachedInputTokens,
          output: usage.outputTokens,
        },
        cost_usd: costUsd,
        calls: budget.attempts(purpose),
        finished_at: now().toISOString(),
      });
      await judgements.add(judgement);
      return judgement;
    } finally {
      budget.settle(purpose);
    }
  }

  return {
    spec,
    judgements,
    judgementOn({ basis, trial }, question, toJudgement) {
      const key = judgementKey(basis);
      const known = judgements.get(key);
      if (known !== undefined) return Promise.resolve(known);
      const asked = open.get(key);
      if (asked !== undefined) return asked;
      const asking = inPlace(() => ask({ key, trial }, question, toJudgement)).finally(() =>
        open.delete(key),
      );
      open.set(key, asking);
      return asking;
    },
  };
}

/** Runs at most so many of its tasks at once, the others in the order in which they came. */
function placesOf(count: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = count;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((start) => waiting.push(start));
    try {
      return await task();
    } finally {
      // The place goes to the next one, or back.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
