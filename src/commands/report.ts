import { dirname, join, resolve } from "node:path";
import { libraryHome } from "../config/library-home.ts";
import { loadConfig } from "../config/load.ts";
import { sha256 } from "../digest.ts";
import { countCalls } from "../evaluate/call-ledger.ts";
import { evaluationFigures, type EvaluationFigures } from "../evaluate/figures.ts";
import { type EvaluationJson, evaluationJson } from "../evaluate/evaluation-json.ts";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import { openJudgements } from "../evaluate/judgement-store.ts";
import { readDuels } from "../evaluate/kernel-duel-file.ts";
import { readNoise } from "../evaluate/kept-noise.ts";
import { openResultStore, type ResultStore } from "../evaluate/result-store.ts";
import { earlierPlans, readPlan } from "../evaluate/stored-plan.ts";
import type { Plan } from "../evaluate/plan.ts";
import { usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { abPage } from "../report/ab-page.ts";
import { abTable } from "../report/ab-table.ts";
import { shownReplies } from "../report/shown-runs.ts";
import type { Context } from "./context.ts";
import { reportedPath } from "./reported-path.ts";

export interface ReportRequest {
  /** Folder with `plan.json` and the results; `.overproof/results` of the library's home when absent. */
  results?: string | undefined;
  /** Name of an earlier plan whose results lie there too; the latest plan when absent. */
  plan?: string | undefined;
  /** File to write the page to. */
  html?: string | undefined;
  /** Which of the students is the teacher; the configured model when absent. */
  teacher?: string | undefined;
  /** What blocks a merge; the configuration's when absent. */
  policy?: MergePolicy | undefined;
  config?: string | undefined;
}

export interface ReportResult {
  command: "report";
  figures: EvaluationFigures;
  policy: MergePolicy;
  markdown: string;
  evaluation: EvaluationJson;
  /** Where the page was written, relative to the working folder when inside it; null where none was asked for. */
  html: string | null;
}

/**
 * Rebuilds everything that an evaluation shows from its stored plan and results: no network, no models, no library, the
 * same bytes every time. Throws `Failure` (exit code 2) for a plan that is missing or damaged.
 */
export async function report(
  request: ReportRequest,
  context: Pick<Context, "cwd" | "reporter">,
): Promise<ReportResult> {
  const cwd = await realPath(context.cwd);
  const loaded = await loadConfig(cwd, request.config);
  const folder =
    request.results === undefined
      ? join((await libraryHome(cwd, loaded)).home, ".overproof", "results")
      : resolve(cwd, request.results);
  const plan = await readPlan(folder, reportedPath(folder, cwd), request.plan);
  const others = (await earlierPlans(folder)).filter((name) => name !== request.plan);
  if (others.length > 0 && request.plan === undefined) {
    context.reporter.info(`Results of earlier plans lie there too: --plan ${others.join(", or --plan ")}.`);
  }
  requireStudent(plan, request.teacher);
  const store = await openResultStore(folder);
  try {
    if (store.damaged.length > 0) {
      const [first] = store.damaged;
      context.reporter.warning(`${store.damaged.length} results cannot be read, the first in ${first}.`);
    }
    const judgements = await openJudgements(folder);
    if (judgements.damaged.length > 0) {
      const [first] = judgements.damaged;
      context.reporter.warning(
        `${judgements.damaged.length} judgements cannot be read, the first in ${first}.`,
      );
    }
    const noise = await readNoise(folder);
    for (const place of noise.damaged) {
      context.reporter.warning(`${place} is no noise floor and passed over.`);
    }
    const figures = evaluationFigures(plan, store, {
      teacher: request.teacher ?? loaded.config.model,
      judgements,
      noise: noise.floors,
      duels: await readDuels(folder),
      calls: await countCalls([folder]),
    });
    const policy = request.policy ?? loaded.config.gate["block-on"];
    const html =
      request.html === undefined
        ? null
        : await writePage(
            resolve(cwd, request.html),
            abPage(figures, { policy, replies: await repliesOf(figures, store, context) }),
          );
    return {
      command: "report",
      figures,
      policy,
      markdown: abTable(figures, policy),
      evaluation: evaluationJson(figures, "report"),
      html: html === null ? null : reportedPath(html, cwd),
    };
  } finally {
    await store.close();
  }
}

function requireStudent({ students }: Plan, teacher: string | undefined): void {
  if (teacher === undefined || students.some(({ spec }) => spec === teacher)) return;
  throw usageFailure(
    `The results have no student ${teacher}.`,
    `Name one of ${students.map(({ spec }) => spec).join(", ")} with --teacher.`,
  );
}

async function writePage(path: string, content: string): Promise<string> {
  await writeStaged([{ path, content, root: dirname(path) }]);
  return path;
}

/** The replies that the page shows. One that is not what its name says is not shown. */
async function repliesOf(
  figures: EvaluationFigures,
  store: ResultStore,
  { reporter }: Pick<Context, "reporter">,
): Promise<Map<string, string>> {
  const replies = new Map<string, string>();
  for (const digest of shownReplies(figures)) {
    const text = await store.reply(digest);
    if (text === undefined) continue;
    if (sha256(text) === digest) replies.set(digest, text);
    else
      reporter.warning(`The reply ${digest.slice(0, 12)} was changed since it was stored and is not shown.`);
  }
  return replies;
}
