import { libraryHome } from "../config/library-home.ts";
import type { Agents } from "../evaluate/agent.ts";
import { openAgentBench } from "../evaluate/agent-bench.ts";
import { runAgentTrial } from "../evaluate/agent-runner.ts";
import type { ArrivedAnswers } from "../evaluate/arrived-answers.ts";
import type { BatchJournal } from "../evaluate/batch-journal.ts";
import { runChatTrial } from "../evaluate/chat-runner.ts";
import { scriptRunner } from "../evaluate/eval-script.ts";
import type { JudgementStore } from "../evaluate/judgement-store.ts";
import type { KeptNoise } from "../evaluate/kept-noise.ts";
import { materialOf } from "../evaluate/measured-skill.ts";
import type { PlannedTrial } from "../evaluate/plan.ts";
import type { ResultStore } from "../evaluate/result-store.ts";
import { runLooks } from "../evaluate/run-looks.ts";
import type { RunEnd, TrialRun } from "../evaluate/run-trials.ts";
import { coveredBy } from "../evaluate/shards.ts";
import type { Taken, TrialBudget } from "../evaluate/trial-budget.ts";
import type { Model } from "../models/model.ts";
import { batchesOf } from "./batches.ts";
import { isKernelTrial, runKernels } from "./evaluate-kernels.ts";
import type { Evaluation } from "./evaluation.ts";
import { limitWords } from "../evaluate/spending-limits.ts";
import { openJudging } from "./judge.ts";
import { openStudent, providerOf } from "./students.ts";

/** How a run ended, what it took, and the limit that ended it, if one did. */
export interface MeasuredRun {
  ended: RunEnd;
  taken: Taken;
  passed: ReturnType<TrialBudget["passed"]>;
}

/**
 * Runs trials with their students, judges what is in prose, and keeps every result as it comes. Says why it ended; what is
 * done is kept in any case. Throws `Failure` (exit code 2) for a model that cannot be opened.
 */
export async function measureTrials(
  own: readonly PlannedTrial[],
  parts: {
    evaluation: Evaluation;
    store: ResultStore;
    arrived: ArrivedAnswers;
    journal: BatchJournal;
    judgements: JudgementStore;
    budget: TrialBudget;
    /** Of earlier A/A runs. */
    noise: readonly KeptNoise[];
    /** Called when a result that was not excluded is on disk. */
    onFinished: () => void;
  },
): Promise<MeasuredRun> {
  const { evaluation, store, arrived, journal, judgements, budget, noise, onFinished } = parts;
  const { context, config, plan } = evaluation;
  const { reporter, now } = context;
  const find = materialOf(evaluation.skills, evaluation.agents);
  const models = new Map<string, Model>();
  for (const { spec, runner } of plan.students)
    if (runner === "chat") models.set(spec, await openStudent(spec, budget.budget, context));
  const hasScripts = evaluation.skills.some(({ cases }) =>
    cases.some(({ scripts }) => scripts !== undefined),
  );
  const judging = await openJudging(evaluation, { store, judgements, budget });
  const batches = batchesOf(evaluation, { store, arrived, journal, budget });
  const setting = {
    judge: judging?.judge,
    budget,
    arrived,
    now,
    scripts: hasScripts ? await scriptRunner(config.evaluate.scripts, context.environment) : undefined,
  };
  const bench = await openAgentBench(agentsIn(evaluation), {
    hidden: await privateFolders(evaluation),
    environment: context.environment,
    reporter,
  });
  const run: TrialRun = {
    store,
    prepare: (trials, isStopped) => batches.prepare(trials, isStopped),
    async run(trial) {
      const material = find(trial);
      if (material.runner === "command") {
        const { environment } = context;
        const { estimate } = evaluation;
        return runAgentTrial(trial, material, { ...setting, environment, estimate, bench });
      }
      const student = models.get(trial.student.spec);
      if (student === undefined)
        throw new Error(`The plan has a student that is not open: ${trial.student.spec}.`);
      return runChatTrial(trial, material, { ...setting, student, missing: batches.missing });
    },
    onStored({ key }) {
      arrived.settle(key);
      onFinished();
    },
    laneOf: ({ student }) => providerOf(student.spec),
    concurrency: config.evaluate.concurrency,
    tried: new Set(),
    reporter,
    now: () => now().getTime(),
  };
  const others = own.filter((trial) => !isKernelTrial(trial));
  const kernels = own.filter(isKernelTrial);
  const answered = await runLooks(plan, others, run, noise);
  // Kernels get all repeats at once: a device that is warm is not given back between looks.
  const tried =
    kernels.length === 0 || answered === "budget spent"
      ? answered
      : worstOf(answered, await runKernels(kernels, { evaluation, store, budget, students: models }));
  // A preference decides nothing: where the judge fails, the trials count as they are.
  const compared =
    tried === "budget spent" ? tried : await judging?.compare(coveredBy(own, evaluation.trials));
  const ended = compared === "budget spent" ? compared : tried;
  const passed = budget.passed();
  if (ended === "budget spent") {
    const limit = passed === undefined ? "A limit" : `The limit of ${limitWords(passed)}`;
    reporter.warning(
      `${limit} ended this run. What is done is kept: run it again to go on, with a higher limit to get further.`,
    );
  }
  return { ended, taken: budget.taken(), passed };
}

function agentsIn({ plan, agents }: Evaluation): Agents {
  const specs = new Set(plan.students.map(({ spec }) => spec));
  return new Map([...agents].filter(([spec]) => specs.has(spec)));
}

/** Where answers, skills and results lie, which no agent is to find. */
async function privateFolders({ context, loaded, folder }: Evaluation): Promise<string[]> {
  const { library } = await libraryHome(context.cwd, loaded);
  return [context.cwd, loaded.folder, library, folder];
}

function worstOf(one: RunEnd, other: RunEnd): RunEnd {
  return other === "complete" ? one : other;
}
