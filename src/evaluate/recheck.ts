import { sha256 } from "../digest.ts";
import { assertionBasis, heldAgainst } from "./assertion-judge.ts";
import { candidateIn } from "./candidate-answer.ts";
import { checkText, runCheck } from "./check.ts";
import { judgementKey } from "./judgement.ts";
import type { JudgementLookup } from "./judgement-store.ts";
import type { KernelSpec } from "./kernel-cases.ts";
import type { TrialLookup } from "./measured-case.ts";
import type { PlannedTrial } from "./plan.ts";
import type { SuiteCase } from "./suite.ts";
import type { Trial } from "./trial.ts";

/** What came of holding stored results against the replies that they are about. */
export interface Recheck {
  /** Results whose checks were carried out again. */
  checked: number;
  /** Results without the text of their reply. */
  withoutReply: number;
  /** What is wrong, as sentences, one a result. */
  problems: string[];
  /** The keys of the results that something is wrong with, or that came without their reply. */
  doubtful: Set<string>;
}

/**
 * Carries out the checks of finished chat trials again, on the replies that lie beside the results: a result that says
 * something else than its reply was made up or changed on its way. What a script said cannot be
 * repeated, and what a judge said is held against its stored judgement.
 */
export async function recheck(
  planned: readonly PlannedTrial[],
  trials: TrialLookup,
  options: {
    caseOf: (trial: PlannedTrial) => SuiteCase;
    replyOf: (digest: string) => Promise<string | undefined>;
    /** Of the plan; null without one. */
    judge: string | null;
    judgements: JudgementLookup;
  },
): Promise<Recheck> {
  const found: Recheck = { checked: 0, withoutReply: 0, problems: [], doubtful: new Set() };
  const seen = new Set<string>();
  for (const one of planned) {
    const trial = trials.get(one.key);
    if (trial === undefined || trial.outcome === "excluded" || seen.has(one.key)) continue;
    seen.add(one.key);
    const place = `Case ${one.case.id} of ${one.skill}, ${one.arm}, repeat ${one.identity.repeat + 1}`;
    const wrong = (problem: string): void => {
      found.problems.push(problem);
      found.doubtful.add(one.key);
    };
    if ((trial.outcome === "passed") !== trial.checks.every(({ passed }) => passed)) {
      wrong(`${place} is called ${trial.outcome}, but its checks say something else.`);
      continue;
    }
    if (one.identity.runner !== "chat" || one.identity.measurement !== "capability") continue;
    const reply = trial.reply_sha256 === null ? undefined : await options.replyOf(trial.reply_sha256);
    if (reply === undefined) {
      found.withoutReply += 1;
      found.doubtful.add(one.key);
      continue;
    }
    if (sha256(reply) !== trial.reply_sha256) {
      wrong(`${place}: the reply is not the one that was judged.`);
      continue;
    }
    found.checked += 1;
    const asked = options.caseOf(one);
    if (asked.kernel !== undefined) {
      const problem = otherKernel(trial, reply, asked.kernel);
      if (problem !== undefined) wrong(`${place}: ${problem}`);
      continue;
    }
    const problem =
      (await disagreement(trial, reply, asked)) ??
      misjudged(trial, reply, { asked, digest: one.case.sha256, ...options });
    if (problem !== undefined) wrong(`${place}: ${problem}`);
  }
  return found;
}

/** The first check that says something else than the result; undefined where all agree. */
async function disagreement(trial: Trial, reply: string, { checks }: SuiteCase): Promise<string | undefined> {
  const recorded = new Map(trial.checks.map(({ check, passed }) => [check, passed]));
  for (const check of checks) {
    // A script needs its sandbox, and the gate runs nothing of a pull request.
    if (check.kind === "script") continue;
    const text = checkText(check);
    const { passed, evidence } = await runCheck(check, reply);
    const said = recorded.get(text);
    if (said === undefined) return `nothing says whether it holds: ${text}`;
    if (said !== passed) return `${evidence} The result says something else.`;
  }
  if (trial.outcome === "passed" && reply.trim() === "") return "an empty reply did not pass.";
  return undefined;
}

/**
 * What a kernel is worth cannot be measured again here, but it has to be the one that the reply holds, and the result
 * has to say one thing.
 */
function otherKernel(
  { kernel, outcome }: Trial,
  reply: string,
  { problem, measuring }: KernelSpec,
): string | undefined {
  if (kernel === undefined) return "nothing says what its kernel is worth.";
  const { verdict, compiled, speedup } = kernel;
  const isCorrect = verdict === "correct";
  if ((outcome === "passed") !== isCorrect || (isCorrect && !compiled) || (!isCorrect && speedup !== null)) {
    return `it is called ${outcome}, and its kernel ${verdict}, ${compiled ? "" : "not "}compiled and ${speedup === null ? "not " : ""}timed.`;
  }
  const found = candidateIn(reply, { dsl: measuring.dsl, problem: problem.name });
  const digest = "source" in found ? sha256(found.source) : null;
  return digest === kernel.candidate_sha256
    ? undefined
    : "the kernel that was measured is not the one in the reply.";
}

/** The first assertion of which the result says something else than the judgement that it rests on. */
function misjudged(
  trial: Trial,
  reply: string,
  judged: { asked: SuiteCase; digest: string; judge: string | null; judgements: JudgementLookup },
): string | undefined {
  const { asked, digest, judge, judgements } = judged;
  // Nobody is asked about an empty reply.
  if (judge === null || asked.assertions.length === 0 || reply.trim() === "") return undefined;
  const found = judgements.get(judgementKey(assertionBasis(judge, digest, sha256(reply))));
  if (found === undefined || !("findings" in found)) {
    return "there is no judgement of its assertions.";
  }
  const recorded = trial.checks.slice(-asked.assertions.length);
  for (const [index, assertion] of asked.assertions.entries()) {
    const finding = found.findings[index];
    const check = recorded[index];
    const holds = finding !== undefined && heldAgainst(reply, finding).passed;
    if (check?.check !== assertion || check.passed !== holds) {
      return `its judgement says something else of this: ${assertion}`;
    }
  }
  return undefined;
}
