import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DistillResult } from "../src/distill/distill-result.ts";
import { isPersonal } from "../src/secrets/secret-kind.ts";
import { cli, filesBelow, hasStack, temporaryFolder } from "./run.ts";
import { partsOf, secretsTrace } from "./secrets-trace.ts";
import { startWorld } from "./world.ts";

const traces = join(import.meta.dirname, "fixtures/traces");

function resultOf({ stdout }: { stdout: string }): DistillResult {
  return JSON.parse(stdout) as DistillResult;
}

test("no planted secret stands in anything that a run writes or prints", async () => {
  await using world = await startWorld();
  const { jsonl, secrets } = secretsTrace();
  await writeFile(join(world.folder, "trace.jsonl"), jsonl);
  const ended = await cli(["distill", "trace.jsonl", "--workspace", "ws", "--dry-run", "--json"], {
    cwd: world.folder,
  });
  expect([ended.code, hasStack(ended.stderr)]).toEqual([0, false]);
  expect(ended.stderr).toContain("Rotate");
  const files = await filesBelow(join(world.folder, "ws"));
  const exported = await cli(["show", "--atif", "trace.jsonl"], { cwd: world.folder });
  expect(exported.code).toBe(0);
  const printed = [ended.stdout, ended.stderr, exported.stdout, exported.stderr];
  const { proposal } = resultOf(ended);
  if (proposal !== null) {
    const { result } = await world.propose(proposal, "--dry-run");
    printed.push(result.body);
  }
  const all = [...printed, ...Object.values(files)].join("\n");
  const left = secrets.filter(({ value }) =>
    partsOf(value).some((part) => part.length >= 8 && all.includes(part)),
  );
  expect(left.map(({ kind }) => kind)).toEqual([]);
  expect(secrets.filter(({ kind }) => !isPersonal(kind)).length).toBeGreaterThan(20);
});

test("sessions become skills with what did not fit beside them, once", async () => {
  await using world = await startWorld();
  const paths = ["claude-code", "codex", "atif", "otel-genai", "openai-messages", "swe-agent"].map((name) =>
    join(traces, name),
  );
  const args = ["distill", ...paths, "--json"];
  const result = resultOf(await cli(args, { cwd: world.folder }));
  expect(result).toMatchObject({ status: "proposed", mode: "session" });
  expect(result.skills.map(({ name }) => name).sort()).toEqual([
    "cuda-session-lessons",
    "triton-session-lessons",
  ]);
  for (const { file } of result.skills) {
    const text = await readFile(join(world.folder, file), "utf8");
    expect(text).toContain("`references/`");
    expect(text.split("\n").length).toBeLessThan(130);
    expect(text).not.toMatch(/ignore (?:all |the )?previous|curl[^\n]*\|\s*sh|<!--/i);
  }
  const before = await filesBelow(join(world.folder, "skills"));
  expect(Object.keys(before).filter((path) => path.includes("/references/"))).toHaveLength(2);
  const again = resultOf(await cli(args, { cwd: world.folder }));
  expect(again.status).toBe("unchanged");
  expect(await filesBelow(join(world.folder, "skills"))).toEqual(before);

  const proposed = await world.propose(result.proposal ?? "");
  expect(proposed.result.body).toContain("## Files beside it");
  for (const [path, text] of Object.entries(before)) {
    expect(await world.show(`origin/${proposed.result.branch}:skills/${path}`)).toBe(text.trimEnd());
  }
});

test("a file that is no trace is one sentence with the keys that were seen", async () => {
  await using folder = await temporaryFolder();
  for (const [name, seen] of [
    ["not-a-trace.json", "first keys"],
    ["not-a-trace.jsonl", "first keys"],
    ["not-a-trace.md", "neither JSON nor a transcript"],
    ["empty.jsonl", "is not a known trace"],
  ] as const) {
    const ended = await cli(["distill", join(traces, "edge", name)], { cwd: folder.path });
    expect([name, ended.code, hasStack(ended.stderr)]).toEqual([name, 2, false]);
    expect(ended.stderr).toContain("is not a known trace");
    expect(ended.stderr).toContain(seen);
  }
  expect(await filesBelow(folder.path)).toEqual({});
});
