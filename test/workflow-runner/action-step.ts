import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { run, type Run } from "../run.ts";
import { type Contexts, filledIn, type StateSoFar } from "./expression.ts";
import { textOf } from "./text.ts";
import type { StepWorld } from "./step-world.ts";

interface ActionFile {
  inputs?: Record<string, { default?: unknown; required?: boolean }>;
  runs: { using: string; main: string };
}

/**
 * Runs an action written in JavaScript, by its action.yml: the inputs with their defaults as `INPUT_…`, and the variables
 * of a runner. Throws for an input that it does not have, and for one that it requires and does not get.
 */
export async function runAction(
  uses: string,
  inputs: Record<string, string>,
  given: { world: StepWorld; env: Record<string, string>; contexts: Contexts; state: StateSoFar },
): Promise<Run> {
  const { world, env, contexts, state } = given;
  const folder = actionFolder(uses, world);
  const file = parse(await readFile(join(folder, "action.yml"), "utf8")) as ActionFile;
  if (!file.runs.using.startsWith("node")) throw new Error(`${uses} is no action in JavaScript.`);
  const known = file.inputs ?? {};
  for (const name of Object.keys(inputs)) {
    if (!(name in known)) throw new Error(`Unexpected input ${name} of ${uses}.`);
  }
  const variables: Record<string, string> = {};
  for (const [name, { default: value, required }] of Object.entries(known)) {
    const text = inputs[name] ?? filledIn(textOf(value), contexts, state);
    if (required === true && text === "") throw new Error(`Input required and not supplied: ${name}`);
    variables[`INPUT_${name.replaceAll(" ", "_").toUpperCase()}`] = text;
  }
  return run(process.execPath, [resolve(folder, file.runs.main)], {
    cwd: world.workspace,
    env: { ...env, ...variables },
  });
}

function actionFolder(uses: string, world: StepWorld): string {
  if (uses.startsWith("./")) return resolve(world.workspace, uses);
  const folder = world.programs[uses.split("@")[0] ?? ""];
  if (folder === undefined) throw new Error(`Nothing stands in for ${uses}.`);
  return folder;
}
