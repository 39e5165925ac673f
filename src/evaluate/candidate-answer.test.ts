import "../../test/property-seed.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { candidateIn } from "./candidate-answer.ts";

const asked = { dsl: "triton", problem: "03_softmax.py" } as const;
const kernel = "import triton\n\nclass ModelNew(nn.Module):\n    pass\n";

function fenced(source: string, language = "python"): string {
  return `\`\`\`${language}\n${source}\`\`\``;
}

it("takes the one code block that defines ModelNew, whatever stands around it", () => {
  const answer = `Here it is.\n\n${fenced("import torch\n")}\n\n${fenced(kernel)}\n\nIt needs no more.`;
  expect(candidateIn(answer, asked)).toEqual({ source: kernel });
});

it("gives back any source that was put into a block", () => {
  const lines = fc.array(fc.string().filter((line) => !/[\r\n]|^\s*(```|~~~)/.test(line)));
  fc.assert(
    fc.property(lines, fc.constantFrom("", "python", "py"), (more, language) => {
      const source = `class ModelNew(nn.Module):\n${more.map((line) => `${line}\n`).join("")}`;
      expect(candidateIn(fenced(source, language), asked)).toEqual({ source });
    }),
  );
});

it("takes the last of several, because a student corrects itself further down", () => {
  const better = `${kernel}# better\n`;
  expect(candidateIn(`${fenced(kernel)}\nOr rather:\n${fenced(better)}`, asked)).toEqual({ source: better });
});

it("takes a block in a list without the list's indentation", () => {
  const indented = fenced(kernel)
    .split("\n")
    .map((line) => (line === "" ? line : `   ${line}`))
    .join("\n");
  expect(candidateIn(`1. This:\n\n${indented}\n`, asked)).toEqual({ source: kernel });
});

it("lets a longer fence hold a shorter one", () => {
  const source = `${kernel}"""\n\`\`\`\nnot the end\n"""\n`;
  expect(candidateIn(`\`\`\`\`python\n${source}\`\`\`\``, asked)).toEqual({ source });
});

it.for([
  [
    "no block",
    "class ModelNew(nn.Module): pass",
    "The answer has no fenced code block; the whole file belongs into one.",
  ],
  [
    "a block without ModelNew",
    fenced("class Other: pass\n"),
    "No code block of the answer defines ModelNew.",
  ],
  [
    "a name that only begins like it",
    fenced("class ModelNewest: pass\n"),
    "No code block of the answer defines ModelNew.",
  ],
  [
    "a mention in a comment",
    fenced("# class ModelNew(nn.Module)\n"),
    "No code block of the answer defines ModelNew.",
  ],
  [
    "a block that is cut off",
    `\`\`\`python\n${kernel}`,
    "The code block that defines ModelNew is not closed: the answer was cut off.",
  ],
  [
    "a second try that is cut off",
    `${fenced(kernel)}\n\`\`\`python\n${kernel}`,
    "The code block that defines ModelNew is not closed: the answer was cut off.",
  ],
  [
    "another language",
    fenced(kernel, "cpp"),
    'The code block that defines ModelNew is marked as "cpp", which is another language.',
  ],
  ["nothing", "", "The answer has no fenced code block; the whole file belongs into one."],
] as const)("says what is wrong with %s", ([, answer, problem]) => {
  expect(candidateIn(answer, asked)).toEqual({ problem });
});

it("asks for what the problem's form asks for", () => {
  const task = { dsl: "triton", problem: "task.yml" } as const;
  const source = "def custom_kernel(data):\n    return data\n";
  expect(candidateIn(fenced(source), task)).toEqual({ source });
  expect(candidateIn(fenced(kernel), task)).toEqual({
    problem: "No code block of the answer defines custom_kernel.",
  });
  const abi = { dsl: "abi", problem: "rows.py" } as const;
  const c = 'extern "C" int rows(const float *x) { return 0; }\n';
  expect(candidateIn(fenced(c, "cpp"), abi)).toEqual({ source: c });
  expect(candidateIn(fenced(c, "python"), abi)).toMatchObject({
    problem: expect.stringContaining('"python"'),
  });
});

it("never throws", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("```", "````", "~~~", "\n", "  ", "class ModelNew:", "python", "x")),
      (parts) => {
        const found = candidateIn(parts.join(""), asked);
        if ("source" in found) expect(found.source).toContain("class ModelNew");
        else expect(found.problem).toMatch(/\.$/);
      },
    ),
  );
});
