import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ask, generate, kernel, profile, writeConversation } from "../../test/akg-conversation-folder.ts";
import { plantedSecrets } from "../../test/secrets-trace.ts";
import { chatCompletion, startModelServer } from "../../test/model-server.ts";
import { createBudget } from "../models/budget.ts";
import { openModel } from "../models/open-model.ts";
import { silentReporter } from "../reporter.ts";
import { readConversation } from "../traces/akg-conversation.ts";
import { readIntake } from "./intake.ts";
import { maskedMaterial } from "./masked-material.ts";
import type { Material } from "./material.ts";

/** In the form of a Vercel token, which secretlint's rules know and our own patterns do not; none is or was real. */
const secret = ["vc", "p_", "aB3dE5gH7jK9mN1pQ3sT5vW7"].join("");

test("shows a compressor the timeline of a conversation without what only the second layer of masking finds", async () => {
  const folder = await mkdtemp(join(tmpdir(), "intake-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const listing = (node: number): string => `listing ${node}\n${"src/kernels/relu.py\n".repeat(350)}`;
  const reads = Array.from({ length: 12 }, (_, index) => ({
    id: `node_${String(index + 4).padStart(3, "0")}`,
    actions: [{ tool: "execute_script", result: { output: `deploy with ${secret}\n${listing(index)}` } }],
  }));
  writeConversation(folder, [
    { id: "node_001", actions: [ask("Make relu faster.")] },
    { id: "node_002", actions: [generate(kernel(256))] },
    { id: "node_003", actions: [profile(50)] },
    ...reads,
  ]);
  const trace = await readConversation(folder, { reporter: silentReporter });
  expect(JSON.stringify([...trace.nodes.values()])).toContain(secret);

  await using server = await startModelServer(chatCompletion('{"text": ""}'));
  const teacher = await openModel(`openai:m@${server.url}/v1`, {
    keys: {},
    budget: createBudget({}, undefined),
    now: () => 0,
    sleep: () => Promise.resolve(),
    random: () => 0,
    reporter: silentReporter,
  });
  if (!teacher) throw new Error("no model was opened");
  const { items } = await readIntake([{ path: folder, named: "conversation" }], {
    mode: "expert_tuning",
    op: undefined,
    reporter: silentReporter,
    known: new Map(),
  });
  const [item] = items;
  if (!item?.material || !item.taught) throw new Error("no conversation was read");
  await item.taught(teacher);

  const prompts = server.requests.map((request) => JSON.stringify(request.body));
  expect(prompts.join("\n")).toContain("deploy with [secret:service-token:1]");
  expect(prompts.join("\n")).not.toContain(secret);
});

/** A chat in which a run fails with one output and succeeds with another. */
function chat(failing: string, passing: string): string {
  const call = (number: number, name: string, args: object): object => {
    const id = `call_${number}`;
    const called = { id, type: "function", function: { name, arguments: JSON.stringify(args) } };
    return { role: "assistant", content: `Step ${number}.`, tool_calls: [called] };
  };
  const result = (number: number, content: string): object => {
    return { role: "tool", tool_call_id: `call_${number}`, content };
  };
  const run = { command: "python test_ce.py" };
  const messages = [
    { role: "user", content: "Fix the Triton softmax kernel." },
    call(1, "bash", run),
    result(1, `${failing}\n[exit code 1]`),
    call(2, "edit_file", { path: "ce.py", old_str: "a = 1\n", new_str: "a = 2\n" }),
    result(2, "updated"),
    call(3, "bash", run),
    result(3, `${passing}\n[exit code 0]`),
    { role: "assistant", content: "Passes now." },
  ];
  return JSON.stringify({ model: "m", messages });
}

async function readChats(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), "intake-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "traces"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, "traces", name), text);
  const warnings: string[] = [];
  const reporter = { ...silentReporter, warning: (text: string) => void warnings.push(text) };
  const intake = await readIntake([{ path: join(folder, "traces"), named: "traces" }], {
    mode: "session",
    op: undefined,
    reporter,
    known: new Map(),
  });
  const materials: Material[] = [];
  for (const item of intake.items)
    if (item.material) materials.push(await maskedMaterial(item.material, item.redactor));
  const kept = JSON.stringify(materials.map((material) => ({ ...material, files: [...material.files] })));
  return { intake, materials, kept, warnings };
}

const password = ["Tr0ub4dor", "Zebra", "91"].join("-");

test("masks in an early line what a later one gives away, also where the line was shortened", async () => {
  const failing = `RuntimeError: auth failed for svc with ${password}`;
  const { kept, materials } = await readChats({
    "a.json": chat(failing, `export DB_PASSWORD=${password}\nPASS 3.22 ms`),
  });
  expect(kept).toContain("auth failed for svc with [secret:password:1]");
  expect(kept).not.toContain("Zebra");
  expect(materials[0]?.remarks?.filter((text) => text.includes("kind password"))).toHaveLength(1);
});

test("masks in one trace what another of the run gives away", async () => {
  const { kept } = await readChats({
    "a.json": chat(`RuntimeError: bad shape (${password})`, "PASS 3.22 ms"),
    "b.json": chat("RuntimeError: bad shape", `export DB_PASSWORD=${password}\nPASS 3.22 ms`),
  });
  expect(kept).toContain("bad shape");
  expect(kept).not.toContain(password);
});

test("shows the name of a trace without the secret in it", async () => {
  const token = plantedSecrets().find(({ kind }) => kind === "github-token")?.value ?? "";
  const { intake, kept, warnings } = await readChats({
    [`${token}.json`]: chat("RuntimeError: bad shape", `export DB_PASSWORD=${password}\nPASS 3.22 ms`),
    [`${token}.txt`]: "no trace",
  });
  const paths = intake.items.map((item) => item.paths);
  expect(intake.sessions.map(({ file }) => file)).toEqual(["[secret:github-token:1].json"]);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^traces\/\[secret:github-token:1\]\.json: 1 secret of the kind github-token masked/,
    ),
    expect.stringMatching(/^traces\/\[secret:github-token:1\]\.json: 1 secret of the kind password masked/),
  ]);
  expect(JSON.stringify([intake.sessions, intake.others, paths, warnings, kept])).not.toContain(token);
});

const logs = join(import.meta.dirname, "../../test/fixtures/akg/search_log");

async function treeOfTraces(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "intake-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(join(logs, "linear-chain/input/logs"), join(folder, "relu/2026/logs"), { recursive: true });
  writeConversation(join(folder, "tuned"), [
    { id: "node_001", actions: [ask("Make relu faster.")] },
    { id: "node_002", actions: [generate(kernel(256))] },
    { id: "node_003", actions: [profile(50)] },
  ]);
  await mkdir(join(folder, "agents"));
  await writeFile(join(folder, "agents/chat.json"), chat("Error: wrong shape", "all equal"));
  return folder;
}

async function intakeOf(folder: string, mode: Parameters<typeof readIntake>[1]["mode"] = "auto") {
  const options = { mode, op: undefined, reporter: silentReporter, known: new Map<string, string>() };
  return readIntake([{ path: folder, named: "traces" }], options);
}

test("finds logs, conversations and sessions however deep in a folder, each once", async () => {
  const folder = await treeOfTraces();
  const { mode, items, others } = await intakeOf(folder);
  expect(mode).toBe("auto");
  expect(items.flatMap(({ paths }) => paths)).toEqual([
    "traces/relu/2026/logs",
    "traces/tuned",
    "traces/agents/chat.json",
  ]);
  expect(items.map(({ material }) => material?.mode)).toEqual(["search_log", "expert_tuning", "session"]);
  expect(others).toEqual([]);
});

test("reads in a folder only what the named mode reads", async () => {
  const folder = await treeOfTraces();
  expect((await intakeOf(folder, "search_log")).items.map(({ paths }) => paths[0])).toEqual([
    "traces/relu/2026/logs",
  ]);
  expect((await intakeOf(folder, "expert_tuning")).items.map(({ paths }) => paths[0])).toEqual([
    "traces/tuned",
  ]);
});

test("tells of a log inside a folder that cannot be read, and goes on", async () => {
  const folder = await treeOfTraces();
  await mkdir(join(folder, "broken"));
  await writeFile(join(folder, "broken/verification_results.jsonl"), "no JSON\n");
  const { items, others } = await intakeOf(folder, "search_log");
  expect(items.map(({ paths }) => paths[0])).toEqual(["traces/relu/2026/logs"]);
  expect(others).toEqual([expect.stringContaining("traces/broken: ")]);
});

test("follows no link to a log outside of the folder", async () => {
  const folder = await treeOfTraces();
  const outside = await treeOfTraces();
  await rm(join(folder, "relu"), { recursive: true });
  await symlink(join(outside, "relu"), join(folder, "relu"));
  const { items } = await intakeOf(folder);
  expect(items.map(({ paths }) => paths[0])).toEqual(["traces/tuned", "traces/agents/chat.json"]);
});
