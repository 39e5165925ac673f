import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import {
  allOperators,
  fencedKernel,
  goodKernel,
  kernelMark,
  type Operator,
  slowKernel,
  writeKernelSkill,
  wrongKernel,
} from "../../test/kernel-problems.ts";
import { chatCompletion, type Scripted, startModelServer } from "../../test/model-server.ts";
import { filesBelow, temporaryFolder } from "../../test/run.ts";
import type { Evaluated, MeasuredResult } from "../evaluate/evaluation-result.ts";
import { plannedTrials } from "../evaluate/plan.ts";
import { readPlan } from "../evaluate/stored-plan.ts";
import type { Trial } from "../evaluate/trial.ts";
import { findInterpreter } from "../kernels/interpreter.ts";
import { silentReporter } from "../reporter.ts";
import { abTable } from "../report/ab-table.ts";
import type { Context } from "./context.ts";
import { evaluate } from "./evaluate.ts";
import type { EvaluateRequest } from "./evaluation.ts";
import { kernelExport } from "./kernel-export.ts";
import { generateKernels } from "./generate-kernels.ts";
import { measureKernelBundle } from "./measure-bundle.ts";

const PATH = process.env["PATH"];
let hasPython = false;

beforeAll(async () => {
  hasPython = await findInterpreter({ environment: { PATH } }).then(
    () => true,
    () => false,
  );
});

function contextIn(cwd: string, environment: Record<string, string | undefined> = {}): Context {
  return {
    cwd,
    environment: { PATH, HOME: "/nonexistent", OPENAI_API_KEY: "none-needed", ...environment },
    reporter: silentReporter,
    now: () => new Date(),
    random: Math.random,
    sleep: async () => undefined,
  };
}

function request(url: string, more: Partial<EvaluateRequest> = {}): EvaluateRequest {
  return {
    skills: ["skills/kernel-skill"],
    students: [`openai:fake@${url}/v1`],
    placebo: false,
    aa: false,
    plan: false,
    ...more,
  };
}

/** Which operator a request asks for. */
function operatorIn(text: string): Operator {
  const found = allOperators.find((operator) => text.includes(`the file \\"${operator}.py\\"`));
  if (found === undefined) throw new Error(`No operator is asked for: ${text.slice(0, 300)}`);
  return found;
}

/** With the skill it writes what is right; without, what some of its first answers are not. */
function student(isRightWithout: (operator: Operator) => string): Scripted {
  return (response, { body }) => {
    const text = JSON.stringify(body);
    const operator = operatorIn(text);
    chatCompletion(text.includes(kernelMark) ? fencedKernel(goodKernel(operator)) : isRightWithout(operator))(
      response,
      { path: "", headers: {}, body },
    );
  };
}

const mostlyWrong = student((operator) => {
  if (operator === "square") return fencedKernel(goodKernel(operator));
  return operator === "negate" ? fencedKernel(wrongKernel(operator)) : "I would rather not.";
});

function measured({ result }: Evaluated): MeasuredResult {
  if ("missing" in result) return result;
  throw new Error("No result of a whole run.");
}

/** Results without what time and machine leave in them. */
async function trialsIn(folder: string): Promise<unknown[]> {
  const text = await readFile(join(folder, "trials.jsonl"), "utf8");
  const last = new Map<string, Trial>();
  for (const line of text.trim().split("\n")) {
    const trial = JSON.parse(line) as Trial;
    last.set(trial.key, trial);
  }
  return [...last.values()]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ checks, kernel, ...rest }) => ({
      ...rest,
      latency_ms: 0,
      finished_at: "",
      checks: checks.map(({ check, passed }) => ({ check, passed })),
      kernel: kernel && { ...kernel, device_seconds: 0, speedup: null, milliseconds: null },
    }));
}

/** What the checks say about trials that failed with the skill. */
async function failuresOf(arm: "head", folder: string): Promise<string[]> {
  const plan = await readPlan(folder);
  const own = new Set(plannedTrials(plan).flatMap((trial) => (trial.arm === arm ? [trial.key] : [])));
  const text = await readFile(join(folder, "trials.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Trial)
    .filter(({ key, outcome }) => own.has(key) && outcome !== "passed")
    .map((trial) => `${trial.case}: ${trial.checks.map(({ evidence }) => evidence).join(" ")}`);
}

it("finds a skill that makes kernels correct better, and tables what they came to", async ({ skip }) => {
  if (!hasPython) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await using server = await startModelServer(mostlyWrong);
  await writeKernelSkill(folder.path, allOperators);
  const evaluated = await evaluate(request(server.url), contextIn(folder.path));
  const result = measured(evaluated);
  expect(result).toMatchObject({ status: "complete", missing: 0, excluded: 0, calls: 14, ended: "complete" });
  expect(await failuresOf("head", join(folder.path, ".overproof/results"))).toEqual([]);
  const [one] = result.skills[0]?.students ?? [];
  expect(one).toMatchObject({
    verdict: "better",
    cases: 7,
    arms: { none: { rate: expect.closeTo(1 / 7, 6) }, head: { rate: 1 } },
    kernels: {
      devices: [{ kind: "cpu" }],
      cases: 7,
      arms: {
        none: { compiled: expect.closeTo(2 / 7, 6), fast: { "0": expect.closeTo(1 / 7, 6) } },
        head: { compiled: 1, fast: { "0": 1 } },
      },
      speed: null,
    },
  });
  if (evaluated.figures === null) throw new Error("There are no figures.");
  const table = abTable(evaluated.figures);
  expect(table).toContain("### Kernels of `kernel-skill`");
  expect(table).toMatch(/\| none\s*\| 28\.6\s%\s*\| 14\.3\s%/);
  expect(table).toContain("not timed");

  // Nothing is asked or measured twice.
  const before = await filesBelow(join(folder.path, ".overproof/results/kernels/measurements"));
  const again = measured(await evaluate(request(server.url), contextIn(folder.path)));
  expect(again.skills).toEqual(result.skills);
  expect(server.requests).toHaveLength(14);
  expect(await filesBelow(join(folder.path, ".overproof/results/kernels/measurements"))).toEqual(before);
  // Two arms that wrote the same kernel share its measurement.
  expect(Object.keys(before)).toHaveLength(7 + 1);
});

it("times the best kernels of both arms against each other", async ({ skip }) => {
  if (!hasPython) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await using server = await startModelServer(student((operator) => fencedKernel(slowKernel(operator))));
  await writeKernelSkill(folder.path, ["twice"], { isTimed: true });
  const evaluated = await evaluate(request(server.url), contextIn(folder.path));
  if (evaluated.figures === null) throw new Error("There are no figures.");
  expect(abTable(evaluated.figures)).toContain("it says nothing about a GPU");
  const { kernels } = measured(evaluated).skills[0]?.students[0] ?? {};
  expect(kernels).toMatchObject({
    arms: { none: { fast: { "0": 1 } }, head: { fast: { "0": 1 } } },
    // One case proves nothing, however large the ratio.
    speed: { verdict: "no difference shown", cases: 1, timed_together: 1 },
  });
  expect(Number(kernels?.speed?.ratio)).toBeGreaterThan(2);
  expect(Number(kernels?.arms.head?.speedup)).toBeGreaterThan(Number(kernels?.arms.none?.speedup));
  const exported = await kernelExport(
    { bundle: ".overproof/results/kernels", arm: "none", output: "eval_results.json" },
    { cwd: folder.path },
  );
  expect(exported).toEqual({ command: "kernel export", file: "eval_results.json", samples: 1 });
  const samples: unknown = JSON.parse(await readFile(join(folder.path, "eval_results.json"), "utf8"));
  expect(samples).toMatchObject({ twice: [{ sample_id: 0, compiled: true, correctness: true }] });
}, 180_000);

it("verifies kernels on the shapes that a case lists", async ({ skip }) => {
  if (!hasPython) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  const onlyLarge = goodKernel("square").replace("{\n", "{\n  if (n == 77) return 0;\n");
  await using server = await startModelServer(student(() => fencedKernel(onlyLarge)));
  await writeKernelSkill(folder.path, ["square"], { shapes: [[[77]]] });
  const result = measured(await evaluate(request(server.url), contextIn(folder.path)));
  expect(result.skills[0]?.students[0]?.arms).toMatchObject({ none: { rate: 0 }, head: { rate: 1 } });
  const text = await readFile(join(folder.path, ".overproof/results/trials.jsonl"), "utf8");
  expect(text).toContain("Shape 77: ");
  expect(JSON.stringify(server.requests[0]?.body)).toContain("on inputs of these shapes as well: (77).");
});

it("gives the same result where one machine writes and another measures", async ({ skip }) => {
  if (!hasPython) return skip("There is no Python with NumPy.");
  await using writer = await temporaryFolder();
  await using meter = await temporaryFolder();
  await using server = await startModelServer(mostlyWrong);
  const operators: Operator[] = ["square", "cube", "negate"];
  await writeKernelSkill(writer.path, operators);
  const whole = measured(await evaluate(request(server.url), contextIn(writer.path)));
  const generated = await generateKernels(
    { ...request(server.url), generateOnly: "bundle" },
    contextIn(writer.path),
  );
  expect(generated).toMatchObject({
    status: "generated",
    trials: 6,
    to_measure: 5,
    to_ask: 0,
    done: 1,
    bundle: "bundle",
  });
  const asked = server.requests.length;
  await cp(join(writer.path, "bundle"), join(meter.path, "bundle"), { recursive: true });
  await cp(join(writer.path, "overproof.yml"), join(meter.path, "overproof.yml"));
  const noKeys = contextIn(meter.path, { OPENAI_API_KEY: undefined });
  const apart = measured(await measureKernelBundle({ bundle: "bundle", results: "results" }, noKeys));
  expect(server.requests).toHaveLength(asked);
  const verdicts = ({ skills }: MeasuredResult) =>
    skills.flatMap(({ students }) =>
      students.map(({ verdict, arms, difference, p }) => ({ verdict, arms, difference, p })),
    );
  expect(verdicts(apart)).toEqual(verdicts(whole));
  expect(await trialsIn(join(meter.path, "results"))).toEqual(
    await trialsIn(join(writer.path, ".overproof/results")),
  );

  const damaged = join(meter.path, "bundle/candidates");
  const [first = ""] = await readdir(damaged);
  await rm(join(meter.path, "bundle/measurements"), { recursive: true });
  await rm(join(damaged, first));
  await expect(measureKernelBundle({ bundle: "bundle", results: "other" }, noKeys)).rejects.toMatchObject({
    exitCode: 2,
  });
});

it("lets students correct what failed, told what came of it, as the bundle goes back and forth", async ({
  skip,
}) => {
  if (!hasPython) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  const told: string[] = [];
  await using server = await startModelServer((response, seen) => {
    const text = JSON.stringify(seen.body);
    const operator = operatorIn(text);
    if (text.includes("What came of it")) told.push(text);
    const isRight = text.includes("What came of it") && operator !== "cube";
    const first = operator === "negate" ? 'extern "C" int negate( {\n' : wrongKernel(operator);
    chatCompletion(fencedKernel(isRight ? goodKernel(operator) : first))(response, seen);
  });
  await writeKernelSkill(folder.path, ["square", "cube", "negate"], { rounds: 1 });
  const context = contextIn(folder.path);
  const bundle = { ...request(server.url), generateOnly: "bundle" };
  expect(await generateKernels(bundle, context)).toMatchObject({ to_measure: 6, to_ask: 0 });
  const half = measured(await measureKernelBundle({ bundle: "bundle", results: "results" }, context));
  expect(half).toMatchObject({ status: "incomplete", missing: 6 });
  // The kernel that was only repeated is known to be wrong.
  expect(await generateKernels(bundle, context)).toMatchObject({
    to_measure: 4,
    to_ask: 0,
    done: 2,
    calls: 12,
  });
  const result = measured(await measureKernelBundle({ bundle: "bundle", results: "results" }, context));
  expect(result).toMatchObject({ status: "complete", missing: 0, calls: 12 });
  expect(result.skills[0]?.students[0]?.arms).toMatchObject({
    none: { rate: expect.closeTo(2 / 3, 6) },
    head: { rate: expect.closeTo(2 / 3, 6) },
  });
  expect(told).toHaveLength(6);
  expect(told.filter((text) => text.includes("Verdict: wrong."))).toHaveLength(4);
  expect(
    told.filter((text) => text.includes("Verdict: compile-error.") && text.includes("error: ")),
  ).toHaveLength(2);
  // Another round is not allowed: nobody is asked again.
  expect(await generateKernels(bundle, context)).toMatchObject({ to_measure: 0, to_ask: 0, done: 6 });
  expect(server.requests).toHaveLength(12);
});

it("holds the device no longer than its budget, and goes on in the next run", async ({ skip }) => {
  if (!hasPython) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  await using server = await startModelServer(mostlyWrong);
  await writeKernelSkill(folder.path, ["square", "relu"]);
  const context = contextIn(folder.path);
  const short = measured(await evaluate(request(server.url, { budgetMinutes: 0.001 }), context));
  expect(short).toMatchObject({ status: "incomplete", ended: "budget spent" });
  const rest = measured(await evaluate(request(server.url), context));
  expect(rest).toMatchObject({ status: "complete", missing: 0, ended: "complete" });
  expect(server.requests).toHaveLength(4);
});

it("excludes what a failing service leaves open, and asks again in the next run", async ({ skip }) => {
  if (!hasPython) return skip("There is no Python with NumPy.");
  await using folder = await temporaryFolder();
  let isDown = true;
  await using server = await startModelServer((response, seen) => {
    if (isDown)
      response.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no"}}');
    else mostlyWrong(response, seen);
  });
  await writeKernelSkill(folder.path, ["square"]);
  const first = measured(await evaluate(request(server.url), contextIn(folder.path)));
  expect(first).toMatchObject({ status: "void", excluded: 2 });
  isDown = false;
  const result = measured(await evaluate(request(server.url), contextIn(folder.path)));
  expect(result).toMatchObject({ status: "complete", missing: 0, excluded: 0 });
});
