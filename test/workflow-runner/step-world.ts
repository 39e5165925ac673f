import type { FakeGitHub } from "../github/github.ts";

/** What the steps of one job work in. */
export interface StepWorld {
  github: FakeGitHub;
  /** `owner/name`. */
  repository: string;
  runId: number;
  isFork: boolean;
  /** The commit and the ref of the event. */
  sha: string;
  ref: string;
  workspace: string;
  /** `RUNNER_TEMP`. */
  temporary: string;
  /** The job's own token. */
  token: string;
  /** Folders of actions, by `owner/name`: what a checkout or a `uses` of them gives. */
  programs: Readonly<Record<string, string>>;
  /** The app behind `actions/create-github-app-token`; undefined where none is installed. */
  app: AppInstallation | undefined;
  log: (line: string) => void;
}

export interface AppInstallation {
  login: string;
  permissions: Record<string, "read" | "write">;
}
