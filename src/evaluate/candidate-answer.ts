import type { AskedDsl } from "./kernel-cases.ts";

/** What an answer holds: the source of a candidate, or nothing and why, as a sentence for its author. */
export type CandidateAnswer = { source: string } | { problem: string };

interface Fence {
  /** First word after the marks, in lower case. */
  language: string;
  source: string;
  isClosed: boolean;
}

const languages: Record<"python" | "c", ReadonlySet<string>> = {
  python: new Set(["", "python", "py", "python3"]),
  c: new Set(["", "c", "cc", "c++", "cpp", "cxx"]),
};
/** In characters; the harness reads no more. */
const largestSource = 1_000_000;

/**
 * The candidate in a student's answer: the one code fence that defines what is asked for. Where several do, the last one:
 * a student that corrects itself does so further down. A fence that is left open was cut off, and text without any
 * fence is taken for no answer.
 */
export function candidateIn(text: string, asked: { dsl: AskedDsl; problem: string }): CandidateAnswer {
  const { kind, name, pattern } = wanted(asked);
  const fences = fencesOf(text);
  if (fences.length === 0) {
    return { problem: "The answer has no fenced code block; the whole file belongs into one." };
  }
  const defining = fences.filter(({ source }) => pattern.test(source));
  const candidate = defining.findLast(({ isClosed, language }) => isClosed && languages[kind].has(language));
  if (candidate === undefined) return { problem: problemWith(defining, name) };
  const open = defining.at(-1);
  // What was begun anew and cut off was to replace the one before it.
  if (open !== undefined && !open.isClosed) return { problem: problemWith([open], name) };
  if (candidate.source.length > largestSource) {
    return { problem: `The code block has more than ${largestSource} characters.` };
  }
  return { source: candidate.source };
}

function wanted({ dsl, problem }: { dsl: AskedDsl; problem: string }): {
  kind: "python" | "c";
  name: string;
  pattern: RegExp;
} {
  if (dsl === "abi") return { kind: "c", name: "a function with C linkage", pattern: /\bextern\s+"C"/ };
  if (/\.ya?ml$/.test(problem)) {
    return {
      kind: "python",
      name: "custom_kernel",
      pattern: /^(?:def\s+custom_kernel\s*\(|custom_kernel\s*=)/m,
    };
  }
  return {
    kind: "python",
    name: "ModelNew",
    pattern: /^(?:class\s+ModelNew\s*[(:]|ModelNew\s*=)/m,
  };
}

function problemWith(defining: readonly Fence[], name: string): string {
  const last = defining.at(-1);
  if (last === undefined) return `No code block of the answer defines ${name}.`;
  if (!last.isClosed) return `The code block that defines ${name} is not closed: the answer was cut off.`;
  return `The code block that defines ${name} is marked as ${JSON.stringify(last.language.slice(0, 20))}, which is another language.`;
}

/** The fenced code blocks of a text (CommonMark 4.5), also those in lists, which are indented. */
function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  let open: { mark: string; indent: number; language: string; lines: string[] } | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, indent = "", mark = "", rest = ""] = /^([ \t]*)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (mark === "" || (mark.startsWith("`") && rest.includes("`"))) continue;
      const language = rest.trim().split(/[\s,{]/)[0] ?? "";
      open = { mark, indent: indent.length, language: language.toLowerCase(), lines: [] };
    } else if (mark.startsWith(open.mark) && rest.trim() === "") {
      fences.push(fenceOf(open, true));
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== undefined) fences.push(fenceOf(open, false));
  return fences;
}

function fenceOf(
  { indent, language, lines }: { indent: number; language: string; lines: readonly string[] },
  isClosed: boolean,
): Fence {
  const outdent = new RegExp(`^[ \\t]{0,${indent}}`);
  return { language, source: `${lines.map((line) => line.replace(outdent, "")).join("\n")}\n`, isClosed };
}
