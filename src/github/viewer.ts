import { z } from "zod";
import { Failure } from "../failure.ts";
import type { GitHubClient } from "./client.ts";

const answer = z.object({ viewer: z.object({ login: z.string().min(1) }) });

/**
 * The login that this token writes as: a person's, or an app's with `[bot]` at its end, as the authors of comments
 * are named. By GraphQL, because `GET /user` refuses the tokens of apps and jobs. Throws `Failure` (exit code 3).
 */
export async function viewerLogin(client: GitHubClient): Promise<string> {
  const parsed = answer.safeParse(await client.graphql("{ viewer { login } }"));
  if (parsed.success) return parsed.data.viewer.login;
  throw new Failure("GitHub does not say whose token this is.", {
    remedy: "Use the token of a job, of a GitHub App or of a person.",
    exitCode: 3,
    cause: parsed.error,
  });
}
