import { operatorClass } from "../distill/operator-class.ts";
import type { Call } from "../traces/session.ts";

/** What a session works on. */
export interface Subject {
  /** `triton`, `cuda`, `cpp`, `python` or another language; `general` where nothing tells. */
  language: string;
  /** The word by which the operator is known, such as `softmax`; empty where there is none. */
  op: string;
  /** Its class by `operatorClass`; empty where there is none. */
  operatorClass: string;
}

/** Signs of languages that were seen, and the names of files that were written. */
export interface SubjectTally {
  scores: Map<string, number>;
  files: Map<string, number>;
}

const maxFiles = 200;
const maxLooked = 20_000;

const byEnding: Record<string, string> = {
  cu: "cuda",
  cuh: "cuda",
  hip: "hip",
  c: "c",
  h: "cpp",
  cc: "cpp",
  cpp: "cpp",
  cxx: "cpp",
  hpp: "cpp",
  py: "python",
  rs: "rust",
  go: "go",
  ts: "typescript",
  tsx: "typescript",
  js: "javascript",
  mjs: "javascript",
  java: "java",
  jl: "julia",
};

/** Words and calls that only one language has. */
const signs: readonly (readonly [RegExp, string, number])[] = [
  [/\btriton\b/i, "triton", 4],
  [
    /\btl\.(?:load|store|arange|dot|constexpr|float\d+|int\d+|program_id|where|zeros|sum|max|exp)\b/,
    "triton",
    4,
  ],
  [/\bcuda (?:kernel|c\+\+)|\bin cuda\b|\b(?:nvcc|__global__|__syncthreads|cuda_home)\b/i, "cuda", 4],
  [/\bCUDA\b/, "cuda", 2],
  [/\bhipcc\b/i, "hip", 4],
  [/\b(?:cargo|rustc)\b/, "rust", 4],
  [/\b(?:tilelang|cutlass|pallas)\b/i, "$&", 4],
];

export function newTally(): SubjectTally {
  return { scores: new Map(), files: new Map() };
}

/** Counts what a text tells about the language; `weight` is larger for words of the task. */
export function tallyText(tally: SubjectTally, text: string, weight: number): void {
  const looked = text.slice(0, maxLooked);
  for (const [pattern, language, score] of signs) {
    const found = pattern.exec(looked);
    if (found) add(tally.scores, language === "$&" ? found[0].toLowerCase() : language, score * weight);
  }
}

export function tallyCall(tally: SubjectTally, call: Call): void {
  if (call.kind !== "write" && call.kind !== "edit" && call.kind !== "shell") return;
  tallyText(tally, call.patch ?? call.command ?? "", 1);
  for (const path of call.paths) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const language = byEnding[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
    if (language !== undefined) add(tally.scores, language, 2);
    if (tally.files.size < maxFiles) add(tally.files, name, /test|bench|check/i.test(path) ? 0 : 1);
  }
}

/** Kernels are written among helpers of other languages: any clear sign of theirs wins over the helpers' files. */
const special = ["triton", "tilelang", "pallas", "cutlass", "cuda", "hip"];

export function subjectOf(tally: SubjectTally, task: string): Subject {
  const score = (language: string): number => tally.scores.get(language) ?? 0;
  const kernel = special.filter((language) => score(language) >= 4);
  const candidates = kernel.length > 0 ? kernel : [...tally.scores.keys()];
  const [language = "general"] = candidates.sort((a, b) => score(b) - score(a) || (a < b ? -1 : 1));
  // Elsewhere "sum" and "log" are no operators.
  const isKernel = special.includes(language) || /\bkernels?\b/i.test(task);
  return { language, ...(isKernel ? operatorOf(tally, task) : { op: "", operatorClass: "" }) };
}

/** The operator by the task's first sentences, else by the names of the files that were written most. */
function operatorOf(tally: SubjectTally, task: string): Pick<Subject, "op" | "operatorClass"> {
  const files = [...tally.files]
    .filter(([, count]) => count > 0)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name]) => name.replace(/\.\w+$/, ""));
  for (const text of [...files.slice(0, 5), task.slice(0, 300)]) {
    const words = text
      .replaceAll(/([a-z])([A-Z])/g, "$1$2")
      .toLowerCase()
      .replaceAll(/is(e|er|ation)s?\b/g, "iz$1")
      .split(/[^a-z0-9]+/)
      .filter((word) => word.length > 1);
    const found = operatorClass(words.join(" "));
    const op = words.find((word) => operatorClass(word)?.key === found?.key);
    if (found && op !== undefined) return { op, operatorClass: found.key };
  }
  return { op: "", operatorClass: "" };
}

function add(counts: Map<string, number>, key: string, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}
