import { describe, expect, it } from "vitest";
import type { Reporter } from "../reporter.ts";
import { AttemptError, retryAfter } from "./attempt-error.ts";
import { type FailureStreak, retryRule, withRetries } from "./retry.ts";

function failing(
  times: number,
  options: { retry?: boolean; waitMs?: number; attempts?: number },
  streak?: FailureStreak,
) {
  const waits: number[] = [];
  const said: string[] = [];
  const reporter: Reporter = { info: (text) => said.push(text), warning() {}, progress() {} };
  let attempts = 0;
  const run = withRetries(
    () => {
      attempts += 1;
      return attempts > times
        ? Promise.resolve("done")
        : Promise.reject(
            new AttemptError("answered 503: busy", { remedy: "Later.", retry: true, ...options }),
          );
    },
    {
      name: "openai:m",
      rule: retryRule,
      sleep: (wait) => {
        waits.push(wait);
        return Promise.resolve();
      },
      random: () => 0.5,
      reporter,
      ...(streak === undefined ? {} : { streak }),
    },
  );
  return { run, waits, said, attempts: () => attempts };
}

describe("withRetries", () => {
  it("waits twice as long each time, a quarter of it by chance", async () => {
    const { run, waits, said } = failing(4, {});
    expect(await run).toBe("done");
    expect(waits).toEqual([750, 1_500, 3_000, 6_000]);
    expect(said[0]).toBe("openai:m answered 503: busy. Waiting 0.8 s before attempt 2 of 6.");
  });

  it("waits exactly as long as the server asks", async () => {
    const { run, waits } = failing(2, { waitMs: 1_234 });
    await run;
    expect(waits).toEqual([1_234, 1_234]);
  });

  it("gives up after the last attempt with one sentence", async () => {
    const { run, attempts } = failing(99, {});
    await expect(run).rejects.toMatchObject({
      message: "openai:m answered 503: busy, at the last of 6 attempts.",
      remedy: "Later.",
      exitCode: 3,
    });
    expect(attempts()).toBe(6);
  });

  it("gives up when all waits together grow too long", async () => {
    const { run, waits } = failing(99, { waitMs: 140_000 });
    await expect(run).rejects.toThrow("the next attempt would have to wait 140.0 s more");
    expect(waits).toEqual([140_000, 140_000]);
  });

  it("fails at once where no repetition helps", async () => {
    const { run, attempts } = failing(1, { retry: false });
    await expect(run).rejects.toThrow("openai:m answered 503: busy.");
    expect(attempts()).toBe(1);
  });

  it("gives up sooner where the error says that more attempts make no sense", async () => {
    const { run, said, attempts } = failing(9, { attempts: 2 });
    await expect(run).rejects.toThrow("openai:m answered 503: busy, at the last of 2 attempts.");
    expect(attempts()).toBe(2);
    expect(said).toEqual(["openai:m answered 503: busy. Waiting 0.8 s before attempt 2 of 2."]);
  });

  it("says once what calls to one model that fail alike wait for, and again after an answer", async () => {
    const streak = { announced: 0 };
    const calls = Array.from({ length: 8 }, () => failing(2, {}, streak));
    await Promise.all(calls.map(({ run }) => run));
    const said = calls.flatMap((one) => one.said);
    expect(said.filter((line) => line.includes("attempt 2"))).toHaveLength(1);
    expect(said.filter((line) => line.includes("attempt 3"))).toHaveLength(1);
    const later = failing(1, {}, streak);
    await later.run;
    expect(later.said).toHaveLength(1);
  });

  it("lets a bug through as it is", async () => {
    const bug = new RangeError("bug");
    const run = withRetries(() => Promise.reject(bug), {
      name: "m",
      rule: retryRule,
      sleep: () => Promise.resolve(),
      random: () => 0,
      reporter: { info() {}, warning() {}, progress() {} },
    });
    await expect(run).rejects.toBe(bug);
  });
});

describe("retryAfter", () => {
  const now = (): number => Date.parse("2026-11-01T10:00:00Z");

  it.each([
    [{ "retry-after": "3" }, 3_000],
    [{ "retry-after": "0.5" }, 500],
    [{ "retry-after": "3", "retry-after-ms": "1500" }, 1_500],
    [{ "retry-after": "Sun, 01 Nov 2026 10:00:20 GMT" }, 20_000],
    [{ "retry-after": "Sun, 01 Nov 2026 09:00:00 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-5x" }, undefined],
    [{}, undefined],
  ])("reads %o", (headers, milliseconds) => {
    expect(retryAfter(new Headers(headers as Record<string, string>), now)).toBe(milliseconds);
  });
});
