import { Failure } from "../failure.ts";
import { excerpt } from "../models/excerpt.ts";
import type { AgentBench } from "./agent-bench.ts";
import type { AgentTrace } from "./agent-trace.ts";
import { needOf } from "./check.ts";
import type { AgentMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import type { ProducedFiles } from "./produced-files.ts";
import type { ProcessEnd } from "./run-process.ts";
import type { Trial } from "./trial.ts";

/** What one run of an agent came to. */
export interface AgentRun {
  end: ProcessEnd;
  trace: AgentTrace | undefined;
  answer: string;
  files: ProducedFiles;
  latencyMs: number;
}

/** Throws `Failure` (exit code 3) for an end that says nothing about the student. */
export function requireOwnEnd(
  run: AgentRun,
  { student }: PlannedTrial,
  { agent, case: one, trigger }: AgentMaterial,
  { leftLog }: AgentBench,
): void {
  const { exitCode, signal, stoppedBy, errors, hasBegun } = run.end;
  const infrastructure = (problem: string): Failure =>
    new Failure(`${problem}${errors.trim() === "" ? "" : `: ${excerpt(errors, { limit: 200 })}`}`, {
      remedy: "Run it again; finished trials are kept.",
      exitCode: 3,
    });
  if (!hasBegun) throw infrastructure("The agent did not come to run in its sandbox");
  // An agent that is killed inside of a sandbox ends it with an exit code: nobody outside of it did that.
  if (stoppedBy === null && signal !== null) throw infrastructure(`The agent was killed by ${signal}`);
  if (exitCode !== null && agent.settings["infrastructure-exit-codes"].includes(exitCode)) {
    throw infrastructure(`The agent says by exit code ${exitCode} that its service failed`);
  }
  if (lacksLog(run, { case: one, trigger }) && !leftLog.has(student.spec)) {
    throw infrastructure("The agent left no log that can be read");
  }
}

/** Whether an agent that came to its own end left no log, though the case is judged by it. */
function lacksLog(
  { end, trace }: AgentRun,
  { case: one, trigger }: Pick<AgentMaterial, "case" | "trigger">,
): boolean {
  const needsLog = trigger !== undefined || needOf(one.checks) === "trace";
  return needsLog && trace === undefined && end.stoppedBy === null;
}

/** Checks that an agent has failed, whatever it left: it did not come to its own end, or its log is gone. */
export function endingOf(
  run: AgentRun,
  { agent, ...asked }: Pick<AgentMaterial, "agent" | "case" | "trigger">,
): Trial["checks"] {
  const checks = unfinished(run, agent.settings);
  if (lacksLog(run, asked)) {
    const evidence = "There is no log that can be read, and other runs of this agent left one.";
    checks.push({ check: "The agent leaves the log of its session.", passed: false, evidence });
  }
  return checks;
}

function unfinished({ end }: AgentRun, settings: AgentMaterial["agent"]["settings"]): Trial["checks"] {
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
