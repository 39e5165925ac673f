import { z } from "zod";
import type { ExitCode } from "../failure.ts";
import { reasonOf } from "../failure.ts";
import { excerpt } from "./excerpt.ts";
import { keyKind, keyVariables } from "./keys.ts";
import type { ServedSpec } from "./spec.ts";

interface AttemptErrorOptions {
  remedy: string;
  exitCode?: ExitCode;
  /** Whether another attempt may succeed. */
  retry?: boolean;
  /** Milliseconds the server asked to wait. */
  waitMs?: number | undefined;
  /** Characters of the answer that had come when it broke, which the provider bills; undefined: no answer had begun. */
  receivedCharacters?: number | undefined;
  /** The connection was never made, so that nothing reached the provider. */
  unreached?: boolean;
  /** The most attempts that make sense; undefined leaves it to the rule. */
  attempts?: number | undefined;
}

/** Why an attempt failed. The message continues a sentence that begins with the model: "answered 503". */
export class AttemptError extends Error {
  readonly remedy: string;
  readonly exitCode: ExitCode;
  readonly retry: boolean;
  readonly waitMs: number | undefined;
  readonly receivedCharacters: number | undefined;
  readonly unreached: boolean;
  readonly attempts: number | undefined;

  constructor(problem: string, options: AttemptErrorOptions) {
    super(problem);
    this.name = "AttemptError";
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? 3;
    this.retry = options.retry ?? false;
    this.waitMs = options.waitMs;
    this.receivedCharacters = options.receivedCharacters;
    this.unreached = options.unreached ?? false;
    this.attempts = options.attempts;
  }
}

export interface AttemptContext {
  spec: ServedSpec;
  apiKey: string | undefined;
  /** Milliseconds since the epoch, for a `retry-after` that names a date. */
  now: () => number;
  /** Why we ended the attempt ourselves, if we did. */
  timedOut: string | undefined;
  /** As in `AttemptErrorOptions`. */
  receivedCharacters: number | undefined;
  /** The SDK's class for a connection that failed; by reference, because a bundle may rename classes. */
  connectionError: abstract new (...args: never[]) => Error;
}

const later = "Try again later; everything finished before this call is kept.";

/**
 * Codes of Node for connections that were never made (https://nodejs.org/api/errors.html#common-system-errors), and what
 * its fetch says of a port that it does not connect to (https://fetch.spec.whatwg.org/#port-blocking).
 */
const neverConnected: ReadonlySet<string> = new Set([
  "ENOTFOUND",
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "bad port",
]);

/** A name that does not exist will not exist in a minute either; a name server that is busy may answer then. */
const fewAttempts: ReadonlyMap<string, number> = new Map([
  ["bad port", 1],
  ["ENOTFOUND", 2],
  ["EAI_AGAIN", 3],
]);

/** The fields that the errors of both SDKs share, read without loading an SDK. */
const sdkErrorSchema = z.object({
  name: z.string(),
  status: z.number().optional().catch(undefined),
  headers: z.instanceof(Headers).optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  param: z.string().optional().catch(undefined),
  type: z.string().optional().catch(undefined),
  apiMessage: z.string().optional().catch(undefined),
  error: z.unknown().optional(),
});

/** The status by which a server refused; undefined for other errors. */
export function statusOf(thrown: unknown): number | undefined {
  return sdkErrorSchema.safeParse(thrown).data?.status;
}

/** A refusal of the request itself (400 or 422), with the provider's words in lower case; undefined for other errors. */
export function refusedRequest(thrown: unknown): string | undefined {
  const error = sdkErrorSchema.safeParse(thrown).data;
  return error?.status === 400 || error?.status === 422
    ? `${error.param ?? ""} ${reasonOf(thrown)}`.toLowerCase()
    : undefined;
}

/**
 * Says why an attempt failed, from what an SDK threw. No SDK error is kept as the cause: its body and headers are the
 * server's, and may repeat the key. What is neither an SDK's error nor a broken connection is thrown again: a bug.
 */
export function attemptError(thrown: unknown, context: AttemptContext): AttemptError {
  const { receivedCharacters } = context;
  if (context.timedOut !== undefined) {
    // First, because an SDK ends an aborted stream as quietly as a finished one.
    return new AttemptError(context.timedOut, { retry: true, remedy: later, receivedCharacters });
  }
  const own = causes(thrown).find((cause) => cause instanceof AttemptError);
  if (own !== undefined) {
    return own;
  }
  const error = sdkErrorSchema.safeParse(thrown).data;
  if (error?.status !== undefined) {
    return statusError({ ...error, status: error.status }, thrown, context);
  }
  if (error?.error !== undefined) {
    const words = providerWords(error, thrown, context);
    const retry = !/invalid_request|authentication|permission|not_found|billing/.test(error.type ?? "");
    return new AttemptError(`broke its answer off: ${words}`, { retry, remedy: later, receivedCharacters });
  }
  if (thrown instanceof SyntaxError) {
    return new AttemptError("sent a damaged answer", { retry: true, remedy: later, receivedCharacters });
  }
  if (isConnectionError(thrown, context)) {
    const reason = connectionReason(thrown);
    return new AttemptError(
      receivedCharacters === undefined
        ? `gave no answer (${excerpt(reason, { limit: 120 })})`
        : "cut its answer off",
      {
        retry: true,
        remedy: "Check the address and the network, and try again.",
        receivedCharacters,
        unreached: receivedCharacters === undefined && neverConnected.has(reason),
        attempts: fewAttempts.get(reason),
      },
    );
  }
  throw thrown;
}

type SdkError = z.infer<typeof sdkErrorSchema>;

function statusError(
  error: SdkError & { status: number },
  thrown: unknown,
  context: AttemptContext,
): AttemptError {
  const { spec } = context;
  const { status } = error;
  const words = providerWords(error, thrown, context);
  const variable = keyVariables[keyKind(spec)];
  const address =
    spec.baseUrl === undefined ? "" : " Check that the base URL ends where the API begins, often at /v1.";
  if (status >= 300 && status < 400) {
    return new AttemptError(`answered with a redirection (${status}), which is not followed`, {
      remedy: "Write the address it leads to into the model spec: a key must not travel to another one.",
      exitCode: 2,
    });
  }
  if (status === 401) {
    // The provider's words are left out: they often repeat a part of the key.
    const own = keyKind(spec) === "compatible" ? ` (no other key is sent to an address of the spec)` : "";
    return new AttemptError(context.apiKey === undefined ? "asks for a key (401)" : "refused the key (401)", {
      remedy: `Set ${variable} to a valid key${own}.`,
      exitCode: 2,
    });
  }
  if (status === 403) {
    return new AttemptError(`refused access (403): ${words}`, {
      remedy: `Check that the key in ${variable} may use ${spec.model}.`,
      exitCode: 2,
    });
  }
  if (status === 404) {
    return new AttemptError(`does not know the model or the address (404): ${words}`, {
      remedy: `Check the model name "${excerpt(spec.model, { limit: 100 })}" in the spec.${address}`,
      exitCode: 2,
    });
  }
  if (status === 429 && error.code === "insufficient_quota") {
    return new AttemptError(`has no quota left for this key (429): ${words}`, {
      remedy: "Add credit to the provider's account, or choose another model.",
    });
  }
  const waitMs = retryAfter(error.headers, context.now);
  if (status === 408 || status === 409 || status === 429 || status >= 500) {
    return new AttemptError(`answered ${status}: ${words}`, { retry: true, waitMs, remedy: later });
  }
  return new AttemptError(`refused the request (${status}): ${words}`, {
    remedy: `Change what the provider complains about.${address}`,
  });
}

/**
 * Milliseconds to wait, from `retry-after-ms`, or from `retry-after` in seconds or as an HTTP date (RFC 9110,
 * section 10.2.3); undefined without either.
 */
export function retryAfter(headers: Headers | undefined, now: () => number): number | undefined {
  const milliseconds = positive(headers?.get("retry-after-ms"), 1);
  const text = headers?.get("retry-after");
  const seconds = positive(text, 1000);
  if (milliseconds !== undefined || seconds !== undefined || text === null || text === undefined) {
    return milliseconds ?? seconds;
  }
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
}

function positive(text: string | null | undefined, factor: number): number | undefined {
  return text !== null && text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text)
    ? Math.round(Number(text) * factor)
    : undefined;
}

function providerWords(error: SdkError, thrown: unknown, context: AttemptContext): string {
  const nested = z.object({ error: z.object({ message: z.string() }) }).safeParse(error.error).data
    ?.error.message;
  const words = error.apiMessage ?? nested ?? reasonOf(thrown).replace(/^\d{3}\s+/, "");
  return excerpt(words, { secrets: context.apiKey === undefined ? [] : [context.apiKey] });
}

/** What was thrown and its causes, nearest first. */
function causes(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let cause = thrown; cause instanceof Error && chain.length < 8; cause = cause.cause) {
    chain.push(cause);
  }
  return chain;
}

function isConnectionError(thrown: unknown, context: AttemptContext): boolean {
  return (
    thrown instanceof context.connectionError ||
    // What Node's fetch throws when a connection ends while the body is read.
    (thrown instanceof TypeError && thrown.message === "terminated")
  );
}

/** The innermost reason is the exact one: `ECONNREFUSED` beneath "fetch failed" beneath "Connection error.". */
function connectionReason(thrown: unknown): string {
  const innermost = causes(thrown).at(-1);
  const code = z.object({ code: z.string() }).safeParse(innermost).data?.code;
  return code ?? reasonOf(innermost);
}
