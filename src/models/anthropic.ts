import type Anthropic from "@anthropic-ai/sdk";
import { z } from "zod";
import { makeAttempt } from "./attempt.ts";
import type { Attempt, ProviderOptions } from "./attempt.ts";
import { AttemptError, refusedRequest } from "./attempt-error.ts";
import type { Call, Provider, Reply, Stop } from "./call.ts";
import { hasOpenObject, withSchema } from "./json-schema.ts";
import { outgoingFetch } from "./outgoing.ts";

type Body = Anthropic.MessageCreateParamsStreaming;

/** A client for one attempt; `takesJson` where its answers are no streams of events. */
export function anthropicClient(
  Sdk: typeof Anthropic,
  options: ProviderOptions,
  attempt: Attempt,
  { takesJson = false } = {},
): Anthropic {
  const { spec, apiKey } = options;
  const baseURL = spec.baseUrl ?? "https://api.anthropic.com";
  return new Sdk({
    baseURL,
    // The SDK looks for other credentials without one; `outgoingFetch` decides what leaves.
    apiKey: apiKey ?? "none",
    webhookKey: null,
    openTelemetry: false,
    maxRetries: 0,
    timeout: options.limits.totalMs,
    logLevel: "off",
    fetch: outgoingFetch(apiKey === undefined ? {} : { "x-api-key": apiKey }, attempt.alive, {
      takesJson,
      onlyTo: new URL(baseURL).origin,
    }),
  });
}

/**
 * The Messages API of Anthropic, or of a compatible server when the spec has a base URL; always streamed, so that a
 * long answer outlives every timeout on the way. A question's temperature is not sent: the API has none any more.
 * Models from before structured output refuse it with 400; from then on the schema is part of the system text.
 */
export function anthropicProvider(options: ProviderOptions): Provider {
  const { spec } = options;
  let structured = true;
  return async (call, again) => {
    const { default: Sdk } = await import("@anthropic-ai/sdk");
    return makeAttempt(options, Sdk, async (attempt) => {
      const client = anthropicClient(Sdk, options, attempt);
      const send = async (body: Body): Promise<AsyncIterable<unknown>> =>
        // Not `messages.create`, which writes to the console when a model is about to be retired.
        client.post<AsyncIterable<unknown>>("/v1/messages", { body, stream: true, signal: attempt.signal });
      const format = structured ? await outputFormat(call) : undefined;
      let stream: AsyncIterable<unknown>;
      try {
        stream = await send(requestBody(spec.model, call, format));
      } catch (thrown) {
        const refusal = refusedRequest(thrown);
        if (
          format === undefined ||
          refusal === undefined ||
          !/output|format|schema|structured/.test(refusal)
        ) {
          throw thrown;
        }
        again?.();
        stream = await send(requestBody(spec.model, call, undefined));
        structured = false;
      }
      return readStream(stream, spec.model, attempt);
    });
  };
}

/** What of a request asks the model; the rest says how its answer comes, and in which form. */
export function messageBody(
  model: string,
  { system, prompt, maxOutputTokens }: Pick<Call, "system" | "prompt" | "maxOutputTokens">,
): Anthropic.MessageCreateParamsNonStreaming {
  return {
    model,
    max_tokens: maxOutputTokens,
    messages: [{ role: "user", content: prompt }],
    ...(system === "" ? {} : { system }),
  };
}

function requestBody(model: string, call: Call, format: Anthropic.JSONOutputFormat | undefined): Body {
  const system = format === undefined ? withSchema(call.system, call.schema) : call.system;
  return {
    ...messageBody(model, { ...call, system }),
    stream: true,
    ...(format === undefined ? {} : { output_config: { format } }),
  };
}

/** Undefined without a schema, and where Anthropic's subset of JSON Schema cannot say what it says. */
async function outputFormat({ schema: wanted }: Call): Promise<Anthropic.JSONOutputFormat | undefined> {
  if (wanted === undefined || hasOpenObject(wanted)) {
    return undefined;
  }
  const { zodOutputFormat } = await import("@anthropic-ai/sdk/helpers/zod");
  try {
    const { type, schema } = zodOutputFormat(wanted);
    return { type, schema };
  } catch {
    return undefined;
  }
}

const tokens = z.number().int().nonnegative().nullish().catch(null);

const usageSchema = z.object({
  input_tokens: tokens,
  output_tokens: tokens,
  cache_creation_input_tokens: tokens,
  cache_read_input_tokens: tokens,
});

const readEvents = new Set(["message_start", "content_block_delta", "message_delta", "message_stop"]);

/** Of the stream's events only what we read; other types pass, as Anthropic's versioning policy asks of clients. */
const eventSchema = z.union([
  z.object({
    type: z.literal("message_start"),
    message: z.object({ model: z.string().max(200), usage: usageSchema.nullish() }),
  }),
  z.object({
    type: z.literal("content_block_delta"),
    delta: z.union([
      z.object({ type: z.literal("text_delta"), text: z.string() }),
      z.object({ type: z.string().refine((type) => type !== "text_delta") }).transform(() => null),
    ]),
  }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({
      stop_reason: z.string().nullish(),
      stop_details: z.object({ explanation: z.string().nullish() }).nullish().catch(null),
    }),
    usage: usageSchema.nullish(),
  }),
  z.object({ type: z.literal("message_stop") }),
  z
    .object({ type: z.string().refine((type) => !readEvents.has(type)) })
    .transform(() => ({ type: "other" as const })),
]);

async function readStream(
  stream: AsyncIterable<unknown>,
  askedModel: string,
  attempt: Attempt,
): Promise<Reply> {
  attempt.begin();
  const text: string[] = [];
  let model = askedModel;
  let stopReason: string | undefined;
  let explanation = "";
  let stopped = false;
  let usage: z.infer<typeof usageSchema> = {};
  for await (const data of stream) {
    const event = parseEvent(data);
    switch (event.type) {
      case "message_start":
        model = event.message.model || model;
        usage = { ...usage, ...event.message.usage };
        break;
      case "content_block_delta":
        if (event.delta !== null) {
          text.push(event.delta.text);
          attempt.receive(event.delta.text.length);
        }
        break;
      case "message_delta":
        stopReason = event.delta.stop_reason ?? stopReason;
        explanation = event.delta.stop_details?.explanation ?? explanation;
        usage = { ...usage, ...definedOf(event.usage ?? {}) };
        break;
      case "message_stop":
        stopped = true;
        break;
      case "other":
        break;
    }
  }
  if (!stopped || stopReason === undefined) {
    throw attempt.cutOff();
  }
  const stop = stopOf(stopReason);
  return {
    text: text.join("") || (stop === "refusal" ? explanation : ""),
    model,
    usage: usageOf(usage),
    stop,
  };
}

const messageSchema = z.object({
  model: z.string().max(200),
  content: z.array(
    z.union([
      z.object({ type: z.literal("text"), text: z.string() }),
      z.object({ type: z.string().refine((type) => type !== "text") }).transform(() => ({ text: "" })),
    ]),
  ),
  stop_reason: z.string(),
  stop_details: z.object({ explanation: z.string().nullish() }).nullish().catch(null),
  usage: usageSchema.nullish(),
});

/** Reads a message that came in one piece; undefined for what is none. */
export function readMessage(message: unknown): Reply | undefined {
  const { success, data } = messageSchema.safeParse(message);
  if (!success) return undefined;
  const stop = stopOf(data.stop_reason);
  return {
    text:
      data.content.map(({ text }) => text).join("") ||
      (stop === "refusal" ? (data.stop_details?.explanation ?? "") : ""),
    model: data.model,
    usage: usageOf(data.usage ?? {}),
    stop,
  };
}

function usageOf(usage: z.infer<typeof usageSchema>): Reply["usage"] {
  return {
    inputTokens: inputTokens(usage),
    outputTokens: usage.output_tokens ?? null,
    cachedInputTokens: usage.cache_read_input_tokens ?? null,
  };
}

/** The last event repeats some counts as null. */
function definedOf(usage: z.infer<typeof usageSchema>): z.infer<typeof usageSchema> {
  return Object.fromEntries(
    Object.entries(usage).filter(([, count]) => count !== null && count !== undefined),
  );
}

/** Anthropic counts cached tokens apart; `Usage.inputTokens` is all of the input. */
function inputTokens(usage: z.infer<typeof usageSchema>): number | null {
  const { input_tokens: fresh } = usage;
  return fresh === null || fresh === undefined
    ? null
    : fresh + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0);
}

function parseEvent(data: unknown): z.infer<typeof eventSchema> {
  const parsed = eventSchema.safeParse(data);
  if (!parsed.success) {
    throw new AttemptError("sent something that is not an event of the Messages API", {
      remedy: "Check that the base URL is the address of an API that is compatible with Anthropic's.",
    });
  }
  return parsed.data;
}

function stopOf(reason: string): Stop {
  switch (reason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "refusal":
      return "refusal";
    default:
      return "complete";
  }
}
