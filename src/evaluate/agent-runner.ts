import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { promptPlace } from "../config/agent.ts";
import { Failure, reasonOf, usageFailure } from "../failure.ts";
import { realPath } from "../files/real-path.ts";
import { excerpt } from "../models/excerpt.ts";
import { createRedactor } from "../secrets/redactor.ts";
import { type AgentTrace, readAgentTrace, traceOnOutput, wasSkillChosen } from "./agent-trace.ts";
import { type AgentWorkspace, openAgentWorkspace } from "./agent-workspace.ts";
import type { Arrived } from "./arrived-answers.ts";
import { caseChecks } from "./case-checks.ts";
import { needOf } from "./check.ts";
import type { ScriptRunner } from "./eval-script.ts";
import type { AgentMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import { answerWithFiles, type ProducedFiles, producedFiles } from "./produced-files.ts";
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
}

/** What one run of an agent came to. */
interface AgentRun {
  end: ProcessEnd;
  trace: AgentTrace | undefined;
  answer: string;
  files: ProducedFiles;
  latencyMs: number;
}

/** An argument of a command line may have 128 KiB on Linux (MAX_ARG_STRLEN). */
const longestArgument = 120_000;

/**
 * Runs one trial with an agent: in a fresh folder with the files of the case, with or without the skill in its folder of
 * skills. What the agent does is the student's, also that it takes too long, says too much or ends with an error. That
 * it was killed from outside, left no log where one is needed, or says itself that its service failed is the
 * infrastructure's. Throws as `endTrial` does, and `Failure` (exit code 2) where the agent cannot be started.
 */
export async function runAgentTrial(
  planned: PlannedTrial,
  material: AgentMaterial,
  runner: AgentRunner,
): Promise<TrialEnd> {
  return endTrial(planned, material, runner, {
    ask: (purpose) => ask(planned, material, runner, purpose),
    checksOf: async ({ checks = [] }) => checks,
    errorClass: ({ message }) => (message.startsWith("The script") ? "script" : "agent"),
  });
}

async function ask(
  planned: PlannedTrial,
  material: AgentMaterial,
  runner: AgentRunner,
  purpose: string,
): Promise<Arrived> {
  const { budget, estimate } = runner;
  const model = { spec: planned.student.spec, model: planned.student.spec };
  const expected = { inputTokens: estimate(planned).tokens, outputTokens: 0 };
  budget.budget.admit(model, purpose, expected);
  await using workspace = await openAgentWorkspace(material.request);
  const run = await runAgent(material, workspace, runner);
  const { input, cached_input, output } = run.trace?.tokens ?? unknownTokens;
  const usage = { inputTokens: input, cachedInputTokens: cached_input, outputTokens: output };
  const cost = budget.budget.charge(model, usage, expected);
  requireOwnEnd(run, material);
  const checks = await checksOf(run, planned, material, { workspace, scripts: runner.scripts });
  const hide = hiding(material, runner);
  return {
    key: planned.key,
    text: hide(answerWithFiles(run.answer, run.files)),
    stop: "complete",
    model: run.trace?.model ?? "",
    tokens: run.trace?.tokens ?? unknownTokens,
    cost_usd: cost ?? run.trace?.cost ?? null,
    latency_ms: run.latencyMs,
    calls: budget.attempts(purpose),
    checks: checks.map((one) => ({ ...one, evidence: hide(one.evidence) })),
  };
}

const unknownTokens = { input: null, cached_input: null, output: null };

async function runAgent(
  { request, agent, case: one }: AgentMaterial,
  workspace: AgentWorkspace,
  { environment, now }: AgentRunner,
): Promise<AgentRun> {
  const { settings, program } = agent;
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
  const started = now().getTime();
  let end: ProcessEnd;
  try {
    end = await runProcess({
      program,
      args: args.map((arg) => arg.replaceAll(promptPlace, () => argument)),
      cwd: work,
      folder,
      environment: {
        ...handedOver(settings.environment, environment),
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

/** Throws `Failure` (exit code 3) for an end that says nothing about the student. */
function requireOwnEnd({ end, trace }: AgentRun, { agent, case: one, trigger }: AgentMaterial): void {
  const { exitCode, signal, stoppedBy, errors } = end;
  const infrastructure = (problem: string): Failure =>
    new Failure(`${problem}${errors.trim() === "" ? "" : `: ${excerpt(errors, { limit: 200 })}`}`, {
      remedy: "Run it again; finished trials are kept.",
      exitCode: 3,
    });
  if (stoppedBy === null && signal !== null) throw infrastructure(`The agent was killed by ${signal}`);
  if (exitCode !== null && agent.settings["infrastructure-exit-codes"].includes(exitCode)) {
    throw infrastructure(`The agent says by exit code ${exitCode} that its service failed`);
  }
  const needsTrace = trigger !== undefined || needOf(one.checks) === "trace";
  if (needsTrace && trace === undefined && stoppedBy === null) {
    throw infrastructure("The agent left no log that can be read");
  }
}

async function checksOf(
  run: AgentRun,
  planned: PlannedTrial,
  { case: one, trigger, agent }: AgentMaterial,
  { workspace, scripts }: { workspace: AgentWorkspace; scripts: ScriptRunner | undefined },
): Promise<Trial["checks"]> {
  const ending = endingOf(run, agent.settings);
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

/** An agent that does not come to its own end has failed, whatever it left. */
function endingOf({ end }: AgentRun, settings: AgentMaterial["agent"]["settings"]): Trial["checks"] {
  const { exitCode, stoppedBy, errors } = end;
  if (stoppedBy === null && exitCode === 0) return [];
  const said = errors.trim() === "" ? "" : ` It said: ${JSON.stringify(excerpt(errors, { limit: 200 }))}.`;
  const evidence =
    stoppedBy === "time"
      ? `It was stopped after ${settings["time-limit-seconds"]} s.`
      : stoppedBy === "output"
        ? `It was stopped after ${settings["output-limit-bytes"]} bytes of output.`
        : `It ended with exit code ${exitCode}.${said}`;
  return [{ check: "The agent comes to its end within its limits.", passed: false, evidence }];
}

/** Hides the values of the variables that were handed over, and what else looks like a secret. */
function hiding({ agent }: AgentMaterial, { environment }: AgentRunner): (text: string) => string {
  const redactor = createRedactor();
  const values = agent.settings.environment
    .map((name) => environment[name] ?? "")
    .filter((value) => value.length >= 8);
  return (text) => redactor.mask(values.reduce((left, value) => left.replaceAll(value, "[hidden]"), text));
}
