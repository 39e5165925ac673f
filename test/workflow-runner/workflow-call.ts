import type { FakeGitHub } from "../github/github.ts";
import type { AppInstallation } from "./step-world.ts";

/** What started a run. */
export interface Trigger {
  eventName: string;
  /** The payload, as it lies in the file of `GITHUB_EVENT_PATH`. */
  event: Record<string, unknown>;
  ref: string;
  /** The commit that is checked out: of a pull request its merge with the base. */
  sha: string;
  actor: string;
  /** Whether it is the pull request of a fork: no secrets, and a token that only reads. */
  isFork: boolean;
}

/** A run of a workflow to be made. */
export interface WorkflowCall {
  github: FakeGitHub;
  /** `owner/name` on it. */
  repository: string;
  /** The workflow's file, on this machine. */
  workflow: string;
  trigger: Trigger;
  secrets?: Record<string, string>;
  variables?: Record<string, string>;
  /** Labels of each machine that takes jobs; one hosted machine when absent. */
  runners?: readonly (readonly string[])[];
  /** Environments that somebody approves of jobs for; a job for any other one fails, as after thirty days of waiting. */
  approved?: readonly string[];
  /** Folders of actions by `owner/name`, see `program.ts`. */
  programs: Readonly<Record<string, string>>;
  /** Whose workflow it is: what `job.workflow_repository` says. */
  workflowRepository: string;
  app?: AppInstallation;
  /** Somebody cancels the run when this job is about to start. */
  cancelAt?: string;
  /** What happens right before a job starts, such as what another program does to an artifact. */
  before?: (job: string) => Promise<void>;
  /** Further variables of the machines. */
  environment?: Record<string, string>;
}
