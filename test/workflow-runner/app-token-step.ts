import { randomUUID } from "node:crypto";
import type { StepWorld } from "./step-world.ts";

/**
 * What `actions/create-github-app-token` 3 does: a token with the permissions that the step asks for. Throws where no app
 * is installed, and where the installation has less than is asked for.
 */
export function appToken(inputs: Record<string, string>, world: StepWorld): string {
  const { app } = world;
  if (app === undefined || !inputs["client-id"] || !inputs["private-key"]) {
    throw new Error("Not Found - the app is not installed, or the client id or the private key is missing.");
  }
  const permissions: typeof app.permissions = { metadata: "read" };
  for (const [name, access] of Object.entries(inputs)) {
    const [, permission] = /^permission-(.+)$/.exec(name) ?? [];
    if (permission === undefined || (access !== "read" && access !== "write")) continue;
    const key = permission.replaceAll("-", "_");
    const held = app.permissions[key];
    if (held === undefined || (access === "write" && held === "read")) {
      throw new Error("The permissions requested are not granted to this installation.");
    }
    permissions[key] = access;
  }
  const token = `ghs_app${randomUUID().replaceAll("-", "")}`;
  world.github.addToken(token, { login: app.login, permissions });
  return token;
}
