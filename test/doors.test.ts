import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { staticSize } from "../scripts/bench/start.ts";
import { actionBundle, cliBundle } from "./bundle.ts";
import { action, cli, hasStack, run, temporaryFolder } from "./run.ts";

test("the Action starts with under a megabyte of code, and ends with a usage error", async () => {
  const { code, stdout } = await action({ command: "no-such-command" });
  expect(stdout).toContain('::error::The input command is "no-such-command".');
  expect(code).toBe(2);
  const bytes = staticSize(actionBundle);
  expect(bytes).toBeGreaterThan((await stat(actionBundle)).size - 1);
  expect(bytes).toBeLessThan(1_000_000);
});

test("the command line ends with a usage error for an unknown command", async () => {
  const { code, stderr } = await cli(["no-such-command"]);
  expect(stderr).toContain("unknown command 'no-such-command'");
  expect(code).toBe(2);
});

/** A preloaded module that breaks what the commands do with the files that they found, as only a bug could. */
const breaks = `const { toSorted } = Array.prototype;
Array.prototype.toSorted = function (compare) {
  if (this[0]?.path !== undefined) throw new TypeError("something is broken");
  return toSorted.call(this, compare);
};`;
const broken = `--import=data:text/javascript,${encodeURIComponent(breaks)}`;

test("a bug is one sentence with exit code 3, and a stack only for who asks for it", async () => {
  const library = join(import.meta.dirname, "fixtures/lint/good");
  const args = ["list", library, "--json"];
  const quiet = await cli(args, { env: { NODE_OPTIONS: broken } });
  expect(quiet.stderr).toContain("overproof: This is a bug: something is broken\n");
  expect(hasStack(quiet.stderr)).toBe(false);
  expect(quiet.code).toBe(3);
  const loud = await cli(args, { env: { NODE_OPTIONS: broken, OVERPROOF_DEBUG: "1" } });
  expect(hasStack(loud.stderr)).toBe(true);
  expect(loud.code).toBe(3);
  const inAction = await action({ command: "lint", paths: library }, { env: { NODE_OPTIONS: broken } });
  expect(inAction.stdout).toContain("::error::This is a bug: something is broken");
  expect(inAction.code).toBe(3);
});

const shell = (script: string, ...args: string[]): ReturnType<typeof run> =>
  run("bash", ["-c", script, "bash", process.execPath, ...args]);

test("a reader that goes away is no error", async () => {
  const { stderr, stdout } = await shell('"$1" "$2" --help | true; echo "${PIPESTATUS[0]}"', cliBundle);
  expect(stderr).toBe("");
  expect(stdout).toBe("0\n");
  const silent = await shell(
    '"$1" "$2" no-such-command 2>&1 >/dev/null | true; echo "${PIPESTATUS[0]}"',
    cliBundle,
  );
  expect(silent.stdout).toBe("2\n");
});

test("the Action says nothing more when its log is closed, and keeps its exit code", async () => {
  const { stderr, stdout } = await shell(
    'INPUT_COMMAND=x "$1" "$2" | true; echo "${PIPESTATUS[0]}"',
    actionBundle,
  );
  expect(stderr).toBe("");
  expect(stdout).toBe("2\n");
});

test("a full disk under the result is one sentence and exit code 2", async () => {
  const { stderr, stdout } = await shell('"$1" "$2" list --json > /dev/full; echo "$?"', cliBundle);
  expect(stderr).toContain("The result cannot be written: no space left on device");
  expect(hasStack(stderr)).toBe(false);
  expect(stdout).toBe("2\n");
});

test("the Action lints the configured library where no path is given", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "overproof.yml"), "library: agent\n");
  await mkdir(join(folder.path, "agent", "bad"), { recursive: true });
  await writeFile(join(folder.path, "agent", "bad", "SKILL.md"), "no front matter\n");
  const env = { GITHUB_WORKSPACE: folder.path };
  const { code, stdout } = await action({ command: "lint" }, { env });
  expect(stdout).toMatch(/::error [^\n]*file=agent\/bad\/SKILL\.md/);
  expect(code).toBe(1);
});
