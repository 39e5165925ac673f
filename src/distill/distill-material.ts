import { requireNoSecrets } from "../secrets/secret-check.ts";
import type { Config } from "../config/config.ts";
import { sha256 } from "../digest.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { Failure } from "../failure.ts";
import type { Model } from "../models/model.ts";
import { recordedModel } from "../models/recorded-model.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { sanitizeName } from "../skills/skill-name.ts";
import type { Claim } from "./claim.ts";
import { answerSchema, type DistillAnswer } from "./distill-answer.ts";
import { type Draft, draftSkill, type ExistingSkill } from "./draft.ts";
import type { EvidenceFile, TraceEntry } from "./evidence-file.ts";
import type { LibraryClaims, Material } from "./material.ts";
import { distillPrompt, type Prompt } from "./prompt.ts";
import type { ProposedSkill } from "./proposal.ts";
import { reconcile } from "./reconcile.ts";
import { parseSeedAnswer, seedAnswerToOperations } from "./seed-answer.ts";
import type { SkillFileBeside } from "./skill-files.ts";
import { settleAnswer } from "./settled-answer.ts";
import { requireValidSkill } from "./valid-skill.ts";
import type { Workspace } from "./workspace.ts";

/** A library as a run sees it: its skills and evidence files by name, with what the run already changed. */
export interface LibraryState {
  skills: Map<string, { path: string; text: string }>;
  evidence: Map<string, EvidenceFile>;
  /** Paths of files that are no valid skills; they are never written over. */
  rejected: ReadonlySet<string>;
  /** Text of any other file, by its path relative to the library; undefined when there is none. */
  readFile: (path: string) => Promise<string | undefined>;
  /** Files beside skills that the run already changed. */
  files: Map<string, string>;
}

/** What came of one material. */
export interface Outcome {
  status: "proposed" | "unchanged" | "empty";
  /** Why nothing is proposed. */
  reason?: string;
  skill?: ProposedSkill;
  /** Files beside the skill to write with it, by their paths relative to the library. */
  files?: ReadonlyMap<string, string>;
}

export interface DistillEnvironment {
  state: LibraryState;
  /** Undefined distils without a model. */
  teacher: Model | undefined;
  workspace: Workspace;
  config: Config;
  now: () => Date;
}

/** Distils one material into operations on one skill, and applies them to the library's state on paper. */
export async function distillMaterial(material: Material, environment: DistillEnvironment): Promise<Outcome> {
  const { workspace, state } = environment;
  for (const [name, value] of material.files) {
    if (typeof value === "string") await workspace.write(name, value);
    else await workspace.writeJson(name, value);
  }
  const seen = skillThatKnows(state, material);
  if (seen) {
    await workspace.writeJson("claims.json", { claims: seen.claims, evidence: seen.evidence });
    return { status: "unchanged", reason: `This trace is already part of the skill ${seen.skill}.` };
  }
  if (material.nothing !== undefined) {
    await workspace.writeJson("claims.json", { claims: [], evidence: material.evidence });
    return { status: "empty", reason: material.nothing };
  }

  const known = knownSkill(state, material);
  // Written before anything is asked: a teacher that fails leaves what it was asked about.
  await workspace.writeJson("claims.json", {
    claims: known?.claims ?? [],
    evidence: allItems(known?.items ?? [], material.evidence),
  });
  const prompt = promptOf(material, known, environment.config);
  const omitted = environment.teacher === undefined ? [] : prompt.omitted;
  for (const what of omitted) workspace.reporter.info(`Left out of the prompt: ${what}.`);
  await requireNoSecrets([{ name: "The prompt", text: `${prompt.system}\n${prompt.text}` }]);
  const asked = await askDistiller(material, prompt, known, environment);
  if (asked.answer === undefined) return { status: "empty", reason: asked.reason };

  const { name, path } = placeOf(material, asked.answer, known, state);
  const files = [...(material.besides ?? []), ...asked.besides];
  const existing = await existingWithFiles(state, name, files);
  const entries = traceEntries(material, prompt, asked.model, environment.now());
  const author = environment.teacher === undefined ? ("offline" as const) : ("model" as const);
  const metadata = Object.fromEntries(Object.entries(material.metadata).filter(([, value]) => value !== ""));
  const { answer } = asked;
  const draft = draftSkill(
    { name, path, answer, author, evidence: material.evidence, traces: entries, metadata, files },
    existing,
  );
  await workspace.writeJson("claims.json", {
    claims: draft.evidence.claims,
    evidence: allItems(draft.evidence.evidence, material.evidence),
  });
  for (const { operation, reason } of draft.refused)
    workspace.reporter.warning(`Refused: ${operation.op}, because ${reason}.`);
  const nothing = nothingProposed(name, draft);
  if (nothing) return nothing;
  requireValidSkill(
    { name, path, text: draft.text },
    "Correct the existing SKILL.md, or distil with another model.",
  );
  await requireNoSecrets([
    { name: path, text: draft.text },
    { name: `${name}.json`, text: JSON.stringify(draft.evidence, null, 2) },
    ...draft.files.map((file) => ({ name: `${name}/${file.path}`, text: file.content })),
  ]);
  const folder = path.slice(0, -"SKILL.md".length);
  return {
    status: "proposed",
    files: new Map(draft.files.map((file) => [`${folder}${file.path}`, file.content])),
    skill: {
      name,
      path,
      change: draft.change === "added" ? "added" : "changed",
      traces: entries,
      op: material.op,
      scope: material.scope,
      rejects: material.rejects,
      base: {
        skill: existing === undefined ? null : sha256(existing.text),
        evidence: existing?.evidence === undefined ? null : sha256(JSON.stringify(existing.evidence)),
      },
      author,
      answer,
      evidence: citedBy(answer, material.evidence),
      metadata,
      files: [...files],
      text: draft.text,
      evidence_file: draft.evidence,
      notes: [
        ...draft.notes,
        ...(material.remarks ?? []),
        ...asked.notes,
        ...omitted.map((what) => `Left out of the prompt for length: ${what}.`),
      ],
      refused: draft.refused,
      unsupported: asked.unsupported,
    },
  };
}

/** The evidence file of a skill that has learned from every trace of the material already. */
function skillThatKnows(state: LibraryState, { traces }: Material): EvidenceFile | undefined {
  return [...state.evidence.values()].find((file) => {
    if (!state.skills.has(file.skill)) return false;
    const known = new Set(file.traces.map((entry) => entry.sha256));
    return traces.every((trace) => known.has(trace.sha256));
  });
}

function nothingProposed(name: string, draft: Draft): Outcome | undefined {
  if (draft.change === "unchanged") {
    const confirmed = draft.confirmed.length;
    const reason = `The skill ${name} says all of it already${confirmed > 0 ? `; ${confirmed} claims are confirmed` : ""}.`;
    return { status: "unchanged", reason };
  }
  if (draft.evidence.claims.some((claim) => claim.state === "active")) return undefined;
  return { status: "empty", reason: "No claim was left that rests on evidence." };
}

interface KnownSkill {
  name: string;
  existing: ExistingSkill;
  /** As they stand in the file now, with what a person changed, and what they rest on. */
  claims: Claim[];
  items: Evidence[];
}

/** The skill that earlier traces of the same kind went into. */
function knownSkill(state: LibraryState, { place }: Material): KnownSkill | undefined {
  for (const [name, file] of state.evidence) {
    const isOurs = state.skills.get(name)?.path === `${place.folder}${name}/SKILL.md`;
    if (!isOurs || (place.name !== undefined && place.name !== name)) continue;
    const existing = file.traces.some(place.extends) ? existingSkill(state, name) : undefined;
    if (!existing) continue;
    const body = parseSkillFile(existing.text, name).body;
    const { claims, handEvidence } = reconcile(body, file.claims, name);
    return { name, existing, claims, items: [...file.evidence, ...handEvidence] };
  }
  return undefined;
}

/** Where the skill goes. Throws `Failure` (exit code 1) where something lies that is no valid skill. */
function placeOf(
  material: Material,
  answer: DistillAnswer,
  known: KnownSkill | undefined,
  state: LibraryState,
): { name: string; path: string } {
  const { place, dsl, op } = material;
  const wish =
    known?.name ?? place.name ?? sanitizeName(answer.skill_name, { dsl, prefix: place.prefix, op });
  const name = freeName(state, wish, material);
  const path = `${place.folder}${name}/SKILL.md`;
  if (!state.rejected.has(path)) return { name, path };
  throw new Failure(`${path} exists and is not a valid skill.`, {
    remedy: "Run overproof lint and correct it first; it is never written over.",
    exitCode: 1,
  });
}

/** A name that no skill outside of the material's own place has: a model must not choose whose skill it writes into. */
function freeName(state: LibraryState, wish: string, { place }: Material): string {
  let name = wish;
  for (let n = 2; ; n += 1) {
    const taken = state.skills.get(name);
    if (taken === undefined) return name;
    const isInPlace = taken.path === `${place.folder}${name}/SKILL.md`;
    // Directly in the library lie people's own skills as well.
    const isOurs = place.folder !== "" || state.evidence.get(name)?.traces.some(place.extends) === true;
    if (isInPlace && isOurs) return name;
    const ending = `-${n}`;
    name = `${wish.slice(0, 64 - ending.length).replace(/-$/, "")}${ending}`;
  }
}

function existingSkill(state: LibraryState, name: string): ExistingSkill | undefined {
  const skill = state.skills.get(name);
  return skill && { text: skill.text, evidence: state.evidence.get(name) };
}

async function existingWithFiles(
  state: LibraryState,
  name: string,
  wanted: readonly SkillFileBeside[],
): Promise<ExistingSkill | undefined> {
  const existing = existingSkill(state, name);
  const folder = state.skills.get(name)?.path.replace(/SKILL\.md$/, "");
  if (existing === undefined || folder === undefined) return undefined;
  const files = new Map<string, string>();
  for (const { path } of wanted) {
    const text = state.files.get(`${folder}${path}`) ?? (await state.readFile(`${folder}${path}`));
    if (text !== undefined) files.set(path, text);
  }
  return { ...existing, files };
}

/** What the other skills of the library say, so that it is not said twice. */
function libraryClaims(state: LibraryState, except: string | undefined): LibraryClaims {
  const claims = new Map<string, readonly Claim[]>();
  for (const [name, { text }] of state.skills) {
    if (name === except) continue;
    const { body } = parseSkillFile(text, name);
    claims.set(name, reconcile(body, state.evidence.get(name)?.claims ?? [], name).claims);
  }
  return claims;
}

function promptOf(material: Material, known: KnownSkill | undefined, config: Config): Prompt {
  const { prompt, op, evidence } = material;
  const { language } = config;
  return distillPrompt({ ...prompt, subject: op, language, evidence, known }, config["max-prompt-tokens"]);
}

function traceEntries(material: Material, prompt: Prompt, model: string, now: Date): TraceEntry[] {
  const { mode, dsl, backend, arch } = material;
  const prompt_sha256 = sha256(`${prompt.system}\0${prompt.text}`);
  const distilled_at = now.toISOString();
  return material.traces.map(({ sha256: digest, source, op }) => {
    return { sha256: digest, mode, op, dsl, backend, arch, source, model, prompt_sha256, distilled_at };
  });
}

interface Asked {
  answer: DistillAnswer | undefined;
  reason: string;
  unsupported: string[];
  /** For the reviewer. */
  notes: string[];
  besides: readonly SkillFileBeside[];
  model: string;
}

async function askDistiller(
  material: Material,
  prompt: Prompt,
  known: KnownSkill | undefined,
  environment: DistillEnvironment,
): Promise<Asked> {
  const { teacher, workspace, state } = environment;
  if (teacher === undefined) {
    const offline = material.offline(
      known && { name: known.name, claims: known.claims, evidence: known.existing.evidence?.evidence ?? [] },
      libraryClaims(state, known?.name),
    );
    await workspace.write("llm_prompt.txt", `${prompt.system}\n\n${prompt.text}\n`);
    await workspace.write("llm_response.txt", `${JSON.stringify(offline?.answer ?? null, null, 2)}\n`);
    return {
      answer: offline?.answer,
      notes: offline?.notes ?? [],
      besides: offline?.besides ?? [],
      reason: material.nothingOffline,
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
      const read = seedAnswerToOperations(seed, material.evidence);
      if (read.answer.operations.length === 0) return undefined;
      unsupported = read.unsupported;
      return read.answer;
    },
  });
  const description = value.description.trim() || material.plainDescription;
  const answer = { ...value, description };
  const asked = { reason: "", besides: [], unsupported, model: recordedModel(teacher.spec, model) };
  // Lessons recur in many traces, steps of a search in one: only the former are held against the whole library.
  if (material.mode !== "error_fix" && material.mode !== "session") return { answer, notes: [], ...asked };
  const library = libraryClaims(state, known?.name);
  return { ...(await settleAnswer(answer, known?.claims ?? [], library, teacher)), ...asked };
}

/** The first item of each id: what was recorded once stays. */
function allItems(first: readonly Evidence[], second: readonly Evidence[]): Evidence[] {
  const items = new Map<string, Evidence>();
  for (const item of [...first, ...second]) if (!items.has(item.id)) items.set(item.id, item);
  return [...items.values()];
}

/** The items that operations name: what is needed to apply them again to a library that moved on. */
function citedBy(answer: DistillAnswer, evidence: readonly Evidence[]): Evidence[] {
  const cited = new Set(answer.operations.flatMap((operation) => operation.evidence));
  return evidence.filter((item) => cited.has(item.id));
}
