import { AttemptError } from "./attempt-error.ts";

/** What a request needs beside its credentials. */
const neededHeaders = ["accept", "content-type", "user-agent", "anthropic-version"];

/**
 * The one way of an SDK to the network. Both SDKs read headers and credentials from the environment that are then
 * sent to any address (`OPENAI_CUSTOM_HEADERS`, `ANTHROPIC_CUSTOM_HEADERS`); here only what a request needs and
 * `credentials` leave, and no redirection takes them elsewhere. `alive` is called for every piece of the answer, which
 * is a stream of events, or also JSON in one piece where `takesJson` says so. With `onlyTo`, an address of another origin,
 * which a server may have named, gets nothing.
 */
export function outgoingFetch(
  credentials: Record<string, string>,
  alive: () => void,
  { takesJson = false, onlyTo }: { takesJson?: boolean; onlyTo?: string } = {},
): typeof fetch {
  const refused = takesJson ? /^text\/html\b/i : /^(text\/html|application\/json)\b/i;
  return async (input, init) => {
    if (onlyTo !== undefined && new URL(input instanceof Request ? input.url : input).origin !== onlyTo) {
      throw new AttemptError("named an address of another server, which gets no key", {
        remedy: "Write the address that serves the results into the model spec.",
      });
    }
    const offered = new Headers(init?.headers);
    const headers = new Headers(credentials);
    for (const name of neededHeaders) {
      const value = offered.get(name);
      if (value !== null) {
        headers.set(name, value);
      }
    }
    const response = await fetch(input, { ...init, headers, redirect: "manual" });
    alive();
    const type = response.headers.get("content-type") ?? "";
    if (response.ok && refused.test(type)) {
      await response.body?.cancel();
      throw new AttemptError(
        `answered with ${type.split(";", 1)[0]} where a stream of events was asked for`,
        {
          remedy:
            "Check that the base URL is the address of an API that can stream its answers, often ending in /v1.",
        },
      );
    }
    const watch = new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        alive();
        controller.enqueue(piece);
      },
    });
    return new Response(response.body?.pipeThrough(watch) ?? null, response);
  };
}
