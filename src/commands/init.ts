import { join } from "node:path";
import { usageFailure } from "../failure.ts";
import { writeStaged } from "../files/staged-write.ts";
import { openRepository } from "../git/repository.ts";
import { defaultAction } from "../init/action-interface.ts";
import { type FileChange, fileChange } from "../init/file-change.ts";
import { packageFolder } from "../init/package-folder.ts";
import { startingFiles } from "../init/starting-files.ts";
import { checkName } from "./gate-writes.ts";
import type { Context } from "./context.ts";

export interface InitRequest {
  /** How workflows name the Action: `OWNER/overproof@REF`. */
  action?: string | undefined;
  /** Whether a real trace comes along to try it with. */
  example: boolean;
  /** Makes files that differ what they were in the beginning. */
  force: boolean;
  dryRun: boolean;
}

export interface InitResult {
  command: "init";
  status: "written" | "unchanged" | "dry-run";
  /** In the order of the paths, which are from the top of the repository. */
  files: Omit<FileChange, "content">[];
  /** What to do now, a sentence or two each. */
  next: string[];
}

/**
 * Brings configuration, workflows and folders into the repository around the working folder. It asks nothing, and leaves
 * alone whatever somebody changed. Throws `Failure` (exit code 2) outside of a repository.
 */
export async function init(request: InitRequest, context: Context): Promise<InitResult> {
  const { action = defaultAction, example, force, dryRun } = request;
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/overproof@[A-Za-z0-9][\w./-]*$/.test(action)) {
    throw usageFailure(
      `${JSON.stringify(action)} does not name the Action.`,
      `Write --action OWNER/overproof@REF, with a tag or the digest of a commit.`,
    );
  }
  const { folder } = await openRepository(context.cwd, context.environment);
  const files = await startingFiles(await packageFolder(), { action, example });
  const changes: FileChange[] = [];
  for (const file of files) changes.push(await fileChange(file, folder, { force, action: request.action }));
  const written = changes.flatMap(({ path, content }) =>
    content === undefined ? [] : [{ path: join(folder, path), content, root: folder }],
  );
  if (!dryRun && written.length > 0) await writeStaged(written);
  return {
    command: "init",
    status: dryRun ? "dry-run" : written.length > 0 ? "written" : "unchanged",
    files: changes.map(({ path, change, missing, own }) => ({ path, change, missing, own })),
    next: nextSteps(action),
  };
}

function nextSteps(action: string): string[] {
  const owner = action.startsWith("OWNER/")
    ? [
        "The workflows name OWNER/overproof: run init --action NAME/overproof@REF with the owner of your copy.",
      ]
    : [];
  return [
    ...owner,
    'Commit and push: git add --all && git commit --message "Add Overproof" && git push',
    "On GitHub, allow Actions to create pull requests (Settings, Actions, General), or name a GitHub App by the variable OVERPROOF_APP_CLIENT_ID and the secret OVERPROOF_APP_PRIVATE_KEY: checks of its pull requests start by themselves.",
    `Make the check "${checkName}" required for the default branch. For models, set the secrets ANTHROPIC_API_KEY, OPENAI_API_KEY or OVERPROOF_API_KEY, and name them in overproof.yml.`,
  ];
}
