import type OpenAI from "openai";
import { z } from "zod";
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
import {
  chatBody,
  type Dialect,
  firstDialect,
  openAiClient,
  readCompletion,
  simplerDialect,
} from "./openai.ts";

/**
 * The Batch API of OpenAI, or of a compatible server when the spec has a base URL: a file of requests is uploaded, a
 * batch made of it, and answers and errors come in two further files. Facts:
 * https://platform.openai.com/docs/guides/batch.
 */
export function openAiBatches(options: ProviderOptions): BatchProvider {
  const { spec, apiKey } = options;
  let dialect = firstDialect(spec);
  /** What the calls of a batch were sent with. */
  const sentWith = new Map<string, Dialect>();
  const attempt = async <T>(work: (client: OpenAI, attempt: Attempt) => Promise<T>): Promise<T> => {
    const { default: Sdk } = await import("openai");
    return makeAttempt(options, Sdk, (one) => work(openAiClient(Sdk, options, one), one));
  };
  const lineOf = ({ id, call }: BatchRequest): string => {
    const body = chatBody(spec.model, call, dialect);
    return `${JSON.stringify({ custom_id: id, method: "POST", url: "/v1/chat/completions", body })}\n`;
  };
  const words = (text: string): string => excerpt(text, { secrets: apiKey === undefined ? [] : [apiKey] });

  /** Reads a line of either file of results. */
  const resultOf = async (line: unknown, sent: Dialect, one: Attempt): Promise<BatchResult | undefined> => {
    const parsed = lineSchema.safeParse(line);
    if (!parsed.success) return undefined;
    const { custom_id: id, response, error } = parsed.data;
    if (error?.code === "batch_expired") return { id, end: "expired" };
    if (error?.code === "batch_cancelled") return { id, end: "canceled" };
    if (!response || response.status_code !== 200) {
      const said = errorSchema.safeParse(response?.body).data?.error;
      const message = said?.message ?? error?.message ?? "";
      const status = response?.status_code;
      if (status === 400 || status === 422) {
        const refusal = `${said?.param ?? ""} ${message}`.toLowerCase();
        // Whether a temperature was sent is not known any more after a restart; a refusal that names it tells.
        const simpler = simplerDialect(sent, { temperature: 0, schema: undefined }, refusal);
        if (simpler !== undefined) {
          const limit = simpler.limit === sent.limit ? dialect.limit : simpler.limit;
          dialect = { ...dialect, temperature: dialect.temperature && simpler.temperature, limit };
          return { id, end: "setting refused" };
        }
      }
      return { id, end: "failed", reason: words(`${status ?? ""} ${message}`.trim()) };
    }
    try {
      return { id, end: "answered", reply: await readCompletion(response.body, spec.model, one) };
    } catch (thrown) {
      if (!(thrown instanceof AttemptError)) throw thrown;
      return { id, end: "failed", reason: thrown.message };
    }
  };

  return {
    // A tenth below what the API takes.
    limits: { requests: 45_000, bytes: 180_000_000 },
    bytesOf: (request) => Buffer.byteLength(lineOf(request)),
    prepare: (requests) =>
      attempt(async (client, { signal }) => {
        const file = new File(requests.map(lineOf), "requests.jsonl", { type: "application/jsonl" });
        return orNone(async () => {
          const made = await client.files.create({ file, purpose: "batch" }, { signal });
          return namedOf(made).id;
        });
      }),
    submit: (ticket) =>
      attempt((client, { signal }) =>
        orNone(async () => {
          const made = await client.batches.create(
            { input_file_id: ticket, endpoint: "/v1/chat/completions", completion_window: "24h" },
            { signal },
          );
          const { id } = namedOf(made);
          sentWith.set(id, dialect);
          return id;
        }),
      ),
    find: ({ ticket, at }) =>
      attempt((client, { signal }) =>
        orNone(async () => {
          for await (const listed of client.batches.list({ limit: 100 }, { signal })) {
            const { id, input_file_id: file, created_at: created } = batchOf(listed);
            if (file === ticket) return id;
            // The newest come first.
            if (created * 1000 < at - clockTolerance) return undefined;
          }
          return undefined;
        }),
      ),
    poll: (batch) =>
      attempt(async (client, { signal }) => stateOf(await retrieve(client, batch, signal), words)),
    results: (batch, take) =>
      attempt(async (client, one) => {
        const sent = sentWith.get(batch) ?? firstDialect(spec);
        const { output_file_id: output, error_file_id: errors } = await retrieve(client, batch, one.signal);
        for (const file of [output, errors]) {
          if (typeof file !== "string") continue;
          const { body } = await client.files.content(file, { signal: one.signal });
          for await (const line of linesOf(body)) {
            if (line.trim() === "") continue;
            const result = await resultOf(JSON.parse(line), sent, one);
            if (result !== undefined) take(result);
          }
        }
      }),
  };
}

async function retrieve(
  client: OpenAI,
  batch: string,
  signal: AbortSignal,
): Promise<z.infer<typeof batchSchema>> {
  try {
    return batchOf(await client.batches.retrieve(batch, { signal }));
  } catch (thrown) {
    throw statusOf(thrown) === 404 ? unknownBatch(batch) : thrown;
  }
}

const namedSchema = z.object({ id: z.string().min(1).max(500) });

const count = z.number().int().nonnegative().catch(0);

const batchSchema = namedSchema.extend({
  status: z.string(),
  input_file_id: z.string().nullish(),
  created_at: z.number().catch(Number.POSITIVE_INFINITY),
  expires_at: z.number().nullish().catch(null),
  output_file_id: z.string().nullish(),
  error_file_id: z.string().nullish(),
  request_counts: z.object({ total: count, completed: count, failed: count }).nullish().catch(null),
  errors: z
    .object({ data: z.array(z.object({ message: z.string().nullish() })).nullish() })
    .nullish()
    .catch(null),
});

const lineSchema = z.object({
  custom_id: z.string(),
  response: z.object({ status_code: z.number(), body: z.unknown() }).nullish(),
  error: z.object({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
});

const errorSchema = z.object({
  error: z.object({ message: z.string().nullish(), param: z.string().nullish().catch(null) }),
});

function namedOf(data: unknown): z.infer<typeof namedSchema> {
  return parsed(namedSchema, data);
}

function batchOf(data: unknown): z.infer<typeof batchSchema> {
  return parsed(batchSchema, data);
}

function parsed<T>(schema: z.ZodType<T>, data: unknown): T {
  const { success, data: read } = schema.safeParse(data);
  if (success) return read;
  throw new AttemptError("sent something that its Batch API does not send", {
    remedy: "Leave out --batch, or check that the base URL is the address of an API that has batches.",
  });
}

function stateOf(batch: z.infer<typeof batchSchema>, words: (text: string) => string): BatchState {
  const { status, request_counts: counts, expires_at: expires, errors } = batch;
  const said = errors?.data?.map(({ message }) => message ?? "").join(" ") ?? "";
  return {
    isEnded: ["completed", "failed", "expired", "cancelled"].includes(status),
    done: (counts?.completed ?? 0) + (counts?.failed ?? 0),
    total: counts?.total ?? 0,
    endsBy: typeof expires === "number" ? expires * 1000 : undefined,
    refusal: status === "failed" ? words(said) : undefined,
  };
}

async function* linesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body ?? []) {
    const lines = `${rest}${decoder.decode(piece, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  yield rest + decoder.decode();
}
