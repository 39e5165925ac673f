import type { SyntaxNode, TreeCursor } from "@lezer/common";
import { parser as cppParser } from "@lezer/cpp";
import { parser as pythonParser } from "@lezer/python";
import type { SourceLanguage } from "../evidence/source-text.ts";

/** A named value in code: a keyword argument, a constant, an array size, a default, a dictionary entry. */
export interface Setting {
  name: string;
  /** What takes it: the called function, or an empty string for a plain constant. */
  owner: string;
  value: string;
}

/** What can be named in a piece of code without understanding it. */
export interface CodeFacts {
  settings: Setting[];
  /** Functions called, as written: `tl.load`, `std::exp`, `__syncthreads`. */
  calls: Set<string>;
  /** Loops, pragmas, decorators and vector types, as written on one line. */
  constructs: Set<string>;
}

/** No kernel is longer or nests deeper; error recovery of the parsers takes too long on what does. */
const maxCodeLength = 256_000;
const maxDepth = 200;

/** Runs of operators make error recovery slow; bars in comments are gone or made of other characters. */
const operatorRun = /([<>`!&|^~%@$?:;,.+])\1{63}/;

function isNestedTooDeep(code: string): boolean {
  let depth = 0;
  for (const character of code) {
    if ("([{".includes(character)) depth += 1;
    else if (")]}".includes(character)) depth = Math.max(0, depth - 1);
    if (depth > maxDepth) return true;
  }
  return false;
}

/** Signs that a Python string holds C, C++ or CUDA source. */
const cLike = /#include\b|__global__|\bextern "C"|\btemplate ?<|;\n/;

/**
 * Reads the facts of Python, C, C++ or CUDA source; device code inside Python strings counts as code.
 * Never throws: both parsers recover from errors, and what they cannot read gives no fact.
 */
export function readCodeFacts(code: string, language: SourceLanguage = "python"): CodeFacts {
  const facts: CodeFacts = { settings: [], calls: new Set(), constructs: new Set() };
  if (code.length > maxCodeLength || operatorRun.test(code) || isNestedTooDeep(code)) return facts;
  if (language === "c") readCpp(code, facts);
  else readPython(code, facts);
  return facts;
}

function readPython(code: string, facts: CodeFacts): void {
  const tree = pythonParser.parse(code);
  const imported = new Set<string>();
  walk(tree.cursor(), (node) => {
    if (node.name !== "ImportStatement") return;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.name === "VariableName") imported.add(code.slice(child.from, child.to));
    }
  });
  walk(tree.cursor(), (node) => {
    switch (node.name) {
      case "CallExpression": {
        // Only what comes from a module has a name that means the same in another kernel.
        const callee = calleeOf(node, code);
        if (imported.has(/^\w+/.exec(callee)?.[0] ?? "")) addCall(facts, callee);
        break;
      }
      case "ArgList":
        readArguments(node, code, facts);
        break;
      case "ParamList":
        for (const [name, value] of assignmentsIn(node, code)) addSetting(facts, "", name, value, code);
        break;
      case "AssignStatement":
        for (const [name, value] of assignmentsIn(node, code)) addSetting(facts, "", name, value, code);
        break;
      case "ArrayExpression":
        readFlags(node, code, facts);
        break;
      case "DictionaryExpression":
        readDictionary(node, code, facts);
        break;
      case "ForStatement":
      case "WhileStatement":
        addConstruct(facts, code.slice(node.from, childNamed(node, "Body")?.from ?? node.to));
        break;
      case "Decorator":
        addConstruct(
          facts,
          code.slice(node.from, Math.min(node.to, childNamed(node, "ArgList")?.from ?? node.to)),
        );
        break;
      case "String":
      case "FormatString":
        readEmbedded(code.slice(node.from, node.to), facts);
        break;
    }
  });
}

/** Keyword arguments, and plain numbers by position, as in `triton.cdiv(n, 256)`. */
function readArguments(list: SyntaxNode, code: string, facts: CodeFacts): void {
  const owner = list.parent?.name === "CallExpression" ? calleeOf(list.parent, code) : "";
  const launch = owner.includes("[");
  for (const [name, value] of assignmentsIn(list, code))
    addSetting(facts, launch ? "" : owner, name, value, code);
  let position = 1;
  for (let node = list.firstChild; node; node = node.nextSibling) {
    if (node.name === ",") position += 1;
    else if (node.name === "Number" && node.prevSibling?.name !== "AssignOp") {
      addSetting(facts, owner, `argument ${position}`, node, code);
    }
  }
}

/** Texts in a list that has a name, such as compiler flags. */
function readFlags(list: SyntaxNode, code: string, facts: CodeFacts): void {
  const name = list.prevSibling?.name === "AssignOp" ? list.prevSibling.prevSibling : null;
  if (name?.name !== "VariableName") return;
  for (let entry = list.firstChild; entry; entry = entry.nextSibling) {
    if (entry.name !== "String") continue;
    addConstruct(facts, `${code.slice(name.from, name.to)}: ${code.slice(entry.from + 1, entry.to - 1)}`);
  }
}

function readDictionary(node: SyntaxNode, code: string, facts: CodeFacts): void {
  for (let entry = node.firstChild; entry; entry = entry.nextSibling) {
    const value = entry.nextSibling?.nextSibling;
    if (entry.name === "String" && entry.nextSibling?.name === ":" && value) {
      addSetting(facts, "", code.slice(entry.from + 1, entry.to - 1), value, code);
    }
  }
}

function readEmbedded(literal: string, facts: CodeFacts): void {
  const match = /^[A-Za-z]*("""|'''|"|')([\s\S]*)\1$/.exec(literal);
  const source = match?.[2] ?? "";
  if (cLike.test(source)) readCpp(source, facts);
}

function readCpp(code: string, facts: CodeFacts): void {
  for (const line of code.matchAll(/^[ \t]*#\s*(pragma\b.*|define\s+(\w+)\s+(\S.*))$/gm)) {
    const name = line[2];
    const value = line[3];
    if (name !== undefined && value !== undefined)
      facts.settings.push({ owner: "", name, value: value.trim() });
    else addConstruct(facts, `#${line[1] ?? ""}`);
  }
  for (const launch of code.matchAll(/<<<\s*([^>]*?)\s*>>>/g))
    addConstruct(facts, `<<<${launch[1] ?? ""}>>>`);
  const tree = cppParser.parse(code);
  const declared = new Set<string>();
  walk(tree.cursor(), (node) => {
    if (!/^(?:FunctionDeclarator|InitDeclarator|ParameterDeclaration|Declaration)$/.test(node.name)) return;
    const name =
      node.name === "ParameterDeclaration" || node.name === "Declaration" ? node.lastChild : node.firstChild;
    const text = name ? code.slice(name.from, name.to) : "";
    if (/^\w+$/.test(text)) declared.add(text);
  });
  walk(tree.cursor(), (node) => {
    switch (node.name) {
      case "CallExpression": {
        const callee = code.slice(node.from, node.firstChild?.to ?? node.from);
        if (node.firstChild?.name !== "FieldExpression" && !declared.has(callee)) addCall(facts, callee);
        break;
      }
      case "TemplateType":
        addConstruct(facts, code.slice(node.from, childNamed(node, "TemplateArgumentList")?.from ?? node.to));
        break;
      case "InitDeclarator": {
        // The start of a counting loop is part of the loop, which is named as a whole.
        if (node.parent?.parent?.name === "ForStatement") break;
        const [name, value] = [node.firstChild, node.lastChild];
        if (name && value) addSetting(facts, "", code.slice(name.from, name.to), value, code);
        break;
      }
      case "ArrayDeclarator": {
        const name = node.firstChild;
        const size = childNamed(node, "Number") ?? childNamed(node, "Identifier", 1);
        if (name && size) addSetting(facts, "", `${code.slice(name.from, name.to)}[]`, size, code);
        break;
      }
      case "ForStatement":
      case "WhileStatement": {
        const close = childNamed(node, ")");
        addConstruct(facts, code.slice(node.from, close?.to ?? node.from));
        break;
      }
      case "TypeIdentifier":
        if (/^(?:\w*\d+|__m\w+|\w+_t)$/.test(code.slice(node.from, node.to))) {
          addConstruct(facts, code.slice(node.from, node.to));
        }
        break;
    }
  });
}

/** Calls that say nothing about a kernel; the loops around `range` are constructs of their own. */
const plainCalls = new Set([
  "range",
  "super",
  "print",
  "len",
  "int",
  "float",
  "str",
  "isinstance",
  "static_cast",
]);

function addCall(facts: CodeFacts, callee: string): void {
  const name = callee.replace(/\[.*$/s, "").replaceAll(/\s+/g, " ").trim();
  if (/^[\w.:<>*,& ]{1,80}$/.test(name) && !plainCalls.has(name)) facts.calls.add(name);
}

function addConstruct(facts: CodeFacts, text: string): void {
  const line = text.replaceAll(/\s+/g, " ").trim().replace(/:$/, "");
  if (line !== "" && line.length <= 160) facts.constructs.add(line);
}

const constantName = /^(?:[A-Z][A-Z0-9_]*|num_\w+)$/;

function addSetting(facts: CodeFacts, owner: string, name: string, value: SyntaxNode, code: string): void {
  const text = code.slice(value.from, value.to).replaceAll(/\s+/g, " ");
  const literal = /^(?:Number|String|Boolean|None|UnaryExpression|True|False|true|false|StringLiteral)$/.test(
    value.name,
  );
  // A constant may be computed: `BLOCK_SIZE = triton.next_power_of_2(n)`. Passing it on under its name says nothing.
  const computed = constantName.test(name) && text !== name && text.length <= 60;
  if ((literal || computed) && text.length <= 80 && !/\n|"""|'''/.test(code.slice(value.from, value.to)))
    facts.settings.push({ owner, name, value: text });
}

/** The pairs `name = value` right under a node. */
function assignmentsIn(node: SyntaxNode, code: string): [string, SyntaxNode][] {
  const pairs: [string, SyntaxNode][] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== "AssignOp") continue;
    const typed = child.prevSibling?.name === "TypeDef";
    const left = typed ? child.prevSibling?.prevSibling : child.prevSibling;
    const value = child.nextSibling;
    if (left?.name === "VariableName" && value) pairs.push([code.slice(left.from, left.to), value]);
  }
  return pairs;
}

function calleeOf(call: SyntaxNode, code: string): string {
  const callee = call.firstChild;
  return callee ? code.slice(callee.from, callee.to) : "";
}

function childNamed(node: SyntaxNode, name: string, skip = 0): SyntaxNode | null {
  let left = skip;
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name === name && left-- === 0) return child;
  }
  return null;
}

function walk(cursor: TreeCursor, visit: (node: SyntaxNode) => void): void {
  do visit(cursor.node);
  while (cursor.next());
}
