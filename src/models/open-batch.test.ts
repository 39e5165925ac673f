import fc from "fast-check";
import { expect, it } from "vitest";
import { startBatchServer } from "../../test/batch-server.ts";
import { plain, startModelServer } from "../../test/model-server.ts";
import { silentReporter } from "../reporter.ts";
import { type BatchModel, type BatchRequest, type BatchResult, inParts } from "./batch.ts";
import { openBatchModel } from "./open-batch.ts";

function model(spec: string, key = "own-0123456789abcdef"): BatchModel {
  return openBatchModel(spec, {
    keys: { compatible: key },
    now: Date.now,
    sleep: async () => undefined,
    random: () => 0,
    reporter: silentReporter,
  });
}

function request(id: string): BatchRequest {
  const call = {
    purpose: id,
    system: "",
    prompt: id,
    schema: undefined,
    maxOutputTokens: 9,
    temperature: undefined,
  };
  return { id, call };
}

async function resultsOf(one: BatchModel, batch: string): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  await one.results(batch, (result) => void results.push(result));
  return results.sort((a, b) => (a.id < b.id ? -1 : 1));
}

const none = { ticket: "", at: Date.now(), size: 2, others: new Set<string>() };

it.each(["openai", "anthropic"])("reads how each call of a batch of %s ended", async (provider) => {
  await using server = await startBatchServer({
    answer: (body) => `${(body["messages"] as { content: string }[]).at(-1)?.content} answered`,
    fate: (body) => {
      const text = JSON.stringify(body);
      if (text.includes("late")) return "expired";
      if (text.includes("stopped")) return "canceled";
      return text.includes("wrong") ? { status: 400, message: "Wrong own-0123456789abcdef." } : undefined;
    },
    polls: 1,
  });
  const one = model(provider === "openai" ? `openai:m@${server.url}/v1` : `anthropic:m@${server.url}`);
  const requests = ["fine", "late", "stopped", "wrong"].map(request);
  const ticket = await one.prepare(requests);
  const batch = await one.submit({ ...none, ticket: ticket ?? "" }, requests);
  expect(batch).toBe("batch_1");
  const first = await one.poll("batch_1");
  expect(first).toMatchObject({ isEnded: false, done: 0, total: 4, refusal: undefined });
  expect(first.endsBy).toBeGreaterThan(Date.now() + 80_000_000);
  expect(await one.poll("batch_1")).toMatchObject({ isEnded: true, done: 4, total: 4 });
  const ended = await resultsOf(one, "batch_1");
  expect(ended).toMatchObject([
    { id: "fine", end: "answered", reply: { text: "fine answered", stop: "complete" } },
    { id: "late", end: "expired" },
    { id: "stopped", end: "canceled" },
    { id: "wrong", end: "failed" },
  ]);
  expect(JSON.stringify(ended)).toContain("Wrong [key]");
});

it("sends the key to no address that a server names", async () => {
  await using thief = await startModelServer(plain(200, "{}"));
  await using server = await startModelServer(
    plain(200, {
      id: "batch_1",
      processing_status: "ended",
      created_at: "2026-01-01T00:00:00Z",
      results_url: `${thief.url}/results`,
      request_counts: {},
    }),
  );
  await expect(resultsOf(model(`anthropic:m@${server.url}`), "batch_1")).rejects.toMatchObject({
    message: expect.stringContaining("named an address of another server") as string,
  });
  expect(thief.requests).toHaveLength(0);
});

it("says so where a server answers with something else, and where it has no batches", async () => {
  await using strange = await startModelServer(plain(200, { hello: "there" }));
  await using missing = await startBatchServer({ answer: () => "", withoutBatches: 405 });
  for (const provider of ["openai", "anthropic"]) {
    const at = (url: string): BatchModel => model(`${provider}:m@${url}`);
    await expect(at(strange.url).poll("batch_1")).rejects.toMatchObject({ exitCode: 3 });
    const handedIn = await at(missing.url).prepare([request("one")]);
    const batch = handedIn === undefined ? undefined : await at(missing.url).submit(none, [request("one")]);
    expect(batch).toBeUndefined();
  }
  expect(() => model("replay:folder")).toThrow(/has no batches/);
});

it("cuts requests into parts within the limits, and loses none", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 30 })),
      fc.record({ requests: fc.integer({ min: 1, max: 6 }), bytes: fc.integer({ min: 1, max: 60 }) }),
      (sizes, limits) => {
        const all = sizes.map((size, index) => request(`${index}-${"x".repeat(size)}`));
        const bytesOf = ({ id }: BatchRequest): number => id.length;
        const parts = inParts(all, { limits, bytesOf });
        expect(parts.flat()).toEqual(all);
        for (const part of parts) {
          const bytes = part.reduce((sum, one) => sum + bytesOf(one), 0);
          expect(part.length).toBeGreaterThan(0);
          expect(part.length).toBeLessThanOrEqual(limits.requests);
          expect(part.length === 1 || bytes <= limits.bytes).toBe(true);
        }
      },
    ),
  );
});
