import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../failure.ts";
import { formatModelSpec, parseModelSpec } from "./spec.ts";

function refusal(text: string): Failure {
  try {
    parseModelSpec(text);
  } catch (error) {
    if (error instanceof Failure) {
      return error;
    }
  }
  throw new Error(`${text} was not refused`);
}

describe("parseModelSpec", () => {
  it.each([
    ["offline", { kind: "offline" }],
    [" offline ", { kind: "offline" }],
    ["replay:runs/a:b", { kind: "replay", folder: "runs/a:b" }],
    ["command:claude-code", { kind: "command", name: "claude-code" }],
    ["anthropic:claude-5", { kind: "anthropic", model: "claude-5", baseUrl: undefined }],
    ["openai:gpt-5.5", { kind: "openai", model: "gpt-5.5", baseUrl: undefined }],
    [
      "openai:Qwen/Qwen3:8b@q4@http://localhost:8000/v1",
      { kind: "openai", model: "Qwen/Qwen3:8b@q4", baseUrl: "http://localhost:8000/v1" },
    ],
    ["openai:a@b", { kind: "openai", model: "a@b", baseUrl: undefined }],
    ["openai:m@HTTPS://Host/v1//", { kind: "openai", model: "m", baseUrl: "https://host/v1" }],
    ["anthropic:m@http://[::1]:80", { kind: "anthropic", model: "m", baseUrl: "http://[::1]" }],
  ])("reads %s", (text, spec) => {
    expect(parseModelSpec(text)).toEqual(spec);
  });

  it.each(["", "gpt-5", "openai", "openai:", "openai:@http://host", "google:gemini", "replay:", "command:"])(
    "refuses %j as wrong usage and says what to write",
    (text) => {
      expect(refusal(text)).toMatchObject({
        exitCode: 2,
        remedy: expect.stringMatching(/^Write /) as string,
      });
    },
  );

  it.each(["openai:two words", "openai:m\u0000", "command:../bin/sh", "command:a b", "openai:m@ftp://host"])(
    "refuses %j",
    (text) => {
      expect(refusal(text).exitCode).toBe(2);
    },
  );

  it.each([
    "openai:m@https://user:hunter2@host/v1",
    "openai:m@https://hunter2@host/v1",
    "openai:m@https://host/v1?key=hunter2",
    "openai:m@https://host/v1#hunter2",
    "openai:m@http://user:hunter2@http://host",
    "mine:m@https://user:hunter2@host/v1",
    "openai:m@https://user:hunter2@ho st",
  ])("refuses %s without repeating what may be a password", (text) => {
    const failure = refusal(text);
    expect(`${failure.message} ${failure.remedy}`).not.toContain("hunter2");
  });

  it("reads what formatModelSpec writes", () => {
    const model = fc.stringMatching(/^[A-Za-z0-9@:/._-]+$/).filter((name) => !name.includes("://"));
    const baseUrl = fc.option(fc.webUrl({ validSchemes: ["http", "https"] }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.constantFrom("openai" as const, "anthropic" as const),
        model,
        baseUrl,
        (kind, name, url) => {
          const spec = parseModelSpec(formatModelSpec({ kind, model: name, baseUrl: url }));
          expect(spec).toMatchObject({ kind, model: name });
          expect(parseModelSpec(formatModelSpec(spec))).toEqual(spec);
        },
      ),
    );
  });
});
