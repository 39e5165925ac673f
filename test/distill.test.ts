import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Claim } from "../src/distill/claim.ts";
import type { DistillResult } from "../src/distill/distill-result.ts";
import type { EvidenceFile } from "../src/distill/evidence-file.ts";
import type { Proposal } from "../src/distill/proposal.ts";
import type { Evidence } from "../src/evidence/evidence.ts";
import { cliBundle } from "./bundle.ts";
import { laterLog } from "./later-log.ts";
import { chatCompletion, startModelServer } from "./model-server.ts";
import { cli, filesBelow, hasStack, run, temporaryFolder } from "./run.ts";

const cases = join(import.meta.dirname, "fixtures/akg/search_log");

interface Expected {
  op_name: string;
  quirks: { id: string; affects: string }[];
  truth: {
    tasks: {
      task_id: string;
      parent_id: string | null;
      passed: boolean;
      gen_time_us?: number | null;
      changes?: { effect: string }[];
    }[];
  };
}

async function expectedOf(name: string): Promise<Expected> {
  return JSON.parse(await readFile(join(cases, name, "expected.json"), "utf8")) as Expected;
}

async function distill(
  logs: string,
  folder: string,
  ...more: string[]
): Promise<{ code: number | null; result: DistillResult; stdout: string; stderr: string }> {
  const to = ["--output", join(folder, "skills"), "--workspace", join(folder, "ws")];
  const ended = await cli(["distill", logs, "--mode", "search_log", ...to, "--json", ...more], {
    cwd: folder,
  });
  return {
    ...ended,
    result: ended.stdout === "" ? ({} as DistillResult) : (JSON.parse(ended.stdout) as DistillResult),
  };
}

const workspaceFiles = [
  "claims.json",
  "collected_data.json",
  "compressed_data.json",
  "result.json",
  "session.log",
];

for (const name of (await readdir(cases)).sort()) {
  test(`distils ${name} without a model`, async () => {
    await using folder = await temporaryFolder();
    const expected = await expectedOf(name);
    const logs = join(cases, name, "input", "logs");
    const first = await distill(logs, folder.path, "--op", expected.op_name, "--model", "offline");
    expect(hasStack(first.stdout + first.stderr)).toBe(false);
    expect(first.code).toBe(0);
    const workspace = await filesBelow(join(folder.path, "ws"));
    expect(Object.keys(workspace)).toEqual(expect.arrayContaining(workspaceFiles));
    expect(first.result.status).toBe(hasImprovement(expected) ? "proposed" : "empty");
    if (first.result.status !== "proposed") {
      expect(first.result.reason).toMatch(/\w/);
      expect(await filesBelow(join(folder.path, "skills"))).toEqual({});
      return;
    }
    expect(Object.keys(workspace)).toEqual(
      expect.arrayContaining(["llm_prompt.txt", "llm_response.txt", "proposal.json"]),
    );
    const written = await filesBelow(folder.path);
    const skill = first.result.skills[0];
    expect(written[skill?.path ?? ""]).toContain("## Optimization methods");
    expect(JSON.parse((await cli(["lint", join(folder.path, "skills"), "--json"])).stdout)).toMatchObject({
      errors: 0,
    });
    requireSupport(JSON.parse(workspace["claims.json"] ?? "") as Claims, expected);

    const again = await distill(logs, folder.path, "--op", expected.op_name);
    expect(again.result.status).toBe("unchanged");
    const skills = await filesBelow(join(folder.path, "skills"));
    await using fresh = await temporaryFolder();
    await distill(logs, fresh.path, "--op", expected.op_name);
    expect(await filesBelow(join(fresh.path, "skills"))).toEqual(skills);
    expect(Object.entries(skills).every(([path, text]) => written[join("skills", path)] === text)).toBe(true);
  });
}

/** Whether any version was made at least 1 % faster: only then is there something to teach. */
function hasImprovement({ truth }: Expected): boolean {
  const times = new Map(truth.tasks.map((task) => [task.task_id, task.passed ? task.gen_time_us : null]));
  return truth.tasks.some(({ task_id, parent_id }) => {
    const [before, after] = [times.get(parent_id ?? ""), times.get(task_id)];
    return Boolean(before && after && (before - after) / before >= 0.01);
  });
}

interface Claims {
  claims: Claim[];
  evidence: Evidence[];
}

/** Every claim rests on evidence that is there, and no change that only ever made things slower is a method. */
function requireSupport({ claims, evidence }: Claims, expected: Expected): void {
  const items = new Map(evidence.map((item) => [item.id, item]));
  const decoys = new Set(
    expected.truth.tasks
      .filter(
        (task) =>
          task.passed && task.changes?.length && task.changes.every(({ effect }) => effect === "slower"),
      )
      .map((task) => task.task_id),
  );
  for (const claim of claims) {
    expect(claim.evidence.length).toBeGreaterThan(0);
    for (const id of claim.evidence) expect(items.has(id)).toBe(true);
    const faster = claim.evidence
      .map((id) => items.get(id))
      .filter((item) => item?.kind === "step" || item?.kind === "faster");
    if (claim.part === "method") {
      expect(faster.length).toBeGreaterThan(0);
      for (const item of faster) expect(decoys.has(item?.child_id ?? "")).toBe(false);
    }
  }
}

const skillFile = "skills/triton-cuda/evolved-improvement/triton-cuda-case-elementwise-relu/SKILL.md";
const evidenceFile = ".overproof/evidence/triton-cuda-case-elementwise-relu.json";

test("a later trace extends the skill and keeps what a person wrote", async () => {
  await using folder = await temporaryFolder();
  const logs = join(cases, "linear-chain", "input", "logs");
  expect((await distill(logs, folder.path)).result.status).toBe("proposed");
  const path = join(folder.path, skillFile);
  const before = await readFile(path, "utf8");
  const edited = before
    .replace("**Do** set `BLOCK_SIZE`", "**Do** look at small tensors first, then set `BLOCK_SIZE`")
    .replace("## Applicability boundaries\n", "## Applicability boundaries\n- Never tried on A100 by us.\n");
  await writeFile(path, edited);

  const later = await distill(await laterLog(folder.path), folder.path);
  expect(later.result).toMatchObject({
    status: "proposed",
    skills: [{ path: skillFile, change: "changed" }],
  });
  const after = await readFile(path, "utf8");
  expect(after).toContain("**Do** look at small tensors first, then set `BLOCK_SIZE`");
  expect(after).toContain("- Never tried on A100 by us.");
  expect(after).toContain("### Set `num_stages` to `3`");
  expect(after).toContain('version: "1.1.0"');
  const evidence = JSON.parse(await readFile(join(folder.path, evidenceFile), "utf8")) as EvidenceFile;
  expect(evidence.traces).toHaveLength(2);
  const block = evidence.claims.find((claim) => claim.title === "Set `BLOCK_SIZE` to `1024`");
  expect(block).toMatchObject({ author: "person" });
  expect(block?.evidence.length).toBeGreaterThan(2);

  expect((await distill(await laterLog(folder.path), folder.path)).result.status).toBe("unchanged");
  expect(await readFile(path, "utf8")).toBe(after);
});

test("a trace that only confirms a skill changes nothing", async () => {
  await using folder = await temporaryFolder();
  await distill(join(cases, "linear-chain", "input", "logs"), folder.path);
  const before = await filesBelow(join(folder.path, "skills"));
  const logs = join(folder.path, "same", "logs");
  await cp(join(cases, "linear-chain", "input", "logs"), logs, { recursive: true });
  const record = join(logs, "relu", "profiling", "speed_up_record.txt");
  await writeFile(record, (await readFile(record, "utf8")).replaceAll("44.08", "44.18"));
  const { result } = await distill(logs, folder.path);
  expect(result).toMatchObject({ status: "unchanged", proposal: null });
  expect(result.reason).toContain("says all of it already");
  expect(await filesBelow(join(folder.path, "skills"))).toEqual(before);
});

test("distilling the same trace again leaves the first proposal to be proposed", async () => {
  await using folder = await temporaryFolder();
  const args = ["distill", join(cases, "linear-chain", "input", "logs"), "--mode", "search_log", "--json"];
  const first = JSON.parse((await cli(args, { cwd: folder.path })).stdout) as DistillResult;
  const path = join(folder.path, first.proposal ?? "");
  const before = await readFile(path, "utf8");
  const second = JSON.parse((await cli(args, { cwd: folder.path })).stdout) as DistillResult;
  expect(second.status).toBe("unchanged");
  expect(await readFile(path, "utf8")).toBe(before);
  expect(await readFile(join(folder.path, ".overproof", "runs", ".gitignore"), "utf8")).toBe("*\n");
});

test("a dry run leaves the library alone", async () => {
  await using folder = await temporaryFolder();
  const { result } = await distill(join(cases, "linear-chain", "input", "logs"), folder.path, "--dry-run");
  expect(result).toMatchObject({ status: "proposed", dry_run: true });
  expect(await filesBelow(join(folder.path, "skills"))).toEqual({});
  expect(await filesBelow(join(folder.path, ".overproof"))).toEqual({});
});

test("a model's operations are applied, and what rests on no evidence is refused", async () => {
  await using folder = await temporaryFolder();
  const logs = join(cases, "linear-chain", "input", "logs");
  const offline = await distill(logs, folder.path, "--dry-run");
  const claims = JSON.parse(await readFile(join(folder.path, "ws", "claims.json"), "utf8")) as Claims;
  const step = claims.evidence.find((item) => item.kind === "step")?.id ?? "";
  expect(offline.code).toBe(0);
  const answer = {
    skill_name: "../../Triton CUDA case elementwise/streaming",
    description: 'Stream element-wise kernels: "big" blocks --- and <b>more</b>.',
    title: "Streaming kernels",
    operations: [
      {
        op: "add",
        part: "method",
        title: "Use big blocks",
        do: "set `BLOCK_SIZE=1024`.",
        when: "memory-bound.",
        evidence: [step],
      },
      { op: "add", part: "method", title: "Believe me", do: "it is faster.", evidence: ["no-such-item"] },
    ],
  };
  await using server = await startModelServer(chatCompletion(JSON.stringify(answer)));
  const { code, result, stderr } = await distill(
    logs,
    folder.path,
    "--model",
    `openai:teacher@${server.url}/v1`,
  );
  expect(stderr).toContain("Refused: add");
  expect(code).toBe(0);
  const name = "triton-cuda-case-elementwise-streaming";
  expect(result.skills).toMatchObject([
    { name, path: `skills/triton-cuda/evolved-improvement/${name}/SKILL.md` },
  ]);
  const proposal = JSON.parse(await readFile(join(folder.path, "ws", "proposal.json"), "utf8")) as Proposal;
  expect(proposal.skills[0]?.refused.map(({ reason }) => reason)).toEqual([
    "it rests on evidence that does not exist: no-such-item",
  ]);
  const text = await readFile(join(folder.path, result.skills[0]?.path ?? ""), "utf8");
  expect(text).not.toContain("Believe me");
  expect(JSON.stringify(proposal)).not.toContain(server.url);
});

test("a model whose answer does not fit twice ends the run with one sentence and an untouched library", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(chatCompletion('{"skill_name": 5}'));
  const logs = join(cases, "linear-chain", "input", "logs");
  const { code, stderr } = await distill(logs, folder.path, "--model", `openai:teacher@${server.url}/v1`);
  expect(code).toBe(3);
  expect(hasStack(stderr)).toBe(false);
  expect(await filesBelow(join(folder.path, "skills"))).toEqual({});
  const workspace = await filesBelow(join(folder.path, "ws"));
  expect(JSON.parse(workspace["result.json"] ?? "")).toMatchObject({
    status: "failed",
    exit_code: 3,
    workspace: "ws",
  });
  const claims = JSON.parse(workspace["claims.json"] ?? "") as Claims;
  expect(claims.claims).toEqual([]);
  expect(claims.evidence.length).toBeGreaterThan(0);
  expect(Object.keys(workspace).filter((name) => name.startsWith("llm_prompt"))).toHaveLength(2);
});

test("an answer in the seed systems' form becomes claims with the evidence they quote", async () => {
  await using folder = await temporaryFolder();
  const answer = [
    "skill_name: triton-cuda-case-elementwise-streaming",
    "description: Stream element-wise kernels.",
    "",
    "# Streaming",
    "",
    "## Optimization methods",
    "### Bigger blocks",
    "Set `BLOCK_SIZE=1024`: 61.21 us became 44.08 us.",
    "",
    "## Applicability boundaries",
    "- `num_warps=16` was slower than `num_warps=4`.",
  ].join("\n");
  await using server = await startModelServer(chatCompletion(answer));
  const logs = join(cases, "linear-chain", "input", "logs");
  const { code, result } = await distill(logs, folder.path, "--model", `openai:teacher@${server.url}/v1`);
  expect(code).toBe(0);
  expect(server.requests).toHaveLength(1);
  expect(result.skills).toMatchObject([{ name: "triton-cuda-case-elementwise-streaming", change: "added" }]);
  const text = await readFile(join(folder.path, result.skills[0]?.file ?? ""), "utf8");
  expect(text).toContain("61.21 us became 44.08 us");
  const { claims, evidence } = JSON.parse(
    await readFile(join(folder.path, "ws", "claims.json"), "utf8"),
  ) as Claims;
  const method = claims.find((claim) => claim.part === "method");
  const items = evidence.filter((item) => method?.evidence.includes(item.id));
  expect(items.some((item) => item.kind === "step" && item.child_id === "_Gen1_Task2")).toBe(true);
});

test("a replay of a recorded run gives the same skill, and never clears its own recording", async () => {
  await using folder = await temporaryFolder();
  const logs = join(cases, "linear-chain", "input", "logs");
  await distill(logs, folder.path, "--dry-run");
  const { evidence } = JSON.parse(await readFile(join(folder.path, "ws", "claims.json"), "utf8")) as Claims;
  const step = evidence.find((item) => item.kind === "step")?.id ?? "";
  const operations = [
    { op: "add", part: "method", title: "Use big blocks", do: "set `BLOCK_SIZE=1024`.", evidence: [step] },
  ];
  const answer = { skill_name: "triton-cuda-case-elementwise-x", description: "Stream.", operations };
  await using server = await startModelServer(chatCompletion(JSON.stringify(answer)));
  const recorded = await distill(logs, folder.path, "--dry-run", "--model", `openai:m@${server.url}/v1`);
  expect(recorded.code).toBe(0);
  const workspace = await filesBelow(join(folder.path, "ws"));

  const onItself = await distill(logs, folder.path, "--model", "replay:ws");
  expect(onItself.code).toBe(2);
  expect(onItself.stderr).toContain("would be overwritten by its own replay");
  expect(await filesBelow(join(folder.path, "ws"))).toEqual(workspace);

  const args = [
    "distill",
    logs,
    "--output",
    "skills",
    "--workspace",
    "other",
    "--dry-run",
    "--model",
    "replay:ws",
  ];
  expect((await cli(args, { cwd: folder.path })).code).toBe(0);
  expect(server.requests).toHaveLength(1);
  const skillsOf = async (place: string): Promise<Proposal["skills"]> =>
    (JSON.parse(await readFile(join(folder.path, place, "proposal.json"), "utf8")) as Proposal).skills;
  const [first] = await skillsOf("ws");
  const [second] = await skillsOf("other");
  expect(second?.text).toBe(first?.text);
});

const badInput: [string, (folder: string) => Promise<string[]>, string][] = [
  ["a missing folder", async (folder) => [join(folder, "nowhere")], "nowhere"],
  ["a file instead of a folder", async () => [join(cases, "linear-chain", "expected.json")], "expected.json"],
  ["an unknown operator", async () => [join(cases, "linear-chain", "input", "logs"), "--op", "gelu"], "relu"],
  [
    "a folder without a log",
    async (folder) => {
      await mkdir(join(folder, "empty"));
      return [join(folder, "empty")];
    },
    "verification_results.jsonl",
  ],
  [
    "a link instead of a log",
    async (folder) => {
      await mkdir(join(folder, "logs"));
      await symlink("/etc/hostname", join(folder, "logs", "verification_results.jsonl"));
      return [join(folder, "logs")];
    },
    "a link or a device",
  ],
  [
    "a folder in the place of the record",
    async (folder) => {
      await mkdir(join(folder, "logs", "verification_results.jsonl"), { recursive: true });
      return [join(folder, "logs")];
    },
    "cannot be read (it is a folder",
  ],
  [
    "a configuration that is a folder",
    async (folder) => {
      await mkdir(join(folder, "overproof.yml"));
      return [join(cases, "linear-chain", "input", "logs")];
    },
    "overproof.yml cannot be read",
  ],
  [
    "a configuration that is a link to nothing",
    async (folder) => {
      await symlink(join(folder, "nothing"), join(folder, "own.yml"));
      return [join(cases, "linear-chain", "input", "logs"), "--config", "own.yml"];
    },
    "own.yml cannot be read",
  ],
  ["a configuration that is not there", async (folder) => [folder, "--config", "none.yml"], "none.yml"],
  [
    "a model spec that is none",
    async () => [join(cases, "linear-chain", "input", "logs"), "--model", "gpt"],
    "gpt",
  ],
  ["an unknown mode", async () => [join(cases, "linear-chain", "input", "logs"), "--mode", "guess"], "guess"],
];
for (const [name, args, names] of badInput) {
  test(`${name} is one sentence, exit code 2, and nothing written`, async () => {
    await using folder = await temporaryFolder();
    const given = await args(folder.path);
    const before = await filesBelow(folder.path);
    const { code, stdout, stderr } = await cli(
      ["distill", ...given, "--output", join(folder.path, "skills"), "--workspace", join(folder.path, "ws")],
      { cwd: folder.path },
    );
    expect(stderr).toContain(names);
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(3);
    expect(hasStack(stderr)).toBe(false);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(await filesBelow(folder.path)).toEqual(before);
  });
}

const mounts = await run("unshare", ["-Urm", "true"]).then(
  ({ code }) => code === 0,
  () => false,
);

test.skipIf(!mounts)("a full disk leaves the library as it was", async () => {
  await using folder = await temporaryFolder();
  const disk = join(folder.path, "disk");
  await mkdir(disk);
  const logs = join(cases, "linear-chain", "input", "logs");
  const script = `mount -t tmpfs -o size=16k tmpfs "$1" && mkdir "$1/skills" && \
"$2" "$3" distill "$4" --output "$1/skills" --workspace "$5" --json; code=$?; find "$1" -type f | wc -l; exit $code`;
  const args = [
    "-Urm",
    "sh",
    "-c",
    script,
    "sh",
    disk,
    process.execPath,
    cliBundle,
    logs,
    join(folder.path, "ws"),
  ];
  const { code, stdout, stderr } = await run("unshare", args);
  expect(stderr).toContain("no space left on device");
  expect(hasStack(stderr)).toBe(false);
  expect(code).toBe(2);
  expect(stdout.trim().split("\n").at(-1)).toBe("0");
});
