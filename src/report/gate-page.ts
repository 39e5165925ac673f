import type { GateAnswer, GateFindings } from "./gate-answer.ts";
import { codeSpan, escapeCell, truncateMarkdown } from "./markdown.ts";

/** GitHub refuses comments over 65,536 characters, and summaries of checks from 65,536 on. */
const maxLength = 60_000;
const maxListed = 50;

export interface GatePage {
  answer: GateAnswer;
  findings: GateFindings;
  skills: readonly { name: string; path: string; change: "added" | "changed" | "removed" }[];
  /** The A/B as blocks of Markdown; empty without figures. */
  ab: readonly string[];
  /** Remarks for the reviewer, as plain sentences. */
  remarks: readonly string[];
  /** Page of the workflow run; none outside of one. */
  runUrl: string | undefined;
}

/**
 * What the gate says, for a comment, a check and a step summary alike: whether the change may merge and why, then what
 * stands in its way, then the A/B. Everything from outside is escaped. At most 60,000 characters.
 */
export function gatePage({ answer, findings, skills, ab, remarks, runUrl }: GatePage): string {
  const { problems, errors, unproven } = findings;
  const mark = markOf(answer, findings);
  const advice =
    answer.conclusion === "neutral"
      ? "The gate only advises here: it does not keep the change from merging."
      : "";
  const listed = [
    ...problems.map((problem) => `- ${escapeCell(sentence(problem))}`),
    ...errors.map(
      ({ file, line, message, hint }) =>
        `- ${codeSpan(`${file}:${line}`)}: ${escapeCell(`${message} ${hint}`)}`,
    ),
  ];
  const parts = [
    "## Overproof gate",
    `${mark} **${escapeCell(answer.sentence)}**`,
    advice,
    listed.length === 0 ? "" : ["### In the way", capped(listed)].join("\n\n"),
    ...ab,
    unproven.length === 0
      ? ""
      : ["### Not measured", capped(unproven.map((why) => `- ${escapeCell(sentence(why))}`))].join("\n\n"),
    skills.length === 0
      ? ""
      : [
          "### Changed skills",
          capped(skills.map(({ path, change }) => `- ${change}: ${codeSpan(path)}`)),
        ].join("\n\n"),
    remarks.length === 0 ? "" : remarks.map((remark) => escapeCell(remark)).join("\n\n"),
    runUrl === undefined ? "" : `[The run that this comes from](${runUrl})`,
  ].filter((part) => part !== "");
  return truncateMarkdown(`${parts.join("\n\n")}\n`, maxLength);
}

/** A green sign stands for something that was shown: a change that merely may merge has none. */
function markOf({ conclusion }: GateAnswer, { unproven, figures }: GateFindings): string {
  if (conclusion === "failure") return "❌";
  const isOpen =
    unproven.length > 0 ||
    (figures?.skills ?? []).some(({ students }) => students.some(({ verdict }) => verdict === "cannot tell"));
  return conclusion === "neutral" || isOpen ? "⚠️" : "✅";
}

function capped(lines: readonly string[]): string {
  const more = lines.length - maxListed;
  return [...lines.slice(0, maxListed), ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}

function sentence(clause: string): string {
  const ended = /[.!?]$/.test(clause) ? clause : `${clause}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}
