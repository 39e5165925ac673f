import { resolve } from "node:path";
import { usageFailure } from "../failure.ts";
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
      `${path} holds ${traces.length} sessions, and a document is one.`,
      `Name one of them, such as ${only?.file ?? "a file"}.`,
    );
  }
  yield* atifDocument(only);
}
