import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { Trial } from "../src/evaluate/trial.ts";
import { findInterpreter } from "../src/kernels/interpreter.ts";
import { casesText, harm, help, skillPath, skillText } from "./gate-world.ts";
import { cloneRepository } from "./github/clone.ts";
import { fencedKernel, goodKernel, kernelMark, problemText, wrongKernel } from "./kernel-problems.ts";
import { chatCompletion, type Scripted } from "./model-server.ts";
import { action, hasStack, temporaryFolder } from "./run.ts";
import { pullRequestTrigger } from "./workflow-runner/triggers.ts";
import { endOf, gateSummary, name, startWorkflowWorld, type WorkflowWorld } from "./workflow-world.ts";
import { filesOfZip } from "./zip.ts";

const runners = [["ubuntu-latest"], ["self-hosted", "linux", "gpu", "h100"]];

/** Knows every second answer, and writes a kernel that is right where the skill tells it how. */
const student: Scripted = (response, request) => {
  const text = JSON.stringify(request.body);
  const id = /question-(\d+)/.exec(text)?.[1];
  const isSolved = !text.includes(harm) && (Number(id) % 2 === 0 || text.includes(help));
  const answer = isSolved ? `ANSWER-${id}-DONE` : "I do not know.";
  const kernel = text.includes(kernelMark) ? goodKernel("square") : wrongKernel("square");
  chatCompletion(id === undefined ? fencedKernel(kernel) : answer)(response, request);
};

const files = {
  "overproof.yml": `evaluate:
  students: ["MODEL"]
  repeats: 1
kernels: { device: cpu, pairs: 3, seconds: 0.1, trials: 1, timing: false }
`,
  [skillPath]: skillText("of old"),
  // Enough of them for a verdict beside that of another skill.
  "skills/probe-skill/skill_meta.json": casesText(20),
};

const kernelSkill = {
  "skills/kernel-skill/SKILL.md": skillText(kernelMark).replaceAll("probe-skill", "kernel-skill"),
  "skills/kernel-skill/evals/kernels.json": JSON.stringify({
    kernels: [{ id: "square", problem: "problems/square.py", dsl: "abi" }],
  }),
  "skills/kernel-skill/evals/problems/square.py": problemText("square"),
};

/** Files by path, of each artifact by name. */
type Artifacts = Map<string, Record<string, string>>;

async function artifactsOf({ github }: WorkflowWorld): Promise<Artifacts> {
  const found: Artifacts = new Map();
  for (const { name: artifact, zip } of github.repository(name).artifacts.values())
    found.set(artifact, await filesOfZip(zip));
  return found;
}

/** Changes every result of a case, in the files of one artifact. */
function eachTrial(artifact: Record<string, string>, change: (trial: Trial) => unknown): void {
  for (const [path, text] of Object.entries(artifact)) {
    if (!path.endsWith(".jsonl") || path.includes("calls")) continue;
    const lines = text.trimEnd().split("\n");
    artifact[path] = `${lines.map((line) => JSON.stringify(change(JSON.parse(line) as Trial))).join("\n")}\n`;
  }
}

let hasPython = false;
beforeAll(async () => {
  hasPython = await findInterpreter({ environment: process.env }).then(
    () => true,
    () => false,
  );
});

it("a fork's pull request: no secrets, a token that reads, a summary, and the GPU once somebody approved", async (test) => {
  test.skip(!hasPython, "No Python with NumPy.");
  await using world = await startWorkflowWorld({ files, student });
  const number = await world.open({ ...kernelSkill, [skillPath]: skillText(help) });
  const seen = world.github.requests.length;
  const result = await world.run(
    "evaluate.yml",
    await pullRequestTrigger(world.github, name, number, { isFork: true }),
    {
      runners,
      approved: ["gpu"],
      secrets: { OVERPROOF_API_KEY: "sk-of-the-repository" },
    },
  );
  expect(endOf(result)).toBe("success");
  expect(result.jobs["kernels"]?.instances).toMatchObject([{ conclusion: "success" }]);
  expect(JSON.stringify([result.jobs, world.model.requests])).not.toContain("sk-of-the-repository");
  expect(gateSummary(result)).toContain("**Yes, this may merge");
  expect(gateSummary(result)).toContain("kernel-skill");
  const written = world.github.requests
    .slice(seen)
    .filter(({ method, path, status }) => method !== "GET" && !path.includes("graphql") && status < 400);
  expect(written.filter(({ operation }) => operation !== "git-upload-pack")).toEqual([]);
  // What goes to the machine with the GPU is data: a problem and answers, and not the skill.
  const bundle = (await artifactsOf(world)).get("kernels-kernel-skill") ?? {};
  const texts = Object.values(bundle).join("\n");
  expect(texts).toContain("extern");
  expect(texts).not.toContain(kernelMark);
});

it("a forged result file from the GPU job: believed only as far as schema, digests and replies go", async (test) => {
  test.skip(!hasPython, "No Python with NumPy.");
  await using world = await startWorkflowWorld({ files, student });
  const number = await world.open({ ...kernelSkill, [skillPath]: skillText(harm) });
  const trigger = await pullRequestTrigger(world.github, name, number);
  const result = await world.run("evaluate.yml", trigger, { runners });
  expect(gateSummary(result)).toMatch(/No, this may not merge: probe-skill makes/);
  const results = [...(await artifactsOf(world))].filter(([artifact]) => artifact.startsWith("results-"));
  const hosted = "results-0";
  const measured = "results-kernels-kernel-skill";
  expect(results.map(([artifact]) => artifact).sort()).toEqual([hosted, measured]);

  await using clone = await cloneRepository(world.github, name, "ghp_person");
  await clone.tryGit("fetch", "--quiet", "origin", trigger.sha);
  await clone.git("checkout", "--quiet", "--detach", trigger.sha);
  /** The gate's step, on what the GPU job uploaded after somebody changed it. */
  const gate = async (forge: (artifacts: Artifacts) => void): Promise<string> => {
    const artifacts: Artifacts = new Map(structuredClone(results));
    forge(artifacts);
    await using place = await temporaryFolder();
    const written = [...artifacts].flatMap(([artifact, own]) =>
      Object.entries(own).map(([path, text]) => [join("results", artifact, path), text] as const),
    );
    for (const [path, text] of [...written, ["event.json", JSON.stringify(trigger.event)] as const]) {
      await mkdir(dirname(join(place.path, path)), { recursive: true });
      await writeFile(join(place.path, path), text);
    }
    const { code, stdout } = await action(
      { command: "gate", results: join(place.path, "results") },
      {
        cwd: clone.folder,
        env: {
          GITHUB_WORKSPACE: clone.folder,
          GITHUB_EVENT_NAME: "pull_request",
          GITHUB_EVENT_PATH: join(place.path, "event.json"),
        },
      },
    );
    expect([code, hasStack(stdout)]).toEqual([1, false]);
    return stdout;
  };
  const kernelResults = (artifacts: Artifacts): Record<string, string> => artifacts.get(measured) ?? {};

  // A kernel that is wrong, and a result that calls it a success.
  const called = await gate((artifacts) =>
    eachTrial(kernelResults(artifacts), (trial) => ({
      ...trial,
      outcome: "passed",
      checks: trial.checks.map((check) => ({ ...check, passed: true })),
    })),
  );
  expect(called).toMatch(/1 result does not fit its reply: .* called passed, and its kernel wrong/);

  // The measurement of another kernel.
  const other = await gate((artifacts) =>
    eachTrial(kernelResults(artifacts), (trial) => ({
      ...trial,
      kernel: { ...trial.kernel, candidate_sha256: "0".repeat(64) },
    })),
  );
  expect(other).toContain("the kernel that was measured is not the one in the reply");

  // Another reply under the digest of the one that was given.
  const reply = await gate((artifacts) => {
    const own = kernelResults(artifacts);
    for (const path of Object.keys(own).filter((one) => one.includes("replies/"))) own[path] += " ";
  });
  expect(reply).toContain("the reply is not the one that was judged");

  // A result that is none: it is passed over, and missing.
  const strange = await gate((artifacts) =>
    eachTrial(kernelResults(artifacts), (trial) => ({
      ...trial,
      kernel: { ...trial.kernel, speedup: "1e9" },
    })),
  );
  expect(strange).toMatch(/is no result and passed over/);
  expect(strange).toMatch(/No, this may not merge/);

  // Results of the students' answers, which the machine with the GPU has nothing to say about.
  const foreign = await gate((artifacts) => {
    const own = kernelResults(artifacts);
    for (const [path, text] of Object.entries(artifacts.get(hosted) ?? {})) {
      const isTrials = path.endsWith(".jsonl") && !path.includes("calls");
      if (isTrials) own[path] = text.replaceAll('"failed"', '"passed"').replaceAll(":false", ":true");
    }
  });
  expect(foreign).toContain("No, this may not merge: probe-skill makes");
});
