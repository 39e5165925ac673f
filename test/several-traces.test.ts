import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Claim } from "../src/distill/claim.ts";
import type { DistillResult } from "../src/distill/distill-result.ts";
import type { EvidenceFile } from "../src/distill/evidence-file.ts";
import type { Proposal } from "../src/distill/proposal.ts";
import type { Evidence } from "../src/evidence/evidence.ts";
import { laterLog } from "./later-log.ts";
import { chatCompletion, type Scripted, startModelServer } from "./model-server.ts";
import { cli, filesBelow, hasStack, temporaryFolder } from "./run.ts";
import { name, startWorld } from "./world.ts";

const cases = join(import.meta.dirname, "fixtures/akg/search_log");
const relu = join(cases, "linear-chain/input/logs");
const ascend = join(cases, "triton-ascend/input/logs");
const softmax = join(cases, "multi-root/input/logs");

async function distillInto(
  folder: string,
  ...args: string[]
): Promise<{ code: number | null; stderr: string; stdout: string; result: DistillResult }> {
  const to = ["--output", "skills", "--workspace", "ws", "--json"];
  const ended = await cli(["distill", ...to, ...args], { cwd: folder });
  return { ...ended, result: JSON.parse(ended.stdout || "{}") as DistillResult };
}

async function workspaceJson<T>(folder: string, path: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, "ws", path), "utf8")) as T;
}

test("a log with an odd name fails alone", async () => {
  await using folder = await temporaryFolder();
  const copy = join(folder.path, "odd");
  await cp(softmax, copy, { recursive: true });
  const file = join(copy, "verification_results.jsonl");
  const records = await readFile(file, "utf8");
  await writeFile(file, records.replaceAll(/"dsl": ?"[^"]*"/g, `"dsl": "${"a".repeat(5000)}"`));
  const { code, result } = await distillInto(folder.path, relu, copy);
  expect(result).toMatchObject({ status: "proposed", failures: [{ trace: copy }] });
  expect(result.failures?.[0]?.reason).toContain("Too big");
  expect(result.skills).toHaveLength(1);
  expect(code).toBe(1);
});

test("a name of a device on Windows becomes no folder", async () => {
  await using folder = await temporaryFolder();
  const copy = join(folder.path, "odd");
  await cp(softmax, copy, { recursive: true });
  const file = join(copy, "verification_results.jsonl");
  const records = await readFile(file, "utf8");
  await writeFile(file, records.replaceAll(/"dsl": ?"[^"]*"/g, '"dsl": "con"'));
  const { result } = await distillInto(folder.path, copy);
  expect(result.skills.map(({ path }) => path.split("/")[1])).toEqual(["con-kernels"]);
});

test("two traces of two scopes become two skills, each in its own, with the files of each trace apart", async () => {
  await using folder = await temporaryFolder();
  const { code, result } = await distillInto(folder.path, relu, ascend);
  expect(code).toBe(0);
  expect(result.skills.map(({ path }) => path.split("/").slice(0, 3).join("/"))).toEqual([
    "skills/triton-cuda/evolved-improvement",
    "skills/triton-ascend/evolved-improvement",
  ]);
  const { skills } = await workspaceJson<Proposal>(folder.path, "proposal.json");
  expect(skills.map(({ scope }) => scope)).toEqual(["triton-cuda", "triton-ascend"]);
  expect(new Set(skills.map(({ op }) => op)).size).toBe(2);
  const files = Object.keys(await filesBelow(join(folder.path, "ws"))).sort();
  const each = [
    "claims.json",
    "collected_data.json",
    "compressed_data.json",
    "llm_prompt.txt",
    "llm_response.txt",
    "session.log",
  ];
  expect(files).toEqual([
    ...each.map((file) => `01/${file}`),
    ...each.map((file) => `02/${file}`),
    "proposal.json",
    "result.json",
    "session.log",
  ]);
  for (const log of ["session.log", "01/session.log", "02/session.log"]) {
    expect(await readFile(join(folder.path, "ws", log), "utf8")).toMatch(/The run ends\.\n$/);
  }

  await distillInto(folder.path, softmax);
  expect(Object.keys(await filesBelow(join(folder.path, "ws"))).some((file) => /^\d/.test(file))).toBe(false);
});

test("two traces of one skill are one entry in the result and two in the proposal", async () => {
  await using folder = await temporaryFolder();
  const later = await laterLog(folder.path);
  const { result } = await distillInto(folder.path, relu, later);
  expect(result.skills).toMatchObject([{ name: "triton-cuda-case-elementwise-relu", change: "added" }]);
  const { skills } = await workspaceJson<Proposal>(folder.path, "proposal.json");
  expect(skills.map(({ change }) => change)).toEqual(["added", "changed"]);
  const text = await readFile(join(folder.path, result.skills[0]?.file ?? ""), "utf8");
  expect(text).toBe(skills[1]?.text);
  expect(text).toContain("num_stages");
});

test("proposes several traces as one commit that names each of them", async () => {
  await using world = await startWorld();
  const proposal = await world.distill(relu, await laterLog(world.folder), ascend);
  const { result, stderr } = await world.propose(proposal);
  expect(stderr).toBe("");
  expect(result).toMatchObject({ status: "created", branch: "overproof/distill/several" });
  expect(result.skills.map(({ change }) => change)).toEqual(["added", "added"]);
  const digests: string[] = [];
  for (const skill of result.skills) {
    const text = await world.show(`origin/${result.branch}:.overproof/evidence/${skill.name}.json`);
    digests.push(...(JSON.parse(text) as EvidenceFile).traces.map((trace) => trace.sha256));
  }
  expect(digests).toHaveLength(3);
  expect(await world.trailers(`origin/${result.branch}`)).toEqual([
    ...digests.map((digest) => `Overproof-Trace: ${digest}`),
    "Overproof-Mode: search_log",
  ]);
  const [pull] = await world.github.pulls(name);
  for (const digest of digests) expect(pull?.body).toContain(`\`${digest.slice(0, 12)}\``);
  expect(pull?.title).toMatch(/^Add skill \S+ and 1 more$/);

  const more = await world.propose(await world.distill(relu, softmax, ascend));
  expect(more.result).toMatchObject({ status: "updated", number: 1 });
  const [after] = await world.github.pulls(name);
  for (const digest of digests) expect(after?.body).toContain(`\`${digest.slice(0, 12)}\``);
  expect(await world.trailers(`origin/${result.branch}`)).toHaveLength(5);
  expect(world.github.violations).toEqual([]);
});

test("two operators of one scope go to a branch of that scope", async () => {
  await using world = await startWorld();
  const { result } = await world.propose(await world.distill(relu, softmax), "--no-push");
  expect(result.branch).toBe("overproof/distill/triton-cuda-several");
});

/** A teacher's answer with one method on the first step of the trace that it was asked about. */
function oneMethod(): Scripted {
  return (response, request) => {
    const step = /\[([^\]\s]+)\] step:/.exec(JSON.stringify(request.body))?.[1] ?? "";
    const operations = [{ op: "add", part: "method", title: "Use it", do: "use `it`.", evidence: [step] }];
    const answer = { skill_name: "triton-cuda-case-elementwise-x", description: "Speeds up.", operations };
    chatCompletion(JSON.stringify(answer))(response, request);
  };
}

test("a teacher that fails at the second trace keeps the first, says so, and ends with 3", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(oneMethod(), chatCompletion('{"skill_name": 5}'));
  const model = ["--model", `openai:teacher@${server.url}/v1`];
  const { code, result, stderr, stdout } = await distillInto(folder.path, relu, ascend, softmax, ...model);
  expect(hasStack(stderr + stdout)).toBe(false);
  expect(code).toBe(3);
  expect(stderr).toContain(`${ascend}: `);
  expect(stderr).toContain(`${softmax}: It was not tried.`);
  expect(result).toMatchObject({ status: "proposed", failures: [{ trace: ascend }, { trace: softmax }] });
  expect(await workspaceJson(folder.path, "result.json")).toEqual(result);
  expect((await workspaceJson<Proposal>(folder.path, "proposal.json")).skills).toHaveLength(1);
  expect(await readFile(join(folder.path, result.skills[0]?.file ?? ""), "utf8")).toContain("### Use it");
  const left = await workspaceJson<{ claims: Claim[]; evidence: Evidence[] }>(folder.path, "02/claims.json");
  expect(left.evidence.length).toBeGreaterThan(0);
  // The second trace was asked about twice.
  expect(server.requests).toHaveLength(3);
});

test("a budget that is spent keeps what is done", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(oneMethod());
  await writeFile(join(folder.path, "overproof.yml"), "budget:\n  calls: 1\n");
  const model = ["--model", `openai:teacher@${server.url}/v1`];
  const { code, result, stderr } = await distillInto(folder.path, relu, ascend, ...model);
  expect(stderr).toContain("The budget of this run is spent");
  expect(code).toBe(3);
  expect(result).toMatchObject({ status: "proposed", failures: [{ trace: ascend, exit_code: 3 }] });
  expect(result.skills).toHaveLength(1);
});

test("a recorded run of two traces replays as it was", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(oneMethod());
  const model = ["--model", `openai:teacher@${server.url}/v1`];
  const recorded = await distillInto(folder.path, relu, ascend, "--dry-run", ...model);
  expect(recorded.code).toBe(0);
  const args = ["distill", relu, ascend, "--output", "skills", "--workspace", "other", "--dry-run"];
  const replayed = await cli([...args, "--model", "replay:ws", "--json"], { cwd: folder.path });
  expect(replayed.code).toBe(0);
  expect((JSON.parse(replayed.stdout) as DistillResult).skills).toEqual(recorded.result.skills);
  expect(server.requests).toHaveLength(2);
});
