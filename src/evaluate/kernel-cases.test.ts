import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { kernelsSchema } from "../config/kernels.ts";
import { kernelDigest, type Learned, operatorKey, readKernelCases } from "./kernel-cases.ts";
import { filesInFolder } from "./skill-files.ts";
import type { SuiteCase } from "./suite.ts";

const settings = kernelsSchema.parse({});
const nothing: Learned = { traces: new Set(), operators: [] };
const trace = "a".repeat(64);

/** The kernel cases of a skill that lies in a folder together with shared problems. */
async function cases(
  files: Record<string, unknown>,
  { learned = nothing, with: given = settings }: { learned?: Learned; with?: typeof settings } = {},
): Promise<SuiteCase[]> {
  await using folder = await temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder.path, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return await readKernelCases(filesInFolder(join(folder.path, "skill")), {
    folder: "skills/fast",
    shared: filesInFolder(join(folder.path, "problems")),
    learned,
    settings: given,
  });
}

const softmax = { id: "softmax", problem: "03_softmax.py", dsl: "triton" };
const list = (...kernels: object[]) => ({ "skill/evals/kernels.json": { kernels } });

it("has no cases without the file", async () => {
  expect(await cases({ "skill/SKILL.md": "" })).toEqual([]);
});

it("asks for a kernel with the problem beside, found with the skill or among the shared ones", async () => {
  const [shared] = await cases({ ...list(softmax), "problems/03_softmax.py": "shared" });
  expect(shared?.files).toEqual(new Map([["03_softmax.py", "shared"]]));
  expect(shared?.prompt).toContain("Triton");
  const [own] = await cases({
    ...list(softmax),
    "problems/03_softmax.py": "shared",
    "skill/evals/03_softmax.py": "own",
  });
  expect(own?.kernel?.problem.files.get("03_softmax.py")).toBe("own");
});

it("tells the student which shapes and types a kernel has to be right on, and the harness to look", async () => {
  const more = {
    shapes: [
      [[1, 1], [1]],
      [[3, 33], [33]],
    ],
    dtypes: ["float16"],
  };
  const [one] = await cases({ ...list({ ...softmax, ...more }), "problems/03_softmax.py": "shared" });
  expect(one?.prompt).toContain("of these shapes as well: (1, 1) and (1); (3, 33) and (33).");
  expect(one?.prompt).toContain("of these types as well: float16.");
  expect(one?.kernel?.measuring).toMatchObject(more);
});

it("takes the files of a problem that has several, from one folder", async () => {
  const task = { id: "t", problem: "sort/task.yml", files: ["sort/reference.py"], dsl: "triton" };
  const files = { "problems/sort/task.yml": "files: []", "problems/sort/reference.py": "x" };
  const [one] = await cases({ ...list(task), ...files });
  expect([...(one?.files.keys() ?? [])]).toEqual(["task.yml", "reference.py"]);
  const elsewhere = { ...task, files: ["reference.py"] };
  await expect(cases({ ...list(elsewhere), ...files, "problems/reference.py": "x" })).rejects.toThrow(
    "does not lie beside its problem",
  );
});

it.for([
  [
    "a problem that is not there",
    [softmax],
    "Case softmax of skills/fast needs 03_softmax.py, which is not there.",
  ],
  ["two cases of one id", [softmax, softmax], 'has two cases with the id "softmax"'],
  [
    "a path out of the folder",
    [{ ...softmax, problem: "../03_softmax.py" }],
    "it is no path inside a folder",
  ],
  ["a language that nobody writes", [{ ...softmax, dsl: "auto" }], "kernels.0.dsl"],
  ["an unknown key", [{ ...softmax, seed: 1 }], "seed"],
  ["limits without end", [{ ...softmax, limits: { run_seconds: 1e9 } }], "kernels.0.limits.run_seconds"],
  ["an empty list", [], "kernels"],
  ["a shape of nothing", [{ ...softmax, shapes: [[[0, 3]]] }], "kernels.0.shapes.0.0.0"],
  ["shapes of no tensor", [{ ...softmax, shapes: [[]] }], "kernels.0.shapes.0"],
  ["a type that no result has", [{ ...softmax, dtypes: ["int4"] }], "kernels.0.dtypes.0"],
  [
    "types that a C signature rules out",
    [{ ...softmax, dsl: "abi", dtypes: ["float16"] }],
    "kernels.0.dtypes",
  ],
] as const)("refuses %s", async ([, kernels, message]) => {
  await expect(cases(list(...kernels))).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining(message),
  });
});

it("knows the operators and traces that a skill was distilled from", async () => {
  const kernels = [
    softmax,
    { id: "gelu", problem: "06_bias_gelu.py", dsl: "triton" },
    { id: "traced", problem: "06_bias_gelu.py", dsl: "cuda", traces: [trace] },
  ];
  const files = { "problems/03_softmax.py": "s", "problems/06_bias_gelu.py": "g" };
  const learned = { traces: new Set([trace]), operators: ["triton_softmax"] };
  const found = await cases({ ...list(...kernels), ...files }, { learned });
  expect(found.map(({ id, seen, source }) => [id, seen, source])).toEqual([
    ["softmax", true, "operator softmax"],
    ["gelu", false, "operator bias gelu"],
    ["traced", true, "operator bias gelu"],
  ]);
});

it.for([
  ["03_softmax", "softmax"],
  ["RowL2Norm", "row l2norm"],
  ["triton_bias_gelu_kernel", "bias gelu"],
  ["42", "42"],
])("takes %s for the operator %s", ([name, operator]) => {
  expect(operatorKey(name ?? "")).toBe(operator);
});

it("is another case where it would be asked or measured in another way", async () => {
  const digest = async (one: object, given = settings, text = "p"): Promise<string> => {
    const [found] = await cases({ ...list(one), "problems/03_softmax.py": text }, { with: given });
    if (found?.kernel === undefined) throw new Error("There is no kernel case.");
    return kernelDigest(found.prompt, found.kernel);
  };
  const first = await digest(softmax);
  expect(await digest({ ...softmax, id: "other", must_pass: true })).toBe(first);
  const others = await Promise.all([
    digest(softmax, settings, "q"),
    digest({ ...softmax, dsl: "cuda" }),
    digest({ ...softmax, size: "tiny" }),
    digest({ ...softmax, library: "allowed" }),
    digest({ ...softmax, shapes: [[[3, 33]]] }),
    digest({ ...softmax, dtypes: ["float16"] }),
    digest({ ...softmax, limits: { run_seconds: 5 } }),
    digest(softmax, { ...settings, "repair-rounds": 1 }),
    digest(softmax, { ...settings, device: "cpu" }),
  ]);
  expect(new Set([first, ...others]).size).toBe(10);
});
