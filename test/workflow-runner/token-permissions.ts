import type { Access } from "../github/state.ts";

/**
 * What the token of a job may do: what the job says, else what the workflow says, in the names of GitHub's API. A pull
 * request from a fork gets nothing to write. Throws where neither says anything: our workflows never rely on a default.
 */
export function tokenPermissions(job: unknown, workflow: unknown, isFork: boolean): Record<string, Access> {
  const said = job ?? workflow;
  if (typeof said !== "object" || said === null) {
    throw new Error(`The permissions are ${JSON.stringify(said) ?? "not said"}.`);
  }
  const permissions: Record<string, Access> = { metadata: "read" };
  for (const [name, access] of Object.entries(said as Record<string, unknown>)) {
    if (access !== "read" && access !== "write") continue;
    permissions[name.replaceAll("-", "_")] = isFork ? "read" : access;
  }
  return permissions;
}
