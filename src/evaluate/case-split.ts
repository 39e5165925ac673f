import { sha256 } from "../digest.ts";
import { groupBy } from "../group-by.ts";
import { type EvalCase, plainPrompt, type Split } from "./eval-case.ts";

/** About so many of the cases are held out. */
const heldOutShare = 0.4;

/**
 * Decides which cases are held out. A case that is marked keeps its mark; the others fall by a hash of seed and prompt,
 * so that neither their order nor the other cases move one from one side to the other. Only where all would fall on
 * one side, the one with the outermost hash changes it: there is a held-out case wherever there are two or more
 * prompts without a mark, and a development case too. Equal prompts never part.
 */
export function splitCases(cases: readonly EvalCase[], seed: number): (EvalCase & { split: Split })[] {
  const marked = new Map(cases.flatMap(({ prompt, split }) => (split ? [[plainPrompt(prompt), split]] : [])));
  const open = [...groupBy(cases, ({ prompt }) => plainPrompt(prompt)).keys()]
    .filter((prompt) => !marked.has(prompt))
    .map((prompt) => ({ prompt, place: placeOf(prompt, seed) }))
    .sort((a, b) => a.place - b.place || (a.prompt < b.prompt ? -1 : 1));
  const byShare = open.filter(({ place }) => place < heldOutShare).length;
  const heldOut = open.length < 2 ? 0 : Math.min(Math.max(byShare, 1), open.length - 1);
  const decided = new Map(
    open.map(({ prompt }, index): [string, Split] => [prompt, index < heldOut ? "held-out" : "development"]),
  );
  return cases.map((one) => {
    const prompt = plainPrompt(one.prompt);
    return { ...one, split: one.split ?? marked.get(prompt) ?? decided.get(prompt) ?? "development" };
  });
}

/** A number in [0, 1) that the seed and the prompt alone decide. */
function placeOf(prompt: string, seed: number): number {
  return Number.parseInt(sha256(`${seed}\0${prompt}`).slice(0, 12), 16) / 2 ** 48;
}
