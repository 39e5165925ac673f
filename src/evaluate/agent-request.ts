import { posix } from "node:path";
import { compareText } from "../compare-text.ts";
import { sha256 } from "../digest.ts";
import { usageFailure } from "../failure.ts";
import type { AskedCase } from "./chat-request.ts";
import type { Given } from "./given.ts";

/** What an agent finds when it starts. */
export interface AgentRequest {
  prompt: string;
  /** What its arm put before the prompt. */
  block: string;
  /** Files of the case, by their paths in the working folder. */
  files: ReadonlyMap<string, string>;
  /** Files of the skill, by their paths in the working folder. */
  installed: ReadonlyMap<string, Uint8Array>;
}

/**
 * The request of one arm to an agent. All arms of a case get the same files and the same prompt. With a skill it is
 * installed where the agent looks for skills; where it is `given`, and not only offered, a block before the prompt says
 * so. Throws `Failure` (exit code 2) for a case that brings files of its own to where the agent is set up.
 */
export function agentRequest(
  asked: AskedCase,
  skill: Given | null,
  options: { skillFolder: string; isOffered: boolean },
): AgentRequest {
  const { skillFolder, isOffered } = options;
  const settings = skillFolder.split("/")[0] ?? skillFolder;
  for (const path of asked.files.keys()) {
    if (path !== settings && !path.startsWith(`${settings}/`)) continue;
    throw usageFailure(
      `A case brings the file ${path}, which lies where the agent is set up.`,
      `Put the files of cases elsewhere than below ${settings}.`,
    );
  }
  const folder = skill === null ? "" : posix.join(skillFolder, skill.name);
  const block =
    skill === null || isOffered
      ? ""
      : `Use the skill ${skill.name}: read ${folder}/SKILL.md first, and follow it where it applies.\n\n`;
  const installed = new Map(
    [...(skill?.installed ?? [])].map(([path, bytes]) => [posix.join(folder, path), bytes]),
  );
  return { prompt: `${block}${asked.prompt}`, block, files: asked.files, installed };
}

/** SHA-256 of all that an agent finds. */
export function agentRequestDigest({ prompt, files, installed }: AgentRequest): string {
  const skill = [...installed].map(([path, bytes]): [string, string] => [path, sha256(bytes)]);
  return sha256(JSON.stringify([prompt, [...files].sort(byPath), skill.sort(byPath)]));
}

/** The same without what the arm added. Undefined where the block is not where it belongs. */
export function agentFrameDigest(request: AgentRequest): string | undefined {
  const { prompt, block } = request;
  if (!prompt.startsWith(block)) return undefined;
  return agentRequestDigest({ ...request, prompt: prompt.slice(block.length), installed: new Map() });
}

function byPath([a]: [string, string], [b]: [string, string]): number {
  return compareText(a, b);
}
