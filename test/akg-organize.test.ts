import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { organize, type OrganizeResult } from "../src/commands/organize.ts";
import { Failure } from "../src/failure.ts";
import { scanForOrganize } from "../src/organize/library-scan.ts";
import { organizeWorld, type OrganizeWorld, putFixture } from "./organize-world.ts";

const fixtures = join(import.meta.dirname, "fixtures", "akg", "organize");

const expectedSchema = z.object({
  error: z.unknown(),
  result: z.object({ status: z.string(), merged_paths: z.array(z.string()).optional() }).optional(),
  model_calls: z.array(
    z.object({
      kind: z.string(),
      names: z.array(z.string()).optional(),
      documents: z.array(z.string()).optional(),
    }),
  ),
  scan_before: z.object({
    loaded: z.array(z.object({ name: z.string(), path: z.string() })),
    rejected: z.array(z.string()),
  }),
  files_after: z.record(z.string(), z.object({ sha256: z.string() })),
  new_texts: z.record(z.string(), z.string()),
  quirks: z.array(z.object({ id: z.string(), affects: z.string() })),
});

async function expected(name: string): Promise<z.infer<typeof expectedSchema>> {
  return expectedSchema.parse(JSON.parse(await readFile(join(fixtures, name, "expected.json"), "utf8")));
}

/** Runs a case as it was recorded: with bounds at which its fix skill is split, where the recording does so. */
async function run(name: string): Promise<{
  world: OrganizeWorld;
  before: Map<string, string>;
  result: OrganizeResult | Failure;
}> {
  const world = await organizeWorld();
  const model = await putFixture(world, name);
  if (name.startsWith("split-fix"))
    await writeFile(join(world.folder, "overproof.yml"), "organize:\n  split-lines: 20\n");
  const before = await world.files();
  const output = name === "separate-output" ? join(world.folder, "output") : undefined;
  const { workspace, context, library } = world;
  const result = await organize(
    { scopes: [], library, model, workspace, output, dryRun: false },
    context,
  ).catch((error: unknown) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  return { world, before, result };
}

function succeeded(result: OrganizeResult | Failure): OrganizeResult {
  if (result instanceof Failure) throw result;
  return result;
}

const names = await readdir(fixtures);

describe.each(names)("the recorded case %s", (name) => {
  test("keeps the text of every skill that was there", async () => {
    const { world, before } = await run(name);
    const after = new Set((await world.files()).values());
    expect([...before].filter(([, digest]) => !after.has(digest))).toEqual([]);
  });

  test("calls nothing merged that is not in the library, and nothing archived that still is", async () => {
    const { world, result } = await run(name);
    if (result instanceof Failure) return;
    const files = await world.files();
    const folder = name === "separate-output" ? "output" : "skills";
    for (const { path } of [...result.merged, ...result.split.flatMap(({ into }) => into)])
      expect(files.has(`${folder}/${path}`)).toBe(true);
    for (const { path } of result.archived) expect(files.has(`skills/${path}`)).toBe(false);
    for (const { path } of result.untouched) expect(files.has(`skills/${path}`)).toBe(true);
  });
});

test.each(["unusable-classification", "split-fix-too-short"])(
  "leaves the library of %s, which has no quirk, byte for byte as the reference does",
  async (name) => {
    const { world, result } = await run(name);
    const { files_after } = await expected(name);
    const files = await world.files();
    const library = [...files].filter(([path]) => path.startsWith("skills/"));
    expect(
      Object.fromEntries(library.map(([path, digest]) => [path.slice("skills/".length), digest])),
    ).toEqual(Object.fromEntries(Object.entries(files_after).map(([path, { sha256 }]) => [path, sha256])));
    expect(result instanceof Failure ? result.exitCode : result.status).toBe(
      name === "split-fix-too-short" ? "unchanged" : 3,
    );
  },
);

test("merges what the recorded classification puts together, and leaves the rest", async () => {
  const result = succeeded((await run("merge-basic")).result);
  const { result: recorded } = await expected("merge-basic");
  expect(result.merged.map(({ path }) => `<SKILLS_DIR>/${path}`)).toEqual(recorded?.merged_paths);
  expect(result.merged.map(({ sources }) => sources.length)).toEqual([3, 2]);
  expect(result.untouched.map(({ name }) => name)).toEqual(["triton-cuda-case-matmul-tile-pipeline"]);
});

test("says every method of the recorded answer, with the words of the sources", async () => {
  const { world } = await run("merge-basic");
  const { new_texts } = await expected("merge-basic");
  for (const [path, text] of Object.entries(new_texts)) {
    const written = await readFile(join(world.library, path), "utf8");
    for (const block of text.split(/^### /m).slice(1)) {
      const method =
        block
          .split(/^## /m)[0]
          ?.trim()
          .replace(/^\d+\. /, "") ?? "";
      expect(written).toContain(method);
    }
  }
});

test("asks about a large theme five skills at a time, with what is merged so far, as the reference does", async () => {
  const { world, result } = await run("large-cluster");
  expect(succeeded(result).archived).toHaveLength(12);
  const asked = (await readdir(world.workspace)).filter((file) => /^(classify|merge).*_prompt/.test(file));
  const { model_calls } = await expected("large-cluster");
  expect(asked).toHaveLength(model_calls.length);
  for (const [number, call] of model_calls.filter(({ kind }) => kind === "merge").entries()) {
    const file = asked.filter((one) => one.startsWith("merge")).sort()[number === 0 ? 2 : number - 1] ?? "";
    const prompt = await readFile(join(world.workspace, file), "utf8");
    const fresh = (call.documents ?? []).filter((document) => document.startsWith("triton"));
    for (const document of fresh) expect(prompt).toContain(`from ${document}`);
  }
});

test("never writes a merged skill over one that it is made of", async () => {
  const { world, result } = await run("merge-into-existing");
  expect(succeeded(result).merged.map(({ name }) => name)).toEqual(["triton-cuda-merged-row-reduction-2"]);
  const files = await world.files();
  expect(files.has("skills/.archive/20260301_120000/triton-cuda-merged-row-reduction/SKILL.md")).toBe(true);
});

test("puts a skill into one cluster only, and says which names were unknown, double or missing", async () => {
  const { world, result } = await run("odd-clusters");
  expect(succeeded(result).merged.map(({ name }) => name)).toEqual(["triton-cuda-merged-a"]);
  const told = world.warnings.join("\n");
  expect(told).toMatch(/triton-cuda-does-not-exist.* is no skill/);
  expect(told).toMatch(/norm-row-resident.* is named again/);
  expect(told).toMatch(/elemwise-evict.* is in no cluster/);
});

test("leaves the library alone where the result goes elsewhere", async () => {
  const { world, before, result } = await run("separate-output");
  expect(succeeded(result).archived).toEqual([]);
  const after = await world.files();
  expect([...before.keys()].filter((path) => !after.has(path))).toEqual([]);
  expect(after.has("output/triton-cuda-merged-rows/SKILL.md")).toBe(true);
});

test("splits a fix skill by the recorded groups and carries its backend over", async () => {
  const { world, result } = await run("split-fix");
  const [split] = succeeded(result).split;
  expect(split?.into.map(({ path }) => path)).toEqual([
    "evolved-fix/triton-cuda-fix-compile-limits/SKILL.md",
    "evolved-fix/triton-cuda-fix-masking/SKILL.md",
  ]);
  const masking = await readFile(join(world.library, "evolved-fix/triton-cuda-fix-masking/SKILL.md"), "utf8");
  expect(masking).toContain('backend: "cuda"');
  expect(masking).toContain("load/store 都传 mask");
  expect(masking).toContain("- [ ] 缺少掩码");
  expect(masking).not.toContain("共享内存超限");
  expect(succeeded(result).merged.map(({ path }) => path)).toEqual([
    "evolved-improvement/triton-cuda-merged-rows/SKILL.md",
  ]);
});

test("scans what the reference scans, and reports each file that it does not take", async () => {
  const world = await organizeWorld();
  await putFixture(world, "scan-rules");
  const { scan_before } = await expected("scan-rules");
  const scan = await scanForOrganize(world.library);
  // A file that ends right after its front matter is a skill by the specification.
  const own = scan.skills.map(({ path }) => path).filter((path) => path !== "bad-eof/SKILL.md");
  expect(own).toEqual(scan_before.loaded.map(({ path }) => path));
  const rejected = scan_before.rejected.filter(
    (path) => !path.includes(".archive/") && path !== "bad-eof/SKILL.md",
  );
  expect(scan.alone.map(({ path }) => path)).toEqual(expect.arrayContaining(rejected));
  for (const { reason } of scan.alone) expect(reason).not.toBe("");
});

test("says without a model what the recorded classification says of reductions and element-wise kernels", async () => {
  const world = await organizeWorld();
  await putFixture(world, "merge-basic");
  const { context, library, workspace } = world;
  const result = await organize(
    { scopes: ["triton-cuda"], library, model: "offline", workspace, dryRun: true },
    context,
  );
  expect(result.merged.map(({ sources }) => sources.toSorted())).toEqual([
    ["triton-cuda-case-elemwise-large-block", "triton-cuda-exp-elemwise-evict"],
    [
      "triton-cuda-case-norm-row-resident",
      "triton-cuda-case-reduction-row-single-pass",
      "triton-cuda-exp-softmax-exp2",
    ],
  ]);
});

test("writes nothing to the library in a dry run, and the same ledger", async () => {
  const world = await organizeWorld();
  const model = await putFixture(world, "merge-basic");
  const before = await world.files();
  const { context, library, workspace } = world;
  await mkdir(workspace);
  const dry = await organize({ scopes: [], library, model, workspace, dryRun: true }, context);
  expect(await world.files()).toEqual(before);
  const wet = await organize({ scopes: [], library, model, workspace, dryRun: false }, context);
  expect(wet.ledger).toEqual(dry.ledger);
  expect(dry.ledger.length).toBeGreaterThan(15);
});
