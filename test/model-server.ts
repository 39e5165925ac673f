import { createServer } from "node:http";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";

export interface SeenRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** Answers one request. */
export type Scripted = (response: ServerResponse, request: SeenRequest) => void;

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
}

/** A model's API on loopback that answers with a script, one entry for each request, the last one repeatedly. */
export async function startModelServer(...script: Scripted[]): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString("utf8");
      const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
      const seen = { path: request.url ?? "", headers: request.headers, body };
      const answer = script[Math.min(requests.length, script.length - 1)];
      requests.push(seen);
      answer?.(response, seen);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** An error, or anything else that is no stream. */
export function plain(status: number, body: unknown, headers: Record<string, string> = {}): Scripted {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Server-sent events; `open` leaves the connection hanging after the last one. */
export function events(lines: string[], options: { open?: boolean } = {}): Scripted {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(lines.map((line) => `${line}\n\n`).join(""));
    if (options.open !== true) {
      response.end();
    }
  };
}

/** A complete chat completion in the stream form of OpenAI's API. */
export function chatCompletion(
  text: string,
  options: { finish?: string; model?: string; usage?: object | null; refusal?: string } = {},
): Scripted {
  const model = options.model ?? "served-model";
  const chunk = (choice: object): string =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model, choices: [choice] })}`;
  const usage = options.usage === undefined ? { prompt_tokens: 12, completion_tokens: 3 } : options.usage;
  const half = Math.ceil(text.length / 2);
  return events([
    chunk({ index: 0, delta: { role: "assistant", content: text.slice(0, half) }, finish_reason: null }),
    chunk({ index: 0, delta: { content: text.slice(half), refusal: options.refusal }, finish_reason: null }),
    chunk({ index: 0, delta: {}, finish_reason: options.finish ?? "stop" }),
    ...(usage === null ? [] : [`data: ${JSON.stringify({ model, choices: [], usage })}`]),
    "data: [DONE]",
  ]);
}

/** A complete message in the stream form of Anthropic's API. */
export function message(text: string, options: { stop?: string; details?: object } = {}): Scripted {
  return events(
    [
      {
        type: "message_start",
        message: {
          id: "m",
          type: "message",
          role: "assistant",
          model: "served-claude",
          content: [],
          usage: {
            input_tokens: 10,
            cache_read_input_tokens: 30,
            cache_creation_input_tokens: 5,
            output_tokens: 1,
          },
        },
      },
      { type: "ping" },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } },
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: options.stop ?? "end_turn", stop_details: options.details ?? null },
        usage: { input_tokens: null, output_tokens: 7 },
      },
      { type: "message_stop" },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}`),
  );
}
