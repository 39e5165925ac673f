import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { type Agents, agentsOf } from "../evaluate/agent.ts";
import type { PlannedStudent } from "../evaluate/plan.ts";
import { usageFailure } from "../failure.ts";
import type { Budget } from "../models/budget.ts";
import type { Model } from "../models/model.ts";
import { formatModelSpec, parseModelSpec } from "../models/spec.ts";
import { openConfiguredModel } from "./configured-model.ts";
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
  const agents = agentsOf(settings.agents, cwd);
  const versions = new Map(
    Object.entries(settings["student-versions"]).map(([spec, version]) => [
      canonical(spec, cwd, agents),
      version,
    ]),
  );
  const specs = new Set(named.map((spec) => canonical(spec, cwd, agents)));
  return [...specs].map((spec) => {
    const version = versions.get(spec) ?? "";
    const agent = agents.get(spec);
    if (agent === undefined) {
      const isStepwise = settings.disclosure === "progressive";
      return { spec, version, runner: "chat", sampling, ...(isStepwise ? { disclosed: true } : {}) };
    }
    // An agent draws as its own settings say.
    const known = { sha256: agent.digest, has_trace: agent.settings.trace !== undefined };
    return { spec, version, runner: "command", sampling: {}, agent: known };
  });
}

/** The spec as results name it. Throws `Failure` (exit code 2) for what is neither a chat model nor an agent. */
function canonical(text: string, cwd: string, agents: Agents): string {
  const spec = parseModelSpec(text);
  if (spec.kind === "offline") {
    throw usageFailure(
      "offline answers nothing and cannot be a student.",
      "Write anthropic:MODEL, openai:MODEL, openai:MODEL@BASE_URL, replay:DIR or command:NAME.",
    );
  }
  if (spec.kind === "command" && !agents.has(formatModelSpec(spec))) {
    throw usageFailure(
      `There is no agent named ${spec.name}.`,
      `Describe it under evaluate.agents.${spec.name} in overproof.yml; commands come from there alone.`,
    );
  }
  return formatModelSpec(spec.kind === "replay" ? { ...spec, folder: resolve(cwd, spec.folder) } : spec);
}

/** Opens a student. Throws `Failure` (exit code 2). */
export async function openStudent(spec: string, budget: Budget, context: Context): Promise<Model> {
  const model = await openConfiguredModel(parseModelSpec(spec), { budget, context });
  if (model === undefined) throw usageFailure(`${spec} answers nothing.`, "Name a model with --student.");
  return model;
}

/** Students of one provider share its limits. */
export function providerOf(text: string): string {
  const spec = parseModelSpec(text);
  return "baseUrl" in spec ? `${spec.kind} ${spec.baseUrl ?? ""}` : spec.kind;
}
