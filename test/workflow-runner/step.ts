import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../run.ts";
import { runAction } from "./action-step.ts";
import { appToken } from "./app-token-step.ts";
import { downloadArtifact, uploadArtifact } from "./artifact-steps.ts";
import { checkout } from "./checkout-step.ts";
import { readCommandFile } from "./command-file.ts";
import { type Contexts, filledIn, holds, type StateSoFar, valueOf } from "./expression.ts";
import type { StepWorld } from "./step-world.ts";
import { textOf } from "./text.ts";
import type { StepFile } from "./workflow-file.ts";

export type Conclusion = "success" | "failure" | "cancelled" | "skipped";

/** How a step of a job went. */
export interface StepResult {
  /** Its name, or what it uses, or the first line that it runs. */
  name: string;
  id: string | undefined;
  /** Before `continue-on-error`. */
  outcome: Conclusion;
  conclusion: Conclusion;
  outputs: Record<string, string>;
  /** Everything that it printed. */
  log: string;
  /** What it added to the step summary. */
  summary: string;
}

/** Runs one step of a job, or passes over it. Never throws for what a workflow or its programs do. */
export async function runStep(
  step: StepFile,
  given: {
    world: StepWorld;
    env: Record<string, string>;
    contexts: Contexts;
    state: StateSoFar;
    index: number;
  },
): Promise<StepResult & { newEnv: Record<string, string> }> {
  const { contexts, state, index } = given;
  const name = step.name ?? step.uses ?? step.run?.split("\n")[0] ?? "";
  const result = { name, id: step.id, outputs: {}, log: "", summary: "", newEnv: {} };
  if (!holds(step.if, contexts, state)) return { ...result, outcome: "skipped", conclusion: "skipped" };
  const lines: string[] = [];
  const world = { ...given.world, log: (line: string) => lines.push(line) };
  const files = Object.fromEntries(
    ["OUTPUT", "ENV", "STEP_SUMMARY", "STATE", "PATH"].map((file) => [
      `GITHUB_${file}`,
      join(world.temporary, `${file.toLowerCase()}-${index}`),
    ]),
  );
  for (const file of Object.values(files)) await writeFile(file, "");
  const own = valueOf(step.env ?? {}, contexts, state) as Record<string, unknown>;
  const env = { ...given.env, ...files, ...texts(own) };
  const outputs: Record<string, string> = {};
  let outcome: Conclusion = "success";
  try {
    const code = await act(step, { ...given, world, env, outputs });
    if (code !== 0) outcome = "failure";
  } catch (error) {
    lines.push(`::error::${error instanceof Error ? error.message : String(error)}`);
    outcome = "failure";
  }
  Object.assign(outputs, readCommandFile(await readFile(files["GITHUB_OUTPUT"] ?? "", "utf8")));
  const newEnv = readCommandFile(await readFile(files["GITHUB_ENV"] ?? "", "utf8"));
  const summary = await readFile(files["GITHUB_STEP_SUMMARY"] ?? "", "utf8");
  const goesOn = valueOf(step["continue-on-error"] ?? false, contexts, state) === true;
  const conclusion = outcome === "failure" && goesOn ? "success" : outcome;
  return { ...result, outcome, conclusion, outputs, log: lines.join("\n"), summary, newEnv };
}

/** The stand-ins for the actions of others, by name. All else is run for what it is. */
const standIns: Record<
  string,
  (inputs: Record<string, string>, world: StepWorld, outputs: Record<string, string>) => Promise<void>
> = {
  "actions/checkout": checkout,
  "actions/upload-artifact": uploadArtifact,
  "actions/download-artifact": downloadArtifact,
  "actions/create-github-app-token": async (inputs, world, outputs) => {
    outputs["token"] = appToken(inputs, world);
  },
};

async function act(
  step: StepFile,
  given: {
    world: StepWorld;
    env: Record<string, string>;
    contexts: Contexts;
    state: StateSoFar;
    index: number;
    outputs: Record<string, string>;
  },
): Promise<number> {
  const { world, env, contexts, state, index, outputs } = given;
  if (step.uses !== undefined) {
    const inputs = texts(valueOf(step.with ?? {}, contexts, state) as Record<string, unknown>);
    const standIn = standIns[step.uses.split("@")[0] ?? ""];
    if (standIn !== undefined) {
      await standIn(inputs, world, outputs);
      return 0;
    }
    const ended = await runAction(step.uses, inputs, { world, env, contexts, state });
    world.log(`${ended.stdout}${ended.stderr}`);
    return ended.code ?? 1;
  }
  const script = join(world.temporary, `script-${index}.sh`);
  await writeFile(script, filledIn(step.run ?? "", contexts, state));
  const ended = await run("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], {
    cwd: world.workspace,
    env,
  });
  world.log(`${ended.stdout}${ended.stderr}`);
  return ended.code ?? 1;
}

function texts(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, textOf(value)]));
}
