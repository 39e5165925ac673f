import type { EvaluationFigures } from "../evaluate/figures.ts";
import type { MergePolicy } from "../evaluate/merge-policy.ts";
import { abParts } from "./ab-table.ts";
import { escapeCell, truncateMarkdown } from "./markdown.ts";
import { mergeAnswer } from "./merge-answer.ts";

/** What results say about the skills of a proposal. */
export interface ProposalAb {
  /** Of the skills whose proposed text was measured; null where none was. */
  figures: EvaluationFigures | null;
  policy: MergePolicy;
  /** By name: whether the results of a skill are of its proposed text. Skills without results are not in it. */
  states: ReadonlyMap<string, "measured" | "other text">;
}

/** Characters of the A/B in a pull request; the comment of the gate and the page have all of it. */
const maxLength = 12_000;

/** The A/B of a proposal as blocks of Markdown: the answer, the table, what it rests on. Empty without figures. */
export function abSection(ab: ProposalAb | undefined): string[] {
  if (!ab?.figures) return [];
  const { figures, policy } = ab;
  const parts = [
    "## A/B",
    `**${escapeCell(mergeAnswer(figures, policy).sentence)}**`,
    "Made from the results that came with this proposal, which are of exactly this text. The gate holds them against the cases of this repository before anything merges.",
    ...abParts(figures),
  ];
  return [truncateMarkdown(parts.join("\n\n"), maxLength).trimEnd()];
}

/** What a skill's own part says where the A/B says nothing about it. */
export function withoutAb(name: string, ab: ProposalAb | undefined): string[] {
  switch (ab?.states.get(name)) {
    case "measured":
      return [];
    case "other text":
      return [
        "**A/B: not evaluated as it stands here.** The results that came with this proposal are of another text of the skill and say nothing about this one. The check `overproof / gate` says whether it may merge.",
      ];
    case undefined:
      return [
        "**A/B: not evaluated yet.** Nothing here says that a student does better with this skill. The check `overproof / gate` says whether it may merge.",
      ];
  }
}
