import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { readAgentTrace, type ToolCall, wasSkillChosen } from "./agent-trace.ts";

const output = [
  { type: "thread.started", thread_id: "1" },
  { type: "turn.started" },
  {
    type: "item.completed",
    item: {
      id: "i1",
      type: "command_execution",
      command: "bash -lc 'cat .agents/skills/codes/SKILL.md'",
      aggregated_output: "text",
      exit_code: 0,
      status: "completed",
    },
  },
  { type: "item.completed", item: { id: "i2", type: "agent_message", text: "The answer is 7." } },
  { type: "turn.completed", usage: { input_tokens: 100, cached_input_tokens: 40, output_tokens: 9 } },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join("");

async function places(folder: string): Promise<{ folder: string; home: string; work: string }> {
  const [home, work] = [join(folder, "home"), join(folder, "work")];
  for (const one of [home, work]) await mkdir(one);
  return { folder, home, work };
}

it("reads calls, the last words and tokens from the output, from the home and from the working folder", async () => {
  await using folder = await temporaryFolder();
  const at = await places(folder.path);
  await mkdir(join(at.home, ".agent/sessions/2026"), { recursive: true });
  await writeFile(join(at.home, ".agent/sessions/2026/a.jsonl"), output);
  await writeFile(join(at.work, "log.jsonl"), output);
  await symlink(join(at.work, "victim"), join(at.folder, "output.jsonl"));
  for (const named of ["stdout", "~/.agent/sessions", "log.jsonl"]) {
    const trace = await readAgentTrace(named, at, named === "stdout" ? output : "");
    expect(trace).toMatchObject({
      calls: [{ said: expect.stringContaining("cat .agents/skills/codes/SKILL.md") as string }],
      answer: "The answer is 7.",
      tokens: { input: 100, cached_input: 40, output: 9 },
      cost: null,
    });
    expect(wasSkillChosen(trace?.calls ?? [], { name: "codes", skillFolder: ".agents/skills" })).toBe(true);
  }
  expect(await readdir(at.work)).toEqual(["log.jsonl"]);
});

it("finds no trace where none is, where it is no trace, and behind a link", async () => {
  await using folder = await temporaryFolder();
  const at = await places(folder.path);
  await writeFile(join(folder.path, "elsewhere.jsonl"), output);
  await symlink(join(folder.path, "elsewhere.jsonl"), join(at.work, "link.jsonl"));
  await symlink("/no/such/place", join(at.work, "nowhere.jsonl"));
  for (const named of ["stdout", "~/log", "link.jsonl", "nowhere.jsonl"])
    expect(await readAgentTrace(named, at, "42\n")).toBeUndefined();
});

it("reads what claude -p prints: calls, the last words, and the totals of its last line", async () => {
  await using folder = await temporaryFolder();
  const at = await places(folder.path);
  const stream = join(import.meta.dirname, "../../test/fixtures/agents/claude-print.jsonl");
  const trace = await readAgentTrace("stdout", at, await readFile(stream, "utf8"));
  expect(trace).toMatchObject({
    answer: "BLOCK is the next power of two now, and the check passes.",
    model: "claude-example-1",
    tokens: { input: 4210, cached_input: 3000, output: 187 },
    cost: 0.0213,
  });
  expect(trace?.calls.map(({ tool }) => tool)).toEqual(["Skill", "Bash", "Task", "Read", "Edit", "Bash"]);
  expect(wasSkillChosen(trace?.calls ?? [], { name: "triton", skillFolder: ".claude/skills" })).toBe(true);
});

it("takes the last line of claude -p for the answer where it is the only one", async () => {
  await using folder = await temporaryFolder();
  const at = await places(folder.path);
  const line = { type: "result", is_error: false, session_id: "s", result: "42", total_cost_usd: 5 };
  expect(await readAgentTrace("stdout", at, `${JSON.stringify(line)}\n`)).toMatchObject({
    answer: "42",
    tokens: { input: null, output: null },
    cost: 5,
  });
});

const place = { name: "codes", skillFolder: ".claude/skills" };
const call = (tool: string, given: Record<string, string>): ToolCall => ({
  tool,
  said: JSON.stringify(given),
  values: Object.values(given),
});

it.each([
  [true, call("Skill", { skill: "codes" })],
  [true, call("skill", { command: "plugin:codes" })],
  [true, call("Read", { file_path: "/w/.claude/skills/codes/SKILL.md" })],
  [true, call("bash", { command: "cd .claude/skills/codes && cat SKILL.md" })],
  [true, call("bash", { command: "sh .claude/skills/codes/scripts/run.sh" })],
  [false, call("Skill", { skill: "codes-of-others" })],
  [false, call("Read", { file_path: ".claude/skills/codes-of-others/SKILL.md" })],
  [false, call("bash", { command: "ls .claude/skills/" })],
  [false, call("bash", { command: "ls -d .claude/skills/codes" })],
  [false, call("Write", { file_path: "codes/SKILL.md" })],
])("says %s for %o", (isChosen, one) => {
  expect(wasSkillChosen([one], place)).toBe(isChosen);
});
