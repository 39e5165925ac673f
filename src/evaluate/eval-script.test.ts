import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { temporaryFolder } from "../../test/run.ts";
import { scriptRunner } from "./eval-script.ts";

const environment = { PATH: process.env["PATH"], TOKEN: "not for scripts" };
const hasSandbox = await scriptRunner("sandboxed", environment).then(
  () => true,
  () => false,
);

function script(text: string) {
  return { path: "evals/check.sh", text: `#!/bin/sh\n${text}\n` };
}

describe.each(hasSandbox ? (["sandboxed", "unsandboxed"] as const) : (["unsandboxed"] as const))(
  "%s",
  (mode) => {
    it("passes with exit code 0, and says how it ended and what it said", async () => {
      const run = await scriptRunner(mode, environment);
      const where = mode === "sandboxed" ? "in a sandbox" : "without a sandbox";
      expect(await run(script('[ "$(cat)" = 42 ] && [ "$(cat "$ANSWER")" = 42 ]'), "42")).toEqual({
        passed: true,
        evidence: `The script evals/check.sh, ${where}, ended with exit code 0.`,
      });
      expect(await run(script("echo too small; exit 7"), "42")).toEqual({
        passed: false,
        evidence: `The script evals/check.sh, ${where}, ended with exit code 7. It said: "too small".`,
      });
    });

    it("works in the folder that an agent left, and gets none of our environment", async () => {
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, "made.txt"), "made");
      const run = await scriptRunner(mode, environment);
      const { passed, evidence } = await run(
        script('[ "$(cat made.txt)" = made ] && [ -z "$TOKEN" ]'),
        "",
        folder.path,
      );
      expect({ passed, evidence }).toMatchObject({ passed: true });
    });

    it("stops what says too much, and leaves no folder behind", async () => {
      await using temporary = await temporaryFolder();
      vi.stubEnv("TMPDIR", temporary.path);
      const run = await scriptRunner(mode, environment);
      const { passed, evidence } = await run(script("yes"), "");
      vi.unstubAllEnvs();
      expect(passed).toBe(false);
      expect(evidence).toContain("said too much");
      expect(await readdir(temporary.path)).toEqual([]);
    });
  },
);

describe.runIf(hasSandbox)("in a sandbox", () => {
  it("reaches no network, no file of ours and none that it could change", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "work"));
    await writeFile(join(folder.path, "secret.txt"), "secret");
    const run = await scriptRunner("sandboxed", environment);
    const tries = [
      `cat ${folder.path}/secret.txt`,
      "cat /etc/passwd",
      "touch /work/new",
      "touch /usr/new",
      "touch /new",
      "[ $(tail -n +3 /proc/net/dev | grep -vc lo:) -gt 0 ]",
      "[ $(ls -d /proc/[0-9]* | wc -l) -gt 12 ]",
    ];
    const text = tries
      .map((one) => `if ${one} >/dev/null 2>&1; then echo "did: ${one}"; exit 1; fi`)
      .join("\n");
    const result = await run(script(`${text}\ntouch /tmp/own`), "", join(folder.path, "work"));
    expect(result).toEqual({
      passed: true,
      evidence: "The script evals/check.sh, in a sandbox, ended with exit code 0.",
    });
    expect(await readdir(join(folder.path, "work"))).toEqual([]);
    expect(await readFile(join(folder.path, "secret.txt"), "utf8")).toBe("secret");
  });
});

it("refuses to run scripts where there is no sandbox, and says what to do", async () => {
  await using folder = await temporaryFolder();
  await expect(scriptRunner("sandboxed", { PATH: folder.path })).rejects.toMatchObject({
    name: "Failure",
    exitCode: 2,
    message: expect.stringContaining("there is no sandbox to run them in") as string,
    remedy: expect.stringContaining("evaluate.scripts") as string,
  });
});

it("takes a script whose program is missing for a failure of the machine", async () => {
  const run = await scriptRunner("unsandboxed", environment);
  const missing = { path: "evals/check.sh", text: "#!/no/such/program\n" };
  await expect(run(missing, "")).rejects.toMatchObject({ name: "Failure", exitCode: 3 });
});
