import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { showHidden } from "../skills/hidden-characters.ts";
import { codeBlock, codeSpan, details, escapeCell, escapeText, truncateMarkdown } from "./markdown.ts";

/** Pieces that mean something to Markdown or to GitHub, mixed with letters and with any character at all. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."&<>|\\*`[]~$_@#:-+=.()!\"'/ \n\r\t19ax".split(""),
        "\u202E",
        "\u200B",
        "\u2028",
        "\u0000",
        "@octocat",
        "fixes #1",
        "GH-12",
        "octo/skills#3",
        "https://evil.example",
        "www.evil.example",
        "a@evil.example",
        "mailto:a@evil.example",
        "<img src=x onerror=alert(1)>",
        "</details>",
        "<!--",
        "-->",
        "```",
        "~~~",
        "---",
        "| a | b |",
        "![x](http://x)",
        "[x]: http://x",
        "1. ",
        "&lt;",
        "&#64;",
        "$x$",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

/** What a reader sees of escaped text: references resolved, our zero-width spaces gone. */
function rendered(markdown: string): string {
  const named: Record<string, string> = { amp: "&", lt: "<", gt: ">" };
  return markdown
    .replaceAll("&#8203;", "")
    .replaceAll(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string) =>
      code === undefined ? (named[name] ?? "?") : String.fromCodePoint(Number(code)),
    );
}

/** Everything that could be markup, a link or a mention in escaped text, wherever it stands. */
function activeParts(escaped: string): string[] {
  const bare = escaped.replaceAll(/&(?:amp|lt|gt|#\d+);/g, (reference) =>
    reference === "&#8203;" ? "\u200B" : "x",
  );
  const parts = [
    ...bare.matchAll(/[&<>|\\*`[\]~$]|@(?!\u200B)|#(?=\d)|:\/\/|www\.|(?<![A-Za-z0-9])gh-\d/gi),
    ...bare.matchAll(/(?<![A-Za-z0-9_])_|_(?![A-Za-z0-9_])/g),
    ...bare.matchAll(/^(?:\s|[-+=:#]|\d{1,9}[.)](?:\s|$)|$)/gm),
  ];
  return parts.map(([part]) => part);
}

describe("escapeText", () => {
  it.each([
    ["@octocat and a@b.example", "@&#8203;octocat and a@&#8203;b.example"],
    ["fixes #1, closes o/r#2, GH-3", "fixes #&#8203;1, closes o/r#&#8203;2, GH&#8203;-3"],
    ["see https://x.example or www.x.example", "see https:&#8203;//x.example or www&#8203;.x.example"],
    ["<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"],
    ["num_warps=8, __init__ and _x_", "num_warps=8, &#95;&#95;init&#95;&#95; and &#95;x&#95;"],
    ["- item\n\n  1. one\n# head\n:-", "&#45; item\n1&#46; one\n&#35; head\n&#58;-"],
    ["3.5 times, C#, a - b", "3.5 times, C#, a - b"],
    ["a\u202Eb\u0007", "a&#91;U+202E&#93;b&#91;U+0007&#93;"],
    ["größer, 更快, ⚠️", "größer, 更快, ⚠️"],
  ])("turns %j into %j", (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });

  it("leaves nothing that is markup, a link, a mention or a reference", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const escaped = escapeText(text);
        expect(escaped === "" ? [] : activeParts(escaped)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it("shows every character of the text, hidden ones by their name", () => {
    const plain = (text: string): string => showHidden(text).replaceAll(/\s+/g, " ").trim();
    fc.assert(
      fc.property(hostile, (text) => {
        expect(rendered(escapeCell(text))).toBe(plain(text));
        expect(rendered(escapeText(text)).replaceAll("\n", " ")).toBe(plain(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("escapeCell", () => {
  it("keeps a table's row in one line with its bars", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const cell = escapeCell(text);
        expect(cell).not.toMatch(/[|\r\n\u2028\u2029]/);
        expect(cell === "" ? [] : activeParts(cell)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("codeSpan", () => {
  it.each([
    ["a", "`a`"],
    ["a`b", "``a`b``"],
    ["`", "`` ` ``"],
    [" a ", "`  a  `"],
    ["", "` `"],
    ["a\nb\u200B", "`a b[U+200B]`"],
    ["a|b_c", "<code>a&#124;b_c</code>"],
  ])("turns %j into %j", (text, span) => {
    expect(codeSpan(text)).toBe(span);
  });

  it("can neither be ended from within nor break a table", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const span = codeSpan(text);
        expect(span).not.toMatch(/[|\r\n]/);
        const [open = ""] = /^(?:<code>|`+)/.exec(span) ?? [];
        const close = open.replace("<", "</");
        const inside = span.slice(open.length, -close.length);
        expect(span.endsWith(close)).toBe(true);
        expect(open === "<code>" ? activeParts(inside.trim()) : inside.match(/^`|`$/g)).toEqual(
          open === "<code>" ? [] : null,
        );
        expect(inside.match(/`+/g) ?? []).not.toContain(open);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("codeBlock", () => {
  it("writes text as it is between fences", () => {
    expect(codeBlock("a\r\n  b\n\n", "diff")).toBe("```diff\na\n  b\n```");
    expect(codeBlock("```\nx\n````", "a b`<")).toBe("`````ab\n```\nx\n````\n`````");
    expect(codeBlock("x\u202Ey")).toBe("```\nx[U+202E]y\n```");
  });

  it("is never ended by its content", () => {
    fc.assert(
      fc.property(hostile, fc.string(), (text, language) => {
        const lines = codeBlock(text, language).split("\n");
        const fence = /^`+/.exec(lines[0] ?? "")?.[0] ?? "";
        expect(lines.at(-1)).toBe(fence);
        expect(lines.slice(1, -1).some((line) => line.includes(fence))).toBe(false);
      }),
    );
  });
});

it("puts a part out of sight", () => {
  expect(details(escapeText("a\n<b>"), "\nbody\n")).toBe(
    "<details><summary>a &lt;b&gt;</summary>\n\nbody\n\n</details>",
  );
});

describe("truncateMarkdown", () => {
  const table = [
    "| a | b |",
    "| --- | --- |",
    ...Array.from({ length: 30 }, (_, row) => `| ${row} | x |`),
  ].join("\n");
  const code = codeBlock(Array.from({ length: 30 }, (_, line) => `line ${line}`).join("\n"), "diff");
  const document = [
    "# One",
    "Text.",
    "## Two",
    table,
    details("More", `Before.\n\n${code}\n\nAfter.`),
    "## Three",
    "End. ".repeat(60),
  ].join("\n\n");

  it("changes nothing that is short enough", () => {
    expect(truncateMarkdown(document, document.length)).toBe(document);
  });

  it("closes what is open and says what is left out", () => {
    const cut = truncateMarkdown(document, document.indexOf("line 20") + 150);
    expect(cut).toMatch(
      /line \d+\n```\n\n<\/details>\n\nLeft out here to stay within the length that GitHub takes: \d+ lines, with the sections Three\.\n$/,
    );
  });

  it("ends a table after a row and never after its head", () => {
    const cut = truncateMarkdown(document, document.indexOf("| 20 |") + 150);
    expect(cut).toMatch(/\n\| \d+ \| x \|\n\nLeft out here .* with the sections Three\.\n$/);
    const early = truncateMarkdown(document, document.indexOf("| 0 |") + 100);
    expect(early).toBe(
      `# One\n\nText.\n\nLeft out here to stay within the length that GitHub takes: ${document.split("\n").length - 3} lines, with the sections Two, Three.\n`,
    );
  });

  it("keeps within any limit, with fences, tables and details whole", () => {
    for (let limit = 0; limit <= document.length; limit += 1) {
      const cut = truncateMarkdown(document, limit);
      expect(cut.length).toBeLessThanOrEqual(limit);
      expect((cut.match(/^```/gm) ?? []).length % 2).toBe(0);
      expect(cut.split("<details>").length).toBe(cut.split("</details>").length);
      expect(cut.includes("| a | b |")).toBe(cut.includes("| 0 | x |"));
      expect(cut === document || limit < 150 || cut.includes("Left out here")).toBe(true);
    }
  });

  it("keeps within the limit whatever the text", () => {
    const blocks = fc.array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.string().map((text) => codeBlock(text)),
        fc.string().map((text) => details("More", text)),
        fc.constantFrom("<details>", "</details>", "```", "~~~~", "| a |\n| - |\n| b |"),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(blocks, fc.nat(600), (parts, limit) => {
        const cut = truncateMarkdown(parts.join("\n\n"), limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes time in proportion to the text", () => {
    const long = `${"word ".repeat(20)}\n\n`.repeat(20_000);
    expect(truncateMarkdown(long, 60_000).length).toBeLessThanOrEqual(60_000);
  });
});
