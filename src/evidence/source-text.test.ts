import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { akgVectors } from "../../test/akg-fixtures.ts";
import { languageOf, strippedSource } from "./source-text.ts";

/** Vectors where AKG deletes text in string literals (SL4), with what a reader of Python keeps. */
const better: Record<string, string> = {
  "docstring-then-code": "x = 1; y = 2\n",
  "assigned-triple": 'SRC = """\n__global__ void k() {}\n"""\nx = 1\n',
  "raw-triple": "SRC = r'''\nfloat x;\n'''\n",
  "string-over-lines": "s = 'a \\\n# not a comment \\\nb'\n",
};

describe("strippedSource", () => {
  const vectors = akgVectors("strip_comments");

  it.each(vectors)("strips the vector $id", ({ id, input, expected, quirks }) => {
    expect(strippedSource(String(input["code"]), "python")).toBe(better[id] ?? expected);
    expect(id in better).toBe(quirks.includes("SL4"));
  });

  it("uses every vector", () => {
    expect(vectors).toHaveLength(22);
  });

  it("strips device code in texts and keeps its directives", () => {
    const code = `src = """
#include <cuda_runtime.h>
/* One block
   a row. */

__global__ void k(float* x /* in */, int n) {  // launch
    #pragma unroll 4
    asm volatile("// ptx" ::: "memory");
    // nothing
    x[0] = n / 2;
}
"""
run(source=r'''
// header
extern "C" int f();
''')
`;
    expect(strippedSource(code, "python")).toBe(`src = """
#include <cuda_runtime.h>

__global__ void k(float* x , int n) {
    #pragma unroll 4
    asm volatile("// ptx" ::: "memory");
    x[0] = n / 2;
}
"""
run(source=r'''
extern "C" int f();
''')
`);
  });

  it("reads device code through the escapes of its text", () => {
    const code = String.raw`s = "#include \"a.h\" // b\nchar* t = \"// c\"; /* d */\nint e;"` + "\n";
    const stripped = String.raw`s = "#include \"a.h\"\nchar* t = \"// c\"; \nint e;"` + "\n";
    expect(strippedSource(code, "python")).toBe(stripped);
  });

  it.each([
    ["Python in a text", 'a = """\n# if wide\nx = n // 2  # half\n"""\n'],
    ["an address", "a = 'see https://example.org/a; int this'\n"],
    ["prose", 'a = """\nlong story; see // below\n/* not code */\n"""\n'],
    ["empty lines and blanks at line ends in a text", 'a = """\nb  \n\n\nc\n"""\n'],
  ])("keeps %s as it is", (_, code) => {
    expect(strippedSource(code, "python")).toBe(code);
  });

  it("strips plain C++ files", () => {
    expect(languageOf("op/x/add_ascendc_impl.cpp")).toBe("c");
    expect(languageOf("op/x/add_triton_cuda_impl.py")).toBe("python");
    const code = '// head\r\nint a = 1; /* b */\r\n\r\n\r\n  char c[] = "// d"; // e\r\n#define F 2 // f\n';
    expect(strippedSource(code, "c")).toBe('int a = 1;\n\n  char c[] = "// d";\n#define F 2\n');
  });

  it.each(["", " ", "  # b"])("reads a backslash before %j as one at the end of its line", (rest) => {
    expect(strippedSource(`"a"\\${rest}`, "python")).toBe("\\\n");
    expect(strippedSource("\\\n", "python")).toBe("\\\n");
  });

  it("parts words that only a comment parted", () => {
    expect(strippedSource("int/* a */b;\n", "c")).toBe("int b;\n");
  });

  it("gives versions that differ in remarks only the same source", () => {
    const version = (remark: string) =>
      `"""${remark}"""\ndef f(x):\n    '''${remark}\n${remark}'''\n    # ${remark}\n    return x  # ${remark}\n`;
    expect(strippedSource(version("a"), "python")).toBe(strippedSource(version("b 'c\" d"), "python"));
  });

  const parts = fc.array(
    fc.constantFrom(
      '"',
      "'",
      '"""',
      "'''",
      "#",
      "\n",
      " ",
      "    ",
      "\\",
      ";",
      "(",
      ")",
      "{",
      "}",
      "f",
      "r",
      "a = ",
      "//",
      "/*",
      "*/",
      "int x;",
      "#include <a>",
      "1",
      "\r\n",
      "def f():",
    ),
    { maxLength: 50 },
  );
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    parts.map((texts) => texts.join("")),
  );

  it("changes nothing more the second time, in any text", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom("python" as const, "c" as const), (code, language) => {
        const once = strippedSource(code, language);
        expect(strippedSource(once, language)).toBe(once);
        expect(once === "" || once.endsWith("\n")).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["quotes", '\'""" '],
    ["fields", 'f"{'],
    ["backslashes", '"\\'],
    ["escaped quotes", '\\"""'],
    ["open comments", "/*"],
    ["raw texts", 'R"a('],
    ["lines that start like code", "int a \n"],
  ])("takes no longer than its length allows for many %s", (_, piece) => {
    const duration = (count: number) => {
      const code = `x = """\nint y;\n${piece.repeat(count)}`;
      const start = performance.now();
      strippedSource(code, "python");
      strippedSource(code, "c");
      return performance.now() - start;
    };
    duration(1000);
    expect(duration(100_000)).toBeLessThan(3000);
  });
});
