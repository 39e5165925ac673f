import { inspect } from "node:util";
import { LLMock } from "@copilotkit/aimock";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { events, message, plain, startModelServer } from "../../test/model-server.ts";
import type { Scripted } from "../../test/model-server.ts";
import { anthropicProvider } from "./anthropic.ts";
import type { Call, Provider } from "./call.ts";
import { attemptLimits } from "./deadline.ts";

const apiKey = "own-0123456789abcdef";
const call: Call = {
  purpose: "distill",
  system: "You distil.",
  prompt: "What gained?",
  schema: z.object({ gain: z.number() }),
  maxOutputTokens: 500,
  temperature: 0,
};

function provider(baseUrl: string, options: { silenceMs?: number; model?: string } = {}): Provider {
  return anthropicProvider({
    spec: { kind: "anthropic", model: options.model ?? "claude", baseUrl },
    apiKey,
    limits: { ...attemptLimits, silenceMs: options.silenceMs ?? attemptLimits.silenceMs },
    now: () => 0,
  });
}

async function failure(...script: Scripted[]): Promise<unknown> {
  await using server = await startModelServer(...script);
  try {
    await provider(server.url)(call);
  } catch (error) {
    return error;
  }
  throw new Error("the attempt did not fail");
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("against aimock", () => {
  let mock: LLMock;

  beforeAll(async () => {
    mock = await LLMock.create({ port: 0 });
    mock.on(
      { userMessage: "What gained?", systemMessage: "You distil." },
      { content: '{"gain":0.4}', usage: { input_tokens: 21, output_tokens: 6 } },
      { chunkSize: 3 },
    );
    mock.onMessage("too fast", {
      error: { message: "slow down", type: "rate_limit_error" },
      status: 429,
      retryAfter: 7,
    });
    mock.onMessage(
      "cut",
      { content: "abcdefghij".repeat(20) },
      { chunkSize: 10, truncateAfterChunks: 8, latency: 2 },
    );
  });

  afterAll(async () => {
    await mock.stop();
  });

  it("streams, and takes over text, model and usage", async () => {
    expect(await provider(mock.url)(call)).toEqual({
      text: '{"gain":0.4}',
      model: "claude",
      usage: { inputTokens: 21, outputTokens: 6, cachedInputTokens: null },
      stop: "complete",
    });
  });

  it("reports 429 with the time to wait", async () => {
    await expect(provider(mock.url)({ ...call, prompt: "too fast" })).rejects.toMatchObject({
      message: "answered 429: slow down",
      retry: true,
      waitMs: 7_000,
      receivedCharacters: undefined,
    });
  });

  it("notices a stream that is cut off, and that it had begun", async () => {
    await expect(provider(mock.url)({ ...call, prompt: "cut" })).rejects.toMatchObject({
      message: "cut its answer off",
      retry: true,
      receivedCharacters: expect.any(Number) as number,
    });
  });
});

describe("the request", () => {
  it("holds the schema and the limit, and no temperature", async () => {
    await using server = await startModelServer(message('{"gain":1}'));
    await provider(server.url)(call);
    expect(server.requests[0]?.path).toBe("/v1/messages");
    expect(server.requests[0]?.headers).toMatchObject({
      "x-api-key": apiKey,
      "anthropic-version": expect.any(String) as string,
    });
    expect(server.requests[0]?.body).toEqual({
      model: "claude",
      system: "You distil.",
      messages: [{ role: "user", content: "What gained?" }],
      stream: true,
      max_tokens: 500,
      output_config: {
        format: {
          type: "json_schema",
          schema: expect.objectContaining({ required: ["gain"], additionalProperties: false }) as object,
        },
      },
    });
  });

  it("asks for no form where any text is an answer", async () => {
    await using server = await startModelServer(message("Three."));
    const ask = provider(server.url);
    expect((await ask({ ...call, schema: undefined })).text).toBe("Three.");
    expect(server.requests[0]?.body).not.toHaveProperty("output_config");
    expect(server.requests[0]?.body["system"]).toBe(call.system);
  });

  it("asks in the text for what structured output cannot express", async () => {
    await using server = await startModelServer(message("{}"));
    const ask = provider(server.url);
    await ask({ ...call, schema: z.record(z.string(), z.number()) });
    await ask({ ...call, system: "", schema: z.object({ a: z.string().transform(Number) }) });
    await ask(call);
    for (const { body } of server.requests.slice(0, 2)) {
      expect(body).not.toHaveProperty("output_config");
      expect(body["system"]).toContain("JSON Schema");
    }
    expect(server.requests[2]?.body).toHaveProperty("output_config");
  });

  it("holds nothing from the environment, and nothing is written to the console", async () => {
    vi.stubEnv("ANTHROPIC_API_KEY", "sk-env-secret-value");
    vi.stubEnv("ANTHROPIC_AUTH_TOKEN", "token-secret");
    vi.stubEnv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9/elsewhere");
    vi.stubEnv("ANTHROPIC_CUSTOM_HEADERS", "Authorization: Bearer header-secret\nx-own: header-secret");
    vi.stubEnv("ANTHROPIC_LOG", "debug");
    const wrote = (["debug", "error", "info", "log", "warn"] as const).map((name) => vi.spyOn(console, name));
    await using server = await startModelServer(message('{"gain":1}'));
    await anthropicProvider({
      // A model that the SDK warns about by itself.
      spec: { kind: "anthropic", model: "claude-sonnet-4-5", baseUrl: server.url },
      apiKey: undefined,
      limits: attemptLimits,
      now: () => 0,
    })(call);
    expect(server.requests[0]?.headers).not.toHaveProperty("x-api-key");
    expect(JSON.stringify(server.requests[0])).not.toMatch(/secret/);
    for (const method of wrote) {
      expect(method).not.toHaveBeenCalled();
    }
  });
});

describe("the reply", () => {
  it("counts cached input as input", async () => {
    await using server = await startModelServer(message('{"gain":1}'));
    expect(await provider(server.url)(call)).toEqual({
      text: '{"gain":1}',
      model: "served-claude",
      usage: { inputTokens: 45, outputTokens: 7, cachedInputTokens: 30 },
      stop: "complete",
    });
  });

  it.each([
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["refusal", "refusal"],
    ["end_turn", "complete"],
  ])("ends with %s as %s", async (reason, stop) => {
    await using server = await startModelServer(
      message("", { stop: reason, details: { explanation: "Not this." } }),
    );
    expect(await provider(server.url)(call)).toMatchObject({
      stop,
      text: stop === "refusal" ? "Not this." : "",
    });
  });
});

it("asks a model without structured output for JSON in the text, and remembers", async () => {
  const error = {
    type: "error",
    error: { type: "invalid_request_error", message: "output_config.format: no" },
  };
  await using server = await startModelServer(plain(400, error), message('{"gain":2}'));
  const ask = provider(server.url);
  expect((await ask(call)).text).toBe('{"gain":2}');
  await ask(call);
  expect(server.requests).toHaveLength(3);
  expect(server.requests[2]?.body["system"]).toMatch(/You distil\..*JSON Schema/s);
});

describe("a failed attempt", () => {
  it("may be repeated after 529, when the server says so", async () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    expect(await failure(plain(529, error, { "retry-after": "4" }))).toMatchObject({
      message: "answered 529: Overloaded",
      retry: true,
      waitMs: 4_000,
    });
  });

  it("is final after 400, with the provider's words", async () => {
    const error = {
      type: "error",
      error: { type: "invalid_request_error", message: "Your credit balance is too low" },
    };
    expect(await failure(plain(400, error))).toMatchObject({
      message: "refused the request (400): Your credit balance is too low",
      retry: false,
    });
  });

  it.each([400, 401, 403, 404, 429, 529])("never shows the key that a %i echoes", async (status) => {
    const echo = { type: "error", error: { type: "e", message: `bad key ${apiKey}` }, key: apiKey };
    const error = await failure(plain(status, echo, { "x-echo": apiKey }));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(apiKey);
  });

  it.each([
    ["overloaded_error", true],
    ["invalid_request_error", false],
  ])("in the stream of type %s may be repeated: %s", async (type, retry) => {
    const data = JSON.stringify({ type: "error", error: { type, message: "Stop" } });
    expect(await failure(events([`event: error\ndata: ${data}`]))).toMatchObject({
      message: "broke its answer off: Stop",
      retry,
      receivedCharacters: 0,
    });
  });

  it.each([
    ["a damaged event", "event: message_stop\ndata: {not json", "sent a damaged answer", true],
    [
      "an end without the last event",
      'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}',
      "cut its answer off",
      true,
    ],
    [
      "a known event of another shape",
      'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta"}}',
      "sent something that is not an event",
      false,
    ],
    [
      "an unknown event, and passes over it",
      'event: content_block_delta\ndata: {"type":"new"}',
      "cut its answer off",
      true,
    ],
  ])("names %s", async (_, event, words, retry) => {
    expect(await failure(events([event]))).toMatchObject({
      message: expect.stringContaining(words) as string,
      retry,
    });
  });

  it("names a server that falls silent", async () => {
    await using server = await startModelServer(events(["event: ping\ndata: {}"], { open: true }));
    await expect(provider(server.url, { silenceMs: 300 })(call)).rejects.toMatchObject({
      message: "sent nothing for 0.3 s",
      retry: true,
      receivedCharacters: 0,
    });
  });
});
