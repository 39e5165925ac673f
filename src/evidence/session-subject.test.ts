import { expect, test } from "vitest";
import { madeEvidence, type Turn } from "../../test/made-session.ts";

const subjectOf = async (...turns: Turn[]): Promise<string[]> => {
  const { language, op, operatorClass } = await madeEvidence(turns);
  return [language, op, operatorClass];
};

test("the language of the kernel wins over that of its tests, and its file names the operator", async () => {
  const content = "import triton.language as tl\n@triton.jit\ndef k(X):\n    x = tl.load(X)\n";
  expect(
    await subjectOf(
      { user: "Make it faster." },
      { write: "kernels/softmax.py", content },
      { write: "tests/test_add.py", content: "assert True\n" },
    ),
  ).toEqual(["triton", "softmax", "normalization"]);
  expect(
    await subjectOf({ user: "Make it faster." }, { write: "transpose.cu", content: "int n;\n" }),
  ).toEqual(["cuda", "transpose", "layout"]);
});

test("else the words of the task tell, and nothing is made up", async () => {
  expect(await subjectOf({ user: "Write an int8 dequantise kernel in CUDA." })).toEqual([
    "cuda",
    "dequantize",
    "quantization",
  ]);
  expect(await subjectOf({ user: "Tidy the change log." })).toEqual(["general", "", ""]);
});
