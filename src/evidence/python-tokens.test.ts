import { parser } from "@lezer/python";
import { describe, expect, it } from "vitest";
import { akgSources } from "../../test/akg-fixtures.ts";
import { pythonTokens } from "./python-tokens.ts";

/** What Lezer's grammar of Python finds: comments, and texts that are statements of their own. */
function grammarTokens(code: string) {
  const comments: string[] = [];
  const docstrings: number[] = [];
  parser.parse(code).iterate({
    enter({ name, from, to, node }) {
      if (name === "Comment") comments.push(`${from}-${to}`);
      const isText = name === "String" || name === "ContinuedString" || name === "FormatString";
      const { parent } = node;
      if (isText && parent?.name === "ExpressionStatement" && parent.from === from && parent.to === to)
        docstrings.push(from);
    },
  });
  return { comments, docstrings };
}

function scannedTokens(code: string) {
  const { comments, docstrings } = pythonTokens(code);
  return {
    comments: comments.map(({ from, to }) => `${from}-${to}`),
    docstrings: docstrings.map(({ from }) => from),
  };
}

const tricky: [string, string][] = [
  [
    "docstrings of a module, a class and a function",
    '"""m"""\nclass A:\n    \'c\'\n    def f(self):\n        r"""f # x"""\n        return 1\n',
  ],
  ["neighbouring texts", '"a" "b" \\\n  "c"\nx = "d" "e"\n("f"\n "g")\n'],
  ["texts that a statement starts with", '"a".join(b)\n"%d" % 1\n"a" + \\\n"b"\n"x", "y"\n'],
  ["texts in brackets over lines", 'f(\n"""a # b""",\n"c"\n)\nx = [\n"# d"  # e\n]\n'],
  ["prefixes and names that look like them", "b\"a # b\"\nRb'''# c'''\nbar = rb\"\\\" # d\"\n"],
  [
    "fields with texts and comments marks",
    'x = f"{a!r:>{w}} # {b:#x}"  # c\ny = f\'{d["#"]}\'\nz = f"{{ {a} }}"\n',
  ],
  ["a field with the quotes of its text", 'x = f"{d["a # b"]}"  # c\n'],
  ["escaped quotes and line ends", 'a = "\\"# b"  # c\nd = \'e\\\n# f\'\ng = """h\\""" # i"""  # j\n'],
  ["semicolons", 'a = 1; "b"; c = 2\n"d"; "e"\n'],
  ["a comment after a docstring", '"""a"""  # b\n# c\nd = 1\n'],
  ["matrices and decorators", "@a(b='#')\ndef f(x, y):  # c\n    return x @ y\n"],
];

describe("pythonTokens", () => {
  it("finds in every source of the fixtures what the grammar finds", () => {
    const sources = akgSources();
    expect(sources.length).toBeGreaterThan(500);
    for (const code of sources) expect(scannedTokens(code)).toEqual(grammarTokens(code));
  });

  it.each(tricky)("agrees with the grammar on %s", (_, code) => {
    expect(scannedTokens(code)).toEqual(grammarTokens(code));
  });

  it("reads on behind quotes that never close", () => {
    const code = 'x = """\nabc # d\ny = "e # f\ng = 1  # h\n';
    const { comments, texts } = pythonTokens(code);
    expect(comments.map(({ from, to }) => code.slice(from, to))).toEqual(["# d", "# h"]);
    expect(texts).toEqual([]);
  });
});
