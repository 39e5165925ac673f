import type OpenAI from "openai";
import { z } from "zod";
import { makeAttempt } from "./attempt.ts";
import type { Attempt, ProviderOptions } from "./attempt.ts";
import { AttemptError, refusedRequest } from "./attempt-error.ts";
import type { Call, Provider, Reply, Stop } from "./call.ts";
import { jsonSchemaOf, withSchema } from "./json-schema.ts";
import { outgoingFetch } from "./outgoing.ts";

type Body = OpenAI.ChatCompletionCreateParamsStreaming;

/**
 * What of the chat completions API a server takes. OpenAI's reasoning models refuse a temperature and `max_tokens`;
 * compatible servers may know neither `max_completion_tokens` nor structured output nor usage in a stream.
 */
export interface Dialect {
  structured: boolean;
  temperature: boolean;
  usage: boolean;
  limit: "max_completion_tokens" | "max_tokens";
}

/** What is tried first. */
export function firstDialect({ baseUrl }: ProviderOptions["spec"]): Dialect {
  return {
    structured: true,
    temperature: true,
    usage: true,
    limit: baseUrl === undefined ? "max_completion_tokens" : "max_tokens",
  };
}

/** A client for one attempt. */
export function openAiClient(Sdk: typeof OpenAI, options: ProviderOptions, attempt: Attempt): OpenAI {
  const { spec, apiKey } = options;
  return new Sdk({
    baseURL: spec.baseUrl ?? "https://api.openai.com/v1",
    // The SDK insists on a key; `outgoingFetch` decides what leaves.
    apiKey: apiKey ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    timeout: options.limits.totalMs,
    logLevel: "off",
    fetch: outgoingFetch(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }, attempt.alive, {
      takesJson: true,
    }),
  });
}

/**
 * Chat completions of OpenAI, or of any compatible server when the spec has a base URL; always streamed, so that a
 * long answer outlives every timeout on the way. What a server refuses with 400 is left out once, and then for good.
 * Simple servers do not know streams and answer in one piece, which is read too.
 */
export function openAiProvider(options: ProviderOptions): Provider {
  const { spec } = options;
  let dialect = firstDialect(spec);
  return async (call, again) => {
    const { default: Sdk } = await import("openai");
    return makeAttempt(options, Sdk, async (attempt) => {
      const client = openAiClient(Sdk, options, attempt);
      let accepted = dialect;
      let answer: { data: AsyncIterable<unknown>; response: Response } | undefined;
      while (answer === undefined) {
        try {
          const body = await requestBody(spec.model, call, accepted);
          answer = await client.chat.completions.create(body, { signal: attempt.signal }).withResponse();
        } catch (thrown) {
          const simpler = simplerDialect(accepted, call, refusedRequest(thrown));
          if (simpler === undefined) {
            throw thrown;
          }
          again?.();
          accepted = simpler;
        }
      }
      dialect = accepted;
      attempt.begin();
      const { data, response } = answer;
      const isWhole = /^application\/json\b/i.test(response.headers.get("content-type") ?? "");
      return readStream(isWhole ? [wholeAnswer(await response.json())] : data, spec.model, attempt);
    });
  };
}

/** What of a request asks the model; the rest says how its answer comes, and in which form. */
export function chatBody(
  model: string,
  call: Pick<Call, "system" | "prompt" | "maxOutputTokens" | "temperature">,
  dialect: Pick<Dialect, "temperature" | "limit">,
): Omit<Body, "stream"> {
  const { system, prompt, maxOutputTokens, temperature } = call;
  return {
    model,
    messages: [
      ...(system === "" ? [] : [{ role: "system" as const, content: system }]),
      { role: "user", content: prompt },
    ],
    [dialect.limit]: maxOutputTokens,
    ...(dialect.temperature && temperature !== undefined ? { temperature } : {}),
  };
}

async function requestBody(model: string, call: Call, dialect: Dialect): Promise<Body> {
  const { schema } = call;
  const system = dialect.structured ? call.system : withSchema(call.system, schema);
  return {
    ...chatBody(model, { ...call, system }, dialect),
    stream: true,
    ...(dialect.usage ? { stream_options: { include_usage: true } } : {}),
    ...(dialect.structured && schema !== undefined ? { response_format: await responseFormat(schema) } : {}),
  };
}

/** Strict where OpenAI's subset of JSON Schema can say all of it, else as guidance; our own check follows anyway. */
async function responseFormat(schema: z.ZodType): Promise<NonNullable<Body["response_format"]>> {
  const { zodResponseFormat } = await import("openai/helpers/zod");
  try {
    return zodResponseFormat(schema, "answer");
  } catch {
    return {
      type: "json_schema",
      json_schema: { name: "answer", strict: false, schema: jsonSchemaOf(schema) },
    };
  }
}

/** What to leave out after a refusal: what it names, else structured output, which servers refuse in many words. */
export function simplerDialect(
  dialect: Dialect,
  call: Pick<Call, "temperature" | "schema">,
  refusal: string | undefined,
): Dialect | undefined {
  if (refusal === undefined) {
    return undefined;
  }
  if (dialect.temperature && call.temperature !== undefined && refusal.includes("temperature")) {
    return { ...dialect, temperature: false };
  }
  if (dialect.usage && /stream_options|include_usage/.test(refusal)) {
    return { ...dialect, usage: false };
  }
  if (dialect.limit === "max_tokens" && refusal.includes("max_completion_tokens")) {
    return { ...dialect, limit: "max_completion_tokens" };
  }
  return dialect.structured && call.schema !== undefined ? { ...dialect, structured: false } : undefined;
}

const tokens = z.number().int().nonnegative().nullish().catch(null);

const textSchema = z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish();

const chunkSchema = z.object({
  model: z.string().max(200).nullish(),
  choices: z
    .array(
      z.object({
        delta: textSchema,
        message: textSchema,
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .object({
      prompt_tokens: tokens,
      completion_tokens: tokens,
      prompt_tokens_details: z.object({ cached_tokens: tokens }).nullish().catch(null),
    })
    .nullish(),
});

type Chunk = z.infer<typeof chunkSchema>;

/** An answer in one piece has its text in `message`, where a stream has it in `delta`; the rest is the same. */
function wholeAnswer(completion: unknown): Chunk {
  const { choices = null, ...rest } = parseChunk(completion);
  if (choices === null) throw notACompletion();
  return { ...rest, choices: choices.map((choice) => ({ ...choice, delta: choice.message })) };
}

/** Reads a completion that came in one piece. Throws `AttemptError`. */
export function readCompletion(completion: unknown, askedModel: string, attempt: Attempt): Promise<Reply> {
  return readStream([wholeAnswer(completion)], askedModel, attempt);
}

async function readStream(
  stream: AsyncIterable<unknown> | Iterable<unknown>,
  askedModel: string,
  attempt: Attempt,
): Promise<Reply> {
  const text: string[] = [];
  const refusal: string[] = [];
  let model = askedModel;
  let finish: string | undefined;
  let usage: Chunk["usage"];
  for await (const data of stream) {
    const chunk = parseChunk(data);
    const choice = chunk.choices?.[0];
    const { content, refusal: refused } = choice?.delta ?? {};
    text.push(content ?? "");
    refusal.push(refused ?? "");
    attempt.receive((content?.length ?? 0) + (refused?.length ?? 0));
    model = chunk.model || model;
    finish = choice?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  if (finish === undefined) {
    throw attempt.cutOff();
  }
  const refused = refusal.join("");
  return {
    text: text.join("") || refused,
    model,
    usage: {
      inputTokens: usage?.prompt_tokens ?? null,
      outputTokens: usage?.completion_tokens ?? null,
      cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens ?? null,
    },
    stop: refused === "" ? stopOf(finish) : "refusal",
  };
}

function parseChunk(data: unknown): Chunk {
  const parsed = chunkSchema.safeParse(data);
  if (!parsed.success) throw notACompletion();
  return parsed.data;
}

function notACompletion(): AttemptError {
  return new AttemptError("sent something that is not a chat completion", {
    remedy: "Check that the base URL is the address of an API that is compatible with OpenAI's.",
  });
}

function stopOf(finish: string): Stop {
  switch (finish) {
    case "length":
      return "length";
    case "content_filter":
      return "refusal";
    default:
      return "complete";
  }
}
