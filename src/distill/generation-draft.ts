import { sha256 } from "../digest.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { Failure } from "../failure.ts";
import { sanitizeName } from "../skills/skill-name.ts";
import type { DistillAnswer } from "./distill-answer.ts";
import type { LibraryState } from "./distill-material.ts";
import { type Draft, draftSkill } from "./draft.ts";
import type { TraceEntry } from "./evidence-file.ts";
import type { GenerateEnvironment, Generation } from "./generation.ts";
import type { First } from "./generation-answer.ts";
import type { Material } from "./material.ts";
import { requestFile } from "./request-evidence.ts";
import type { SkillFileBeside } from "./skill-files.ts";

/** Where the skill goes: a new one directly into the library, under a name that nothing else has. */
export function placeOf(
  { base, request }: Generation,
  answer: DistillAnswer,
  state: LibraryState,
): { name: string; path: string } {
  if (base !== undefined) return { name: base.name, path: base.path };
  const words = answer.skill_name.trim() || request.task.slice(0, 60);
  const wish = sanitizeName(words, { dsl: "", prefix: "session", op: "task" });
  let name = wish;
  for (let n = 2; state.skills.has(name); n += 1) {
    const ending = `-${n}`;
    name = `${wish.slice(0, 64 - ending.length).replace(/-$/, "")}${ending}`;
  }
  const path = `${name}/SKILL.md`;
  if (!state.rejected.has(path)) return { name, path };
  throw new Failure(`${path} exists and is not a valid skill.`, {
    remedy: "Run overproof lint and correct it first; it is never written over.",
    exitCode: 1,
  });
}

export type Drafted = (
  answer: DistillAnswer,
  evidence: readonly Evidence[],
  files: readonly SkillFileBeside[],
) => Draft;

/** Drafts always start from the skill as it stands, so that all rounds together are one change. */
export function drafter(
  generation: Generation,
  { model, prompt }: First,
  place: { name: string; path: string },
  { teacher, now }: GenerateEnvironment,
): Drafted {
  const { trace, materials, request, base } = generation;
  const rest = {
    model,
    prompt_sha256: sha256(`${prompt.system}\0${prompt.text}`),
    distilled_at: now().toISOString(),
  };
  const nothing = { dsl: "", backend: "", arch: "" };
  const own = { sha256: trace.sha256, mode: "request" as const, op: request.task.slice(0, 200), ...nothing };
  const traces: TraceEntry[] = [
    { ...own, source: requestFile, ...rest },
    ...materials.flatMap(({ mode, dsl, backend, arch, traces: from }) =>
      from.map((one) => ({ ...one, mode, dsl, backend, arch, ...rest })),
    ),
  ];
  const author = teacher === undefined ? ("offline" as const) : ("model" as const);
  const metadata = { ...sharedMetadata(materials), source: "generate" };
  return (answer, evidence, files) =>
    draftSkill({ ...place, answer, author, evidence, traces, metadata, files }, base?.existing);
}

/** Values of the front matter that all traces agree on. */
function sharedMetadata(materials: readonly Material[]): Record<string, string> {
  const [first, ...others] = materials;
  return Object.fromEntries(
    Object.entries(first?.metadata ?? {}).filter(
      ([key, value]) => value !== "" && others.every(({ metadata }) => metadata[key] === value),
    ),
  );
}
