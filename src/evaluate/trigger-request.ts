import { type ChatRequest, requestDigest } from "./chat-request.ts";
import type { CheckResult } from "./check.ts";
import type { Given } from "./given.ts";
import type { TriggerQuery } from "./suite.ts";
import { triggerChecks } from "./trigger-figures.ts";
import type { Sampling, Trial } from "./trial.ts";

const opening =
  "You are an agent that can load skills. Before you work on a request, you choose the skill that it needs, " +
  "by name and description alone. Answer with the name of one skill, or with none where the request needs none " +
  "of them. Answer with that one word and nothing else.\n\n<skills>\n";
const closing = "</skills>";

/** Asks a chat student which skill a request needs; the skill is offered by its name and description. */
export function triggerRequest(query: string, skill: Given | null, sampling: Sampling): ChatRequest {
  return { system: `${opening}${offer(skill)}${closing}`, prompt: query, sampling };
}

/** SHA-256 of a request without the skill that is offered. Undefined where it is not in it as it should be. */
export function triggerFrameDigest(request: ChatRequest, skill: Given | null): string | undefined {
  if (request.system !== `${opening}${offer(skill)}${closing}`) return undefined;
  return requestDigest({ ...request, system: `${opening}${closing}` });
}

function offer(skill: Given | null): string {
  return skill === null ? "" : `- ${skill.name}: ${skill.description.split(/\s+/).join(" ").trim()}\n`;
}

/** Whether an answer names the skill; undefined where it names neither it nor none. */
export function chosenIn(answer: string, name: string): boolean | undefined {
  const words = new Set(answer.toLowerCase().match(/[a-z0-9]+(?:-[a-z0-9]+)*/g));
  if (words.has(name.toLowerCase())) return true;
  return words.has("none") ? false : undefined;
}

/** Holds a choice against what the query asks for. `isChosen` is undefined where the student did not choose. */
export function triggerCheck(
  { shouldTrigger }: Pick<TriggerQuery, "shouldTrigger">,
  isChosen: boolean | undefined,
): Trial["checks"][number] {
  const check = shouldTrigger ? triggerChecks.chosen : triggerChecks.notChosen;
  const result: CheckResult =
    isChosen === undefined
      ? { passed: false, evidence: "It names neither the skill nor none." }
      : {
          passed: isChosen === shouldTrigger,
          evidence: isChosen ? "It chose the skill." : "It did not choose the skill.",
        };
  return { check, ...result };
}
