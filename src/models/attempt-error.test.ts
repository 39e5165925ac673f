import { expect, it } from "vitest";
import { attemptError } from "./attempt-error.ts";
import type { AttemptContext } from "./attempt-error.ts";

function context(kind: "anthropic" | "openai", apiKey: string | undefined): AttemptContext {
  return {
    spec: { kind, model: "m", baseUrl: undefined },
    apiKey,
    now: () => 0,
    timedOut: undefined,
    receivedCharacters: undefined,
    connectionError: RangeError,
  };
}

it.each([
  ["anthropic" as const, "ANTHROPIC_API_KEY"],
  ["openai" as const, "OPENAI_API_KEY"],
])("names the variable of %s after 401: %s", (kind, variable) => {
  const thrown = Object.assign(new Error("401 bad key"), { status: 401 });
  expect(attemptError(thrown, context(kind, "k"))).toMatchObject({
    message: "refused the key (401)",
    remedy: `Set ${variable} to a valid key.`,
    exitCode: 2,
  });
  expect(attemptError(thrown, context(kind, undefined)).message).toBe("asks for a key (401)");
});

it("throws a bug again as it is", () => {
  const bug = new TypeError("x is not a function");
  expect(() => attemptError(bug, context("openai", "k"))).toThrow(bug);
});

it.each([
  ["ENOTFOUND", { unreached: true, attempts: 2 }],
  ["EAI_AGAIN", { unreached: true, attempts: 3 }],
  ["ECONNREFUSED", { unreached: true, attempts: undefined }],
  ["ECONNRESET", { unreached: false, attempts: undefined }],
])("tells whether a request can have reached its server: %s", (code, known) => {
  const cause = Object.assign(new Error("failed"), { code });
  const thrown = new RangeError("Connection error.", { cause });
  const error = attemptError(thrown, context("openai", "k"));
  expect(error).toMatchObject({ message: `gave no answer (${code})`, retry: true, ...known });
});
