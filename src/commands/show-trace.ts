import { resolve } from "node:path";
import { usageFailure } from "../failure.ts";
import { maskedName } from "../secrets/masked-name.ts";
import { openSession } from "../traces/read-session.ts";
import { atifDocument } from "../traces/write-atif.ts";
import type { Context } from "./context.ts";

/**
 * A session as one ATIF v1.7 document, piece by piece, with secrets masked. Throws `Failure` (exit code 2) for a path
 * that is no session, or a folder that holds several.
 */
export async function* showTrace(path: string, { cwd, reporter }: Context): AsyncGenerator<string> {
  const { traces } = await openSession(resolve(cwd, path), { reporter });
  const [only, ...others] = traces;
  if (only === undefined || others.length > 0) {
    throw usageFailure(
      `${maskedName(path)} holds ${traces.length} sessions, and a document is one.`,
      `Name one of them, such as ${maskedName(only?.file ?? "a file")}.`,
    );
  }
  // A first reading for the secrets, so that one which only the end gives away is masked at the beginning too.
  for await (const step of only.steps()) void step;
  only.recallSecrets();
  yield* atifDocument(only);
}
