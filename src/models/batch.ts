import { AttemptError, statusOf } from "./attempt-error.ts";
import type { Call, Reply } from "./call.ts";
import { excerpt } from "./excerpt.ts";

/** One call of a batch. */
export interface BatchRequest {
  /** 1 to 64 letters, digits, hyphens and underscores; the results carry it. */
  id: string;
  /** Without a schema: batches are for chats. */
  call: Call;
}

/** How one call of a batch ended. Only answers are billed. */
export type BatchResult = { id: string } & (
  | { end: "answered"; reply: Reply }
  /** The provider refused a setting, which is left out from now on: a further batch may take the call. */
  | { end: "setting refused" }
  | { end: "failed"; reason: string }
  /** It was not tried: the time of the batch ran out, or somebody cancelled it. */
  | { end: "expired" | "canceled" }
);

export interface BatchState {
  isEnded: boolean;
  /** Calls that are done, as far as the provider says, and all of them. */
  done: number;
  total: number;
  /** When it ends at the latest, in milliseconds since the epoch; undefined where the provider does not say. */
  endsBy: number | undefined;
  /** Why the provider took none of its calls; undefined where it did. */
  refusal: string | undefined;
}

/** What was handed in before a batch was made of it, so that the batch is found again if its name never arrived. */
export interface PreparedBatch {
  /** The provider's name for what was handed in; empty where nothing is before the batch itself. */
  ticket: string;
  /** When, by our clock, in milliseconds since the epoch. */
  at: number;
  /** Calls in it. */
  size: number;
  /** Batches that are known by their names, and therefore not this one. */
  others: ReadonlySet<string>;
}

export interface BatchLimits {
  requests: number;
  bytes: number;
}

/**
 * The batch endpoints of one provider for one model, one attempt at a time. All throw `AttemptError`. `prepare` and
 * `submit` give undefined where the server has no batches.
 */
export interface BatchProvider {
  readonly limits: BatchLimits;
  /** The size of a request in a batch. */
  bytesOf(request: BatchRequest): number;
  /** Hands in what comes before a batch, and gives its ticket. */
  prepare(requests: readonly BatchRequest[]): Promise<string | undefined>;
  /** Makes the batch, and gives its name. */
  submit(ticket: string, requests: readonly BatchRequest[]): Promise<string | undefined>;
  /** The batch that was made of this, if one was. */
  find(prepared: PreparedBatch): Promise<string | undefined>;
  poll(batch: string): Promise<BatchState>;
  /** Hands over the results of a batch that has ended, in any order; a repeated attempt begins again. */
  results(batch: string, take: (result: BatchResult) => void): Promise<void>;
}

/** As `BatchProvider`, with failed attempts repeated: throws `Failure`. */
export interface BatchModel {
  readonly spec: string;
  /** The requests in parts that one batch can hold, in their order. */
  parts(requests: readonly BatchRequest[]): BatchRequest[][];
  prepare(requests: readonly BatchRequest[]): Promise<string | undefined>;
  submit(prepared: PreparedBatch, requests: readonly BatchRequest[]): Promise<string | undefined>;
  find(prepared: PreparedBatch): Promise<string | undefined>;
  poll(batch: string): Promise<BatchState>;
  results(batch: string, take: (result: BatchResult) => void): Promise<void>;
}

/** Cuts requests into parts that keep to the limits; a request beyond them is a part of its own, for the provider to refuse. */
export function inParts(
  requests: readonly BatchRequest[],
  { limits, bytesOf }: { limits: BatchLimits; bytesOf: (request: BatchRequest) => number },
): BatchRequest[][] {
  const parts: BatchRequest[][] = [];
  let part: BatchRequest[] = [];
  let bytes = 0;
  for (const request of requests) {
    const size = bytesOf(request);
    if (part.length > 0 && (part.length === limits.requests || bytes + size > limits.bytes)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(request);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** A server's clock and ours may differ by so many milliseconds when a batch is looked for by its time. */
export const clockTolerance = 600_000;

/** A batch that was made with another key must not be taken for one that never was: its answers are paid for. */
export function unknownBatch(batch: string): AttemptError {
  return new AttemptError(`does not know the batch ${excerpt(batch, { limit: 100 })} (404)`, {
    remedy:
      "Use the key that it was made with; or remove the file of batches from the results, and its calls are made and paid for again.",
    exitCode: 2,
  });
}

/** Undefined where the server has no such endpoint. */
export async function orNone<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (thrown) {
    const status = statusOf(thrown);
    if (status === 404 || status === 405 || status === 501) return undefined;
    throw thrown;
  }
}
