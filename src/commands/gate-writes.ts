import { Failure } from "../failure.ts";
import { openRepository } from "../git/repository.ts";
import { statusBehind } from "../github/api-failure.ts";
import { type Annotation, putCheckRun, type WrittenCheck } from "../github/check-run.ts";
import { putStickyComment, updateStickyComment, type WrittenComment } from "../github/comment.ts";
import type { GitHubEvent } from "../github/event.ts";
import { githubToken } from "../github/target.ts";
import { viewerLogin } from "../github/viewer.ts";
import type { GateAnswer } from "../report/gate-answer.ts";
import type { Context } from "./context.ts";
import { openGitHub } from "./github-client.ts";

/** What the gate wrote to GitHub. */
export interface GateWrites {
  /** Null where none was written. */
  check: WrittenCheck | null;
  comment: WrittenComment | null;
}

export const noWrites: GateWrites = { check: null, comment: null };

/** As branch protection names it. */
export const checkName = "overproof / gate";

/**
 * Concludes the check and brings the comment up to date. A token that may not write, as that of a pull request from a
 * fork, costs a warning: the verdict is in the step summary and in the job's own conclusion all the same. Throws
 * `Failure` (exit code 3) when GitHub keeps failing.
 */
export async function tellGitHub(
  said: {
    event: GitHubEvent;
    answer: GateAnswer;
    markdown: string;
    annotations: readonly Annotation[];
    runUrl: string | undefined;
    /** Whether the change has a skill in it; a comment on any other would be noise. */
    hasSkills: boolean;
    /** The configured target branch; undefined where the repository's default branch is it. */
    baseBranch: string | undefined;
  },
  request: { repository?: string | undefined },
  context: Context,
): Promise<GateWrites> {
  const { environment, reporter, cwd } = context;
  const { event, answer, markdown: summary, annotations, runUrl, hasSkills } = said;
  if (githubToken(environment) === undefined) {
    reporter.warning(
      "There is no GitHub token: no check and no comment is written. The summary says it all.",
    );
    return noWrites;
  }
  // A commit has one check of this name. A second pull request of the same commit, into a branch of its author's, would
  // conclude it by what that branch says.
  if (event.kind === "pull_request" && event.baseRef !== (said.baseBranch ?? event.defaultBranch)) {
    reporter.warning(
      `No check and no comment is written: ${event.baseRef} is not the branch that skills are merged into. The summary says it all.`,
    );
    return noWrites;
  }
  const { target, client } = await openGitHub(
    await openRepository(cwd, environment),
    request.repository,
    context,
  );
  const check = await unlessRefused("check", context, () =>
    putCheckRun(client, target.name, {
      name: checkName,
      headSha: event.headSha,
      conclusion: answer.conclusion,
      title: answer.title,
      summary,
      annotations,
      detailsUrl: runUrl,
    }),
  );
  if (event.kind !== "pull_request") return { check, comment: null };
  const comment = await unlessRefused("comment", context, async () => {
    const author = await viewerLogin(client);
    const wanted = { issue: event.number, id: "gate", body: summary, author };
    return hasSkills
      ? putStickyComment(client, target.name, wanted)
      : updateStickyComment(client, target.name, wanted);
  });
  return { check, comment: comment ?? null };
}

/** GitHub refuses with 403 what a token may not do, and with 404 what it may not even see. */
async function unlessRefused<T>(
  what: string,
  { reporter }: Context,
  write: () => Promise<T>,
): Promise<T | null> {
  try {
    return await write();
  } catch (error) {
    const status = statusBehind(error);
    if (!(error instanceof Failure) || (status !== 403 && status !== 404)) throw error;
    reporter.warning(
      `The ${what} is not written: ${error.message} ${error.remedy} The step summary says it all.`,
    );
    return null;
  }
}
