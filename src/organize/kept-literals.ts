import { fencedLines } from "../distill/code-fence.ts";
import { operatorClass } from "../distill/operator-class.ts";
import { literalsOf } from "../distill/similarity.ts";

/**
 * The literals of a text that a reader cannot do without: numbers, quoted strings, constants and names of an interface.
 * The name of an operator is none, since a class stands for it.
 */
export function neededLiterals(text: string): Set<string> {
  const named = [...literalsOf(text), ...codeNames(text)];
  return new Set(named.filter((literal) => !isOperatorName(literal)));
}

/** Whether a text holds every literal that another one needs. */
export function keepsLiterals(text: string, other: string): boolean {
  const held = neededLiterals(text);
  for (const literal of neededLiterals(other)) if (!held.has(literal)) return false;
  return true;
}

/** Names in code: those of a fence, and those in code marks. */
function codeNames(text: string): string[] {
  return fencedLines(text).flatMap(({ line, isCode }) => {
    const code = isCode ? line : (line.match(/(`+)(.+?)\1/g) ?? []).join(" ");
    return (code.match(/[\p{L}_][\p{L}\p{N}_]{2,}/gu) ?? []).map((name) => name.toLowerCase());
  });
}

/** `softmax_kernel`, but not `tl.sum`, which every program calls so. */
function isOperatorName(literal: string): boolean {
  return /^[a-z0-9]+(?:_[a-z0-9]+)+$/.test(literal) && operatorClass(literal) !== undefined;
}
