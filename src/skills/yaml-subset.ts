import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  Schema,
  type YAMLParseError,
} from "yaml";
import { reasonOf } from "../failure.ts";
import { codePointName, hiddenCharacters, showHidden } from "./hidden-characters.ts";
import { type Problem, quoted } from "./lint-rules.ts";

export interface YamlReading {
  document: Document.Parsed | undefined;
  problems: Problem[];
  /** 1-based line of an offset in the source. */
  lineAt: (offset: number) => number;
}

/**
 * Reads YAML with the failsafe schema, in which every scalar is text, and reports what lies outside of the subset
 * that skills may use (strictyaml's: no flow style, anchors, tags, duplicate keys) or that PyYAML and js-yaml
 * refuse. Aliases are never resolved, so nothing can grow.
 */
export function readYaml(source: string): YamlReading {
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  let document: Document.Parsed;
  try {
    document = parseDocument(source, {
      schema: "failsafe",
      lineCounter: lines,
      uniqueKeys: true,
      stringKeys: true,
      prettyErrors: false,
      logLevel: "silent",
    });
  } catch (thrown) {
    return { document: undefined, problems: [syntaxProblem(reasonOf(thrown), 1)], lineAt };
  }

  const [first] = document.errors
    .filter((error) => error.code !== "DUPLICATE_KEY")
    .toSorted((one, other) => one.pos[0] - other.pos[0]);
  if (first)
    return { document: undefined, problems: [errorProblem(first, document, source, lineAt)], lineAt };

  const problems: Problem[] = document.errors.map((error) => {
    const key = /^[^:\s]*/.exec(source.slice(error.pos[0]))?.[0] ?? "";
    return { rule: "yaml-subset-duplicate", line: lineAt(error.pos[0]), values: [quoted(key)] };
  });
  const end = /^\.\.\.(?=\s|$)/m.exec(source);
  if (end) problems.push({ rule: "yaml-subset-document", line: lineAt(end.index) });
  const nodes = allNodes(document.contents);
  const found = nodes.flatMap((node) => nodeProblems(node, source, lineAt));
  problems.push(...new Map(found.map((problem) => [`${problem.rule}:${problem.line}`, problem])).values());
  problems.push(...tabProblems(source, nodes, lineAt));
  return { document, problems, lineAt };
}

function syntaxProblem(reason: string, line: number, hint?: string): Problem {
  return { rule: "yaml-syntax", line, values: [reason], ...(hint === undefined ? {} : { hint }) };
}

/** The parser's first error in words of someone who writes front matter, on the line where it was made. */
function errorProblem(
  error: YAMLParseError,
  document: Document.Parsed,
  source: string,
  lineAt: (offset: number) => number,
): Problem {
  const [offset] = error.pos;
  const line = lineAt(offset);
  switch (error.code) {
    case "BLOCK_AS_IMPLICIT_KEY": {
      const colon = source.slice(offset).search(/:\s/);
      return syntaxProblem(
        "a value holds a colon and a space, which starts another `key: value`",
        lineAt(offset + Math.max(0, colon)),
        "Put the value in double quotes, or start the key in the column of the others.",
      );
    }
    case "MISSING_CHAR":
    case "BAD_INDENT": {
      if (!/^(Missing closing|Flow)/.test(error.message)) break;
      const opened = valueStart(document.contents, offset) ?? offset;
      return syntaxProblem(
        "a quote or bracket is opened and not closed",
        lineAt(opened),
        "Put the value in double quotes, from its first to its last character.",
      );
    }
    case "MULTILINE_IMPLICIT_KEY":
      return syntaxProblem("a line is no `key: value`", line, "Write a colon and a space after the key.");
    case "UNEXPECTED_TOKEN": {
      if (!/["'][ \t]*$/.test(source.slice(0, offset))) break;
      return syntaxProblem(
        "text follows a closing quote",
        line,
        'Put the value in double quotes, and write \\" for a double quote inside of them.',
      );
    }
    case "TAB_AS_INDENT":
      return { rule: "yaml-subset-tab", line };
    case "NON_STRING_KEY":
      return syntaxProblem("a key is not text", line, "Write keys as plain words.");
    case "RESOURCE_EXHAUSTION":
      return syntaxProblem("it is nested too deeply", line, "Write one `key: value` a line.");
    default:
  }
  return syntaxProblem(
    showHidden(reasonOf(error)).replace(/[.:]$/, "").slice(0, 160),
    line,
    "Write one `key: value` a line, in one column; put values with punctuation in double quotes.",
  );
}

/** Where the top-level value that holds an offset starts. */
function valueStart(root: unknown, offset: number): number | undefined {
  if (!isMap(root)) return undefined;
  for (const { value } of root.items) {
    const range = isScalar(value) || isCollection(value) ? value.range : undefined;
    if (range && range[0] < offset && offset <= range[1]) return range[0];
  }
  return undefined;
}

function allNodes(root: unknown): Node[] {
  const nodes: Node[] = [];
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (isPair(next)) {
      waiting.push(next.value, next.key);
    } else if (isScalar(next) || isAlias(next)) {
      nodes.push(next);
    } else if (isCollection(next)) {
      nodes.push(next);
      waiting.push(...next.items.toReversed());
    }
  }
  return nodes;
}

function nodeProblems(node: Node, source: string, lineAt: (offset: number) => number): Problem[] {
  const line = lineAt(node.range?.[0] ?? 0);
  const problems: Problem[] = [];
  if (isAlias(node)) return [{ rule: "yaml-subset-anchor", line }];
  if ((isScalar(node) || isCollection(node)) && node.anchor !== undefined) {
    problems.push({ rule: "yaml-subset-anchor", line });
  }
  if (node.tag !== undefined) problems.push({ rule: "yaml-subset-tag", line });
  if (isCollection(node) && node.flow) problems.push({ rule: "yaml-subset-flow", line });
  const written = source.slice(node.range?.[0], node.range?.[1]);
  if (isScalar(node) && !isClosed(node, written)) {
    problems.push(syntaxProblem("a quote is opened and not closed", line));
  }
  if (isScalar(node) && node.type === Scalar.QUOTE_DOUBLE) {
    const hidden = hiddenCharacters(String(node.value));
    const inSource = hiddenCharacters(written);
    if (hidden.length > inSource.length) {
      const names = hidden.slice(0, 5).map(({ character }) => `${codePointName(character)} (escaped)`);
      problems.push({ rule: "hidden-characters", line, values: [names.join(", ")] });
    }
  }
  return problems;
}

/** The parser takes the first half of an escaped quote for the closing one when the next line is less indented. */
function isClosed({ type }: Scalar, written: string): boolean {
  if (type === Scalar.QUOTE_SINGLE) return /^'(?:[^']|'')*'$/.test(written);
  return type !== Scalar.QUOTE_DOUBLE || /^"(?:[^"\\]|\\[^])*"$/.test(written);
}

/** Tabs are harmless in quotes, block text and comments; PyYAML refuses them everywhere else. */
function tabProblems(source: string, nodes: readonly Node[], lineAt: (offset: number) => number): Problem[] {
  if (!source.includes("\t")) return [];
  const plain = 1;
  const protectedText = 2;
  const kinds = new Uint8Array(source.length);
  for (const node of nodes) {
    if (isScalar(node) && node.range) {
      kinds.fill(node.type === Scalar.PLAIN ? plain : protectedText, node.range[0], node.range[1]);
    }
  }
  const problems: Problem[] = [];
  let inComment = false;
  let reported = 0;
  for (let offset = 0; offset < source.length; offset++) {
    const character = source[offset];
    if (character === "\n") inComment = false;
    else if (character === "#" && kinds[offset] === 0) inComment = true;
    else if (character === "\t" && !inComment && kinds[offset] !== protectedText) {
      const line = lineAt(offset);
      if (line !== reported) problems.push({ rule: "yaml-subset-tab", line });
      reported = line;
    }
  }
  return problems;
}

/** How YAML 1.2's core schema and YAML 1.1 (PyYAML, js-yaml 3) find numbers, truth values, dates and nulls. */
const typedScalars = ["core", "yaml-1.1"]
  .flatMap((schema) => new Schema({ schema }).tags)
  .flatMap((tag) => (tag.default && "test" in tag && tag.test instanceof RegExp ? [tag.test] : []));

/** Whether every YAML reader takes this plain (unquoted) scalar for text. PyYAML also gives `=` a type of its own. */
export function readsAsText(plain: string): boolean {
  return plain !== "=" && plain !== "<<" && !typedScalars.some((pattern) => pattern.test(plain));
}
