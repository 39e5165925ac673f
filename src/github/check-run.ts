import type { GitHubClient } from "./client.ts";
import type { Operation } from "./pull-request.ts";
import type { RepositoryName } from "./repository.ts";

/** A remark on a line of a file of the change. */
export interface Annotation {
  /** From the top of the repository, with slashes. */
  path: string;
  /** From 1. */
  line: number;
  level: "notice" | "warning" | "failure";
  title: string;
  message: string;
}

/** A check that is over. */
export interface CheckRun {
  /** What branch protection names, such as `overproof / gate`. */
  name: string;
  /** The commit that it is about. */
  headSha: string;
  conclusion: "success" | "failure" | "neutral";
  title: string;
  /** Markdown, at most 65,535 characters. */
  summary: string;
  annotations: readonly Annotation[];
  /** The page of the workflow run; none outside of one. */
  detailsUrl?: string | undefined;
}

export interface WrittenCheck {
  id: number;
  url: string | null;
  operation: Operation;
}

/** GitHub takes so many annotations with one request, and appends those of later ones. */
const perRequest = 50;
/** More annotations than this help nobody, and each 50 cost a request. */
const mostAnnotations = 200;
/** GitHub's limit for one message, in bytes; characters are up to four of them. */
const longestMessage = 16_000;

/**
 * Writes the check of a commit: the one of the same name that an earlier run of ours made is brought up to date, else a
 * new one is made. Annotations of an earlier run cannot be taken away, so a check that has some is replaced by a new
 * one of the same name, which is the one that GitHub shows and counts. Throws `Failure` (exit code 3).
 */
export async function putCheckRun(
  client: GitHubClient,
  repository: RepositoryName,
  check: CheckRun,
): Promise<WrittenCheck> {
  const { name, headSha: head_sha, conclusion, title, detailsUrl } = check;
  const annotations = check.annotations.slice(0, mostAnnotations).map(toGitHub);
  const said = { title, summary: check.summary };
  const fields = {
    ...repository,
    name,
    external_id: name,
    status: "completed" as const,
    conclusion,
    ...(detailsUrl === undefined ? {} : { details_url: detailsUrl }),
    output: { ...said, annotations: annotations.slice(0, perRequest) },
  };
  const existing = await findCheckRun(client, repository, { name, headSha: head_sha });
  const { data } =
    existing === undefined
      ? await client.rest.checks.create({ ...fields, head_sha })
      : await client.rest.checks.update({ ...fields, check_run_id: existing });
  for (let from = perRequest; from < annotations.length; from += perRequest) {
    await client.rest.checks.update({
      ...repository,
      check_run_id: data.id,
      status: "completed",
      conclusion,
      output: { ...said, annotations: annotations.slice(from, from + perRequest) },
    });
  }
  return { id: data.id, url: data.html_url, operation: existing === undefined ? "created" : "updated" };
}

/** The check of that name that we made for the commit, as long as it has no annotations. */
async function findCheckRun(
  client: GitHubClient,
  repository: RepositoryName,
  { name, headSha }: { name: string; headSha: string },
): Promise<number | undefined> {
  const { data } = await client.rest.checks.listForRef({ ...repository, ref: headSha, check_name: name });
  return data.check_runs.find(
    (run) => run.name === name && run.external_id === name && run.output.annotations_count === 0,
  )?.id;
}

function toGitHub({ path, line, level, title, message }: Annotation): {
  path: string;
  start_line: number;
  end_line: number;
  annotation_level: Annotation["level"];
  title: string;
  message: string;
} {
  return {
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    title: title.slice(0, 255),
    message: message.slice(0, longestMessage),
  };
}
