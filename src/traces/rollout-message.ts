import { listAt, textAt, type JsonValue } from "./json-value.ts";
import { contentText } from "./message-content.ts";
import { partUserText } from "./harness-text.ts";

/** What Codex puts into a user's message: whole elements with a name of its own, and a few headings. */
const ownElement = /^\s*<(?:[a-z]+[_-][a-z_-]+|permissions|instructions|skill)\b[^<>]*>[^]*<\/[^<>]+>\s*$/i;
const imageTag = /^\s*<\/?image\b[^<>]*>\s*$/;
const heading =
  /^\s*(?:# AGENTS\.md instructions\b|Another language model started to solve this problem\b|Warning: )/;

/** A text of a user's message, parted into the words of the person and what Codex put there. */
export function partOfMessage(text: string): { words: string; harness: string } {
  if (imageTag.test(text) || text.trim() === "") return { words: "", harness: "" };
  if (ownElement.test(text) || heading.test(text)) return { words: "", harness: text };
  return partUserText(text);
}

/** The texts of a user's message, one by one: Codex puts its own beside the person's. */
export function userTexts(message: { [key: string]: JsonValue }): string[] {
  const content = message["content"];
  if (!Array.isArray(content)) return [contentText(content)];
  return listAt(message, "content").map((part) => contentText([part]));
}

/** The name of the skill that Codex put into a message, or an empty text. */
export function skillIn(text: string): string {
  return /^\s*<skill>\s*<name>([^<]{1,200})<\/name>/.exec(text)?.[1]?.trim() ?? "";
}

/** The summary that begins a compacted history. */
export function isSummary(text: string): boolean {
  return text.startsWith("Another language model started to solve this problem");
}

/** A reasoning item: what the provider shows of it; the rest is encrypted. */
export function reasoningText(item: { [key: string]: JsonValue }): string {
  const content = contentText(item["content"]);
  return content === "" ? contentText(item["summary"]) : content;
}

/** The output of a tool: a text, parts, or in older files an object with `content` and `success`. */
export function outputOf(item: { [key: string]: JsonValue }): { text: string; isError: boolean | null } {
  const output = item["output"];
  if (typeof output === "object" && output !== null && !Array.isArray(output)) {
    const isError = output["success"] === false ? true : null;
    return { text: textAt(output, "content") || contentText(output["content_items"]), isError };
  }
  return { text: contentText(output), isError: null };
}
