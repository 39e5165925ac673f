import { markdownTable } from "markdown-table";
import type { Claim } from "../distill/claim.ts";
import type { Draft } from "../distill/draft.ts";
import type { Proposal, ProposedSkill } from "../distill/proposal.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { codeBlock, codeSpan, details, escapeProse, escapeText, truncateMarkdown } from "./markdown.ts";

/** GitHub refuses bodies over 65,536 characters; the rest is room for what GitHub and people add. */
export const maxBodyLength = 60_000;

/** Diffs of evidence longer than this stay in the evidence file. */
const maxDiffLength = 4_000;

export interface ProposedDraft {
  skill: ProposedSkill;
  draft: Draft;
}

/** The title of the pull request, from checked names only. */
export function pullRequestTitle(drafts: readonly ProposedDraft[]): string {
  const [first] = drafts;
  if (!first) return "Change no skill";
  const more = drafts.length > 1 ? ` and ${drafts.length - 1} more` : "";
  return `${first.draft.change === "added" ? "Add" : "Extend"} skill ${first.skill.name}${more}`;
}

/**
 * The body of the pull request: what changed, what each claim rests on, sizes, and how to make it again.
 * Every word from a trace or a model is escaped. At most `maxBodyLength` characters.
 */
export function pullRequestBody(proposal: Proposal, drafts: readonly ProposedDraft[]): string {
  const parts: string[] = [];
  for (const { skill, draft } of drafts) {
    const trace = skill.evidence_file.traces.at(-1);
    parts.push(
      [
        `${draft.change === "added" ? "Adds" : "Extends"} ${codeSpan(skill.name)} from a ${codeSpan(proposal.mode)} trace`,
        `of ${codeSpan(proposal.op)} (SHA-256 ${codeSpan((trace?.sha256 ?? "").slice(0, 12))}),`,
        `distilled by ${codeSpan(trace?.model ?? "offline")}: ${counts(draft)}.`,
      ].join(" "),
      "**A/B: not evaluated yet.** Nothing here says that a student does better with this skill.",
      "## Claims and what they rest on",
      claimsTable([...draft.added, ...draft.reworded], draft),
    );
    const gone = draft.deprecated.map(
      (claim) => `- ${codeSpan(claim.id)} ${escapeProse(headOf(claim))}: ${escapeProse(claim.reason ?? "")}`,
    );
    if (gone.length > 0) parts.push("## Claims that go", gone.join("\n"));
    parts.push(...evidenceDetails(draft));
    parts.push("## Size", sizes(draft));
    const remarks = remarksOf(skill, draft, proposal);
    if (remarks.length > 0)
      parts.push("## For the reviewer", remarks.map((remark) => `- ${remark}`).join("\n"));
  }
  parts.push(
    "## How to reproduce",
    codeBlock(proposal.reproduce, "sh"),
    "You may edit the SKILL.md on this branch: your words win and survive every later run.",
  );
  return truncateMarkdown(`${parts.join("\n\n")}\n`, maxBodyLength);
}

function counts(draft: Draft): string {
  const parts = [
    [draft.added.length, "new"],
    [draft.reworded.length, "reworded"],
    [draft.deprecated.length, "deprecated"],
    [draft.confirmed.length, "confirmed"],
  ] as const;
  const shown = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${shown.join(", ")} ${draft.added.length === 1 && shown.length === 1 ? "claim" : "claims"}`;
}

function claimsTable(claims: readonly Claim[], draft: Draft): string {
  const items = new Map(draft.evidence.evidence.map((item) => [item.id, item]));
  const rows = claims.map((claim) => {
    const evidence = claim.evidence.map((id) => items.get(id)).filter((item) => item !== undefined);
    return [
      codeSpan(claim.id),
      claim.part,
      escapeProse(shorten(headOf(claim), 160)),
      escapeProse(evidenceWords(evidence)),
    ];
  });
  return markdownTable([["id", "part", "claim", "rests on"], ...rows], {
    alignDelimiters: false,
    padding: true,
  });
}

/** A claim's evidence in a few words; the items themselves follow below the table. */
function evidenceWords(items: readonly Evidence[]): string {
  const steps = items.filter((item) => item.kind === "step");
  const slower = items.filter((item) => item.kind === "slower");
  const same = items.filter((item) => item.kind === "same");
  const parts = [
    measured(steps, "less time"),
    measured(slower, "more time"),
    same.length > 0 ? `${same.length} without effect` : "",
    items.some((item) => item.kind === "hand") ? "a person's words" : "",
  ].filter((part) => part !== "");
  return parts.length > 0 ? parts.join("; ") : "the whole search";
}

function measured(items: readonly Evidence[], what: string): string {
  if (items.length === 0) return "";
  const shares = items.map((item) => Math.abs(item.improvement ?? 0) * 100);
  const low = Math.min(...shares).toFixed(1);
  const high = Math.max(...shares).toFixed(1);
  const times = items.length === 1 ? "1 pair of versions" : `${items.length} pairs of versions`;
  return `${times}, ${low === high ? low : `${low} to ${high}`} % ${what}`;
}

function evidenceDetails(draft: Draft): string[] {
  const items = new Map(draft.evidence.evidence.map((item) => [item.id, item]));
  return [...draft.added, ...draft.reworded].map((claim) => {
    const lines = claim.evidence.flatMap((id) => {
      const item = items.get(id);
      if (!item) return [];
      const where = item.places
        .map((place) => codeSpan(place.line ? `${place.file}:${place.line}` : place.file))
        .join(", ");
      const head = `- ${codeSpan(item.id)} ${escapeText(item.summary)}${where === "" ? "" : ` In ${where}.`}`;
      const diff = item.diff ?? "";
      if (diff === "") return [head];
      if (diff.length > maxDiffLength)
        return [`${head} The diff (${diff.length} characters) is in the evidence file.`];
      return [head, "", codeBlock(diff, "diff"), ""];
    });
    return details(
      `${escapeText(shorten(headOf(claim), 100).replaceAll("`", ""))} (${claim.id})`,
      lines.join("\n"),
    );
  });
}

function sizes(draft: Draft): string {
  const skill = parseSkillFile(draft.text, draft.evidence.path);
  const tokens = (text: string): number => Math.ceil(text.length / 4);
  return `About ${tokens(skill.body)} tokens when loaded, ${tokens(skill.frontMatter.name + skill.frontMatter.description)} in the catalogue (4 characters a token).`;
}

function remarksOf(skill: ProposedSkill, draft: Draft, proposal: Proposal): string[] {
  const remarks = [...draft.notes, ...skill.notes].map(escapeText);
  for (const { operation, reason } of draft.refused) {
    const what =
      "id" in operation
        ? operation.id
        : "title" in operation
          ? (operation.title ?? "") || (operation.do ?? "")
          : "";
    remarks.push(`Refused: ${operation.op} ${codeSpan(shorten(what, 100))}: ${escapeText(reason)}.`);
  }
  for (const text of skill.unsupported) {
    remarks.push(`Left out, because nothing in the trace supports it: ${escapeProse(shorten(text, 200))}`);
  }
  if (proposal.rejects > 0) {
    remarks.push(
      `${proposal.rejects} ${proposal.rejects === 1 ? "record" : "records"} of the trace could not be read and were skipped.`,
    );
  }
  return remarks;
}

/** What stands for a claim in one line: a method's title, or the sentence itself. */
function headOf(claim: Claim): string {
  return claim.part === "method" && claim.title !== "" ? claim.title : claim.do;
}

function shorten(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 3)}...`;
}
