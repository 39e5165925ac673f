import type { Config } from "../config/config.ts";
import type { ChatAnswer } from "../evaluate/chat-answer.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Model } from "../models/model.ts";
import { recordedModel } from "../models/recorded-model.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import type { JsonValue } from "../traces/json-value.ts";
import type { Claim } from "./claim.ts";
import { answerSchema, type DistillAnswer } from "./distill-answer.ts";
import { generateSystem, refineSystem } from "./generate-prompt.ts";
import type { BaseSkill, GenerateEnvironment, Generation, Version } from "./generation.ts";
import type { KnownClaims } from "./material.ts";
import { distillPrompt, type Prompt } from "./prompt.ts";
import { reconcile } from "./reconcile.ts";
import { failedCase } from "./request-evidence.ts";

/** A distiller's first answer, and how it came about. */
export interface First {
  answer: DistillAnswer;
  model: string;
  prompt: Prompt;
}

/**
 * What a teacher makes of a request and its evidence; without one, what the traces' own distillers find in them,
 * undefined where that is nothing.
 */
export async function firstAnswer(
  generation: Generation,
  evidence: readonly Evidence[],
  environment: GenerateEnvironment,
): Promise<First | undefined> {
  const { teacher, workspace, state } = environment;
  const known = knownClaims(generation.base);
  const prompt = await promptOf(generateSystem, generation, evidence, known, environment.config);
  for (const what of teacher === undefined ? [] : prompt.omitted)
    workspace.reporter.info(`Left out of the prompt: ${what}.`);
  if (teacher !== undefined) {
    const asked = { purpose: "generate", system: prompt.system, prompt: prompt.text, schema: answerSchema };
    const { value, model } = await teacher.ask(asked);
    const description = value.description.trim() || plainDescription(generation);
    return { answer: { ...value, description }, model: recordedModel(teacher.spec, model), prompt };
  }
  const library = new Map([...state.evidence].map(([name, { claims }]) => [name, claims]));
  const answers = generation.materials.flatMap((material) => {
    const offline = material.nothing === undefined ? material.offline(known, library) : undefined;
    return offline === undefined ? [] : [offline.answer];
  });
  const [one] = answers;
  if (one === undefined) return undefined;
  const operations = answers.flatMap((answer) => answer.operations);
  const description = one.description.trim() || plainDescription(generation);
  return { answer: { ...one, description, operations }, model: "offline", prompt };
}

/** For an answer that describes nothing. */
function plainDescription({ request, materials }: Generation): string {
  return materials[0]?.plainDescription ?? `Use for this task: ${request.task.slice(0, 400)}`;
}

/** What the base says now, with what a person changed. */
function knownClaims(base: BaseSkill | undefined): KnownClaims | undefined {
  if (base === undefined) return undefined;
  const { body } = parseSkillFile(base.existing.text, base.path);
  const file = base.existing.evidence;
  const { claims, handEvidence } = reconcile(body, file?.claims ?? [], base.path);
  return { name: base.name, claims, evidence: [...(file?.evidence ?? []), ...handEvidence] };
}

/** Throws `Failure` (exit code 1) for a secret in it, such as one of the skill that is to be improved. */
async function promptOf(
  system: string,
  { materials, request }: Generation,
  evidence: readonly Evidence[],
  known: { name: string; claims: readonly Claim[] } | undefined,
  config: Config,
): Promise<Prompt> {
  const subject = `the task ${JSON.stringify(request.task.slice(0, 80))}`;
  const facts = materials.flatMap(({ prompt }) => prompt.facts);
  const code = materials.find(({ prompt }) => prompt.code !== undefined)?.prompt.code;
  const { language } = config;
  const parts = { system, subject, facts, language, code, evidence, known };
  const prompt = distillPrompt(parts, config["max-prompt-tokens"]);
  await requireNoSecrets([{ name: "The prompt", text: `${prompt.system}\n${prompt.text}` }]);
  return prompt;
}

/** What the teacher adds when it is shown the cases that a student failed, and all the evidence it may cite then. */
export async function improvedAnswer(
  version: Version,
  failed: readonly ChatAnswer[],
  options: { teacher: Model; generation: Generation; config: Config; name: string },
): Promise<{ answer: DistillAnswer; evidence: readonly Evidence[] }> {
  const { teacher, generation, config, name } = options;
  const { redactor, trace } = generation;
  // A student may make up a key, or repeat one that it was trained on.
  for (const { answer } of failed) await redactor.maskDeep(answer);
  const masked = <T>(value: T): T => redactor.maskValue(value as JsonValue) as T;
  const shown = failed.map((one) => masked(failedCase(trace, one)));
  const ids = new Set(shown.map(({ id }) => id));
  const evidence = [...version.evidence.filter(({ id }) => !ids.has(id)), ...shown];
  const known = { name, claims: version.draft.evidence.claims };
  const { system, text } = await promptOf(refineSystem, generation, evidence, known, config);
  const { value } = await teacher.ask({ purpose: "refine", system, prompt: text, schema: answerSchema });
  const operations = [...version.answer.operations, ...value.operations];
  return { answer: { ...version.answer, operations }, evidence };
}
