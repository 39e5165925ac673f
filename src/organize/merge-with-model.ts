import { parseSeedAnswer } from "../distill/seed-answer.ts";
import { Failure } from "../failure.ts";
import type { Model } from "../models/model.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { estimateTokens } from "../skills/text-size.ts";
import { type PreparedSources, prepareMerge } from "./carry-out.ts";
import type { AskedQuestion } from "./classify.ts";
import { documentOperations } from "./document-operations.ts";
import type { MergeOperation } from "./merge-operation.ts";
import { type MergeAnswer, mergeAnswerSchema, mergePrompt, mergeSystem } from "./merge-prompt.ts";
import { offlineOperations } from "./offline-operations.ts";
import type { SourceSkill } from "./skill-pieces.ts";

/** Skills that one question adds to what is merged already. */
export const skillsInQuestion = 5;

export interface MergeRequest {
  scope: string;
  reason: string;
  language: string;
  maxTokens: number;
  /** Called after each question, counted from 1. */
  asked: (question: AskedQuestion, batch: number) => Promise<void>;
}

export interface MergeDecision {
  /** Those that a usable answer was given for. */
  sources: SourceSkill[];
  operations: MergeOperation[];
  /** As the model wrote them; empty where it did not. */
  name: string;
  description: string;
  title: string;
  notes: string[];
  /** What the last batch without a usable answer failed with. */
  failure: Failure | undefined;
}

/**
 * Merges skills in rounds: five, then what they made with five more, and so on (docs/decisions/0018-merging-skills.md).
 * A round whose answer cannot be used leaves its skills out, untouched. After each round code unites what still says
 * the same. Throws what the model throws for anything but an unusable answer.
 */
export async function mergeWithModel(
  model: Model,
  skills: readonly SourceSkill[],
  request: MergeRequest,
): Promise<MergeDecision> {
  const decision: MergeDecision = {
    sources: [],
    operations: [],
    name: "",
    description: "",
    title: "",
    notes: [],
    failure: undefined,
  };
  let start = 0;
  for (let batch = 1; start < skills.length; batch += 1) {
    if (decision.sources.length === 0 && skills.length - start < 2) break;
    const { taken, prepared } = nextBatch(skills.slice(start), decision, request);
    start += Math.max(1, taken.length);
    if (prepared === undefined) {
      decision.notes.push(`${skills[start - 1]?.name ?? ""} is too long for a question and stays as it is.`);
      continue;
    }
    try {
      await askOnce(model, prepared, { taken, batch }, decision, request);
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== 3) throw error;
      const names = taken.map(({ name }) => name).join(", ");
      decision.notes.push(`No usable answer about ${names}; they stay as they are. ${error.message}`);
      decision.failure = error;
    }
  }
  return decision;
}

/** As many of the next skills as one question holds, five at most, on the bench with what is merged so far. */
function nextBatch(
  open: readonly SourceSkill[],
  { sources, operations }: MergeDecision,
  request: MergeRequest,
): { taken: SourceSkill[]; prepared: PreparedSources | undefined } {
  const least = sources.length === 0 ? 2 : 1;
  for (let count = Math.min(skillsInQuestion, open.length); count >= least; count -= 1) {
    const taken = open.slice(0, count);
    const prepared = prepareMerge([...sources, ...taken]);
    prepared.bench.apply(operations);
    const tokens = estimateTokens(mergeSystem) + estimateTokens(mergePrompt(prepared.bench, request));
    if (tokens <= request.maxTokens) return { taken, prepared };
  }
  return { taken: [], prepared: undefined };
}

async function askOnce(
  model: Model,
  { sources, bench }: PreparedSources,
  { taken, batch }: { taken: readonly SourceSkill[]; batch: number },
  decision: MergeDecision,
  request: MergeRequest,
): Promise<void> {
  const prompt = mergePrompt(bench, request);
  await requireNoSecrets([{ name: "The prompt", text: prompt }]);
  let unsupported: string[] = [];
  const { value, text } = await model.ask<MergeAnswer>({
    purpose: "merge",
    system: mergeSystem,
    prompt,
    schema: mergeAnswerSchema,
    readText: (answer) => {
      const seed = parseSeedAnswer(answer);
      if (seed.body === "") return undefined;
      const read = documentOperations(seed.body, bench);
      unsupported = read.unsupported;
      const { skill_name, description } = seed;
      return {
        skill_name: skill_name.slice(0, 300),
        description: description.slice(0, 4000),
        title: "",
        operations: read.operations,
      };
    },
  });
  await request.asked({ prompt: `${mergeSystem}\n\n${prompt}\n`, response: text }, batch);
  const { applied, refused } = bench.apply(value.operations);
  const { applied: united } = bench.apply(offlineOperations(bench, sources));
  decision.operations.push(...applied, ...united);
  decision.sources.push(...taken);
  for (const { operation, reason } of refused)
    decision.notes.push(`Refused: ${operation.op}, because ${reason}. The claims are kept.`);
  for (const title of unsupported)
    decision.notes.push(`Not taken over, because no source says it: ${JSON.stringify(title)}.`);
  decision.name = value.skill_name.trim() || decision.name;
  decision.description = value.description.trim() || decision.description;
  decision.title = value.title.trim() || decision.title;
}
