import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changeParts, changesWorkload, commandChange } from "./command-change.ts";
import { familiesOf, isSameFamily, readCommand, runText } from "./session-command.ts";

const families = (line: string): string[] => familiesOf(readCommand(line));
const change = (before: string, after: string): string[] =>
  changeParts(commandChange(readCommand(before), readCommand(after)));

describe("the family of a run", () => {
  test.each([
    ["cd ext && timeout -s KILL 60 env A=1 python3 -u check.py --n 8 2>&1 | tail -5", ["python check.py"]],
    [
      "python -m pytest -q tests/test_a.py::test_b && python bench/a.py",
      ["pytest tests/test_a.py", "python bench/a.py"],
    ],
    ["bash build.sh && for i in 1 2 3; do ./verify; done", ["bash build.sh", "./verify"]],
    ["nvcc -O3 -arch=sm_90 scan.cu test.cu -o t && ./t", ["nvcc scan.cu test.cu", "./t"]],
    ["CUDA_HOME=/usr/local/cuda make -j8 test", ["make test"]],
    ["ncu --set full -k k ./t | grep -E 'a|b'", ["ncu"]],
    ["python setup.py build_ext --inplace", ["python setup.py build_ext"]],
    ["echo '&& make test'; ls; git log", []],
    ["sed -i 's/a; make/b/' k.py && python k.py", ["python k.py"]],
    ["cat > k.py <<'EOF'\nmake test\nEOF\npython k.py", ["python k.py"]],
    ["pip install ninja && npm test", ["npm test"]],
  ])("%s", (line, expected) => {
    expect(families(line)).toEqual(expected);
  });

  test("covers the same runner with less", () => {
    expect(isSameFamily("pytest", "pytest tests/a.py")).toBe(true);
    expect(isSameFamily("python a.py", "python b.py")).toBe(false);
  });
});

describe("the change between two command lines", () => {
  test.each([
    ["python r.py --bk 8", "python r.py --bk 64", ["--bk 64 instead of 8"]],
    ["nvcc -arch=sm_80 a.cu", "nvcc -arch=sm_90 a.cu", ["-arch=sm_90 instead of sm_80"]],
    ["pytest -q tests", "pytest -q -x tests/a.py", []],
    ["pytest tests", "A=9.0 pytest tests && python bench.py", ["A=9.0"]],
    ["make test", "python tools/vectorise.py k.cu && make test", ["python tools/vectorise.py k.cu"]],
    ["python r.py --fast", "python r.py", ["without --fast"]],
    ["g++ a.cpp", "g++ a.cpp b.cpp", ["b.cpp"]],
    ["python t.py --rows 8 && python t.py --rows 9", "python t.py --rows 9", []],
  ])("%s, then %s", (before, after, expected) => {
    expect(change(before, after)).toEqual(expected);
  });

  test("of a size makes figures incomparable, of a tile does not", () => {
    const of = (before: string, after: string) => commandChange(readCommand(before), readCommand(after));
    expect(changesWorkload(of("python b.py --rows 8", "python b.py --rows 9"))).toBe(true);
    expect(changesWorkload(of("python b.py --bk 8", "python b.py --bk 16"))).toBe(false);
  });
});

test("a here-document is read as the file it becomes", () => {
  const { parts } = readCommand("cat <<EOF > src/k.cu && make\n__global__ void k() {}\nEOF\n");
  expect(parts[0]?.written).toEqual({ path: "src/k.cu", content: "__global__ void k() {}\n" });
});

test("what a line runs is told without its preparation", () => {
  expect(runText(readCommand("cd x && rm -rf build && A=1 make test 2>&1 | tail -2"))).toBe("A=1 make test");
});

const piece = fc.constantFrom(
  "a",
  "'",
  '"',
  "\\",
  "\n",
  "&&",
  "|",
  ";",
  ">",
  "<<EOF",
  "EOF",
  "$(",
  "`",
  "#",
  "A=1",
  "timeout",
  "é",
);

test("any text is read without an exception, and again the same", () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom("", " "), (pieces, glue) => {
      const line = pieces.join(glue);
      expect(readCommand(line)).toEqual(readCommand(line));
      expect(change(line, line)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});
