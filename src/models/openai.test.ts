import { inspect } from "node:util";
import { LLMock } from "@copilotkit/aimock";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { chatCompletion, events, plain, startModelServer } from "../../test/model-server.ts";
import type { Scripted } from "../../test/model-server.ts";
import type { Call, Provider } from "./call.ts";
import { attemptLimits } from "./deadline.ts";
import type { AttemptLimits } from "./deadline.ts";
import { openAiProvider } from "./openai.ts";

const apiKey = "own-0123456789abcdef";
const schema = z.object({ gain: z.number() });
const call: Call = {
  purpose: "distill",
  system: "You distil.",
  prompt: "What gained?",
  schema,
  maxOutputTokens: 500,
  temperature: 0,
};

function provider(url: string, limits: Partial<AttemptLimits> = {}): Provider {
  return openAiProvider({
    spec: { kind: "openai", model: "some/model", baseUrl: `${url}/v1` },
    apiKey,
    limits: { ...attemptLimits, ...limits },
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
      { userMessage: "What gained?", systemMessage: "You distil.", responseFormat: "json_schema" },
      { content: '{"gain":0.4}', usage: { prompt_tokens: 21, completion_tokens: 6 } },
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
      model: "some/model",
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

it("reads the answer of a server that knows no streams", async () => {
  const message = { role: "assistant", content: '{"gain":0.4}' };
  const usage = { prompt_tokens: 50, completion_tokens: 9 };
  const body = { model: "small", choices: [{ index: 0, finish_reason: "length", message }], usage };
  await using server = await startModelServer(plain(200, body));
  expect(await provider(server.url)(call)).toEqual({
    text: '{"gain":0.4}',
    model: "small",
    usage: { inputTokens: 50, outputTokens: 9, cachedInputTokens: null },
    stop: "length",
  });
});

describe("the request", () => {
  it("holds the schema, the limits and the temperature, and the key given to it", async () => {
    await using server = await startModelServer(chatCompletion('{"gain":1}'));
    await provider(server.url)(call);
    expect(server.requests[0]?.path).toBe("/v1/chat/completions");
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(server.requests[0]?.body).toEqual({
      model: "some/model",
      messages: [
        { role: "system", content: "You distil." },
        { role: "user", content: "What gained?" },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 500,
      temperature: 0,
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "answer",
          strict: true,
          schema: expect.objectContaining({ required: ["gain"], additionalProperties: false }) as object,
        },
      },
    });
  });

  it("asks for no form where any text is an answer, and is not simplified for its sake", async () => {
    await using server = await startModelServer(chatCompletion("Three."), plain(400, { error: "no" }));
    const ask = provider(server.url);
    expect((await ask({ ...call, schema: undefined })).text).toBe("Three.");
    await expect(ask({ ...call, schema: undefined, temperature: undefined })).rejects.toThrow("400");
    expect(server.requests).toHaveLength(2);
    expect(server.requests[0]?.body).not.toHaveProperty("response_format");
    expect(server.requests[0]?.body["messages"]).toMatchObject([{ content: "You distil." }, {}]);
  });

  it("offers a schema that strict output cannot express as guidance", async () => {
    await using server = await startModelServer(chatCompletion("{}"));
    await provider(server.url)({
      ...call,
      schema: z.object({ note: z.string().optional(), length: z.string().transform((text) => text.length) }),
    });
    expect(server.requests[0]?.body["response_format"]).toMatchObject({
      type: "json_schema",
      json_schema: { strict: false, schema: { required: ["length"] } },
    });
  });

  it("holds no key where none was given, nothing from the environment, and is not logged", async () => {
    vi.stubEnv("OPENAI_API_KEY", "sk-env-secret-value");
    vi.stubEnv("OPENAI_ORG_ID", "org-secret");
    vi.stubEnv("OPENAI_PROJECT_ID", "project-secret");
    vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:9/elsewhere");
    vi.stubEnv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer header-secret\nx-own: header-secret");
    vi.stubEnv("OPENAI_LOG", "debug");
    const wrote = (["debug", "error", "info", "log", "warn"] as const).map((name) => vi.spyOn(console, name));
    await using server = await startModelServer(chatCompletion('{"gain":1}'));
    await openAiProvider({
      spec: { kind: "openai", model: "m", baseUrl: `${server.url}/v1` },
      apiKey: undefined,
      limits: attemptLimits,
      now: () => 0,
    })(call);
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(JSON.stringify(server.requests[0])).not.toMatch(/secret/);
    for (const method of wrote) {
      expect(method).not.toHaveBeenCalled();
    }
  });
});

describe("the reply", () => {
  it("has the cached tokens, the model that answered, and null for what is not said", async () => {
    await using server = await startModelServer(
      chatCompletion("{}", {
        model: "m-2026-11",
        usage: { prompt_tokens: 9, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 8 } },
      }),
      chatCompletion("{}", { usage: null }),
    );
    const ask = provider(server.url);
    expect(await ask(call)).toMatchObject({
      model: "m-2026-11",
      usage: { inputTokens: 9, outputTokens: 2, cachedInputTokens: 8 },
    });
    expect((await ask(call)).usage).toEqual({
      inputTokens: null,
      outputTokens: null,
      cachedInputTokens: null,
    });
  });

  it.each([
    [{ finish: "length" }, "", "length"],
    [{ finish: "content_filter" }, "", "refusal"],
    [{ refusal: "I cannot." }, "I cannot.", "refusal"],
  ])("that ends with %o is told from a complete one", async (options, text, stop) => {
    await using server = await startModelServer(chatCompletion("", options));
    expect(await provider(server.url)(call)).toMatchObject({ stop, text });
  });
});

describe("a server that refuses a part of the request with 400", () => {
  it("is asked for JSON in the text once response_format is refused, and from then on", async () => {
    const refusal = plain(400, { error: { message: "response_format is not supported" } });
    await using server = await startModelServer(refusal, chatCompletion('{"gain":2}'));
    const ask = provider(server.url);
    expect((await ask(call)).text).toBe('{"gain":2}');
    await ask(call);
    expect(server.requests).toHaveLength(3);
    for (const { body } of server.requests.slice(1)) {
      expect(body).not.toHaveProperty("response_format");
      expect(JSON.stringify(body["messages"])).toMatch(/You distil\..*JSON Schema.*gain/);
    }
  });

  it.each([
    [{ message: "Unsupported value", param: "temperature" }, "temperature"],
    [{ message: "Unknown parameter: stream_options" }, "stream_options"],
    [{ message: "Use 'max_completion_tokens' instead." }, "max_tokens"],
  ])("is not sent again what %o names", async (error, left) => {
    await using server = await startModelServer(plain(400, { error }), chatCompletion('{"gain":2}'));
    await provider(server.url)(call);
    expect(server.requests[0]?.body).toHaveProperty(left);
    expect(server.requests[1]?.body).not.toHaveProperty(left);
    expect(server.requests[1]?.body).toHaveProperty("response_format");
  });

  it("is heard when it refuses the simpler request too, and that one is not remembered", async () => {
    const refusal = plain(400, { error: { message: "the prompt is too long" } });
    await using server = await startModelServer(refusal, refusal, chatCompletion("{}"));
    const ask = provider(server.url);
    await expect(ask(call)).rejects.toMatchObject({
      message: "refused the request (400): the prompt is too long",
      retry: false,
      exitCode: 3,
    });
    await ask(call);
    expect(server.requests[2]?.body).toHaveProperty("response_format");
  });
});

describe("a failed attempt", () => {
  it.each([408, 409, 429, 500, 502, 503, 504, 529])("may be repeated after %i", async (status) => {
    expect(
      await failure(plain(status, { error: { message: "busy" } }, { "retry-after": "2" })),
    ).toMatchObject({
      message: `answered ${status}: busy`,
      retry: true,
      waitMs: 2_000,
    });
  });

  it.each([
    [401, "refused the key (401)", 2, "Set OVERPROOF_API_KEY to a valid key"],
    [403, "refused access (403): no", 2, "may use some/model"],
    [404, "does not know the model or the address (404): no", 2, 'Check the model name "some/model"'],
    [307, "answered with a redirection (307), which is not followed", 2, "Write the address it leads to"],
    [413, "refused the request (413): no", 3, "Change what the provider complains about"],
  ])("is final after %i and says what to do", async (status, words, exitCode, remedy) => {
    expect(await failure(plain(status, { error: { message: "no" } }, { location: "/other" }))).toMatchObject({
      message: words,
      exitCode,
      retry: false,
      remedy: expect.stringContaining(remedy) as string,
    });
  });

  it("is final when the quota is used up", async () => {
    const error = { message: "You exceeded your current quota", code: "insufficient_quota" };
    expect(await failure(plain(429, { error }))).toMatchObject({ retry: false, exitCode: 3 });
  });

  it.each([400, 401, 403, 404, 429, 500])("never shows the key that a %i echoes", async (status) => {
    const echo = { error: { message: `bad key ${apiKey}`, key: apiKey } };
    const error = await failure(plain(status, echo, { "x-echo": apiKey }));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(apiKey);
  });

  it("never shows the key that a plain text echoes", async () => {
    const error = await failure(plain(503, `<html>${apiKey}</html>`, { "content-type": "text/html" }));
    expect(inspect(error, { depth: 20 })).not.toContain(apiKey);
    expect(error).toMatchObject({ message: "answered 503: <html>[key]</html>" });
  });

  it("does not follow a redirection with the key", async () => {
    await using other = await startModelServer(chatCompletion("{}"));
    expect(await failure(plain(307, "", { location: `${other.url}/v1/chat/completions` }))).toBeInstanceOf(
      Error,
    );
    expect(other.requests).toHaveLength(0);
  });

  it.each([
    ["a damaged event", events(["data: {not json"]), "sent a damaged answer", true],
    [
      "an error in the stream",
      events(['data: {"error":{"message":"overloaded"}}']),
      "broke its answer off: overloaded",
      true,
    ],
    ["no events at all", events([]), "cut its answer off", true],
    ["only the last event", events(["data: [DONE]"]), "cut its answer off", true],
    [
      "another API's events",
      events(['data: {"choices":"none"}']),
      "sent something that is not a chat completion",
      false,
    ],
    [
      "a web page",
      plain(200, "<html>", { "content-type": "text/html" }),
      "answered with text/html where",
      false,
    ],
  ])("names %s", async (_, script, words, retry) => {
    expect(await failure(script)).toMatchObject({ message: expect.stringContaining(words) as string, retry });
  });

  it("names JSON that is no completion, where a server answers in one piece", async () => {
    expect(await failure(plain(200, { object: "list", data: [] }))).toMatchObject({
      message: "sent something that is not a chat completion",
      retry: false,
    });
    expect(await failure(plain(200, "{"))).toMatchObject({ message: "sent a damaged answer", retry: true });
  });

  it("names a server that is not there", async () => {
    const server = await startModelServer();
    await server[Symbol.asyncDispose]();
    await expect(provider(server.url)(call)).rejects.toMatchObject({
      message: "gave no answer (ECONNREFUSED)",
      retry: true,
      receivedCharacters: undefined,
    });
  });

  it("names a server that never begins, and one that falls silent", async () => {
    await using server = await startModelServer(
      () => {},
      events(['data: {"choices":[{"delta":{"content":"abcde"}}]}'], { open: true }),
    );
    const ask = provider(server.url, { silenceMs: 300 });
    const words = { message: "sent nothing for 0.3 s", retry: true };
    await expect(ask(call)).rejects.toMatchObject({ ...words, receivedCharacters: undefined });
    await expect(ask(call)).rejects.toMatchObject({ ...words, receivedCharacters: 5 });
  });

  it("is not ended by a limit while bytes still come, but by the limit in all", async () => {
    const drip: Scripted = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write(": still thinking\n\n"), 20);
      response.on("close", () => {
        clearInterval(timer);
      });
    };
    await using server = await startModelServer(drip);
    const ask = provider(server.url, { silenceMs: 400, totalMs: 900 });
    await expect(ask(call)).rejects.toMatchObject({ message: "was not done after 0.9 s", retry: true });
  });
});
