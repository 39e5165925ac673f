import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request: `model` is the name that was asked for, `text` the whole body of the request. */
export type Script = (model: string, text: string) => { content: string; tokens: number };

export interface ScriptedModel extends AsyncDisposable {
  /** Base address of an OpenAI-compatible API. */
  url: string;
}

/** A model on loopback that is a script. */
export async function serveModel(script: Script): Promise<ScriptedModel> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString("utf8");
      const { model } = JSON.parse(text) as { model: string };
      const { content, tokens } = script(model, text);
      const read = Math.ceil(text.length / 4);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          id: "x",
          object: "chat.completion",
          created: 1,
          model,
          choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }],
          usage: { prompt_tokens: read, completion_tokens: tokens, total_tokens: read + tokens },
        }),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
