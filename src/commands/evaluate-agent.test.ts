import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { expect, it, vi } from "vitest";
import { git } from "../../test/github/git.ts";
import { chatCompletion, startModelServer } from "../../test/model-server.ts";
import { temporaryFolder } from "../../test/run.ts";
import type { EvaluateResult, MeasuredResult } from "../evaluate/evaluation-result.ts";
import { openResultStore } from "../evaluate/result-store.ts";
import type { Trial } from "../evaluate/trial.ts";
import type { Context } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import { report } from "./report.ts";

const helpful = join(import.meta.dirname, "../../test/agents/helpful.mjs");

const skillText = `---
name: codes
description: Answers numbered questions. Use when a question has a number.
---

The code begins with quartz, then comes a hyphen and the number.
`;

interface World {
  cases: object[];
  agent?: object;
  /** Further files of the skill, by path. */
  files?: Record<string, string>;
  evaluate?: object;
  skill?: string;
}

async function makeWorld(folder: string, world: World): Promise<void> {
  const skill = join(folder, "skills/codes");
  await mkdir(join(skill, "evals"), { recursive: true });
  await writeFile(join(skill, "SKILL.md"), world.skill ?? skillText);
  await writeFile(
    join(skill, "evals/evals.json"),
    JSON.stringify({ skill_name: "codes", evals: world.cases }),
  );
  for (const [path, text] of Object.entries(world.files ?? {})) await writeFile(join(skill, path), text);
  const agent = world.agent ?? { command: [process.execPath, helpful], trace: "~/log" };
  const config = { evaluate: { agents: { probe: agent }, ...world.evaluate } };
  await writeFile(join(folder, "overproof.yml"), stringify(config));
}

interface Said {
  warnings: string[];
  infos: string[];
}

function contextIn(cwd: string, said: Said, environment: Context["environment"] = {}): Context {
  return {
    cwd,
    environment: { PATH: process.env["PATH"], ...environment },
    reporter: {
      info: (message) => void said.infos.push(message),
      warning: (message) => void said.warnings.push(message),
      progress: () => undefined,
    },
    now: () => new Date(),
    random: () => 0,
    sleep: async () => undefined,
  };
}

interface Options {
  students?: string[];
  repeats?: number;
  environment?: Context["environment"];
  base?: string;
  placebo?: boolean;
}

interface Outcome {
  result: MeasuredResult;
  trials: Trial[];
  said: Said;
}

async function measured(folder: string, options: Options = {}): Promise<Outcome> {
  const { students = ["command:probe"], repeats = 1, base, placebo = false } = options;
  const said: Said = { warnings: [], infos: [] };
  const { result } = await evaluate(
    { skills: [], students, repeats, base, placebo, aa: false, plan: false, results: "results" },
    contextIn(folder, said, options.environment),
  );
  const store = await openResultStore(join(folder, "results"));
  await store.close();
  if (!isMeasured(result)) throw new Error("no whole run");
  return { result, trials: [...store.all()], said };
}

function isMeasured(result: EvaluateResult): result is MeasuredResult {
  return "teacher" in result || ("skills" in result && !("noise" in result) && !("shard" in result));
}

function question(id: number, overproof: object = {}): object {
  const checks = [{ kind: "contains", text: `quartz-${id}` }];
  return { id, prompt: `Solve question-${id}.`, overproof: { checks, ...overproof } };
}

function trialOf(trials: readonly Trial[], id: string, isGiven: boolean): Trial | undefined {
  return trials.find((one) => one.case === id && (one.identity.given_sha256 !== null) === isGiven);
}

it("finds that a skill helps an agent, and runs nothing twice", async () => {
  await using folder = await temporaryFolder();
  await makeWorld(folder.path, { cases: Array.from({ length: 10 }, (_, index) => question(index + 1)) });
  const { result, trials } = await measured(folder.path, { repeats: 2 });
  expect(result.skills[0]?.students[0]).toMatchObject({
    student: "command:probe",
    verdict: "better",
    arms: { none: { rate: 0 }, head: { rate: 1 } },
  });
  expect(trials).toHaveLength(40);
  expect(new Set(trials.map(({ identity }) => identity.agent_sha256)).size).toBe(1);
  // A run of an agent counts as one call.
  expect(result).toMatchObject({ calls: 40, cost_usd: null, run: { calls: 40, cost_usd: null } });
  const again = await measured(folder.path, { repeats: 2 });
  expect(again.trials).toEqual(trials);
  expect(again.result).toMatchObject({ calls: 40, run: { calls: 0 } });

  const kinds = new Set(trials.map(({ isolation }) => isolation));
  expect(kinds.size).toBe(1);
  const [kind = "none"] = kinds;
  expect(result.skills[0]?.students[0]?.isolation).toEqual({ [kind]: 40 });
  const said: Said = { warnings: [], infos: [] };
  const { markdown } = await report({ results: "results" }, contextIn(folder.path, said));
  const words = { bwrap: "in a sandbox", unshare: "in a namespace", none: "without any" }[kind];
  expect(markdown).toMatch(
    new RegExp(`^Isolation of agents: command:probe ran ${words}.* \\(40 runs\\)\\.$`, "m"),
  );
}, 60_000);

it("looks at files and calls, which a plain chat cannot leave", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(chatCompletion("quartz-1"));
  const written = { kind: "file-produced", path: "out/answer.txt", contains: "quartz-2" };
  const read = { kind: "tool-call", name: "^read_file$", argument: "codes/SKILL.md" };
  const silent = { kind: "tool-call", name: "shell|bash", not: true };
  await makeWorld(folder.path, {
    cases: [
      question(1),
      {
        id: 2,
        prompt: "Solve question-2 and write it down.",
        overproof: { checks: [written, read, silent] },
      },
      {
        id: 3,
        prompt: "Solve question-3.",
        overproof: { checks: [{ kind: "file-produced", path: "out/answer.txt" }] },
      },
    ],
  });
  const chat = `openai:fake@${server.url}/v1`;
  const { trials, said } = await measured(folder.path, { students: ["command:probe", chat] });
  const own = trials.filter(({ identity }) => identity.runner === "command");
  expect(trialOf(own, "2", true)).toMatchObject({
    outcome: "passed",
    checks: [
      { evidence: expect.stringContaining('contains "quartz-2" at character 1') as string },
      { check: 'A tool whose name matches "^read_file$" is called with "codes/SKILL.md".', passed: true },
      { evidence: "None of 2 calls is one." },
    ],
  });
  expect(trialOf(own, "2", false)).toMatchObject({ outcome: "failed" });
  expect(trialOf(own, "3", true)).toMatchObject({
    outcome: "failed",
    checks: [{ evidence: 'The file "out/answer.txt" was not produced.' }],
  });
  const store = await openResultStore(join(folder.path, "results"));
  await store.close();
  const reply = await store.reply(trialOf(own, "2", true)?.reply_sha256 ?? "");
  expect(reply).toMatch(
    /^quartz-2\n\n\nFile "out\/answer\.txt", 9 bytes, SHA-256 [0-9a-f]{64}:\nquartz-2\n$/,
  );
  expect(trials.filter(({ identity }) => identity.runner === "chat").map((one) => one.case)).toEqual([
    "1",
    "1",
  ]);
  expect(said.warnings.join()).toContain(
    `2 of 3 cases are left out for ${chat}: a chat makes no files and calls no tools.`,
  );
}, 60_000);

it("measures whether an agent and a chat choose the skill, apart from what it does", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer((response, request) => {
    const { messages } = request.body as { messages: { content: string }[] };
    const text = JSON.stringify(messages);
    chatCompletion(text.includes("choose the skill") && text.includes("question-9") ? "codes" : "none")(
      response,
      request,
    );
  });
  const queries = [
    { query: "What is the answer to question-9?", should_trigger: true },
    { query: "Write a poem.", should_trigger: false },
    { query: "Number my questions.", should_trigger: true },
  ];
  await makeWorld(folder.path, {
    cases: [question(1)],
    files: { "evals/trigger-eval.json": JSON.stringify(queries) },
  });
  const chat = `openai:fake@${server.url}/v1`;
  const { trials } = await measured(folder.path, { students: ["command:probe", chat] });
  const asked = trials.filter(({ identity }) => identity.measurement === "triggering");
  expect(asked).toHaveLength(6);
  for (const runner of ["command", "chat"] as const) {
    const own = asked.filter(({ identity }) => identity.runner === runner);
    expect(new Map(own.map((one) => [one.case, [one.outcome, one.checks[0]?.evidence]]))).toEqual(
      new Map([
        ["trigger-1", ["passed", "It chose the skill."]],
        ["trigger-2", ["passed", "It did not choose the skill."]],
        ["trigger-3", ["failed", "It did not choose the skill."]],
      ]),
    );
  }
  expect(server.requests.map(({ body }) => JSON.stringify(body)).join()).not.toContain("trigger-");
}, 60_000);

it("says that triggering needs a log, and measures the rest", async () => {
  await using folder = await temporaryFolder();
  await makeWorld(folder.path, {
    cases: [question(1), question(2, { checks: [{ kind: "tool-call", name: "x" }] })],
    agent: { command: [process.execPath, helpful] },
    files: {
      "evals/trigger-eval.json": JSON.stringify([{ query: "Solve question-1", should_trigger: true }]),
    },
  });
  const { trials, said } = await measured(folder.path);
  expect(trials.map((one) => one.case)).toEqual(["1", "1"]);
  expect(said.warnings.filter((warning) => !warning.includes("is not isolated"))).toEqual([
    expect.stringContaining(
      "1 of 2 cases are left out for command:probe: its agent has no `trace`.",
    ) as string,
    expect.stringContaining("triggering cannot be measured for command:probe") as string,
  ]);
}, 60_000);

it("gives an agent the skill without its cases, the files of the case, and of the environment what is named", async () => {
  await using folder = await temporaryFolder();
  const code = `
    import { readdirSync } from "node:fs"; const token = process.env.TOKEN;
    const all = readdirSync(".", { recursive: true, withFileTypes: true });
    console.log(all.filter((one) => one.isFile()).map((one) => one.parentPath + "/" + one.name).sort().join(" "));
    const hex = Buffer.from(token).toString("hex"), backwards = [...token].reverse().join("");
    const names = Object.keys(process.env).filter((name) => !["_", "OLDPWD", "SHLVL"].includes(name));
    console.log(names.sort().join(" "), token, hex, backwards, process.argv[1]);`;
  await makeWorld(folder.path, {
    cases: [{ ...question(1), files: ["evals/x.csv"] }],
    files: {
      "evals/x.csv": "a,b\n",
      "helper.sh": "#!/bin/sh\n",
      "skill_meta.json": '{"metadata":{},"tests":[]}',
    },
    agent: {
      command: [process.execPath, "--input-type=module", "-e", code, "--", "{prompt}"],
      "skill-folder": ".claude/skills",
      environment: ["TOKEN"],
    },
  });
  const environment = { TOKEN: "token-of-the-service", OTHER: "not for agents" };
  const { trials } = await measured(folder.path, { environment });
  const store = await openResultStore(join(folder.path, "results"));
  await store.close();
  const [given, none] = await Promise.all(
    [true, false].map((isGiven) => store.reply(trialOf(trials, "1", isGiven)?.reply_sha256 ?? "")),
  );
  expect(given).toBe(
    [
      ".claude/skills/codes/SKILL.md .claude/skills/codes/helper.sh evals/x.csv",
      "HOME LANG PATH PWD TMPDIR TOKEN [hidden] [hidden] [hidden] Use the skill codes: read .claude/skills/codes/SKILL.md first, and follow it where it applies.\n\nSolve question-1.",
      "",
    ].join("\n"),
  );
  expect(none).toBe(
    "evals/x.csv\nHOME LANG PATH PWD TMPDIR TOKEN [hidden] [hidden] [hidden] Solve question-1.\n",
  );
}, 60_000);

const hostile: [string, string, RegExp][] = [
  ["hangs", "setInterval(() => {}, 1000)", /It was stopped after 1 s/],
  [
    "never stops talking",
    'const go = () => process.stdout.write("y".repeat(65536), go); go()',
    /bytes of output/,
  ],
  ["ends with an error", 'console.error("broken"); process.exit(4)', /exit code 4\. It said: "broken"/],
  ["says nothing", "", /It said nothing and left no file/],
  [
    "passes another's file off as its own",
    'fs.mkdirSync("out"); fs.symlinkSync("/etc/passwd", "out/answer.txt"); console.log("quartz-1")',
    /"out\/answer\.txt" was not produced/,
  ],
  [
    "makes the folder a link to elsewhere",
    'fs.symlinkSync("/etc", "out"); console.log("quartz-1")',
    /"out\/answer\.txt" was not produced/,
  ],
  [
    "leaves a huge file",
    'fs.mkdirSync("out"); fs.writeFileSync("out/answer.txt", ""); fs.truncateSync("out/answer.txt", 5e9)',
    /5000000000 bytes that are no text/,
  ],
  [
    "leaves a pipe and closes its folders",
    'child.execSync("mkfifo p; mkdir -p out/deep/er; touch out/deep/er/x; chmod 0 out/deep"); console.log("quartz-1")',
    /"out\/answer\.txt" was not produced/,
  ],
];
it.each(hostile)(
  "an agent that %s has failed and leaves nothing behind",
  async (_, code, evidence) => {
    await using folder = await temporaryFolder();
    await using temporary = await temporaryFolder();
    vi.stubEnv("TMPDIR", temporary.path);
    const program = `const fs = require("node:fs"), child = require("node:child_process"); ${code}`;
    await makeWorld(folder.path, {
      cases: [question(1, { checks: [{ kind: "file-produced", path: "out/answer.txt", contains: "root" }] })],
      agent: {
        command: [process.execPath, "-e", program],
        "time-limit-seconds": 1,
        "output-limit-bytes": 300_000,
      },
    });
    const { trials } = await measured(folder.path);
    expect(trials.map(({ outcome }) => outcome)).toEqual(["failed", "failed"]);
    for (const { checks } of trials) expect(checks.map((one) => one.evidence).join(" ")).toMatch(evidence);
    vi.unstubAllEnvs();
    expect(await readdir(temporary.path)).toEqual([]);
  },
  60_000,
);

it("takes a killed agent, a failing service and a log that never was for missing data", async () => {
  await using folder = await temporaryFolder();
  const code = `const id = /question-(\\d)/.exec(process.argv[1])[1];
    if (id === "1") process.kill(process.pid, "SIGKILL");
    if (id === "2") process.exit(75);
    console.log("quartz-3");`;
  await makeWorld(folder.path, {
    cases: [question(1), question(2), question(3, { checks: [{ kind: "tool-call", name: "x" }] })],
    agent: {
      command: [process.execPath, "-e", code, "{prompt}"],
      trace: "log",
      "infrastructure-exit-codes": [75],
      isolation: "none",
    },
    evaluate: { concurrency: 1 },
  });
  const { trials } = await measured(folder.path);
  const messages = new Map(trials.map((one) => [one.case, one.error?.message]));
  expect(messages.get("1") ?? "The agent was killed by SIGKILL").toBe("The agent was killed by SIGKILL");
  expect(trials.every(({ outcome }) => outcome === "excluded")).toBe(true);
  expect([...messages.values()].join()).toMatch(/killed by SIGKILL|exit code 75|left no log/);
}, 60_000);

it("takes it for a failure where the skill can be the reason: an agent that kills itself, and a log that is gone", async () => {
  await using folder = await temporaryFolder();
  // Both only with the skill, which would leave the comparison otherwise.
  const code = `const fs = require("node:fs"); const given = fs.existsSync(".agents");
    const id = /question-(\\d+)/.exec(process.argv[1])[1];
    if (given && id === "1") process.kill(process.pid, "SIGKILL");
    const messages = [{ role: "user", content: "go" }, { role: "assistant", content: "done" }];
    if (!given || id !== "2") fs.writeFileSync("log.json", JSON.stringify({ messages }));
    console.log("done");`;
  const silent = { checks: [{ kind: "tool-call", name: "x", not: true }] };
  await makeWorld(folder.path, {
    cases: [1, 2, 3, 4, 5, 6].map((id) => question(id, silent)),
    agent: { command: [process.execPath, "-e", code, "{prompt}"], trace: "log.json" },
    evaluate: { concurrency: 1 },
  });
  const { trials, said } = await measured(folder.path);
  const isSandboxed = trials.every(({ isolation }) => isolation !== "none");
  expect(said.warnings.length).toBe(trials.every(({ isolation }) => isolation === "bwrap") ? 0 : 1);
  expect(trialOf(trials, "1", true)?.outcome).toBe(isSandboxed ? "failed" : "excluded");
  const gone = trialOf(trials, "2", true);
  // Where it is the first one that runs, nobody knows that there should be a log.
  if (gone?.outcome !== "excluded")
    expect(gone).toMatchObject({
      outcome: "failed",
      checks: [{ check: "The agent leaves the log of its session." }, {}],
    });
  expect(trials.filter(({ outcome }) => outcome === "passed")).toHaveLength(10);
}, 60_000);

it.each([
  ["a student that no configuration names", { students: ["command:other"] }, /no agent named other/],
  ["a program that is not there", { agent: { command: ["no-such-agent"] } }, /cannot be started/],
  [
    "a case that sets the agent up",
    { cases: [question(1, { inputs: { ".agents/AGENTS.md": "" } })] },
    /where the agent is set up/,
  ],
  ["a program chosen by a prompt", { agent: { command: ["{prompt}"] } }, /the prompt cannot be the program/],
  [
    "a script that is not there",
    { cases: [question(1, { checks: [{ kind: "script", path: "evals/x.sh" }] })] },
    /which is not there/,
  ],
])(
  "refuses %s in one sentence",
  async (_, { students, ...world }: Partial<World> & { students?: string[] }, message) => {
    await using folder = await temporaryFolder();
    await makeWorld(folder.path, { cases: [question(1)], ...world });
    const run = measured(folder.path, students === undefined ? {} : { students });
    await expect(run).rejects.toMatchObject({
      name: "Failure",
      exitCode: 2,
      message: expect.stringMatching(message) as string,
    });
  },
);

it("lets a script of the cases decide, for an agent's files and for a chat's answer", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer(chatCompletion("quartz-1"));
  const script = `#!/bin/sh\ngrep -q quartz "$ANSWER" && { [ ! -d out ] || grep -q quartz out/answer.txt; }\n`;
  await makeWorld(folder.path, {
    cases: [
      {
        id: 1,
        prompt: "Solve question-1 and write.",
        overproof: { checks: [{ kind: "script", path: "evals/check.sh" }] },
      },
    ],
    files: { "evals/check.sh": script },
    evaluate: { scripts: "unsandboxed" },
  });
  const chat = `openai:fake@${server.url}/v1`;
  const { trials } = await measured(folder.path, { students: ["command:probe", chat] });
  const outcomes = trials.map(
    ({ identity, outcome }) => `${identity.runner} ${identity.given_sha256 === null} ${outcome}`,
  );
  expect(outcomes.sort()).toEqual([
    "chat false passed",
    "chat true passed",
    "command false passed",
    "command true failed",
  ]);
  expect(trials[0]?.checks[0]).toMatchObject({
    check: 'The script "evals/check.sh" accepts the answer and its files.',
    evidence: expect.stringMatching(
      /^The script evals\/check\.sh, without a sandbox, ended with exit code/,
    ) as string,
  });
}, 60_000);

it("discloses a skill step by step to a chat, and counts every call", async () => {
  await using folder = await temporaryFolder();
  await using server = await startModelServer((response, request) => {
    const text = JSON.stringify(request.body);
    const isRead = text.includes("The code begins with quartz");
    const reply = isRead ? "quartz-1" : text.includes("description: Answers") ? "READ SKILL.md" : "No idea.";
    chatCompletion(reply)(response, request);
  });
  await makeWorld(folder.path, { cases: [question(1)], evaluate: { disclosure: "progressive" } });
  const chat = `openai:fake@${server.url}/v1`;
  const { trials } = await measured(folder.path, { students: [chat] });
  expect(trialOf(trials, "1", true)).toMatchObject({
    outcome: "passed",
    calls: 2,
    tokens: { input: 24, cached_input: null, output: 6 },
    identity: { disclosed: true },
  });
  expect(trialOf(trials, "1", false)).toMatchObject({ outcome: "failed", calls: 1 });
  expect(trialOf(trials, "1", false)?.identity.disclosed).toBeUndefined();
  expect(server.requests).toHaveLength(3);
  expect(await readdir(join(folder.path, "results"))).not.toContain(".arrived-trials");
}, 60_000);

it("gives agents the skill as the target branch has it, down to files that no text names, and a placebo", async () => {
  await using folder = await temporaryFolder();
  // Prints the code that a file beside the SKILL.md holds.
  const code = `const fs = require("node:fs"); const file = ".agents/skills/codes/scripts/code.txt";
    console.log(fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "unknown", fs.existsSync(".agents"));`;
  const world: World = { cases: [question(1)], agent: { command: [process.execPath, "-e", code] } };
  await mkdir(join(folder.path, "skills/codes/scripts"), { recursive: true });
  await makeWorld(folder.path, { ...world, files: { "scripts/code.txt": "old" } });
  const who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  await git(folder.path, ["init", "--quiet", "--initial-branch=main"]);
  await git(folder.path, ["add", "."]);
  await git(folder.path, [...who, "commit", "--quiet", "--message=base"]);
  await makeWorld(folder.path, { ...world, files: { "scripts/code.txt": "quartz-1" } });
  const { result, trials } = await measured(folder.path, { base: "main", placebo: true });
  const student = result.skills[0]?.students[0];
  expect(Object.entries(student?.arms ?? {}).map(([arm, { rate }]) => [arm, rate])).toEqual([
    ["none", 0],
    ["base", 0],
    ["head", 1],
    ["placebo", 0],
  ]);
  expect(trials).toHaveLength(4);
  const store = await openResultStore(join(folder.path, "results"));
  await store.close();
  const replies = await Promise.all(trials.map(({ reply_sha256 }) => store.reply(reply_sha256 ?? "")));
  expect(replies.map((reply) => reply ?? "").sort()).toEqual([
    "old true\n",
    "quartz-1 true\n",
    "unknown false\n",
    "unknown true\n",
  ]);
}, 60_000);

it("goes on with another agent where its settings change, and keeps what is known of others", async () => {
  await using folder = await temporaryFolder();
  await makeWorld(folder.path, { cases: [question(1)] });
  const first = await measured(folder.path);
  await makeWorld(folder.path, {
    cases: [question(1)],
    agent: { command: [process.execPath, helpful], trace: "~/log", "time-limit-seconds": 30 },
  });
  const second = await measured(folder.path);
  expect(second.trials).toHaveLength(2 * first.trials.length);
  expect(await readFile(join(folder.path, "results/trials.jsonl"), "utf8")).not.toContain(folder.path);
}, 60_000);
