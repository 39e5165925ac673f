import { checkText, type RunRecord, runCheck } from "./check.ts";
import type { ScriptRunner } from "./eval-script.ts";
import type { SuiteCase } from "./suite.ts";
import type { Trial } from "./trial.ts";

/** The results of a case's checks, in their order. `work` is the folder of an agent, `record` what it left there. */
export async function caseChecks(
  { checks, scripts }: SuiteCase,
  answer: string,
  run: ScriptRunner | undefined,
  { record = {}, work }: { record?: RunRecord; work?: string } = {},
): Promise<Trial["checks"]> {
  const runScript: RunRecord["runScript"] = async (path) => {
    const text = scripts?.get(path);
    if (text === undefined || run === undefined) throw new Error(`The script ${path} was not read.`);
    return run({ path, text }, answer, work);
  };
  const results: Trial["checks"] = [];
  for (const check of checks) {
    results.push({ check: checkText(check), ...(await runCheck(check, answer, { ...record, runScript })) });
  }
  return results;
}
