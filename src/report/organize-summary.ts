import { markdownTable } from "markdown-table";
import type { OrganizeResult } from "../commands/organize.ts";
import type { ReviewResult } from "../commands/review-library.ts";
import { codeSpan, escapeCell, escapeText } from "./markdown.ts";

/** The step summary of an organising; the pull request has the ledger. */
export function organizeSummary(result: OrganizeResult): string {
  const { status, merged, split, archived, untouched, proof } = result;
  if (status !== "proposed") {
    return `## Overproof: nothing to organize\n\n${escapeText(result.reason ?? "")}\n`;
  }
  const rows = [
    ...merged.map(({ path, sources }) => [sources.map(codeSpan).join(", "), codeSpan(path)]),
    ...split.map(({ source, into }) => [codeSpan(source), into.map(({ path }) => codeSpan(path)).join(", ")]),
  ];
  const parts = [
    `## Overproof: ${archived.length} skills become ${rows.length === 1 ? "one" : "fewer"}`,
    markdownTable([["these", "become"], ...rows]),
    `${untouched.length} skills stay as they are. No loss: **${proof?.state ?? "unproven"}**. ${escapeText(proof?.reason ?? "")}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** More skills than this are counted and not listed: a summary is read by people. */
const mostRows = 100;

/** The step summary of a review. */
export function reviewSummary({ review, fine }: ReviewResult): string {
  const head = `## Overproof: ${review.length} of ${review.length + fine} skills should be looked at\n`;
  if (review.length === 0) return head;
  const rows = review
    .slice(0, mostRows)
    .map(({ path, reasons, proposal }) => [
      codeSpan(path),
      proposal,
      reasons.map(({ detail }) => escapeCell(detail)).join("<br>"),
    ]);
  const more = review.length - rows.length;
  const rest = more > 0 ? `\nAnd ${more} more.\n` : "";
  return `${head}\n${markdownTable([["skill", "do", "why"], ...rows])}\n${rest}`;
}
