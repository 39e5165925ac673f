import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { chatCompletion, message } from "./model-server.ts";

type Body = Record<string, unknown>;

/** How a call of a batch ends; an answer where it is undefined. */
export type Fate = "expired" | "canceled" | "lost" | { status: number; message: string } | undefined;

interface Options {
  /** The text of an answer. */
  answer: (body: Body) => string;
  fate?: (body: Body) => Fate;
  /** How often a batch is asked after before it has ended; Infinity until `release`. */
  polls?: number;
  /** The server takes calls one by one only, and answers everything else with this status. */
  withoutBatches?: number;
  /** The first batch is made, and the connection broken before its name is sent. */
  losesFirstName?: boolean;
  /** The whole batch is refused with these words. */
  refusal?: string;
}

export interface MadeBatch {
  id: string;
  calls: { custom_id: string; body: Body }[];
  polls: number;
  file: string;
  made: number;
}

export interface BatchServer extends AsyncDisposable {
  readonly url: string;
  readonly batches: readonly MadeBatch[];
  /** Bodies of calls that were made one by one. */
  readonly plain: readonly Body[];
  /** Makes a batch of somebody else. */
  addBatch(calls: MadeBatch["calls"]): void;
  release(): void;
}

/** The APIs of OpenAI and Anthropic on loopback, with files and batches. */
export async function startBatchServer(options: Options): Promise<BatchServer> {
  const files = new Map<string, string>();
  const batches: MadeBatch[] = [];
  const plain: Body[] = [];
  let isReleased = false;
  let hasLost = false;

  const make = (calls: MadeBatch["calls"], file: string): MadeBatch => {
    const made = { id: `batch_${batches.length + 1}`, calls, polls: 0, file, made: Date.now() };
    batches.push(made);
    return made;
  };
  const fateOf = (body: Body): Fate => options.fate?.(body);
  const hasEnded = ({ polls }: MadeBatch): boolean => isReleased || polls > (options.polls ?? 1);

  const openAi = (batch: MadeBatch): object => {
    const fates = batch.calls.map(({ body }) => fateOf(body));
    const failed = fates.filter((fate) => fate !== undefined).length;
    const isOver = hasEnded(batch);
    return {
      id: batch.id,
      object: "batch",
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      input_file_id: batch.file,
      created_at: Math.floor(batch.made / 1000),
      expires_at: Math.floor(batch.made / 1000) + 86_400,
      ...(options.refusal !== undefined && isOver
        ? { status: "failed", errors: { object: "list", data: [{ message: options.refusal }] } }
        : { status: isOver ? (fates.includes("expired") ? "expired" : "completed") : "in_progress" }),
      ...(isOver ? { output_file_id: `${batch.id}_output`, error_file_id: `${batch.id}_errors` } : {}),
      request_counts: {
        total: batch.calls.length,
        completed: isOver ? batch.calls.length - failed : 0,
        failed: isOver ? failed : 0,
      },
    };
  };
  const openAiLine = ({ custom_id, body }: MadeBatch["calls"][number]): object => {
    const fate = fateOf(body);
    if (fate === "expired")
      return { custom_id, response: null, error: { code: "batch_expired", message: "" } };
    if (fate === "canceled")
      return { custom_id, response: null, error: { code: "batch_cancelled", message: "" } };
    if (typeof fate === "object") {
      const { status, message: said } = fate;
      return {
        custom_id,
        response: { status_code: status, body: { error: { message: said } } },
        error: null,
      };
    }
    const text = options.answer(body);
    const completion = {
      object: "chat.completion",
      model: "served-model",
      choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
      usage: { prompt_tokens: 12, completion_tokens: 3 },
    };
    return { custom_id, response: { status_code: 200, request_id: "r", body: completion }, error: null };
  };

  const anthropic = (batch: MadeBatch): object => {
    const isOver = hasEnded(batch);
    const ended = (name: string): number =>
      batch.calls.filter(({ body }) => {
        const fate = fateOf(body);
        return (typeof fate === "object" ? "errored" : (fate ?? "succeeded")) === name;
      }).length;
    return {
      id: batch.id,
      type: "message_batch",
      processing_status: isOver ? "ended" : "in_progress",
      created_at: new Date(batch.made).toISOString(),
      expires_at: new Date(batch.made + 86_400_000).toISOString(),
      ended_at: isOver ? new Date(batch.made).toISOString() : null,
      results_url: isOver ? `${url}/v1/messages/batches/${batch.id}/results` : null,
      request_counts: isOver
        ? {
            processing: 0,
            succeeded: ended("succeeded") + ended("lost"),
            errored: ended("errored"),
            canceled: ended("canceled"),
            expired: ended("expired"),
          }
        : { processing: batch.calls.length, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
    };
  };
  const anthropicLine = ({ custom_id, body }: MadeBatch["calls"][number]): object => {
    const fate = fateOf(body);
    if (fate === "expired" || fate === "canceled") return { custom_id, result: { type: fate } };
    if (typeof fate === "object") {
      const error = { type: "error", error: { type: "invalid_request_error", message: fate.message } };
      return { custom_id, result: { type: "errored", error } };
    }
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 30,
      cache_creation_input_tokens: 5,
      output_tokens: 7,
    };
    const content = [
      { type: "thinking", thinking: "Hm." },
      { type: "text", text: options.answer(body) },
    ];
    const answer = { type: "message", model: "served-claude", content, stop_reason: "end_turn", usage };
    return { custom_id, result: { type: "succeeded", message: answer } };
  };
  /** In another order than that of the requests. */
  const lines = (
    batch: MadeBatch,
    line: (call: MadeBatch["calls"][number]) => object,
    some = batch.calls,
  ): string =>
    some
      .filter(({ body }) => fateOf(body) !== "lost")
      .map((call) => `${JSON.stringify(line(call))}\n`)
      .reverse()
      .join("");

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const raw = Buffer.concat(pieces);
    const path = new URL(request.url ?? "", url).pathname;
    const route = `${request.method} ${path}`;
    const json = (value: object, status = 200): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    };
    const text = (value: string): void => {
      response.writeHead(200, { "content-type": "application/octet-stream" }).end(value);
    };
    const parse = (): Body => JSON.parse(raw.toString("utf8")) as Body;
    /** The name of a batch, or nothing where it is to be lost. */
    const named = (value: object): void => {
      if (options.losesFirstName !== true || hasLost) return json(value);
      hasLost = true;
      request.socket.destroy();
    };
    if (route === "POST /v1/chat/completions" || route === "POST /v1/messages") {
      const body = parse();
      plain.push(body);
      const answer = path === "/v1/messages" ? message : chatCompletion;
      return answer(options.answer(body))(response, { path, headers: request.headers, body });
    }
    if (options.withoutBatches !== undefined) {
      return json({ error: { message: "no such endpoint" } }, options.withoutBatches);
    }
    if (route === "POST /v1/files") {
      const form = await new Response(raw, {
        headers: { "content-type": request.headers["content-type"] ?? "" },
      }).formData();
      const file = form.get("file");
      if (!(file instanceof File) || form.get("purpose") !== "batch") return json({ error: {} }, 400);
      const id = `file_${files.size + 1}`;
      files.set(id, await file.text());
      return json({ id, object: "file" });
    }
    if (route === "POST /v1/batches") {
      const file = String(parse()["input_file_id"]);
      const calls = (files.get(file) ?? "")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as MadeBatch["calls"][number]);
      return named(openAi(make(calls, file)));
    }
    if (route === "POST /v1/messages/batches") {
      const { requests } = parse() as { requests: { custom_id: string; params: Body }[] };
      const calls = requests.map(({ custom_id, params }) => ({ custom_id, body: params }));
      return named(anthropic(make(calls, "")));
    }
    if (route === "GET /v1/batches") return json({ data: batches.toReversed().map(openAi), has_more: false });
    if (route === "GET /v1/messages/batches") {
      return json({ data: batches.toReversed().map(anthropic), has_more: false });
    }
    const content = /^\/v1\/files\/(batch_\d+)_(output|errors)\/content$/.exec(path);
    const id = content?.[1] ?? /\/(batch_\d+)(?:\/results)?$/.exec(path)?.[1];
    const batch = batches.find((one) => one.id === id);
    if (batch === undefined) return json({ error: { message: "no such batch" } }, 404);
    if (content !== null) {
      const isOutput = content[2] === "output";
      const some = batch.calls.filter(({ body }) => (fateOf(body) === undefined) === isOutput);
      return text(lines(batch, openAiLine, some));
    }
    if (path.endsWith("/results")) return text(lines(batch, anthropicLine));
    batch.polls += 1;
    json(path.startsWith("/v1/messages") ? anthropic(batch) : openAi(batch));
  }

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  return {
    url,
    batches,
    plain,
    addBatch: (calls) => void make(calls, "file_0"),
    release() {
      isReleased = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
