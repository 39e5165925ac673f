import type { FoundSecret, SecretKind } from "./secret-kind.ts";
import { looksRandom } from "./secret-value.ts";

/** How many characters follow the prefix of a token whose length never differs. */
const lengths: readonly (readonly [SecretKind, RegExp, number])[] = [
  ["github-token", /^gh[pousr]_/, 36],
  ["github-token", /^github_pat_/, 82],
  ["gitlab-token", /^glpat-/, 20],
  ["huggingface-token", /^hf_/, 34],
  ["npm-token", /^npm_/, 36],
  ["google-key", /^AIza/, 35],
  ["aws-access-key-id", /^A[KS]IA/, 16],
  ["anthropic-key", /^sk-ant-[a-z0-9]{3,8}-/, 95],
  ["digitalocean-token", /^do[opr]_v1_/, 64],
];

const atLineEnd =
  /\b(?:gh[pousr]_|github_pat_|glpat-|hf_|npm_|AIza|A[KS]IA|sk-|do[opr]_v1_)[A-Za-z0-9_-]{0,200}(?=[ \t]{0,4}\r?\n)/g;
/** What a terminal or a quotation puts before the rest. */
const rest = /[ \t]{0,4}\r?\n[ \t>|+-]{0,8}([A-Za-z0-9_-]{2,200})(?![A-Za-z0-9_-])/y;

/**
 * Tokens that go over the end of a line: what a known length lacks, or, where the length is not known, what looks
 * random. Each part is a place of its own, so that lines stay, and they share one value.
 */
export function wrappedTokens(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  for (const { index, 0: first } of text.matchAll(atLineEnd)) {
    const firstEnd = index + first.length;
    rest.lastIndex = firstEnd;
    const second = rest.exec(text)?.[1];
    if (second === undefined) continue;
    const kind = kindOf(first, second);
    if (kind === null) continue;
    const value = first + second;
    found.push({ kind, from: index, to: firstEnd, value });
    found.push({ kind, from: rest.lastIndex - second.length, to: rest.lastIndex, value });
  }
  return found;
}

function kindOf(first: string, second: string): SecretKind | null {
  const known = lengths.find(([, prefix]) => prefix.test(first));
  if (known === undefined) return first.startsWith("sk-") && looksRandom(second) ? "openai-key" : null;
  const [kind, prefix, length] = known;
  const missing = length + (prefix.exec(first)?.[0].length ?? 0) - first.length;
  const isRest = missing === second.length && /\d/.test(second) && /[A-Za-z]/.test(second);
  return isRest || (missing > 0 && looksRandom(second)) ? kind : null;
}
