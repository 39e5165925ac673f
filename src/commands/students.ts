import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import type { PlannedStudent } from "../evaluate/plan.ts";
import { usageFailure } from "../failure.ts";
import type { Budget } from "../models/budget.ts";
import { keyVariables } from "../models/keys.ts";
import type { Model } from "../models/model.ts";
import { openModel } from "../models/open-model.ts";
import { formatModelSpec, parseModelSpec } from "../models/spec.ts";
import type { Context } from "./context.ts";

/** The students of a run: those that are named, else those of the configuration. Throws `Failure` (exit code 2). */
export function plannedStudents(given: readonly string[], config: Config, cwd: string): PlannedStudent[] {
  const settings = config.evaluate;
  const named = given.length > 0 ? given : settings.students;
  if (named.length === 0) {
    throw usageFailure(
      "No student is named.",
      "Write --student openai:MODEL, or list students under `evaluate` in overproof.yml.",
    );
  }
  const { temperature } = settings;
  const sampling = {
    ...(temperature === undefined ? {} : { temperature }),
    max_output_tokens: settings["max-output-tokens"],
  };
  const versions = new Map(
    Object.entries(settings["student-versions"]).map(([spec, version]) => [canonical(spec, cwd), version]),
  );
  const specs = new Set(named.map((spec) => canonical(spec, cwd)));
  return [...specs].map((spec) => ({ spec, version: versions.get(spec) ?? "", runner: "chat", sampling }));
}

/** The spec as results name it. Throws `Failure` (exit code 2) for what is no chat model. */
function canonical(text: string, cwd: string): string {
  const spec = parseModelSpec(text);
  if (spec.kind === "offline" || spec.kind === "command") {
    throw usageFailure(
      `${formatModelSpec(spec)} cannot be a student of a plain chat.`,
      "Write anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL or replay:DIR.",
    );
  }
  return formatModelSpec(spec.kind === "replay" ? { ...spec, folder: resolve(cwd, spec.folder) } : spec);
}

/** Opens a student; keys come from the environment that the door handed over. Throws `Failure` (exit code 2). */
export async function openStudent(spec: string, budget: Budget, context: Context): Promise<Model> {
  const { environment, now, sleep, random, reporter } = context;
  const model = await openModel(spec, {
    keys: {
      anthropic: environment[keyVariables.anthropic],
      openai: environment[keyVariables.openai],
      compatible: environment[keyVariables.compatible],
    },
    budget,
    now: () => now().getTime(),
    sleep,
    random,
    reporter,
  });
  if (model === undefined) throw usageFailure(`${spec} answers nothing.`, "Name a model with --student.");
  return model;
}

/** Students of one provider share its limits. */
export function providerOf(text: string): string {
  const spec = parseModelSpec(text);
  return "baseUrl" in spec ? `${spec.kind} ${spec.baseUrl ?? ""}` : spec.kind;
}
