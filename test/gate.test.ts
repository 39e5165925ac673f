import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Plan } from "../src/evaluate/plan.ts";
import type { Trial } from "../src/evaluate/trial.ts";
import { casesText, harm, help, name, skillPath, skillText, startGateWorld } from "./gate-world.ts";
import { plainClient } from "./github/client.ts";
import { action, cli, filesBelow, hasStack, temporaryFolder } from "./run.ts";
import { zipOf } from "./zip.ts";

const here = { owner: "octo", repo: "skills" };
const better = { files: { [skillPath]: skillText(help) } };
const worse = { files: { [skillPath]: skillText(harm) } };

it("lets a better skill pass: one check, one comment, brought up to date and never doubled", async () => {
  await using world = await startGateWorld(better);
  expect((await world.evaluate()).stderr).not.toContain("overproof:");
  const first = await world.gate();
  expect(first.stderr).not.toContain("written");
  expect(first.result).toMatchObject({
    status: "passed",
    conclusion: "success",
    check: { operation: "created" },
    comment: { operation: "created" },
    skills: [{ name: "probe-skill", path: skillPath, change: "changed" }],
  });
  expect(first.code).toBe(0);
  expect(first.result.sentence).toMatch(/^Yes, this may merge: probe-skill makes openai:fake.* better/);
  expect(world.checks()).toMatchObject([
    { name: "overproof / gate", headSha: world.headSha, conclusion: "success", status: "completed" },
  ]);
  expect(world.checks()[0]?.annotations).toMatchObject([
    { path: skillPath, start_line: 1, annotation_level: "notice", title: "A/B: better" },
  ]);
  expect(world.checks()[0]?.detailsUrl).toBe(`${world.github.url}/${name}/actions/runs/77`);
  const [comment = ""] = world.comments();
  expect(comment).toMatch(/^<!-- overproof:gate -->\n## Overproof gate\n\n✅ \*\*Yes, this may merge/);
  expect(comment).toContain("| `probe-skill`<br>");

  const second = await world.gate();
  expect(second.result.comment?.operation).toBe("unchanged");
  expect(world.comments()).toHaveLength(1);
  expect(world.github.violations).toEqual([]);
});

it("finds its comment on a later page, and takes nobody else's for its own", async () => {
  await using world = await startGateWorld(worse);
  const { rest } = plainClient(world.github, "ghp_person");
  const says = (body: string): Promise<unknown> =>
    rest.issues.createComment({ ...here, issue_number: world.number, body });
  await says("<!-- overproof:gate -->\n✅ Yes, this may merge.");
  for (let index = 0; index < 104; index += 1) await says(`Remark ${index}`);
  await world.evaluate();
  expect((await world.gate()).result.comment?.operation).toBe("created");
  await writeFile(join(world.folder, "skills/probe-skill/reference.md"), "More.\n");
  const again = await world.gate();
  expect(again.result.comment?.operation).toBe("unchanged");
  const ours = [...world.github.repository(name).comments.values()].filter(
    ({ login }) => login === "github-actions[bot]",
  );
  expect(ours).toHaveLength(1);
  expect(ours[0]?.body).toContain("❌ **No, this may not merge");
  expect(world.comments()[0]).toBe("<!-- overproof:gate -->\n✅ Yes, this may merge.");
});

it("keeps a worse skill from merging, with exit code 1 and the reason beside its file", async () => {
  await using world = await startGateWorld(worse);
  await world.evaluate();
  const { code, result } = await world.gate("--html", "page.html");
  expect(code).toBe(1);
  expect(result).toMatchObject({ status: "blocked", conclusion: "failure", html: "page.html" });
  expect(result.evaluation?.skills[0]?.students[0]?.verdict).toBe("worse");
  expect(world.checks()[0]?.conclusion).toBe("failure");
  expect(world.checks()[0]?.annotations).toMatchObject([{ annotation_level: "failure" }]);
  expect(await readFile(join(world.folder, "page.html"), "utf8")).toContain("No, this may not merge");
  const text = await cli(["gate", "--dry-run"], { cwd: world.folder, env: world.env });
  expect(text.code).toBe(1);
  expect(text.stdout).toContain("❌ **No, this may not merge: probe-skill makes");
});

it("passes within a second where no skill is changed, and says nothing on the pull request", async () => {
  await using world = await startGateWorld({ files: { "README.md": "# More skills\n" } });
  const { code, result } = await world.gate();
  expect(code).toBe(0);
  expect(result.sentence).toBe("Yes, this may merge: no skill is changed.");
  expect(world.checks()).toMatchObject([{ conclusion: "success", title: result.sentence }]);
  expect(world.comments()).toEqual([]);
});

it("falls back to the summary where the token can only read, as in a pull request from a fork", async () => {
  await using world = await startGateWorld({
    ...better,
    isFork: true,
    permissions: { contents: "read", pull_requests: "read" },
  });
  await world.evaluate();
  await using folder = await temporaryFolder();
  const summary = join(folder.path, "summary.md");
  await writeFile(summary, "");
  const run = await action(
    { COMMAND: "gate", "GITHUB-TOKEN": "ghs_job" },
    {
      cwd: world.folder,
      env: { ...world.env, GITHUB_WORKSPACE: world.folder, GITHUB_STEP_SUMMARY: summary },
    },
  );
  expect(run.code).toBe(0);
  expect(run.stdout).toMatch(/::warning::The check is not written: .*permission checks/);
  expect(run.stdout).toMatch(/::warning::The comment is not written/);
  expect(run.stdout).toContain(
    "::notice title=A/B%3A better,file=skills/probe-skill/SKILL.md,line=1::openai:fake",
  );
  expect(await readFile(summary, "utf8")).toContain("✅ **Yes, this may merge");
  expect(world.checks()).toEqual([]);
  expect(world.comments()).toEqual([]);
});

it("needs no token at all", async () => {
  await using world = await startGateWorld(worse);
  await world.evaluate();
  delete world.env["GITHUB_TOKEN"];
  const { code, stderr, result } = await world.gate();
  expect(code).toBe(1);
  expect(stderr).toContain("There is no GitHub token");
  expect(result.check).toBeNull();
});

it("judges a merge queue's commit by the same results, and comments on nothing", async () => {
  await using world = await startGateWorld(better);
  await world.evaluate();
  const calls = world.model.requests.length;
  await world.git("checkout", "--quiet", "-B", "queue", "origin/main");
  await world.git("merge", "--quiet", "--no-ff", "-m", "Queue", "origin/change");
  const queued = await world.git("rev-parse", "HEAD");
  await world.github.repository(name).git("fetch", "--quiet", world.folder, "queue:refs/heads/queue");
  Object.assign(
    world.env,
    await world.event("merge_group", { merge_group: { head_sha: queued, base_sha: world.baseSha } }),
  );
  // The evaluation of the queue asks nobody again.
  await world.evaluate();
  expect(world.model.requests).toHaveLength(calls);
  const { code, result } = await world.gate();
  expect(code).toBe(0);
  expect(result).toMatchObject({ conclusion: "success", comment: null });
  expect(world.checks()).toMatchObject([{ headSha: queued, conclusion: "success" }]);
});

it("does not let a change pass that was not measured, or measured before its last commit", async () => {
  await using world = await startGateWorld(better);
  const none = await world.gate();
  expect(none.code).toBe(1);
  expect(none.result.sentence).toBe("No, this may not merge: probe-skill was changed and not measured.");
  await world.evaluate();
  await writeFile(join(world.folder, skillPath), skillText(`${help} and more`));
  const stale = await world.gate();
  expect(stale.code).toBe(1);
  expect(stale.result.sentence).toContain("are of another text of it or of other cases");
  await world.git("checkout", "--quiet", skillPath);
  await writeFile(join(world.folder, "skills/probe-skill/skill_meta.json"), casesText(6));
  expect((await world.gate()).result.sentence).toContain("are of another text of it or of other cases");
});

async function eachTrial(folder: string, change: (trial: Trial) => Trial): Promise<void> {
  for (const file of (await readdir(folder)).filter((one) => one.endsWith(".jsonl"))) {
    const lines = (await readFile(join(folder, file), "utf8")).trimEnd().split("\n");
    const changed = lines.map((line) => JSON.stringify(change(JSON.parse(line) as Trial)));
    await writeFile(join(folder, file), `${changed.join("\n")}\n`);
  }
}

it("believes no result that its reply, its checks or its request contradicts", async () => {
  await using world = await startGateWorld(worse);
  await world.evaluate();
  const folder = join(world.folder, ".overproof/results");
  const kept = new Map<string, string>();
  for (const file of (await readdir(folder)).filter((one) => one.endsWith(".jsonl"))) {
    kept.set(file, await readFile(join(folder, file), "utf8"));
  }
  const restore = async (): Promise<void> => {
    for (const [file, text] of kept) await writeFile(join(folder, file), text);
  };
  await eachTrial(folder, (trial) => ({ ...trial, outcome: "passed" }));
  expect((await world.gate()).result.sentence).toMatch(/do not fit .* called passed/);
  await restore();
  await eachTrial(folder, (trial) => ({
    ...trial,
    outcome: "passed",
    checks: trial.checks.map((check) => ({ ...check, passed: true })),
  }));
  const forged = await world.gate();
  expect(forged.code).toBe(1);
  expect(forged.result.sentence).toMatch(/not fit .*The result says something else/);
  await restore();
  await eachTrial(folder, (trial) => ({ ...trial, frame_sha256: "0".repeat(64) }));
  expect((await world.gate()).result.sentence).toContain("of other requests than the plan's");
});

it("takes thresholds, students and policy from the base, whatever the change and the plan say", async () => {
  await using world = await startGateWorld({
    files: {
      [skillPath]: skillText(harm),
      "overproof.yml": "gate:\n  advisory: true\nevaluate:\n  students: []\n  margin: 1\n",
    },
  });
  await world.evaluate();
  const { code, stderr, result } = await world.gate();
  expect(stderr).toContain("the base's counts");
  expect(code).toBe(1);
  expect(result.conclusion).toBe("failure");
  const path = join(world.folder, ".overproof/results/plan.json");
  const plan = JSON.parse(await readFile(path, "utf8")) as Plan;
  await writeFile(path, JSON.stringify({ ...plan, thresholds: { ...plan.thresholds, alpha: 1e-9 } }));
  expect((await world.gate()).result.evaluation?.skills[0]?.students[0]?.verdict).toBe("worse");
  await writeFile(path, JSON.stringify({ ...plan, students: [] }));
  expect((await world.gate()).result.sentence).toMatch(/the student openai:fake.* was not asked/);
  await writeFile(path, JSON.stringify({ ...plan, repeats: 1 }));
  expect((await world.gate()).result.sentence).toContain("the configuration asks for 2");
});

it("blocks after a job that failed or was cancelled, and not after one that had nothing to do", async () => {
  await using world = await startGateWorld(better);
  await world.evaluate();
  const needs = (result: string): string =>
    JSON.stringify({ plan: { result: "success", outputs: {} }, shards: { result } });
  for (const result of ["failure", "cancelled"]) {
    const ended = await world.gate("--needs", needs(result));
    expect(ended.code).toBe(1);
    expect(ended.result.sentence).toContain("the job shards");
  }
  expect((await world.gate("--needs", needs("skipped"))).code).toBe(0);
  const wrong = await world.gate("--needs", "[1]");
  expect(wrong.code).toBe(2);
  expect(hasStack(wrong.stderr)).toBe(false);
});

it("advises only, where it is told to: neutral, and exit code 0", async () => {
  await using world = await startGateWorld({ ...worse, gate: "gate:\n  advisory: true\n" });
  await world.evaluate();
  const { code, result } = await world.gate();
  expect(code).toBe(0);
  expect(result.status).toBe("advised");
  expect(world.checks()).toMatchObject([{ conclusion: "neutral" }]);
  expect(world.checks()[0]?.title).toMatch(/^Advisory: No, this may not merge/);
});

it("lets what has no cases or no student pass by default, says so, and not where proof is asked for", async () => {
  const other = "skills/other-skill/SKILL.md";
  const change = { [other]: skillText("new").replaceAll("probe-skill", "other-skill") };
  await using world = await startGateWorld({ files: change });
  const passed = await world.gate();
  expect(passed.code).toBe(0);
  expect(passed.result.sentence).toBe(
    "Yes, this may merge, but nothing is proven: other-skill has no case that can be measured.",
  );
  expect((await world.gate("--policy", "not-better")).code).toBe(1);
  await using poor = await startGateWorld({ ...better, students: false });
  const silent = await poor.gate();
  expect(silent.code).toBe(0);
  expect(silent.result.sentence).toContain("no student is configured to try probe-skill");
});

it("blocks a skill that breaks the specification or holds answers, and concludes for one that goes", async () => {
  await using broken = await startGateWorld({ files: { [skillPath]: "---\nname: Wrong Name\n---\n" } });
  const refused = await broken.gate();
  expect(refused.code).toBe(1);
  expect(refused.result.sentence).toContain(`${skillPath}:`);
  expect(broken.checks()[0]?.annotations).toEqual(
    expect.arrayContaining([expect.objectContaining({ annotation_level: "failure", path: skillPath })]),
  );
  await using leaking = await startGateWorld({
    files: { [skillPath]: skillText("for question-100: ANSWER-100-DONE") },
  });
  const leak = await leaking.gate();
  expect(leak.code).toBe(1);
  expect(leak.result.conclusion).toBe("failure");
  expect(leaking.checks()).toMatchObject([{ conclusion: "failure" }]);
  await using removed = await startGateWorld({
    files: { [skillPath]: null, "skills/probe-skill/skill_meta.json": null },
  });
  const gone = await removed.gate();
  expect(gone.code).toBe(0);
  expect(gone.result.skills).toEqual([{ name: "probe-skill", path: skillPath, change: "removed" }]);
});

it("fails once and clearly when GitHub keeps failing, and repairs it with the next run", async () => {
  await using world = await startGateWorld(better);
  await world.evaluate();
  world.github.failNext({ method: "POST", path: /check-runs$/, status: 502, times: 10 });
  const failed = await world.gate();
  expect(failed.code).toBe(3);
  expect(failed.stderr).toContain("502");
  expect(hasStack(failed.stderr)).toBe(false);
  await using second = await startGateWorld(better);
  await second.evaluate();
  second.github.failNext({ method: "POST", path: /comments$/, status: "lost" });
  expect((await second.gate()).code).toBe(0);
  expect(second.comments()).toHaveLength(1);
}, 120_000);

it("merges the results of shards, each in a folder of its own", async () => {
  await using world = await startGateWorld(better);
  for (const shard of ["1/3", "2/3", "3/3"]) {
    await world.evaluate("--shard", shard, "--results", `downloaded/results-${shard[0]}`);
  }
  const { code, result } = await world.gate("--results", "downloaded");
  expect(code).toBe(0);
  expect(result.evaluation?.status).toBe("complete");
  const part = await world.gate("--results", "downloaded/results-1");
  expect(part.code).toBe(1);
  expect(part.result.sentence).toMatch(
    /No, this may not merge yet: \d+ trials of the plan have no result yet/,
  );
});

it("takes over in the merge queue what was measured for the pull request, and nothing that a fork uploaded", async () => {
  await using world = await startGateWorld({
    ...better,
    permissions: { checks: "write", pull_requests: "write", contents: "read", actions: "read" },
  });
  await world.evaluate("--results", "first");
  const { result } = await world.gate("--results", "first");
  expect(result.key).toMatch(/^[0-9a-f]{32}$/);
  const files = await filesBelow(join(world.folder, "first"));
  const zip = await zipOf(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`results-0/${path}`, text])),
  );
  const artifact = { name: `overproof-results-${result.key}`, zip };
  const forkRun = world.github.addRun(name, { headSha: world.headSha });
  world.github.addArtifact(name, { ...artifact, runId: forkRun, isOfFork: true });
  const calls = world.model.requests.length;
  await world.evaluate("--changed", "--reuse", "--max-calls", "1", "--results", "forked");
  expect(world.model.requests.length).toBe(calls + 1);
  const runId = world.github.addRun(name, { headSha: world.headSha });
  world.github.addArtifact(name, { ...artifact, runId });
  const plan = await world.evaluate("--changed", "--reuse", "--plan", "--results", "planned");
  expect(JSON.parse(plan.stdout)).toMatchObject({ include: [{ calls: 0 }] });
  const again = await world.evaluate("--changed", "--reuse", "--results", "second");
  expect(again.stderr).toContain(`taken over from the workflow run ${runId}`);
  expect(world.model.requests.length).toBe(calls + 1);
  expect((await world.gate("--results", "second")).code).toBe(0);
  expect(world.github.violations).toEqual([]);
});
