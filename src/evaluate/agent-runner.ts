import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { promptPlace } from "../config/agent.ts";
import { reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { findProgram } from "../files/find-program.ts";
import { createRedactor } from "../secrets/redactor.ts";
import { valueHider } from "../secrets/value-forms.ts";
import type { AgentBench } from "./agent-bench.ts";
import { admitRun, chargeRun, isCostUnknown } from "./agent-charge.ts";
import { type AgentRun, endingOf, requireOwnEnd } from "./agent-ending.ts";
import { readAgentTrace, traceOnOutput, wasSkillChosen } from "./agent-trace.ts";
import { type AgentWorkspace, openAgentWorkspace } from "./agent-workspace.ts";
import type { Arrived } from "./arrived-answers.ts";
import { caseChecks } from "./case-checks.ts";
import type { ScriptRunner } from "./eval-script.ts";
import type { AgentMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import { answerWithFiles, producedFiles } from "./produced-files.ts";
import { type ProcessEnd, runProcess } from "./run-process.ts";
import type { Trial } from "./trial.ts";
import type { TrialEstimate } from "./trial-estimate.ts";
import { endTrial, type TrialEnd, type TrialSetting } from "./trial-end.ts";
import { triggerCheck } from "./trigger-request.ts";

export interface AgentRunner extends TrialSetting {
  /** Of this program; an agent gets the variables that its settings name. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Undefined where no case has a script. */
  scripts: ScriptRunner | undefined;
  estimate: (trial: PlannedTrial) => TrialEstimate;
  bench: AgentBench;
}

/** An argument of a command line may have 128 KiB on Linux (MAX_ARG_STRLEN). */
const longestArgument = 120_000;

/**
 * Runs one trial with an agent: in a fresh folder with the files of the case, with or without the skill in its folder of
 * skills. What the agent does is the student's, also that it takes too long, says too much, ends with an error or, where
 * nobody else could have done it, is killed or has no log any more. The rest is the infrastructure's: that it was killed
 * from outside, has no log where no run of this agent left one, or says itself that its service failed. Throws as
 * `endTrial` does, and `Failure` (exit code 2) where the agent cannot be started or its cost is limited and unknown.
 */
export async function runAgentTrial(
  planned: PlannedTrial,
  material: AgentMaterial,
  runner: AgentRunner,
): Promise<TrialEnd> {
  const { bench, arrived } = runner;
  let isolation = arrived.get(planned.key)?.isolation;
  const end = await endTrial(planned, material, runner, {
    ask: (purpose) => {
      isolation = bench.isolationOf(material.agent);
      const alone = isCostUnknown(planned, material, runner);
      return bench.inTurn(material.agent, () => ask(planned, material, runner, purpose), { alone });
    },
    checksOf: async ({ checks = [] }) => checks,
    errorClass: ({ message }) => (message.startsWith("The script") ? "script" : "agent"),
  });
  if (end === "budget spent" || isolation === undefined) return end;
  return { ...end, trial: { ...end.trial, isolation } };
}

async function ask(
  planned: PlannedTrial,
  material: AgentMaterial,
  runner: AgentRunner,
  purpose: string,
): Promise<Arrived> {
  const { budget, bench } = runner;
  const need = admitRun(planned, material, runner, purpose);
  await using workspace = await openAgentWorkspace(material.request);
  const run = await runAgent(material, workspace, runner);
  const { trace } = run;
  const cost = run.end.hasBegun ? chargeRun(planned, material, runner, { trace, need, purpose }) : null;
  requireOwnEnd(run, planned, material, bench);
  if (trace !== undefined) bench.leftLog.add(planned.student.spec);
  const checks = await checksOf(run, planned, material, { workspace, scripts: runner.scripts });
  const hide = hiding(material, runner);
  return {
    key: planned.key,
    text: hide(answerWithFiles(run.answer, run.files)),
    stop: "complete",
    model: trace?.model ?? "",
    tokens: trace?.tokens ?? unknownTokens,
    cost_usd: cost,
    latency_ms: run.latencyMs,
    calls: budget.attempts(purpose),
    checks: checks.map((one) => ({ ...one, evidence: hide(one.evidence) })),
    isolation: bench.isolationOf(material.agent),
  };
}

const unknownTokens = { input: null, cached_input: null, output: null };

async function runAgent(
  { request, agent, case: one }: AgentMaterial,
  workspace: AgentWorkspace,
  { environment, now, bench }: AgentRunner,
): Promise<AgentRun> {
  const { settings } = agent;
  const { folder, work, home, temporary, before } = workspace;
  const [, ...args] = settings.command;
  const isArgument = args.some((arg) => arg.includes(promptPlace));
  if (isArgument && (Buffer.byteLength(request.prompt) > longestArgument || request.prompt.includes("\0"))) {
    throw usageFailure(
      `The prompt of case ${one.id} cannot be an argument: it has a zero byte or more than ${longestArgument} bytes.`,
      `Leave ${promptPlace} out of the agent's command, so that the prompt comes by standard input.`,
    );
  }
  // A prompt that begins with a hyphen would be an option.
  const argument = request.prompt.startsWith("-") ? ` ${request.prompt}` : request.prompt;
  const given = handedOver(settings.environment, environment);
  const kind = bench.isolationOf(agent);
  let end: ProcessEnd;
  let started: number;
  try {
    const program = await findProgram(agent.program, environment["PATH"] ?? "");
    if (program === undefined) throw new Error(`${agent.program} is not there, or is no program`);
    const asked = args.map((arg) => arg.replaceAll(promptPlace, () => argument));
    const named = settings.environment.map((name) => environment[name] ?? "");
    const command = await bench.isolated([program, ...asked], { agent, workspace, named });
    const [outermost = "", ...rest] = command;
    started = now().getTime();
    end = await runProcess({
      program: outermost,
      args: rest,
      cwd: work,
      folder,
      saysBegun: kind !== "none",
      isWatched: kind === "none",
      environment: {
        ...given,
        HOME: home,
        TMPDIR: temporary,
        PWD: work,
      },
      input: isArgument ? "" : request.prompt,
      timeLimitMs: settings["time-limit-seconds"] * 1000,
      outputLimitBytes: settings["output-limit-bytes"],
    });
  } catch (error) {
    throw usageFailure(
      `The agent cannot be started: ${reasonOf(error)}.`,
      "Install it, or correct its command under evaluate.agents in overproof.yml.",
      error,
    );
  }
  const latencyMs = Math.max(0, now().getTime() - started);
  const trace =
    settings.trace === undefined ? undefined : await readAgentTrace(settings.trace, workspace, end.output);
  const wanted = one.checks.flatMap((check) => (check.kind === "file-produced" ? [check.path] : []));
  const files = new Map(await producedFiles(work, before, wanted));
  const answerFile = settings["answer-file"];
  const answer =
    answerFile !== undefined
      ? await answerIn(join(work, answerFile), work, settings["output-limit-bytes"])
      : settings.trace === traceOnOutput && trace !== undefined
        ? trace.answer
        : end.output;
  if (answerFile !== undefined) files.delete(answerFile);
  return { end, trace, answer, files, latencyMs };
}

/** PATH and LANG, and the variables that the settings name. */
function handedOver(
  names: readonly string[],
  environment: AgentRunner["environment"],
): Record<string, string> {
  const given: Record<string, string> = { LANG: "C.UTF-8" };
  for (const name of ["PATH", "LANG", ...names]) {
    const value = environment[name];
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** The final answer in a file; empty where there is none, and for a link or what is larger than an answer may be. */
async function answerIn(path: string, work: string, largest: number): Promise<string> {
  try {
    if ((await realPath(path)) !== path || !path.startsWith(work)) return "";
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { size, nlink } = await file.stat();
    return nlink > 1 || size > largest ? "" : await file.readFile("utf8");
  } catch {
    return "";
  }
}

async function checksOf(
  run: AgentRun,
  planned: PlannedTrial,
  { case: one, trigger, agent }: AgentMaterial,
  { workspace, scripts }: { workspace: AgentWorkspace; scripts: ScriptRunner | undefined },
): Promise<Trial["checks"]> {
  const ending = endingOf(run, { agent, case: one, trigger });
  if (trigger !== undefined) {
    const place = { name: planned.skill, skillFolder: agent.settings["skill-folder"] };
    return [...ending, triggerCheck(trigger, wasSkillChosen(run.trace?.calls ?? [], place))];
  }
  if (run.answer.trim() === "" && run.files.size === 0) {
    const evidence = "It said nothing and left no file.";
    ending.push({ check: "The agent leaves an answer or files.", passed: false, evidence });
  }
  const record = { files: run.files, ...(run.trace === undefined ? {} : { calls: run.trace.calls }) };
  return [...ending, ...(await caseChecks(one, run.answer, scripts, { record, work: workspace.work }))];
}

/** Hides the values of the variables that were handed over, and what else looks like a secret. */
function hiding({ agent }: AgentMaterial, { environment }: AgentRunner): (text: string) => string {
  const redactor = createRedactor();
  const values = agent.settings.environment
    .map((name) => environment[name] ?? "")
    .filter((value) => value.length >= 8);
  const hide = valueHider(values, "[hidden]");
  return (text) => redactor.mask(hide(text));
}
