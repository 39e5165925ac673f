import { type AskedCase, type ChatRequest, chatRequest, requestDigest } from "./chat-request.ts";
import type { Given } from "./given.ts";
import type { Sampling } from "./trial.ts";

/** A student may ask for so many files of a skill; its next answer counts, whatever it says. */
export const mostReads = 4;

/**
 * The request of one arm where skills are disclosed step by step: as `chatRequest`, but the block tells name and
 * description alone, and how to ask for the text.
 */
export function disclosingRequest(asked: AskedCase, given: Given | null, sampling: Sampling): ChatRequest {
  const request = chatRequest(asked, null, sampling);
  return given === null ? request : { ...request, system: `${request.system}${block(given)}` };
}

/** SHA-256 of a request without the block that its arm added. Undefined where the block is not where it belongs. */
export function disclosingFrameDigest(request: ChatRequest, given: Given | null): string | undefined {
  if (given === null) return requestDigest(request);
  const added = block(given);
  const system = request.system.endsWith(added) ? request.system.slice(0, -added.length) : undefined;
  return system === undefined || system.includes(added) ? undefined : requestDigest({ ...request, system });
}

function block({ name, description }: Given): string {
  return `

<skill>
name: ${name}
description: ${description}

The text of this skill is not shown. If the task is one for it, answer with the one line READ SKILL.md, and you get it.
You get files that it names in the same way, such as READ references/table.md: one at a time, at most ${mostReads} in all.
</skill>`;
}

/** The file of the skill that an answer asks for; undefined for an answer that is one. */
export function fileAsked(answer: string): string | undefined {
  return /^`*READ[ \t]+([^\s`]+)`*$/.exec(answer.trim())?.[1]?.replace(/^\.\//, "");
}

/** A request with one more file of the skill, or word that there is none. */
export function withFile(request: ChatRequest, path: string, { body, files }: Given): ChatRequest {
  const text = path === "SKILL.md" ? body : files.get(path);
  const told = text === undefined ? "there is no such file" : `${text.length} characters:\n${text.trim()}`;
  return {
    ...request,
    prompt: `${request.prompt}\n\nFile ${JSON.stringify(path)} of the skill, which you asked for: ${told}`,
  };
}
