import fc from "fast-check";
import { expect, test } from "vitest";
import { partUserText } from "./harness-text.ts";

test("what stands around and between a harness's blocks is the person's", () => {
  expect(
    partUserText(
      "<system-reminder>a</system-reminder>Make <environment_context x='1'>b</environment_context>it fast.",
    ),
  ).toEqual({
    words: "Make it fast.",
    harness: "<system-reminder>a</system-reminder>\n<environment_context x='1'>b</environment_context>",
  });
});

test.each(["bash-input", "bash-stdout", "bash-stderr", "task-notification", "local-command-caveat"])(
  "what Claude Code puts into <%s> is its own",
  (tag) => {
    const block = `<${tag}>make test</${tag}>`;
    expect(partUserText(`${block}\nNow make it fast.`)).toEqual({
      words: "Now make it fast.",
      harness: block,
    });
  },
);

test("a block without an end is a harness's only at the start", () => {
  expect(partUserText("<user_instructions>\nUse tabs.").words).toBe("");
  expect(partUserText("What does <system-reminder> mean?")).toEqual({
    words: "What does <system-reminder> mean?",
    harness: "",
  });
});

test("a text without blocks stays as it is, to the last blank", () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes("<")),
      (text) => {
        expect(partUserText(text)).toEqual({ words: text, harness: "" });
      },
    ),
  );
});

test("no characters are lost or made up", () => {
  const pieces = fc.constantFrom(
    "<reminder>",
    "</reminder>",
    "<permissions a>",
    "</permissions>",
    "word",
    "<b>",
  );
  const letters = (text: string) => text.replace(/\s/g, "").split("").sort().join("");
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const text = parts.join(" ");
      const { words, harness } = partUserText(text);
      expect(letters(words + harness)).toBe(letters(text));
    }),
  );
});
