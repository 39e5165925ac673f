import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { agentSchema } from "../config/agent.ts";
import { findProgram } from "../files/find-program.ts";
import { silentReporter } from "../reporter.ts";
import { agentsOf } from "./agent.ts";
import { type AgentBench, openAgentBench } from "./agent-bench.ts";
import { openAgentWorkspace } from "./agent-workspace.ts";
import type { Isolation } from "./trial.ts";
import { type ProcessEnd, runProcess } from "./run-process.ts";

const environment = { PATH: process.env["PATH"] ?? "" };

interface Setting {
  bench: AgentBench;
  isolation: Isolation;
  run: (shell: string, timeLimitMs?: number) => Promise<ProcessEnd & { work: string }>;
}

interface Options {
  settings?: object;
  hidden?: string[];
  /** PATH of the bench. */
  path?: string;
}

/** A bench for one agent, a shell; `run` has it do something. */
async function settingIn(folder: string, options: Options = {}): Promise<Setting> {
  const { settings = {}, hidden = [folder], path = environment.PATH } = options;
  const agents = agentsOf({ probe: agentSchema.parse({ command: ["/bin/sh"], ...settings }) }, folder);
  const [agent] = agents.values();
  if (agent === undefined) throw new Error("no agent");
  const bench = await openAgentBench(agents, {
    hidden,
    environment: { PATH: path },
    reporter: silentReporter,
  });
  const isolation = bench.isolationOf(agent);
  return {
    bench,
    isolation,
    run: async (shell, timeLimitMs = 20_000) => {
      await using workspace = await openAgentWorkspace({ files: new Map(), installed: new Map() });
      const command = ["/bin/sh", "-c", shell];
      const [program = "", ...args] = await bench.isolated(command, { agent, workspace, named: [] });
      const end = await runProcess({
        program,
        args,
        cwd: workspace.work,
        folder: workspace.folder,
        environment: { ...environment, HOME: workspace.home },
        input: "",
        timeLimitMs,
        outputLimitBytes: 100_000,
        saysBegun: isolation !== "none",
      });
      return { ...end, work: workspace.work };
    },
  };
}

/** A folder with links to some programs, to be all of a PATH. */
async function pathWith(folder: string, programs: readonly string[]): Promise<string> {
  const path = join(folder, "programs");
  await mkdir(path);
  for (const name of programs) {
    const program = await findProgram(name, environment.PATH);
    if (program !== undefined) await symlink(program, join(path, name));
  }
  return path;
}

const { isolation: best } = await settingIn("/");
const { isolation: second } = await (async () => {
  await using folder = await temporaryFolder();
  return settingIn(folder.path, { path: await pathWith(folder.path, ["unshare"]) });
})();

async function isRunning(commandLine: readonly string[]): Promise<boolean> {
  const wanted = commandLine.map((word) => `${word}\0`).join("");
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = names.map((name) => readFile(`/proc/${name}/cmdline`, "utf8").catch(() => ""));
  return (await Promise.all(all)).includes(wanted);
}

it.each(["bwrap", "unshare"])("leaves nothing running with %s, whatever it does to stay", async (kind) => {
  if (kind === "bwrap" ? best !== "bwrap" : second !== "unshare") return;
  await using folder = await temporaryFolder();
  const path = await pathWith(folder.path, [kind]);
  const { isolation, run } = await settingIn(folder.path, { path });
  expect(isolation).toBe(kind);
  const mark = `12${process.pid}.5`;
  const daemon = `(cd / && setsid env -i sh -c 'exec sleep ${mark}' >/dev/null 2>&1 </dev/null &)`;
  const running = run(`${daemon}; sleep 1; echo done`);
  await vi.waitFor(async () => expect(await isRunning(["sleep", mark])).toBe(true), { timeout: 5000 });
  expect(await running).toMatchObject({ exitCode: 0, output: "done\n", hasBegun: true });
  expect(await isRunning(["sleep", mark])).toBe(false);
  expect(await run(`${daemon}; sleep 60`, 500)).toMatchObject({ stoppedBy: "time" });
  await vi.waitFor(async () => expect(await isRunning(["sleep", mark])).toBe(false));
});

it.skipIf(best !== "bwrap")("shows an agent no other run, and nothing of what is hidden", async () => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, "repository/.git"), { recursive: true });
  await mkdir(join(folder.path, "repository/tools"));
  await mkdir(join(folder.path, "repository/results"));
  await writeFile(join(folder.path, "repository/results/trials.jsonl"), "kept");
  await writeFile(join(folder.path, "repository/tools/agent.sh"), "shown");
  await using other = await openAgentWorkspace({ files: new Map(), installed: new Map() });
  const at = join(folder.path, "repository");
  const { run } = await settingIn(at, {
    settings: { readable: ["tools"] },
    hidden: [join(at, "results")],
  });
  const end = await run(
    `cat ${at}/tools/agent.sh; ls -A ${at}; ls -d /tmp/overproof-trial-*; ls /proc | grep -c '^[0-9]*$' >&2
     echo spoiled > ${other.work}/x; echo spoiled > ${at}/results/trials.jsonl; echo spoiled > /etc/spoiled; echo mine > x; cat x`,
  );
  const [first = "", ...rest] = end.output.trimEnd().split("\n");
  expect(first).toBe("showntools");
  expect(rest.at(-1)).toBe("mine");
  expect(rest.slice(0, -1)).toEqual([join(end.work, "..")]);
  expect(Number(end.errors.split("\n").find((line) => /^\d+$/.test(line)))).toBeLessThan(10);
  await expect(readFile(join(other.work, "x"))).rejects.toMatchObject({ code: "ENOENT" });
  expect(await readFile(join(at, "results/trials.jsonl"), "utf8")).toBe("kept");
});

it.skipIf(best !== "bwrap")("says by an exit code that an agent killed itself", async () => {
  await using folder = await temporaryFolder();
  const { run } = await settingIn(folder.path);
  expect(await run("kill -9 $$")).toMatchObject({ exitCode: 137, signal: null, hasBegun: true });
});

it("refuses agents that need a sandbox where there is none, and else warns and runs one at a time", async () => {
  await using folder = await temporaryFolder();
  const agent = (isolation: string) =>
    agentsOf({ probe: agentSchema.parse({ command: ["/bin/sh"], isolation }) }, folder.path);
  const warnings: string[] = [];
  const options = {
    hidden: [],
    environment: { PATH: folder.path },
    reporter: { ...silentReporter, warning: (message: string) => void warnings.push(message) },
  };
  await expect(openAgentBench(agent("required"), options)).rejects.toMatchObject({
    exitCode: 2,
    message: "command:probe must run in a sandbox, and bwrap does not work here: it is not installed.",
  });
  const agents = agent("auto");
  const bench = await openAgentBench(agents, options);
  expect(warnings).toEqual([
    expect.stringMatching(/^command:probe is not isolated.*one at a time/) as string,
  ]);
  const [one] = agents.values();
  if (one === undefined) throw new Error("no agent");
  expect(bench.isolationOf(one)).toBe("none");
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, (running += 1));
    await sleep(20);
    running -= 1;
  };
  await Promise.all([1, 2, 3].map(() => bench.inTurn(one, work)));
  expect(most).toBe(1);
});
