import { usageFailure } from "../failure.ts";
import type { TokenEstimate } from "../models/budget.ts";
import type { Usage } from "../models/model.ts";
import type { AgentBench } from "./agent-bench.ts";
import type { AgentTrace } from "./agent-trace.ts";
import type { AgentMaterial } from "./measured-skill.ts";
import type { PlannedTrial } from "./plan.ts";
import type { TrialBudget } from "./trial-budget.ts";
import type { TrialEstimate } from "./trial-estimate.ts";

interface Spender {
  budget: TrialBudget;
  bench: AgentBench;
  estimate: (trial: PlannedTrial) => TrialEstimate;
}

/**
 * Sets aside what a run may need: what its configuration says, else what the dearest run so far took, else what is known
 * of its prompt. Throws `Failure`: exit code 3 where the budget does not allow it, 2 where it is limited by something that
 * the agent has no log to tell of.
 */
export function admitRun(
  planned: PlannedTrial,
  { agent }: AgentMaterial,
  { budget, bench, estimate }: Spender,
  purpose: string,
): TokenEstimate {
  const { spec } = planned.student;
  const { trace, "usd-per-run": usdPerRun } = agent.settings;
  const { isLimited } = budget;
  if (trace === undefined && (isLimited.tokens || (isLimited.usd && usdPerRun === undefined)))
    throw untold(spec, isLimited.tokens ? "tokens" : "dollars", "has no `trace`");
  const dearest = bench.dearest.get(spec);
  const isPriced = budget.isPriced(pricedAgent(spec));
  const usd = usdPerRun ?? dearest?.usd ?? (isPriced || !isLimited.usd ? undefined : 0);
  const need: TokenEstimate = {
    inputTokens: dearest?.inputTokens ?? estimate(planned).tokens,
    outputTokens: dearest?.outputTokens ?? 0,
    ...(usd === undefined ? {} : { usd }),
  };
  budget.budget.admit(pricedAgent(spec), purpose, need);
  return need;
}

/**
 * Whether nothing tells yet what a run may cost, though dollars are limited: then one has to show it before others begin.
 * A price alone does not tell: what an agent does on its way is most of what it takes.
 */
export function isCostUnknown(
  { student }: PlannedTrial,
  { agent }: AgentMaterial,
  { budget, bench }: Spender,
): boolean {
  if (!budget.isLimited.usd || agent.settings["usd-per-run"] !== undefined) return false;
  return !bench.dearest.has(student.spec);
}

/**
 * Counts what a run took: by the cost in its log, by the tokens in its log at their price, by its configuration, or by the
 * dearest run so far, whichever is known first. Returns US dollars; null where only another run tells. Throws `Failure` (exit code 2)
 * where the budget is limited by what no run has told.
 */
export function chargeRun(
  planned: PlannedTrial,
  { agent }: AgentMaterial,
  { budget, bench }: Spender,
  { trace, need, purpose }: { trace: AgentTrace | undefined; need: TokenEstimate; purpose: string },
): number | null {
  const { spec } = planned.student;
  const tokens = trace?.tokens;
  const usage: Usage = {
    inputTokens: tokens?.input ?? null,
    outputTokens: tokens?.output ?? null,
    cachedInputTokens: tokens?.cached_input ?? null,
  };
  const hasTokens = usage.inputTokens !== null && usage.outputTokens !== null;
  const isPriced = hasTokens && budget.isPriced(pricedAgent(spec));
  const told = trace?.cost ?? (isPriced ? undefined : agent.settings["usd-per-run"]);
  const dearest = bench.dearest.get(spec);
  const charged = told ?? (isPriced ? undefined : (dearest?.usd ?? undefined));
  const usd = budget.budget.charge(pricedAgent(spec), purpose, usage, need, charged);
  const { isLimited } = budget;
  if (isLimited.usd && usd === null)
    throw untold(spec, "dollars", "has a log that tells neither cost nor priced tokens");
  if (isLimited.tokens && !hasTokens && (dearest?.inputTokens ?? null) === null)
    throw untold(spec, "tokens", "has a log that tells no tokens");
  bench.dearest.set(spec, {
    usd: higher(dearest?.usd, told ?? (isPriced ? usd : null)),
    inputTokens: higher(dearest?.inputTokens, usage.inputTokens),
    outputTokens: higher(dearest?.outputTokens, usage.outputTokens),
  });
  return told ?? (isPriced ? usd : null);
}

function pricedAgent(spec: string): { spec: string; model: string } {
  return { spec, model: spec };
}

function higher(one: number | null | undefined, other: number | null): number | null {
  return one === null || one === undefined ? other : Math.max(one, other ?? 0);
}

function untold(spec: string, limit: "dollars" | "tokens", why: string): Error {
  const name = spec.slice("command:".length);
  return usageFailure(
    `The budget is limited in ${limit}, but nobody can tell what a run of ${spec} takes: it ${why}.`,
    limit === "dollars"
      ? `Set evaluate.agents.${name}.usd-per-run, name a trace with costs, or limit calls instead.`
      : `Name a trace with tokens in evaluate.agents.${name}, or limit dollars or calls instead.`,
  );
}
