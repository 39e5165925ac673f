import { dirname, join, resolve } from "node:path";
import { configSchema } from "../config/config.ts";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import type { EvaluationJson } from "../evaluate/evaluation-json.ts";
import { failedJobs } from "../evaluate/needed-jobs.ts";
import { Failure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { writeStaged } from "../files/staged-write.ts";
import { type GitRepository, openRepository } from "../git/repository.ts";
import type { Annotation } from "../github/check-run.ts";
import { type GitHubEvent, readEvent } from "../github/event.ts";
import { lintAnnotations } from "../report/gate-annotations.ts";
import { type GateAnswer, gateAnswer, type GateFindings } from "../report/gate-answer.ts";
import { gatePage, type GatePage } from "../report/gate-page.ts";
import { type ChangedSkill, changedSkills, type SkillChanges } from "./changed-skills.ts";
import type { Context } from "./context.ts";
import type { GateWrites } from "./gate-writes.ts";
import type { Judged } from "./judged-results.ts";
import { reportedPath } from "./reported-path.ts";
import { type TrustedConfig, trustedConfig } from "./trusted-config.ts";

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
  /** A name for complete results, under which a later run finds them; null without. */
  key: string | null;
  /** Where the page was written; null where none was asked for. */
  html: string | null;
}

/** The decision for people: as Markdown for GitHub, and what that was made from. */
export interface GateTold {
  markdown: string;
  page: GatePage;
}

/**
 * Decides whether a change of skills may merge, and says so: in the check of its commit, in one comment of its pull
 * request, and in what it returns. The skills, their cases and the thresholds come from the clone and the base branch;
 * results are only believed as far as they fit them. Throws `Failure` where nothing can be decided: exit code 2 for
 * unusable input, 3 for a GitHub that keeps failing.
 */
export async function gate(request: GateRequest, outer: Context): Promise<GateResult & GateTold> {
  const context = { ...outer, cwd: await realPath(outer.cwd) };
  const event = await readEvent(context.environment);
  const judged = await decisionOf(request, event, context);
  const { findings, policy, advisory, skills } = judged;
  const answer = gateAnswer(findings, { policy, advisory });
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_RUN_ID: run } = context.environment;
  const runUrl = server && name && run ? `${server}/${name}/actions/runs/${run}` : undefined;
  const ab = await shownFigures(judged);
  const page: GatePage = { answer, findings, skills, ab: ab.parts, remarks: judged.remarks, runUrl };
  const markdown = gatePage(page);
  const annotations = [...lintAnnotations(judged.linted), ...ab.annotations];
  const { noWrites, tellGitHub } = await import("./gate-writes.ts");
  const writes =
    event === undefined || request.dryRun
      ? noWrites
      : await tellGitHub(
          {
            event,
            answer,
            markdown,
            annotations,
            runUrl,
            hasSkills: skills.length > 0,
            baseBranch: judged.baseBranch,
          },
          request,
          context,
        );
  return {
    command: "gate",
    status: answer.mayMerge ? "passed" : advisory ? "advised" : "blocked",
    conclusion: answer.conclusion,
    sentence: answer.sentence,
    skills: [...skills],
    evaluation: ab.json,
    annotations,
    key: judged.key,
    html: await writePage(judged, policy, request, context),
    ...writes,
    markdown,
    page,
  };
}

/** The figures in the forms that the gate says them in. Most gates have none, and load nothing for it. */
async function shownFigures({
  findings: { figures },
  policy,
  skills,
}: Decision): Promise<{ parts: string[]; annotations: Annotation[]; json: EvaluationJson | null }> {
  if (figures === null) return { parts: [], annotations: [], json: null };
  const [{ abParts }, { verdictAnnotations }, { evaluationJson }] = await Promise.all([
    import("../report/ab-table.ts"),
    import("../report/verdict-annotations.ts"),
    import("../evaluate/evaluation-json.ts"),
  ]);
  const pathOf = (skill: string): string | undefined => skills.find((one) => one.name === skill)?.path;
  return {
    parts: figures.skills.length === 0 ? [] : abParts(figures),
    annotations: verdictAnnotations(figures, { policy, pathOf }),
    json: evaluationJson(figures, "report"),
  };
}

interface Decision extends Judged {
  policy: MergePolicy;
  advisory: boolean;
  /** The configured target branch; undefined where the repository's default branch is it. */
  baseBranch: string | undefined;
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
  const problems = request.needs === undefined ? [] : failedJobs(request.needs);
  let trusted: TrustedConfig | undefined;
  let changes: SkillChanges = { skills: [], links: [] };
  let judged = nothingJudged;
  try {
    trusted = await trustedConfig(repository, event, request, context);
    problems.push(...trusted.problems);
    changes = await changedSkills(repository, trusted.base, trusted.libraries);
    problems.push(...linkWords(changes.links));
    judged = await judgedChanges(changes.skills, { repository, trusted, request, context });
  } catch (error) {
    const isOfThisChange = event !== undefined || trusted !== undefined;
    if (!(error instanceof Failure) || error.exitCode === 3 || !isOfThisChange) throw error;
    problems.push(`${error.message.replace(/\.$/, "")} (${error.remedy.replace(/\.$/, "")})`);
  }
  const { gate: settings } = trusted?.loaded.config ?? configSchema.parse({});
  const policy = request.policy ?? settings["block-on"];
  const skills = changes.skills.map(({ folder, path, change }) => ({
    name: judged.names.get(folder) ?? (path.split("/").at(-2) || path),
    path,
    change,
  }));
  const findings: GateFindings = {
    changed: changes.skills.length,
    problems: [...problems, ...judged.problems],
    errors: judged.linted.filter(({ severity }) => severity === "error"),
    unproven: judged.unproven,
    figures: judged.figures,
    verdict: await verdictOf(judged.figures, policy),
  };
  return {
    ...judged,
    policy,
    advisory: request.advisory || settings.advisory,
    baseBranch: trusted?.loaded.config["pull-request"].base,
    findings,
    skills,
  };
}

async function verdictOf(figures: Judged["figures"], policy: MergePolicy): Promise<GateFindings["verdict"]> {
  if (figures === null || figures.skills.length === 0) return null;
  const { mergeAnswer } = await import("../report/merge-answer.ts");
  return mergeAnswer(figures, policy);
}

async function judgedChanges(
  skills: readonly ChangedSkill[],
  change: { repository: GitRepository; trusted: TrustedConfig; request: GateRequest; context: Context },
): Promise<Judged> {
  // Most changes are of no skill: their check does not wait for what judges one.
  if (skills.length === 0) return nothingJudged;
  const { repository, trusted, request, context } = change;
  const { loaded, base } = trusted;
  const [{ judgeResults }, { earlierFolders }] = await Promise.all([
    import("./judged-results.ts"),
    import("./earlier-folders.ts"),
  ]);
  const earlier = base === undefined ? new Map() : await earlierFolders(repository, base, skills);
  const folder = resolve(context.cwd, request.results ?? join(loaded.folder, ".overproof", "results"));
  return judgeResults(skills, { repository, base, earlier, loaded, folder, context });
}

function linkWords(links: readonly string[]): string[] {
  const [first, ...others] = links;
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return [
    `the library has links or submodules (${first}${more}), and nothing tells what changes behind them`,
  ];
}

const nothingJudged: Judged = {
  names: new Map(),
  linted: [],
  problems: [],
  unproven: [],
  figures: null,
  remarks: [],
  key: null,
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
