import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { DistillResult } from "../src/distill/distill-result.ts";
import { action, cli, filesBelow, hasStack, type Run, type TemporaryFolder, temporaryFolder } from "./run.ts";
import { name, startWorld, token, type World } from "./world.ts";
import { rawZip, zipOf } from "./zip.ts";

const sessions = join(import.meta.dirname, "fixtures/traces/claude-code/triton-softmax-rows");
const head = "0123456789abcdef0123456789abcdef01234567";

/** A clone whose job may read artifacts and nothing else, and an empty folder for what is temporary. */
interface Job extends AsyncDisposable {
  world: World;
  temporary: TemporaryFolder;
  env: Record<string, string>;
  runId: number;
}

async function startJob(zip: Buffer): Promise<Job> {
  const stack = new AsyncDisposableStack();
  const world = stack.use(await startWorld({ contents: "read", actions: "read" }));
  const temporary = stack.use(await temporaryFolder());
  const runId = world.github.addRun(name, { headSha: head, event: "workflow_run" });
  world.github.addArtifact(name, { runId, name: "traces", zip });
  const runnerTemp = join(temporary.path, "temp");
  await mkdir(runnerTemp);
  const env = { ...world.env, RUNNER_TEMP: runnerTemp, GITHUB_WORKSPACE: world.folder };
  return { world, temporary, env, runId, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Both doors to the same artifact. */
const doors: Record<string, (job: Job, headSha?: string) => Promise<Run>> = {
  "distill --artifact": ({ world, env, runId }) =>
    cli(["distill", "--artifact", `${runId}/traces`, "--json"], { cwd: world.folder, env }),
  "the Action's run-id": ({ world, env, runId }, headSha = head) =>
    action(
      {
        command: "distill",
        "run-id": String(runId),
        "artifact-name": "traces",
        "head-sha": headSha,
        "github-token": token,
        mode: "auto",
        "dry-run": "false",
      },
      // The token comes from the input alone.
      { cwd: world.folder, env: { ...env, GITHUB_TOKEN: undefined } },
    ),
};

/** All that the run left anywhere: in the clone, ignored files too, and in the folder for what is temporary. */
async function leftBy({ world, temporary }: Job): Promise<string[]> {
  const status = await world.git("status", "--porcelain", "--ignored", "--untracked-files=all");
  const inClone = status.split("\n").filter((line) => line !== "");
  const entries = await readdir(temporary.path, { recursive: true });
  return [...inClone, ...entries.filter((path) => path !== "temp")];
}

describe.each(Object.entries(doors))("%s", (_, distil) => {
  test("distils the traces of an artifact, and leaves nothing of it behind", async () => {
    const [session = ""] = (await readdir(sessions)).filter((entry) => entry.endsWith(".jsonl"));
    const trace = await readFile(join(sessions, session), "utf8");
    await using job = await startJob(
      await zipOf({ [`logs/${session}`]: trace, "logs/kernel.so": "\x7fELF" }),
    );
    const ended = await distil(job);
    expect([ended.code, hasStack(ended.stdout + ended.stderr)]).toEqual([0, false]);
    const written = await filesBelow(join(job.world.folder, "skills"));
    expect(Object.keys(written).filter((path) => path.endsWith("SKILL.md"))).toHaveLength(1);
    const runs = await filesBelow(join(job.world.folder, ".overproof", "runs"));
    const results = Object.entries(runs).filter(([path]) => path.endsWith("/result.json"));
    expect(results).toHaveLength(1);
    const result = JSON.parse(results[0]?.[1] ?? "") as DistillResult;
    expect(result).toMatchObject({ status: "proposed", mode: "session" });
    expect(await readFile(join(job.world.folder, result.proposal ?? ""), "utf8")).toContain('"format": 1');
    expect(await filesBelow(job.temporary.path)).toEqual({});
    expect(await readdir(join(job.temporary.path, "temp"))).toEqual([]);
    expect(job.world.github.violations).toEqual([]);
  });

  test.each([
    [
      "a path that leads out of the folder",
      () =>
        rawZip([
          { name: "good.json", content: "{}" },
          { name: "../../evil.jsonl", content: "{}" },
        ]),
      'refused because of its entry "../../evil.jsonl"',
    ],
    [
      "a bomb",
      () => zipOf({ "a.jsonl": Buffer.alloc(16 * 1024 ** 2) }),
      'refused because of its entry "a.jsonl"',
    ],
    [
      "a bomb that lies about its size",
      () => rawZip([{ name: "a.jsonl", content: Buffer.alloc(16 * 1024 ** 2), size: 2000 }]),
      'refused because of its entry "a.jsonl"',
    ],
    [
      "a symbolic link",
      () => rawZip([{ name: "a.jsonl", content: "/etc/passwd", mode: 0o120777 }]),
      'refused because of its entry "a.jsonl"',
    ],
    ["nothing that is a trace", () => zipOf({ "kernel.so": "\x7fELF" }), "There is no known trace"],
  ])("refuses %s with 2, and writes nothing", async (_what, zip, message) => {
    await using job = await startJob(await zip());
    const ended = await distil(job);
    expect([ended.code, hasStack(ended.stdout + ended.stderr)]).toEqual([2, false]);
    expect(ended.stdout + ended.stderr).toContain(message);
    expect(await leftBy(job)).toEqual([]);
    expect(job.world.github.violations).toEqual([]);
  });
});

describe("in a workflow that the end of another one started", () => {
  const event = async (job: Job, run: { id: number; head_sha: string }): Promise<Job> => {
    const path = join(job.temporary.path, "event.json");
    await writeFile(path, JSON.stringify({ action: "completed", workflow_run: run }));
    return { ...job, env: { ...job.env, GITHUB_EVENT_NAME: "workflow_run", GITHUB_EVENT_PATH: path } };
  };
  const distil = doors["distill --artifact"];

  test("takes that one's artifacts without being told its commit", async () => {
    const [session = ""] = (await readdir(sessions)).filter((entry) => entry.endsWith(".jsonl"));
    const trace = await readFile(join(sessions, session), "utf8");
    await using job = await startJob(await zipOf({ [`logs/${session}`]: trace }));
    const ended = await distil?.(await event(job, { id: job.runId, head_sha: head }));
    expect(ended?.stderr).toBe("");
    expect(ended?.code).toBe(0);
  });

  test.each<[string, { id?: number; head_sha?: string }, RegExp]>([
    ["another run", { id: 1 }, /was started for the run 1 of/],
    ["a run of another commit", { head_sha: head.replace("0", "f") }, /is for the commit/],
    ["an event without a run", { id: 0 }, /workflow_run/],
  ])("refuses %s, before it downloads anything", async (_what, change, message) => {
    await using job = await startJob(await zipOf({ "a.jsonl": "{}\n" }));
    const ended = await distil?.(await event(job, { id: job.runId, head_sha: head, ...change }));
    expect(ended?.stderr).toMatch(message);
    expect(ended?.code).toBe(change.id === 0 ? 2 : 1);
    expect(hasStack(ended?.stderr ?? "")).toBe(false);
    expect(job.world.github.requests.filter(({ path }) => path.includes("artifact"))).toEqual([]);
  });

  test("an input cannot name another commit than the event", async () => {
    await using job = await startJob(await zipOf({ "a.jsonl": "{}\n" }));
    const started = await event(job, { id: job.runId, head_sha: head });
    const ended = await doors["the Action's run-id"]?.(started, head.replace("0", "f"));
    expect(ended?.code).toBe(1);
    expect(ended?.stdout).toContain("This workflow was started for the run");
  });
});

test("the Action refuses a run of another commit with 1, before it downloads anything", async () => {
  await using job = await startJob(await zipOf({ "a.jsonl": "{}\n" }));
  const ended = await doors["the Action's run-id"]?.(job, head.replace("0", "f"));
  expect(ended?.code).toBe(1);
  expect(ended?.stdout).toContain(`is for the commit ${head}, not for`);
  expect(job.world.github.requests.map(({ path }) => path)).not.toContainEqual(
    expect.stringContaining("artifact"),
  );
  expect(await leftBy(job)).toEqual([]);
});
