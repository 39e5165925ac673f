import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { git } from "../../test/github/git.ts";
import { formatMessage } from "./message.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "overproof-message-"));
  await git(folder, ["init", "--quiet"]);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("formatMessage", () => {
  it("writes subject, body and trailers", () => {
    const trailers = [
      ["Overproof-Mode", "search_log"],
      ["Overproof-Trace", "abc"],
      ["Overproof-Note", ""],
    ] as const;
    expect(formatMessage(" Add\na skill ", "One\r\n\r\n\r\n\r\nTwo  \n", trailers)).toBe(
      "Add a skill\n\nOne\n\nTwo\n\nOverproof-Mode: search_log\nOverproof-Trace: abc\n",
    );
  });

  it("leaves out what is empty", () => {
    expect(formatMessage("Add", "", [])).toBe("Add\n");
    expect(() => formatMessage(" \n", "x", [])).toThrow("needs a subject");
    expect(() => formatMessage("Add", "", [["Not a key", "x"]])).toThrow("no key of a trailer");
  });

  it("keeps values from making trailers of their own, as git reads them", async () => {
    const line = fc.string({
      unit: fc.constantFrom(
        "a",
        ":",
        " ",
        "\n",
        "\r",
        "\u2028",
        "\u0085",
        "\u000B",
        "-",
        "Co-authored-by: x",
      ),
    });
    await fc.assert(
      fc.asyncProperty(line, line, line, async (subject, body, value) => {
        fc.pre(subject.trim() !== "" && !/^[\s\u0085]*$/.test(subject));
        const message = formatMessage(subject, body, [
          ["Overproof-Trace", `x${value}`],
          ["Overproof-Mode", "search_log"],
        ]);
        const found = await git(folder, ["interpret-trailers", "--parse", "--no-divider"], {
          input: message,
        });
        expect(found.split("\n").map((trailer) => trailer.split(":")[0])).toEqual([
          "Overproof-Trace",
          "Overproof-Mode",
        ]);
      }),
      { numRuns: 60 },
    );
  });
});
