import { dirname, join, resolve } from "node:path";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import { type EvaluationJson, evaluationJson } from "../evaluate/evaluation-json.ts";
import { failedJobs } from "../evaluate/needed-jobs.ts";
import { Failure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { openRepository } from "../git/repository.ts";
import type { Annotation } from "../github/check-run.ts";
import { type GitHubEvent, readEvent } from "../github/event.ts";
import { gateAnnotations } from "../report/gate-annotations.ts";
import { type GateAnswer, gateAnswer, type GateFindings } from "../report/gate-answer.ts";
import { gatePage } from "../report/gate-page.ts";
import { type ChangedSkill, changedSkills } from "./changed-skills.ts";
import type { Context } from "./context.ts";
import type { GateWrites } from "./gate-writes.ts";
import type { Judged } from "./judged-results.ts";
import { reportedPath } from "./reported-path.ts";
import { trustedConfig } from "./trusted-config.ts";
import { libraryHome } from "../config/library-home.ts";

export interface GateRequest {
  /** Folder of plan and results, or with such folders in it; `.overproof/results` when absent. */
  results?: string | undefined;
  /** A commit that the change is held against; what the event or the target branch says when absent. */
  base?: string | undefined;
  /** Which verdicts keep a change from merging; the configuration's when absent. */
  policy?: MergePolicy | undefined;
  /** Says what it would do, and keeps nothing from merging. */
  advisory: boolean;
  /** `toJSON(needs)` of a workflow: jobs that failed keep a change from merging. */
  needs?: string | undefined;
  /** File to write the page with all cases to. */
  html?: string | undefined;
  /** `owner/name`; the workflow's when absent. */
  repository?: string | undefined;
  config?: string | undefined;
  /** Writes nothing to GitHub. */
  dryRun: boolean;
}

export interface GateResult extends GateWrites {
  command: "gate";
  status: "passed" | "blocked" | "advised";
  conclusion: GateAnswer["conclusion"];
  /** Whether it may merge, and why. */
  sentence: string;
  skills: { name: string; path: string; change: ChangedSkill["change"] }[];
  evaluation: EvaluationJson | null;
  annotations: Annotation[];
  /** Where the page was written; null where none was asked for. */
  html: string | null;
}

/**
 * Decides whether a change of skills may merge, and says so: in the check of its commit, in one comment of its pull
 * request, and in what it returns. The skills, their cases and the thresholds come from the clone and the base branch;
 * results are only believed as far as they fit them. Throws `Failure` where nothing can be decided: exit code 2 for
 * unusable input, 3 for a GitHub that keeps failing.
 */
export async function gate(request: GateRequest, outer: Context): Promise<GateResult & { markdown: string }> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const event = await readEvent(context.environment);
  const judged = await decisionOf(request, event, context);
  const { findings, policy, advisory, skills } = judged;
  const answer = gateAnswer(findings, { policy, advisory });
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_RUN_ID: run } = context.environment;
  const runUrl = server && name && run ? `${server}/${name}/actions/runs/${run}` : undefined;
  const markdown = gatePage({ answer, findings, skills, remarks: judged.remarks, runUrl });
  const annotations = gateAnnotations(judged.linted, findings.figures, {
    policy,
    pathOf: (skill) => skills.find((one) => one.name === skill)?.path,
  });
  const { noWrites, tellGitHub } = await import("./gate-writes.ts");
  const writes =
    event === undefined || request.dryRun
      ? noWrites
      : await tellGitHub(
          { event, answer, markdown, annotations, runUrl, hasSkills: skills.length > 0 },
          request,
          context,
        );
  return {
    command: "gate",
    status: answer.mayMerge ? "passed" : advisory ? "advised" : "blocked",
    conclusion: answer.conclusion,
    sentence: answer.sentence,
    skills: [...skills],
    evaluation: findings.figures === null ? null : evaluationJson(findings.figures, "report"),
    annotations,
    html: await writePage(judged, policy, request, context),
    ...writes,
    markdown,
  };
}

interface Decision extends Judged {
  policy: MergePolicy;
  advisory: boolean;
  findings: GateFindings;
  skills: GateResult["skills"];
}

/**
 * What the gate knows of the change. A change that cannot be judged, because a file of it or of the results does not
 * fit, is one that may not merge: the check has to say so, and not stay open.
 */
async function decisionOf(
  request: GateRequest,
  event: GitHubEvent | undefined,
  context: Context,
): Promise<Decision> {
  const repository = await openRepository(context.cwd, context.environment);
  const { loaded, base } = await trustedConfig(repository, event, request, context);
  const { config } = loaded;
  const policy = request.policy ?? config.gate["block-on"];
  const advisory = request.advisory || config.gate.advisory;
  const home = await libraryHome(context.cwd, loaded);
  const changed = await changedSkills(repository, base, home.library);
  const failed = request.needs === undefined ? [] : failedJobs(request.needs);
  const folder = resolve(context.cwd, request.results ?? join(loaded.folder, ".overproof", "results"));
  let judged: Judged;
  try {
    judged =
      changed.length === 0
        ? nothingJudged
        : // Most changes are of no skill: their check does not wait for what judges one.
          await (
            await import("./judged-results.ts")
          ).judgeResults(changed, { repository, base, loaded, folder, context });
  } catch (error) {
    if (!(error instanceof Failure) || error.exitCode === 3) throw error;
    judged = {
      ...nothingJudged,
      problems: [`${error.message.replace(/\.$/, "")} (${error.remedy.replace(/\.$/, "")})`],
    };
  }
  const skills = changed.map(({ folder: skillFolder, path, change }) => ({
    name: judged.names.get(skillFolder) ?? (path.split("/").at(-2) || path),
    path,
    change,
  }));
  const findings: GateFindings = {
    changed: changed.length,
    problems: [...failed, ...judged.problems],
    errors: judged.linted.filter(({ severity }) => severity === "error"),
    unproven: judged.unproven,
    figures: judged.figures,
  };
  return { ...judged, policy, advisory, findings, skills };
}

const nothingJudged: Judged = {
  names: new Map(),
  linted: [],
  problems: [],
  unproven: [],
  figures: null,
  remarks: [],
  replies: async () => undefined,
};

async function writePage(
  { figures, replies }: Judged,
  policy: MergePolicy,
  { html }: GateRequest,
  { cwd }: Context,
): Promise<string | null> {
  if (html === undefined || figures === null) return null;
  const { abPage } = await import("../report/ab-page.ts");
  const { shownReplies } = await import("../report/shown-runs.ts");
  const path = resolve(cwd, html);
  const texts = new Map<string, string>();
  for (const digest of shownReplies(figures)) {
    const text = await replies(digest);
    if (text !== undefined) texts.set(digest, text);
  }
  await writeStaged([{ path, content: abPage(figures, { policy, replies: texts }), root: dirname(path) }]);
  return reportedPath(path, cwd);
}
