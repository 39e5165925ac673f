import type { Config } from "../config/config.ts";
import { sha256 } from "../digest.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { collectedData, compressedData } from "../evidence/search-log-data.ts";
import { Failure } from "../failure.ts";
import type { Model } from "../models/model.ts";
import { parseModelSpec } from "../models/spec.ts";
import type { SearchLogTrace } from "../traces/read-trace.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { dslKey, hardwareOf, sanitizeName } from "../skills/skill-name.ts";
import type { Claim } from "./claim.ts";
import { draftSkill, type ExistingSkill } from "./draft.ts";
import type { EvidenceFile, TraceEntry } from "./evidence-file.ts";
import { distillSearchLogOffline } from "./offline-search-log.ts";
import { searchFacts } from "./search-facts.ts";
import { dslPhrase, operatorClass } from "./operator-class.ts";
import { answerSchema, type DistillAnswer } from "./distill-answer.ts";
import { type Prompt, searchLogPrompt } from "./prompt.ts";
import type { ProposedSkill } from "./proposal.ts";
import { reconcile } from "./reconcile.ts";
import { parseSeedAnswer, seedAnswerToOperations } from "./seed-answer.ts";
import { requireValidSkill } from "./valid-skill.ts";
import type { Workspace } from "./workspace.ts";

/** A library as a run sees it: its skills and evidence files by name, with what the run already changed. */
export interface LibraryState {
  skills: Map<string, { path: string; text: string }>;
  evidence: Map<string, EvidenceFile>;
  /** Paths of files that are no valid skills; they are never written over. */
  rejected: ReadonlySet<string>;
}

/** What came of one trace. */
export interface Outcome {
  status: "proposed" | "unchanged" | "empty";
  /** Why nothing is proposed. */
  reason?: string;
  skill?: ProposedSkill;
}

export interface DistillEnvironment {
  state: LibraryState;
  /** Undefined distils without a model. */
  teacher: Model | undefined;
  workspace: Workspace;
  config: Config;
  now: () => Date;
}

/** Distils one search log into operations on one skill, and applies them to the library's state on paper. */
export async function distillSearchLog(
  trace: SearchLogTrace,
  environment: DistillEnvironment,
): Promise<Outcome> {
  const { workspace, state } = environment;
  const { log, compressed, evidence } = trace;
  const { dsl, backend, arch, op_name: op } = log.metadata;
  const scope = dslKey(dsl) || "unknown";
  await workspace.writeJson("collected_data.json", collectedData(log));
  await workspace.writeJson("compressed_data.json", compressedData(log, compressed));

  const seen = [...state.evidence.values()].find(
    (file) => state.skills.has(file.skill) && file.traces.some((entry) => entry.sha256 === trace.digest),
  );
  if (seen) {
    await workspace.writeJson("claims.json", { claims: seen.claims, evidence: seen.evidence });
    const reason = `This trace is already part of the skill ${seen.skill}.`;
    return { status: "unchanged", reason };
  }
  const nothing = nothingToTeach(trace);
  if (nothing !== undefined) {
    await workspace.writeJson("claims.json", { claims: [], evidence });
    return { status: "empty", reason: nothing };
  }

  const known = knownSkill(state, op, dsl);
  // Written before anything is asked: a teacher that fails leaves what it was asked about.
  await workspace.writeJson("claims.json", {
    claims: known?.claims ?? [],
    evidence: allItems(known?.items ?? [], evidence),
  });
  const prompt = searchLogPrompt(
    {
      op,
      dsl,
      backend,
      arch,
      language: environment.config.language,
      bestCode: trace.versions.codeOf(compressed.best?.task_id ?? "") ?? "",
      evidence,
      known,
    },
    environment.config["max-prompt-tokens"],
  );
  const omittedNotes = environment.teacher === undefined ? [] : prompt.omitted;
  for (const omitted of omittedNotes) workspace.reporter.info(`Left out of the prompt: ${omitted}.`);
  const asked = await askDistiller(trace, prompt, known, environment);
  if (asked.answer === undefined) {
    return { status: "empty", reason: asked.reason };
  }

  const wish = known?.name ?? sanitizeName(asked.answer.skill_name, { dsl, prefix: "case", op });
  const name = freeName(state, wish, scope);
  const existing = existingSkill(state, name);
  const path = state.skills.get(name)?.path ?? `${folderOf(scope)}${name}/SKILL.md`;
  if (state.rejected.has(path)) {
    throw new Failure(`${path} exists and is not a valid skill.`, {
      remedy: "Run overproof lint and correct it first; it is never written over.",
      exitCode: 1,
    });
  }
  const entry: TraceEntry = {
    sha256: trace.digest,
    mode: "search_log",
    op,
    dsl,
    backend,
    arch,
    source: trace.source,
    model: asked.model,
    prompt_sha256: sha256(`${prompt.system}\0${prompt.text}`),
    distilled_at: environment.now().toISOString(),
  };
  const request = {
    name,
    path,
    answer: asked.answer,
    author: environment.teacher === undefined ? ("offline" as const) : ("model" as const),
    evidence,
    trace: entry,
    metadata: skillMetadata(scope, backend, arch),
  };
  const draft = draftSkill(request, existing);
  await workspace.writeJson("claims.json", {
    claims: draft.evidence.claims,
    evidence: allItems(draft.evidence.evidence, evidence),
  });
  for (const { operation, reason } of draft.refused)
    workspace.reporter.warning(`Refused: ${operation.op}, because ${reason}.`);
  if (draft.change === "unchanged") {
    const confirmed = draft.confirmed.length;
    const reason = `The skill ${name} says all of it already${confirmed > 0 ? `; ${confirmed} claims are confirmed` : ""}.`;
    return { status: "unchanged", reason };
  }
  if (!draft.evidence.claims.some((claim) => claim.state === "active")) {
    return { status: "empty", reason: "No claim was left that rests on evidence." };
  }
  requireValidSkill(
    { name, path, text: draft.text },
    "Correct the existing SKILL.md, or distil with another model.",
  );
  return {
    status: "proposed",
    skill: {
      name,
      path,
      change: draft.change,
      op,
      scope,
      rejects: log.rejects.length,
      base: {
        skill: existing === undefined ? null : sha256(existing.text),
        evidence: existing?.evidence === undefined ? null : sha256(JSON.stringify(existing.evidence)),
      },
      author: request.author,
      answer: asked.answer,
      evidence: citedBy(asked.answer, evidence),
      metadata: request.metadata,
      text: draft.text,
      evidence_file: draft.evidence,
      notes: [
        ...draft.notes,
        ...asked.notes,
        ...omittedNotes.map((omitted) => `Left out of the prompt for length: ${omitted}.`),
      ],
      refused: draft.refused,
      unsupported: asked.unsupported,
    },
  };
}

/** Why a search teaches nothing, where it does not. */
function nothingToTeach(trace: SearchLogTrace): string | undefined {
  const { log, compressed } = trace;
  if (log.counts.success_count === 0) return `No version of ${log.metadata.op_name} passed verification.`;
  if (compressed.chain.length === 0) {
    return `No version of ${log.metadata.op_name} with code was at least 1 % faster than the one it came from.`;
  }
  return undefined;
}

interface KnownSkill {
  name: string;
  existing: ExistingSkill;
  /** As they stand in the file now, with what a person changed, and what they rest on. */
  claims: Claim[];
  items: Evidence[];
}

/** The skill that earlier traces of the same operator and DSL went into. */
function knownSkill(state: LibraryState, op: string, dsl: string): KnownSkill | undefined {
  for (const [name, file] of state.evidence) {
    const fits = file.traces.some(
      (entry) => entry.mode === "search_log" && entry.op === op && entry.dsl === dsl,
    );
    const isOurs = state.skills.get(name)?.path === `${folderOf(dslKey(dsl) || "unknown")}${name}/SKILL.md`;
    const existing = fits && isOurs ? existingSkill(state, name) : undefined;
    if (!existing) continue;
    const body = parseSkillFile(existing.text, name).body;
    const { claims, handEvidence } = reconcile(body, file.claims, name);
    return { name, existing, claims, items: [...file.evidence, ...handEvidence] };
  }
  return undefined;
}

function folderOf(scope: string): string {
  return `${scope}/evolved-improvement/`;
}

/** A name that no skill outside of the scope's own folder has: a model must not choose whose skill it writes into. */
function freeName(state: LibraryState, wish: string, scope: string): string {
  let name = wish;
  for (let n = 2; ; n += 1) {
    const taken = state.skills.get(name);
    if (taken === undefined || taken.path === `${folderOf(scope)}${name}/SKILL.md`) return name;
    const ending = `-${n}`;
    name = `${wish.slice(0, 64 - ending.length).replace(/-$/, "")}${ending}`;
  }
}

function existingSkill(state: LibraryState, name: string): ExistingSkill | undefined {
  const skill = state.skills.get(name);
  return skill && { text: skill.text, evidence: state.evidence.get(name) };
}

interface Asked {
  answer: DistillAnswer | undefined;
  reason: string;
  unsupported: string[];
  /** For the reviewer. */
  notes: string[];
  model: string;
}

async function askDistiller(
  trace: SearchLogTrace,
  prompt: Prompt,
  known: KnownSkill | undefined,
  environment: DistillEnvironment,
): Promise<Asked> {
  const { teacher, workspace } = environment;
  if (teacher === undefined) {
    const offline = distillSearchLogOffline(searchFacts(trace), trace.evidence, trace.versions, {
      claims: known?.claims ?? [],
      evidence: known?.existing.evidence?.evidence ?? [],
    });
    await workspace.write("llm_prompt.txt", `${prompt.system}\n\n${prompt.text}\n`);
    await workspace.write("llm_response.txt", `${JSON.stringify(offline?.answer ?? null, null, 2)}\n`);
    return {
      answer: offline?.answer,
      notes: offline?.notes ?? [],
      reason: "No change was faster more often than slower.",
      unsupported: [],
      model: "offline",
    };
  }
  let unsupported: string[] = [];
  const { value, model } = await teacher.ask({
    purpose: "distill",
    system: prompt.system,
    prompt: prompt.text,
    schema: answerSchema,
    readText: (text) => {
      const seed = parseSeedAnswer(text);
      const read = seedAnswerToOperations(seed, trace.evidence);
      if (read.answer.operations.length === 0) return undefined;
      unsupported = read.unsupported;
      return read.answer;
    },
  });
  const description = value.description.trim() || plainDescription(trace);
  const answer = { ...value, description };
  return { answer, reason: "", notes: [], unsupported, model: modelName(teacher.spec, model) };
}

/** For an answer that describes nothing. */
function plainDescription({ log }: SearchLogTrace): string {
  const phrase = operatorClass(log.metadata.op_name)?.phrase ?? `${log.metadata.op_name} kernels`;
  const dsl = dslPhrase(dslKey(log.metadata.dsl));
  return `Measured optimisations of ${phrase} in ${dsl}. Use when writing or tuning ${phrase} in ${dsl}.`;
}

/** The model for the record: its provider and name, never the address of a server or the folder of a replay. */
function modelName(spec: string, model: string): string {
  const parsed = parseModelSpec(spec);
  return parsed.kind === "anthropic" || parsed.kind === "openai" ? `${parsed.kind}:${model}` : model;
}

/** Values of the front matter; a value that the log does not tell has no key. */
function skillMetadata(scope: string, backend: string, arch: string): Record<string, string> {
  const values = {
    source: "search_log",
    category: "example",
    dsl: scope,
    backend,
    hardware: hardwareOf(arch),
  };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

function allItems(first: readonly Evidence[], second: readonly Evidence[]): Evidence[] {
  return [...new Map([...first, ...second].map((item) => [item.id, item])).values()];
}

/** The items that operations name: what is needed to apply them again to a library that moved on. */
function citedBy(answer: DistillAnswer, evidence: readonly Evidence[]): Evidence[] {
  const cited = new Set(answer.operations.flatMap((operation) => operation.evidence));
  return evidence.filter((item) => cited.has(item.id));
}
