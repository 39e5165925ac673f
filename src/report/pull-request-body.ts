import { markdownTable } from "markdown-table";
import type { ReviewedSkill } from "../distill/apply-proposal.ts";
import type { Claim } from "../distill/claim.ts";
import type { Draft } from "../distill/draft.ts";
import type { TraceEntry } from "../distill/evidence-file.ts";
import type { Proposal } from "../distill/proposal.ts";
import type { Evidence, EvidenceKind } from "../evidence/evidence.ts";
import { lintSkill } from "../skills/lint.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { estimateTokens } from "../skills/text-size.ts";
import { warningSigns } from "../skills/warning-signs.ts";
import { codeBlock, codeSpan, details, escapeProse, escapeText, truncateMarkdown } from "./markdown.ts";

/** GitHub refuses bodies over 65,536 characters; the rest is room for what GitHub and people add. */
export const maxBodyLength = 60_000;

/** Of a claim, so much is shown: its own words first, then what it rests on. */
const maxClaimLength = 2_000;
const maxItems = 12;
const maxDiffs = 3;

/** Diffs of evidence longer than this stay in the evidence file. */
const maxDiffLength = 4_000;

/** The title of the pull request, from checked names only. */
export function pullRequestTitle(skills: readonly ReviewedSkill[]): string {
  const [first] = skills;
  if (!first) return "Change no skill";
  const more = skills.length > 1 ? ` and ${skills.length - 1} more` : "";
  return `${first.draft.change === "added" ? "Add" : "Extend"} skill ${first.name}${more}`;
}

/**
 * The body of the pull request: what changed, what each claim rests on, sizes, and how to make it again.
 * Every word from a trace or a model is escaped. At most `maxBodyLength` characters.
 */
export function pullRequestBody(proposal: Proposal, skills: readonly ReviewedSkill[]): string {
  // The list of all skills comes first, where no length can cut it off.
  const parts: string[] =
    skills.length > 1
      ? [skills.map((skill) => `- ${openingWords(skill).split("\n")[0] ?? ""}`).join("\n")]
      : [];
  for (const skill of skills) {
    const { draft } = skill;
    parts.push(
      openingWords(skill),
      `What agents read of it before they load it: ${codeSpan(parseSkillFile(draft.text, skill.path).frontMatter.description)}`,
      "**A/B: not evaluated yet.** Nothing here says that a student does better with this skill.",
      "## Claims and what they rest on",
      claimsTable([...draft.added, ...draft.reworded], draft),
    );
    const remarks = remarksOf(skill);
    if (remarks.length > 0)
      parts.push("## For the reviewer", remarks.map((remark) => `- ${remark}`).join("\n"));
    const gone = draft.deprecated.map(
      (claim) => `- ${codeSpan(claim.id)} ${escapeProse(headOf(claim))}: ${escapeProse(claim.reason ?? "")}`,
    );
    if (gone.length > 0) parts.push("## Claims that go", gone.join("\n"));
    parts.push(...evidenceDetails(draft), ...filesBeside(skill));
    parts.push("## Size", sizes(draft));
  }
  parts.push(
    "## How to reproduce",
    codeBlock(proposal.reproduce, "sh"),
    "You may edit the SKILL.md on this branch: your words win and survive every later run.",
  );
  return truncateMarkdown(`${parts.join("\n\n")}\n`, maxBodyLength);
}

/** What happens to a skill, and every trace that it learned from. */
function openingWords({ name, draft, traces }: ReviewedSkill): string {
  const verb = draft.change === "added" ? "Adds" : "Extends";
  const [only, ...others] = traces;
  if (only === undefined) return `${verb} ${codeSpan(name)}: ${counts(draft)}.`;
  if (others.length === 0) return `${verb} ${codeSpan(name)} from a ${traceWords(only)}: ${counts(draft)}.`;
  return [
    `${verb} ${codeSpan(name)} from ${traces.length} traces: ${counts(draft)}.`,
    "",
    ...traces.map((trace) => `- A ${traceWords(trace)}.`),
  ].join("\n");
}

function traceWords(trace: TraceEntry): string {
  return [
    `${codeSpan(trace.mode)} trace of ${codeSpan(trace.op)}`,
    `(SHA-256 ${codeSpan(trace.sha256.slice(0, 12))}), distilled by ${codeSpan(trace.model)}`,
  ].join(" ");
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

/** Evidence of these kinds is counted, one word for one and another for several. */
const counted: readonly (readonly [kind: EvidenceKind, one: string, several: string])[] = [
  ["same", "without effect", "without effect"],
  ["fix", "failure overcome", "failures overcome"],
  ["attempt", "attempt that did not help", "attempts that did not help"],
  ["failure", "failure", "failures"],
  ["gain", "better measurement", "better measurements"],
  ["advice", "piece of advice", "pieces of advice"],
  ["procedure", "recurring sequence", "recurring sequences"],
  ["validation", "validation", "validations"],
  ["decision", "decision", "decisions"],
];

/** A claim's evidence in a few words; the items themselves follow below the table. */
function evidenceWords(items: readonly Evidence[]): string {
  const of = (...kinds: EvidenceKind[]): Evidence[] => items.filter((item) => kinds.includes(item.kind));
  const traces = new Set(items.filter((item) => item.kind !== "hand").map((item) => item.trace));
  const parts = [
    measured(of("step", "faster"), "less time"),
    measured(of("slower"), "more time"),
    ...counted.map(([kind, one, several]) => {
      const count = of(kind).length;
      return count === 0 ? "" : `${count} ${count === 1 ? one : several}`;
    }),
    of("hand").length > 0 ? "a person's words" : "",
  ].filter((part) => part !== "");
  if (parts.length === 0) return "the whole trace";
  return traces.size > 1 ? `${parts.join("; ")}; in ${traces.size} traces` : parts.join("; ");
}

function measured(items: readonly Evidence[], what: string): string {
  if (items.length === 0) return "";
  const shares = items.map((item) => Math.abs(item.improvement ?? 0) * 100).sort((a, b) => a - b);
  const low = (shares[0] ?? 0).toFixed(1);
  const high = (shares.at(-1) ?? 0).toFixed(1);
  const times = items.length === 1 ? "1 pair of versions" : `${items.length} pairs of versions`;
  return `${times}, ${low === high ? low : `${low} to ${high}`} % ${what}`;
}

function evidenceDetails(draft: Draft): string[] {
  const items = new Map(draft.evidence.evidence.map((item) => [item.id, item]));
  return [...draft.added, ...draft.reworded].map((claim) => {
    let diffs = 0;
    const shown = claim.evidence.slice(0, maxItems);
    const words = [codeBlock(shortenText(claim.text, maxClaimLength), "markdown"), ""];
    if (claim.evidence.length > shown.length) {
      words.push(`Rests on ${claim.evidence.length} items; the first ${shown.length} are here.`, "");
    }
    const lines = shown.flatMap((id) => {
      const item = items.get(id);
      if (!item) return [];
      const where = item.places
        .map((place) => codeSpan(place.line ? `${place.file}:${place.line}` : place.file))
        .join(", ");
      const head = `- ${codeSpan(item.id)} ${escapeText(item.summary)}${where === "" ? "" : ` In ${where}.`}`;
      const diff = item.diff ?? "";
      if (diff === "") return [head];
      diffs += 1;
      if (diffs > maxDiffs) return [`${head} Its diff is in the evidence file.`];
      if (diff.length > maxDiffLength)
        return [`${head} The diff (${diff.length} characters) is in the evidence file.`];
      return [head, "", codeBlock(diff, "diff"), ""];
    });
    return details(
      `${escapeText(shorten(headOf(claim), 100).replaceAll("`", ""))} (${claim.id})`,
      [...words, ...lines].join("\n"),
    );
  });
}

/** Files beside the SKILL.md, whole: a script is data to review, and nothing marks it executable. */
function filesBeside({ path, draft }: ReviewedSkill): string[] {
  if (draft.files.length === 0) return [];
  const folder = path.slice(0, -"SKILL.md".length);
  const shown = draft.files.map((file) => {
    const kind = file.path.startsWith("scripts/")
      ? "a script, not executable: read it before you run it"
      : "";
    const title = `<code>${escapeText(`${folder}${file.path}`)}</code>${kind === "" ? "" : ` (${kind})`}`;
    const language = file.path.endsWith(".sh") ? "sh" : "markdown";
    return details(title, codeBlock(shortenText(file.content, maxDiffLength), language));
  });
  return ["## Files beside it", ...shown];
}

function sizes(draft: Draft): string {
  const skill = parseSkillFile(draft.text, draft.evidence.path);
  const { name, description } = skill.frontMatter;
  return `About ${estimateTokens(skill.body)} tokens when loaded, ${estimateTokens(name + description)} in the catalogue (4 characters a token).`;
}

/** More signs than this are counted: a skill with so many needs to be read whole anyway. */
const maxSigns = 20;

/** Lines that could make an agent do something, and what lint advises; nobody follows them here. */
function signsOf({ path, draft }: ReviewedSkill): string[] {
  const signs = [
    ...warningSigns(draft.text).map(({ line, what }) => ({ line, what: `it ${what}` })),
    ...lintSkill(draft.text, path).map(({ line, message }) => ({ line, what: message })),
  ];
  const shown = signs
    .slice(0, maxSigns)
    .map(({ line, what }) => `Read ${codeSpan(`${path}:${line}`)}: ${escapeText(what)}`);
  return signs.length > shown.length
    ? [...shown, `${signs.length - shown.length} more lines of this kind.`]
    : shown;
}

function remarksOf(skill: ReviewedSkill): string[] {
  const { draft, proposed } = skill;
  const remarks = [...draft.notes, ...proposed.flatMap((one) => one.notes)];
  const lines = [...signsOf(skill), ...[...new Set(remarks)].map(escapeText)];
  for (const { operation, reason } of draft.refused) {
    const what =
      "id" in operation
        ? operation.id
        : "title" in operation
          ? (operation.title ?? "") || (operation.do ?? "")
          : "";
    lines.push(`Refused: ${operation.op} ${codeSpan(shorten(what, 100))}: ${escapeText(reason)}.`);
  }
  for (const text of proposed.flatMap((skill) => skill.unsupported)) {
    lines.push(`Left out, because nothing in the trace supports it: ${escapeProse(shorten(text, 200))}`);
  }
  for (const { rejects, op } of proposed) {
    if (rejects === 0) continue;
    const records = rejects === 1 ? "1 record" : `${rejects} records`;
    const were = rejects === 1 ? "was" : "were";
    lines.push(`${records} of the trace of ${codeSpan(op)} could not be read and ${were} skipped.`);
  }
  return lines;
}

/** What stands for a claim in one line: a method's title, or the sentence itself. */
function headOf(claim: Claim): string {
  return claim.part === "method" && claim.title !== "" ? claim.title : claim.do;
}

/** The beginning of a text of several lines. */
function shortenText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}\n(${text.length - length} more characters)`;
}

function shorten(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 3)}...`;
}
