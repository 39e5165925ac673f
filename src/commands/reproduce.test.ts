import { expect, test } from "vitest";
import { reproduceCommand } from "./reproduce.ts";

const command = (request: Parameters<typeof reproduceCommand>[0]): string =>
  reproduceCommand(request, "/home/me/repo/sub", "/home/me/repo");

test("names paths from the repository's folder, and none of the machine", () => {
  expect(
    command({
      mode: "search_log",
      paths: ["logs", "/data/secret/run 1", "../-odd", "../..foo"],
      op: "soft max",
      output: "../trial",
      config: "/home/me/repo/o.yml",
    }),
  ).toBe(
    "overproof distill sub/logs 'run 1' ./-odd ..foo --mode search_log --op 'soft max' --output trial --config o.yml --dry-run",
  );
});

test.each([
  ["openai:m@https://host.example/v1", "openai:m@BASE_URL"],
  ["replay:/data/secret/recording", "replay:recording"],
  ["replay:answers", "replay:sub/answers"],
  ["anthropic:m", "anthropic:m"],
])("shows the model %s as %s", (model, shown) => {
  expect(command({ mode: "search_log", paths: ["logs"], model })).toContain(` --model ${shown} `);
});

test("counts the traces that make it too long, and never fails", () => {
  const paths = Array.from({ length: 300 }, (_, index) => `traces/run-${index}/logs`);
  const text = command({ mode: "search_log", paths });
  expect(text.length).toBeLessThanOrEqual(2000);
  expect(text).toMatch(/--dry-run # and \d+ more traces$/);
  expect(command({ mode: "search_log", paths: ["x".repeat(3000)] })).toBe(
    "overproof distill --mode search_log --dry-run # and 1 more trace",
  );
  expect(command({ mode: "search_log", paths: ["x"], op: "y".repeat(3000) }).length).toBeLessThanOrEqual(
    2000,
  );
});

test("masks a secret in the name of a trace", () => {
  const token = ["gh", "p_", "aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD3eF5"].join("");
  const text = command({ mode: "session", paths: [`traces/${token}.json`], output: token });
  expect(text).not.toContain(token);
  expect(text).toContain("[secret:github-token:1].json");
});
