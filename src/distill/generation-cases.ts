import { splitCases } from "../evaluate/case-split.ts";
import { type EvalCase, type EvalSuite, withNewCases, writeEvalSuite } from "../evaluate/eval-case.ts";
import { type SkillMeta, writeSkillMeta } from "../evaluate/upskill-tests.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { requireNoSecrets } from "../secrets/secret-check.ts";
import { casesPrompt, casesSchema, readCases } from "./generate-prompt.ts";
import type { GenerateEnvironment, Generation, StudentScores } from "./generation.ts";
import type { SkillFileBeside } from "./skill-files.ts";

/** The skill's cases, each marked: those it has, the examples, and what a teacher makes of the task. */
export async function suiteOf(
  generation: Generation,
  skillName: string,
  evidence: readonly Evidence[],
  { teacher, workspace, config }: GenerateEnvironment,
): Promise<EvalSuite> {
  const { suite } = generation.known;
  const plain = { files: [], inputs: {}, assertions: [], mustPass: false, traces: [], others: {} };
  const added: Omit<EvalCase, "id">[] = generation.request.examples.map(({ input, output }) => ({
    ...plain,
    prompt: input,
    expectedOutput: output,
    checks: [{ kind: "contains", text: output }],
    // The teacher is shown the examples.
    split: "development",
  }));
  if (teacher !== undefined) {
    const maxTokens = config["max-prompt-tokens"];
    const { system, text } = casesPrompt(evidence, { language: config.language, maxTokens });
    await requireNoSecrets([{ name: "The prompt", text: `${system}\n${text}` }]);
    const { value } = await teacher.ask({ purpose: "cases", system, prompt: text, schema: casesSchema });
    const { cases, notes } = await readCases(value, evidence, generation.trace.sha256);
    for (const note of notes) workspace.reporter.info(note);
    added.push(...cases);
  }
  const cases = splitCases(withNewCases(suite.cases, added), generation.seed);
  return { ...suite, skillName, cases };
}

export function countSplits({ cases }: EvalSuite): { development: number; held_out: number } {
  const held = cases.filter(({ split }) => split === "held-out").length;
  return { development: cases.length - held, held_out: held };
}

/** The files that the cases stand in, beside the skill. */
export function caseFilesOf(
  { known, skillMeta, request }: Generation,
  suite: EvalSuite,
  student: StudentScores | undefined,
  now: Date,
): SkillFileBeside[] {
  if (suite.cases.length === 0) return [];
  const evals = { path: "evals/evals.json", content: writeEvalSuite(suite) };
  if (!skillMeta) return [evals];
  const scores = student === undefined ? [] : [student.development, student.held_out];
  const total = scores.reduce((sum, score) => sum + score.total, 0);
  const passed = scores.reduce((sum, score) => sum + score.passed, 0);
  const metadata: SkillMeta = {
    version: known.meta?.version ?? "1.0",
    generated_by: "overproof",
    generated_at: now.toISOString(),
    source_task: request.task,
    test_pass_rate: total === 0 ? null : passed / total,
    license: known.meta?.license ?? null,
    compatibility: known.meta?.compatibility ?? null,
  };
  return [evals, { path: "skill_meta.json", content: writeSkillMeta(metadata, suite.cases).text }];
}
