import type { KeptCases } from "./kept-cases.ts";
import type { Agent, Agents } from "./agent.ts";
import { agentFrameDigest, type AgentRequest, agentRequest, agentRequestDigest } from "./agent-request.ts";
import type { Arms } from "./arms.ts";
import { type ChatRequest, chatRequest, frameDigest, requestDigest } from "./chat-request.ts";
import { disclosingFrameDigest, disclosingRequest } from "./disclosure.ts";
import type { Given } from "./given.ts";
import { isDisclosed, type PlannedTrial } from "./plan.ts";
import type { SuiteCase, TriggerQuery } from "./suite.ts";
import { triggerFrameDigest, triggerRequest } from "./trigger-request.ts";

/** A skill with all that its trials need. */
export interface MeasuredSkill {
  name: string;
  /** Of the SKILL.md, relative to the folder that holds the library. */
  path: string;
  /** The SKILL.md of the head arm. */
  text: string;
  arms: Arms;
  /** Only those that are measured. */
  cases: readonly SuiteCase[];
  /** What the change does to the cases of its base; absent without a base. */
  kept?: KeptCases;
  /** Only where triggering is measured. */
  triggers?: readonly TriggerQuery[];
}

interface Material {
  case: SuiteCase;
  given: Given | null;
  /** Where triggering is measured: what the case was made from. */
  trigger: TriggerQuery | undefined;
}

export interface ChatMaterial extends Material {
  runner: "chat";
  /** The first one, where the skill is disclosed step by step. */
  request: ChatRequest;
  isDisclosed: boolean;
}

export interface AgentMaterial extends Material {
  runner: "command";
  request: AgentRequest;
  agent: Agent;
}

/** What a planned trial stands for. */
export type TrialMaterial = ChatMaterial | AgentMaterial;

/**
 * Finds the material of a trial; `agents` are those of the configuration. Throws where a plan asks for what its skills
 * do not have, which is a bug.
 */
export function materialOf(
  skills: readonly MeasuredSkill[],
  agents: Agents = new Map(),
): (trial: PlannedTrial) => TrialMaterial {
  const bySkill = new Map(
    skills.map(({ name, arms, cases, triggers = [] }) => [
      name,
      {
        arms,
        cases: new Map(cases.map((one) => [one.id, one])),
        triggers: new Map(triggers.map((one) => [one.id, one])),
      },
    ]),
  );
  return ({ skill, arm, case: planned, student }) => {
    const { id, measurement } = planned;
    const found = bySkill.get(skill);
    const trigger = measurement === "triggering" ? found?.triggers.get(id) : undefined;
    const one = trigger === undefined ? found?.cases.get(id) : caseOfTrigger(trigger);
    const given = found?.arms.get(arm);
    if (one === undefined || given === undefined || (trigger === undefined && measurement === "triggering")) {
      throw new Error(`The plan has a trial that no skill has: ${skill}, case ${id}, ${arm}.`);
    }
    const material: Material = { case: one, given, trigger };
    if (student.runner === "chat") {
      const { sampling } = student;
      if (trigger !== undefined) {
        const request = triggerRequest(trigger.query, given, sampling);
        return { ...material, runner: "chat", request, isDisclosed: false };
      }
      const isStepwise = isDisclosed(student, planned);
      const request = (isStepwise ? disclosingRequest : chatRequest)(one, given, sampling);
      return { ...material, runner: "chat", request, isDisclosed: isStepwise };
    }
    const agent = agents.get(student.spec);
    if (agent === undefined)
      throw new Error(`The plan has an agent that is not configured: ${student.spec}.`);
    const skillFolder = agent.settings["skill-folder"];
    const request = agentRequest(one, given, { skillFolder, isOffered: trigger !== undefined });
    return { ...material, runner: "command", request, agent };
  };
}

/** SHA-256 of a request, and of what is left of it without its skill; undefined where the skill is not where it belongs. */
export function requestDigests(material: TrialMaterial): { request: string; frame: string | undefined } {
  const { given } = material;
  if (material.runner === "command") {
    return { request: agentRequestDigest(material.request), frame: agentFrameDigest(material.request) };
  }
  const frameOf =
    material.trigger !== undefined
      ? triggerFrameDigest
      : material.isDisclosed
        ? disclosingFrameDigest
        : frameDigest;
  return { request: requestDigest(material.request), frame: frameOf(material.request, given) };
}

/** A trigger query has nothing to be checked but the choice, which its runner knows. */
function caseOfTrigger({ id, query }: TriggerQuery): SuiteCase {
  return {
    id,
    prompt: query,
    files: new Map(),
    checks: [],
    assertions: [],
    expectedOutput: "",
    source: id,
    seen: false,
    mustPass: false,
  };
}
