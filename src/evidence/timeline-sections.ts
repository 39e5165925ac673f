import { codeBlock } from "../report/markdown.ts";
import { showHidden } from "../skills/hidden-characters.ts";
import {
  type ConversationAction,
  type ConversationNode,
  type ConversationTrace,
  rootId,
} from "../traces/akg-conversation.ts";
import { isJsonObject, type JsonValue } from "../traces/json-value.ts";
import { isCode, isUserText } from "./action-facts.ts";
import type { Branch } from "./conversation-branches.ts";
import { measuredFigures } from "./measured-figures.ts";
import { shortened } from "./shortened-text.ts";

/** One or more lines of a timeline. */
export interface TimelinePiece {
  text: string;
  /** Words of the user, code, figures, status and headers are never shortened. */
  keep: boolean;
}

/** One action of a conversation, or the head of a branch. */
export interface TimelineSection {
  /** The node it tells of; undefined for the head of a branch. */
  node: string | undefined;
  header: string;
  pieces: TimelinePiece[];
}

/** In characters: values of results up to this stand in a line, longer ones in a block. As AKG has it. */
const inlineLength = 1000;
const maxArgument = 500;
/** Longer outputs are files and logs that an agent read. */
const maxResult = 8000;
/** A value with a figure is kept as a whole up to this length. */
const maxKeptLine = 600;

/**
 * The sections of a timeline: the user's first request, then every action in the order of the branches, with a head
 * before each branch where there are several. Values are JSON, texts stand as they are with hidden characters shown.
 * A long text or code that stands in an earlier section is named and not repeated; other long values are shortened
 * with a mark. Nothing that a user said is left out.
 */
export function timelineSections(trace: ConversationTrace, branches: readonly Branch[]): TimelineSection[] {
  const shown = new Map<string, string>();
  const sections: TimelineSection[] = [];
  const tell = (id: string): void => {
    const node = trace.nodes.get(id);
    for (const action of node?.actions ?? []) if (node) sections.push(sectionOf(node, action, shown));
  };
  tell(rootId);
  for (const [index, branch] of branches.entries()) {
    if (branches.length > 1) sections.push(branchHead(branch, index, branches.length));
    for (const id of branch.nodes) tell(id);
  }
  return sections;
}

/** A section as it stands in a timeline. */
export function sectionText(section: TimelineSection): string {
  return `${[section.header, ...section.pieces.map((piece) => piece.text)].join("\n")}\n`;
}

function branchHead({ after, nodes, inTree }: Branch, index: number, count: number): TimelineSection {
  const from = after === undefined ? "" : `, after ${oneLine(after)}`;
  const where = inTree ? from : ", which the tree does not lead to";
  const header = `\n---\n## Branch ${index + 1} of ${count} (${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}${where})`;
  return { node: undefined, header, pieces: [] };
}

function sectionOf(
  node: ConversationNode,
  action: ConversationAction,
  shown: Map<string, string>,
): TimelineSection {
  const { tool, arguments: given, result, timestamp } = action;
  const header = oneLine(`### ${node.id} Turn ${node.turn} — ${tool} (${timestamp.slice(0, 19)})`);
  const pieces: TimelinePiece[] = [];
  const value = (key: string, content: JsonValue, isResult: boolean): void => {
    pieces.push(...valuePieces(action, key, content, isResult, { node: node.id, shown }));
  };
  const results = isJsonObject(result) ? result : { result: result ?? "" };
  const answered = new Set(Object.values(results));
  for (const [key, content] of Object.entries(given)) {
    // Of code that is passed in and comes back, the result is what was generated.
    if (isCode(key, content) && answered.has(content)) {
      pieces.push({ text: `**${oneLine(key)}**: (${count(content)}, as in the result)`, keep: false });
    } else value(key, content, false);
  }
  for (const [key, content] of Object.entries(results)) {
    if (!key.startsWith("_") && content !== "") value(key, content, true);
  }
  return { node: node.id, header, pieces };
}

function valuePieces(
  action: ConversationAction,
  key: string,
  value: JsonValue,
  isResult: boolean,
  context: { node: string; shown: Map<string, string> },
): TimelinePiece[] {
  const inner: { key: string; text: string }[] = [];
  const text = typeof value === "string" ? value : withoutCode(value, inner);
  const nested = inner.flatMap((code) =>
    valuePieces(action, `${key}: ${code.key}`, code.text, isResult, context),
  );
  return [...textPieces(action, key, text, value, isResult, context), ...nested];
}

function textPieces(
  action: ConversationAction,
  key: string,
  text: string,
  value: JsonValue,
  isResult: boolean,
  { node, shown }: { node: string; shown: Map<string, string> },
): TimelinePiece[] {
  const label = `**${oneLine(key)}**`;
  const isKept = isUserText(action, key) || isCode(key, value);
  const before = text.length > maxArgument ? shown.get(text) : undefined;
  if (before !== undefined)
    return [{ text: `${label}: (${count(text)}, as shown at ${oneLine(before)})`, keep: isKept }];
  const short = shortened(text, isResult ? maxResult : maxArgument);
  if (isKept || short === text) shown.set(text, node);
  const hasFigure = typeof value === "number" || key === "status" || measuredFigures(text).length > 0;
  const isFigure =
    hasFigure && text.length <= maxKeptLine && (isResult || (typeof value === "string" && key !== "status"));
  const isBlock = text.length > inlineLength || /[\n\r\u2028\u2029]/.test(text);
  if (!isBlock) return [{ text: `${label}: ${showHidden(isKept ? text : short)}`, keep: isKept || isFigure }];
  const block = codeBlock(isKept ? text : short);
  const head = `${label} (${count(text)}):`;
  if (isKept || isFigure) return [{ text: `${head}\n${block}`, keep: true }];
  const fence = block.slice(0, block.indexOf("\n"));
  return [
    { text: `${head}\n${fence}`, keep: true },
    { text: block.slice(fence.length + 1, -fence.length - 1), keep: false },
    { text: fence, keep: true },
  ];
}

/** JSON in one line. Code in it is told apart: in JSON nobody could read it, and it would be shortened. */
function withoutCode(value: JsonValue, codes: { key: string; text: string }[]): string {
  return JSON.stringify(value, (key, inner: JsonValue) => {
    if (!isCode(key, inner)) return inner;
    codes.push({ key, text: inner });
    return `(${count(inner)} of code, below)`;
  });
}

function count(text: string): string {
  return `${text.length.toLocaleString("en")} characters`;
}

function oneLine(text: string): string {
  return showHidden(text.slice(0, 300).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " "));
}
