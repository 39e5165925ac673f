import { sha256 } from "../digest.ts";
import type { Given } from "./given.ts";
import type { Sampling } from "./trial.ts";

/** What a chat student is sent. */
export interface ChatRequest {
  system: string;
  prompt: string;
  sampling: Sampling;
}

/** A case as its prompt needs it: what is asked, and the files that belong to it, by name. */
export interface AskedCase {
  prompt: string;
  files: ReadonlyMap<string, string>;
}

const opening = "You work on one task. Answer it directly and completely. Your whole answer is judged.";
const begin = "<skill>";
const end = "</skill>";

/**
 * The request of one arm. All arms of a case get the same system text, files, prompt and sampling; the skill stands in
 * one block of the system text, and without a skill the block is not there. Nothing else may differ: `frameOf` takes
 * the block out, and what is left has to be equal byte for byte.
 */
export function chatRequest(asked: AskedCase, given: Given | null, sampling: Sampling): ChatRequest {
  return {
    system: `${opening}${given === null ? "" : skillBlock(given)}`,
    prompt: askedText(asked),
    sampling,
  };
}

/** A case as text: what is asked, and its files. */
export function askedText(asked: AskedCase): string {
  const files = [...asked.files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `\n\nFile ${JSON.stringify(name)}, ${text.length} characters:\n${text}`);
  return `${asked.prompt}${files.join("")}`;
}

/** The block that an arm adds. References follow the body, so that nothing it points to is missing. */
export function skillBlock({ name, description, body, files }: Given): string {
  const parts = [`\n\n${begin}\nname: ${name}\ndescription: ${description}\n\n${body.trim()}`];
  for (const [path, text] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    parts.push(`\n\nFile ${JSON.stringify(path)} of the skill:\n${text.trim()}`);
  return `${parts.join("")}\n${end}`;
}

/** SHA-256 of a request. */
export function requestDigest(request: ChatRequest): string {
  return sha256(JSON.stringify([request.system, request.prompt, sorted(request.sampling)]));
}

/** SHA-256 of a request without the block that its arm added. Undefined where the block is not in it as it should be. */
export function frameDigest(request: ChatRequest, given: Given | null): string | undefined {
  if (given === null) return requestDigest(request);
  const block = skillBlock(given);
  const at = request.system.indexOf(block);
  if (at === -1 || request.system.indexOf(block, at + 1) !== -1) return undefined;
  const system = request.system.slice(0, at) + request.system.slice(at + block.length);
  return requestDigest({ ...request, system });
}

function sorted(sampling: Sampling): [string, number][] {
  return Object.entries(sampling).sort(([a], [b]) => (a < b ? -1 : 1));
}
