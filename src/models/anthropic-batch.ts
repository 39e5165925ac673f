import type Anthropic from "@anthropic-ai/sdk";
import { z } from "zod";
import { anthropicClient, messageBody, readMessage } from "./anthropic.ts";
import { type Attempt, makeAttempt, type ProviderOptions } from "./attempt.ts";
import { AttemptError, statusOf } from "./attempt-error.ts";
import {
  type BatchProvider,
  type BatchRequest,
  type BatchResult,
  type BatchState,
  clockTolerance,
  orNone,
  unknownBatch,
} from "./batch.ts";
import { excerpt } from "./excerpt.ts";

/**
 * The Message Batches API of Anthropic, or of a compatible server when the spec has a base URL: one request carries all
 * calls, and the results come as lines. Facts: https://platform.claude.com/docs/en/build-with-claude/batch-processing.
 */
export function anthropicBatches(options: ProviderOptions): BatchProvider {
  const { spec, apiKey } = options;
  const attempt = async <T>(work: (client: Anthropic, attempt: Attempt) => Promise<T>): Promise<T> => {
    const { default: Sdk } = await import("@anthropic-ai/sdk");
    return makeAttempt(options, Sdk, (one) =>
      work(anthropicClient(Sdk, options, one, { takesJson: true }), one),
    );
  };
  const requestOf = ({ id, call }: BatchRequest): Anthropic.Messages.BatchCreateParams.Request => ({
    custom_id: id,
    params: messageBody(spec.model, call),
  });

  const resultOf = (line: unknown): BatchResult | undefined => {
    const parsed = resultSchema.safeParse(line);
    if (!parsed.success) return undefined;
    const { custom_id: id, result } = parsed.data;
    if (result.type !== "succeeded") {
      if (result.type !== "errored") return { id, end: result.type };
      const secrets = apiKey === undefined ? [] : [apiKey];
      return { id, end: "failed", reason: excerpt(result.error?.error?.message ?? "", { secrets }) };
    }
    const reply = readMessage(result.message);
    return reply === undefined
      ? { id, end: "failed", reason: "its result is no message" }
      : { id, end: "answered", reply };
  };

  return {
    // A tenth below what the API takes.
    limits: { requests: 90_000, bytes: 230_000_000 },
    bytesOf: (request) => Buffer.byteLength(JSON.stringify(requestOf(request))) + 1,
    prepare: async () => "",
    submit: (_ticket, requests) =>
      attempt((client, { signal }) =>
        orNone(async () => {
          const made = await client.messages.batches.create(
            { requests: requests.map(requestOf) },
            { signal },
          );
          return batchOf(made).id;
        }),
      ),
    // A batch carries no mark of ours until it has ended, so it is known by its time and size. One of somebody else
    // costs a wait: its results have other ids, and the search goes on.
    find: ({ at, size, others }) =>
      attempt((client, { signal }) =>
        orNone(async () => {
          for await (const listed of client.messages.batches.list({ limit: 100 }, { signal })) {
            const { id, created_at: created, request_counts: counts } = batchOf(listed);
            if (Date.parse(created) < at - clockTolerance) return undefined;
            if (totalOf(counts) === size && !others.has(id)) return id;
          }
          return undefined;
        }),
      ),
    poll: (batch) =>
      attempt(async (client, { signal }) => {
        try {
          return stateOf(batchOf(await client.messages.batches.retrieve(batch, {}, { signal })));
        } catch (thrown) {
          throw statusOf(thrown) === 404 ? unknownBatch(batch) : thrown;
        }
      }),
    results: (batch, take) =>
      attempt(async (client, { signal }) => {
        for await (const line of await client.messages.batches.results(batch, {}, { signal })) {
          const result = resultOf(line);
          if (result !== undefined) take(result);
        }
      }),
  };
}

const count = z.number().int().nonnegative().catch(0);

const batchSchema = z.object({
  id: z.string().min(1).max(500),
  processing_status: z.string(),
  created_at: z.string(),
  expires_at: z.string().nullish(),
  request_counts: z.object({
    processing: count,
    succeeded: count,
    errored: count,
    canceled: count,
    expired: count,
  }),
});

const resultSchema = z.object({
  custom_id: z.string(),
  result: z.discriminatedUnion("type", [
    z.object({ type: z.literal("succeeded"), message: z.unknown() }),
    z.object({
      type: z.literal("errored"),
      error: z
        .object({ error: z.object({ message: z.string().nullish() }).nullish() })
        .nullish()
        .catch(null),
    }),
    z.object({ type: z.literal("canceled") }),
    z.object({ type: z.literal("expired") }),
  ]),
});

type Batch = z.infer<typeof batchSchema>;

function batchOf(data: unknown): Batch {
  const { success, data: batch } = batchSchema.safeParse(data);
  if (success) return batch;
  throw new AttemptError("sent something that the Message Batches API does not send", {
    remedy: "Leave out --batch, or check that the base URL is the address of an API that has batches.",
  });
}

function totalOf(counts: Batch["request_counts"]): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

function stateOf({
  processing_status: status,
  request_counts: counts,
  expires_at: expires,
}: Batch): BatchState {
  const total = totalOf(counts);
  const endsBy = Date.parse(expires ?? "");
  return {
    isEnded: status === "ended",
    done: total - counts.processing,
    total,
    endsBy: Number.isNaN(endsBy) ? undefined : endsBy,
    refusal: undefined,
  };
}
