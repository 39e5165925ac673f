import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { type ProcessRequest, runProcess } from "./run-process.ts";

/** Runs a program of Node in a folder. */
function node(folder: string, code: string, limits: Partial<ProcessRequest> = {}) {
  return runProcess({
    program: process.execPath,
    args: ["--input-type=module", "-e", code],
    environment: { HOME: `${folder}/home` },
    cwd: folder,
    folder,
    input: "",
    timeLimitMs: 20_000,
    outputLimitBytes: 1_000_000,
    ...limits,
  });
}

/** One that has ended and that nobody has asked after is none. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return status !== "" && !status.includes(") Z ");
}

/** The id that a program wrote into a file, once it is there. */
async function pidIn(path: string): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (/^\d+$/.test(text)) return Number(text);
    await sleep(50);
  }
  throw new Error(`${path} names no process`);
}

it("gives a program its input and nothing else of the environment, and returns what it said", async () => {
  await using folder = await temporaryFolder();
  const code = `
    let text = ""; for await (const part of process.stdin) text += part;
    console.log(text + Object.keys(process.env).filter((name) => !name.startsWith("__")).join());
    console.error("aside"); process.exitCode = 3;`;
  expect(await node(folder.path, code, { input: "hello " })).toEqual({
    exitCode: 3,
    signal: null,
    stoppedBy: null,
    output: "hello HOME\n",
    errors: "aside\n",
    hasBegun: true,
  });
});

it("does not mind a program that reads none of its input", async () => {
  await using folder = await temporaryFolder();
  const end = await node(folder.path, "process.exit(0)", { input: "x".repeat(2_000_000) });
  expect(end.exitCode).toBe(0);
});

it("stops a program that hangs, even one that does not let itself be told to end", async () => {
  await using folder = await temporaryFolder();
  const code = `process.on("SIGTERM", () => console.log("no")); console.log("up"); setInterval(() => {}, 1000);`;
  const end = await node(folder.path, code, { timeLimitMs: 1000 });
  expect(end).toMatchObject({ stoppedBy: "time", exitCode: null, signal: "SIGKILL", output: "up\nno\n" });
});

it("stops endless output at its limit, and keeps no more than that", async () => {
  await using folder = await temporaryFolder();
  const code = `const line = "y".repeat(65536); const more = () => process.stdout.write(line, more); more();`;
  const end = await node(folder.path, code, { outputLimitBytes: 200_000 });
  expect(end.stoppedBy).toBe("output");
  expect(end.output.length).toBeLessThanOrEqual(200_000);
});

it.each([
  ["in the group", "false", "process.env"],
  ["that left the group", "true", "process.env"],
  ["that left the group and forgot its environment", "true", "{}"],
])("leaves no child %s behind", async (_, detached, environment) => {
  await using folder = await temporaryFolder();
  const code = `
    import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"],
      { detached: ${detached}, env: ${environment}, stdio: "inherit" });
    writeFileSync("pid", String(child.pid)); child.unref(); process.exit(0);`;
  const end = await node(folder.path, code);
  expect(end.exitCode).toBe(0);
  const pid = await pidIn(join(folder.path, "pid"));
  await sleep(50);
  expect(await isAlive(pid)).toBe(false);
});

it("finds a watched child that left its session, its parent, its folder and its environment", async () => {
  await using folder = await temporaryFolder();
  const pidFile = join(folder.path, "pid");
  const code = `
    import { spawn } from "node:child_process";
    const shell = 'cd / && exec setsid env -i sh -c "echo -n \\$\\$ > ${pidFile}; exec sleep 60"';
    spawn("sh", ["-c", shell], { detached: true, stdio: "ignore" }).unref();
    await new Promise((done) => setTimeout(done, 500));`;
  const end = await node(folder.path, code, {
    environment: { PATH: process.env["PATH"] ?? "" },
    isWatched: true,
  });
  expect(end.exitCode).toBe(0);
  const pid = await pidIn(pidFile);
  await sleep(50);
  expect(await isAlive(pid)).toBe(false);
});

it("tells whether a program said that it has begun", async () => {
  await using folder = await temporaryFolder();
  const says = await node(folder.path, `import fs from "node:fs"; fs.writeSync(3, ".");`, {
    saysBegun: true,
  });
  const silent = await node(folder.path, "", { saysBegun: true });
  expect([says.hasBegun, silent.hasBegun]).toEqual([true, false]);
});

it("rejects where the program is not there", async () => {
  await using folder = await temporaryFolder();
  await expect(node(folder.path, "", { program: "no-such-program" })).rejects.toMatchObject({
    code: "ENOENT",
  });
});

it("takes the program along when it is interrupted itself", async () => {
  await using folder = await temporaryFolder();
  const pidFile = join(folder.path, "pid");
  const agent = `require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`;
  const script = join(folder.path, "outer.mjs");
  await writeFile(
    script,
    `import { runProcess } from ${JSON.stringify(join(import.meta.dirname, "run-process.ts"))};
    await runProcess({ program: process.execPath, args: ["-e", ${JSON.stringify(agent)}], environment: {}, cwd: "/",
      folder: ${JSON.stringify(folder.path)}, input: "", timeLimitMs: 60000, outputLimitBytes: 1000 });`,
  );
  const outer = spawn(process.execPath, [script], { stdio: "ignore" });
  const ended = new Promise<string | null>((done) => outer.once("exit", (_, signal) => done(signal)));
  const pid = await pidIn(pidFile);
  outer.kill("SIGTERM");
  expect(await ended).toBe("SIGTERM");
  await sleep(50);
  expect(await isAlive(pid)).toBe(false);
});
