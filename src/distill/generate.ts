import { type ChatAnswer, isForChat } from "../evaluate/chat-answer.ts";
import { type EvalCase, type EvalSuite, writeEvalSuite } from "../evaluate/eval-case.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import type { Draft } from "./draft.ts";
import type { GenerateEnvironment, Generated, Generation, StudentScores, Version } from "./generation.ts";
import { firstAnswer, improvedAnswer } from "./generation-answer.ts";
import { caseFilesOf, countSplits, suiteOf } from "./generation-cases.ts";
import { type Drafted, drafter, placeOf } from "./generation-draft.ts";
import { answerCases, refine, type RefinementRound, scoreOf } from "./refine.ts";
import { requestFile } from "./request-evidence.ts";
import { requireValidSkill } from "./valid-skill.ts";
import { traceFolderName } from "./workspace.ts";

/**
 * Makes a skill, or a better one, from a request and evidence, with cases to prove it by. The teacher that writes the
 * skill does not see its cases, and the one that writes the cases does not see the skill; held-out cases are in no
 * prompt of a teacher. Nothing is written but the workspace.
 */
export async function generateSkill(
  generation: Generation,
  environment: GenerateEnvironment,
): Promise<Generated> {
  const { workspace, teacher } = environment;
  const evidence = [
    ...generation.trace.evidence,
    ...generation.materials.flatMap((material) => material.evidence),
  ];
  await workspace.write(requestFile, generation.trace.text);
  for (const [index, { files, remarks = [] }] of generation.materials.entries()) {
    for (const remark of remarks) workspace.reporter.warning(remark);
    const folder = generation.materials.length === 1 ? "" : `${traceFolderName(index + 1)}/`;
    for (const [name, value] of files) {
      if (typeof value === "string") await workspace.write(`${folder}${name}`, value);
      else await workspace.writeJson(`${folder}${name}`, value);
    }
  }
  await workspace.writeJson("claims.json", { claims: [], evidence });
  const first = await firstAnswer(generation, evidence, environment);
  if (first === undefined) {
    const reasons = generation.materials.map(({ nothing, nothingOffline }) => nothing ?? nothingOffline);
    return nothingGenerated([...new Set(reasons)].join(" "), generation.base);
  }
  const place = placeOf(generation, first.answer, environment.state);
  const drafted = drafter(generation, first, place, environment);
  const start: Version = { answer: first.answer, evidence, draft: drafted(first.answer, evidence, []) };
  for (const { operation, reason } of start.draft.refused)
    workspace.reporter.warning(`Refused: ${operation.op}, because ${reason}.`);
  if (!saysSomething(start.draft)) {
    return nothingGenerated("No claim was left that rests on evidence.", place);
  }
  await requireCleanDraft(place, start.draft);

  const suite = await suiteOf(generation, place.name, evidence, environment);
  const written = writeEvalSuite(suite);
  await requireNoSecrets([{ name: "cases.json", text: written }]);
  await workspace.write("cases.json", written);
  const tried = await tryOut(start, suite, { generation, environment, name: place.name, drafted });
  const { version } = tried;
  const files = caseFilesOf(generation, suite, tried.student, environment.now());
  const draft = drafted(version.answer, version.evidence, files);
  for (const note of draft.notes) workspace.reporter.info(note);
  await workspace.writeJson("claims.json", { claims: draft.evidence.claims, evidence: version.evidence });
  const rest = { ...place, cases: countSplits(suite), refinement: tried.refinement, student: tried.student };
  if (draft.change === "unchanged") {
    const reason = `The skill ${place.name} says all of it already.`;
    return { status: "unchanged", reason, draft: undefined, ...rest };
  }
  const remedy = `Correct the existing SKILL.md, or ${teacher === undefined ? "name" : "use another"} model.`;
  requireValidSkill({ ...place, text: draft.text }, remedy);
  await requireCleanDraft(place, draft);
  return { status: "proposed", draft, ...rest };
}

function nothingGenerated(reason: string, place: { name: string; path: string } | undefined): Generated {
  const { name, path } = place ?? { name: "", path: "" };
  const cases = { development: 0, held_out: 0 };
  return { status: "empty", reason, name, path, draft: undefined, cases, refinement: [], student: undefined };
}

/** Throws `Failure` (exit code 1) for a secret that a teacher wrote, before a student or a file is given it. */
async function requireCleanDraft({ name }: { name: string }, draft: Draft): Promise<void> {
  await requireNoSecrets([
    { name: `${name}/SKILL.md`, text: draft.text },
    { name: `${name}.json`, text: JSON.stringify(draft.evidence, null, 2) },
    ...draft.files.map((file) => ({ name: `${name}/${file.path}`, text: file.content })),
  ]);
}

function saysSomething({ evidence }: Draft): boolean {
  return evidence.claims.some((claim) => claim.state === "active");
}

/** Lets a student work with the skill, and the teacher improve it on the development cases. */
async function tryOut(
  start: Version,
  suite: EvalSuite,
  {
    generation,
    environment,
    name,
    drafted,
  }: {
    generation: Generation;
    environment: GenerateEnvironment;
    name: string;
    drafted: Drafted;
  },
): Promise<{ version: Version; refinement: RefinementRound[]; student: StudentScores | undefined }> {
  const { student, teacher, workspace } = environment;
  if (student === undefined) return { version: start, refinement: [], student: undefined };
  const forChat = suite.cases.filter(isForChat);
  const development = forChat.filter(({ split }) => split === "development");
  const heldOut = forChat.filter(({ split }) => split === "held-out");
  const answers = (version: Version, cases: readonly EvalCase[]): Promise<ChatAnswer[]> => {
    const { body } = parseSkillFile(version.draft.text, name);
    return answerCases(student, cases, { name, body }, workspace.reporter);
  };
  const improve = async (version: Version, failed: readonly ChatAnswer[]): Promise<Version | undefined> => {
    if (teacher === undefined) return undefined;
    const options = { teacher, generation, config: environment.config, name };
    const { answer, evidence } = await improvedAnswer(version, failed, options);
    const draft = drafted(answer, evidence, []);
    await requireCleanDraft({ name }, draft);
    return draft.text === version.draft.text ? undefined : { answer, evidence, draft };
  };
  const refined = await refine(start, {
    cases: development,
    rounds: generation.rounds,
    answer: (version) => answers(version, development),
    improve,
  });
  const scores: StudentScores = {
    development: refined.development,
    held_out: scoreOf(await answers(refined.version, heldOut)),
    not_run: suite.cases.length - forChat.length,
  };
  return { version: refined.version, refinement: refined.rounds, student: scores };
}
