import { markdownTable } from "markdown-table";
import type { ReviewedSkill } from "../distill/apply-proposal.ts";
import type { Claim } from "../distill/claim.ts";
import type { Draft } from "../distill/draft.ts";
import type { TraceEntry } from "../distill/evidence-file.ts";
import type { Proposal } from "../distill/proposal.ts";
import type { Evidence, EvidenceKind } from "../evidence/evidence.ts";
import { Failure } from "../failure.ts";
import { parseSkillFile } from "../skills/skill-file.ts";
import { estimateTokens } from "../skills/text-size.ts";
import { fittedSections } from "./fitted-sections.ts";
import { codeBlock, codeSpan, details, escapeCell, escapeProse, escapeText } from "./markdown.ts";
import { abSection, type ProposalAb, withoutAb } from "./proposal-ab.ts";
import { reviewerSection } from "./reviewer-section.ts";
import { shorten, shortenProse } from "./shortened-line.ts";

/** GitHub refuses bodies over 65,536 characters; the rest is room for what GitHub and people add. */
export const maxBodyLength = 60_000;

/** Of a claim, so much is shown: its own words first, then what it rests on. */
const maxClaimLength = 2_000;
const maxItems = 12;
const maxDiffs = 3;
const maxTraces = 30;
const maxNames = 12;

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
 * The body of the pull request: what changed, the A/B where there is one, what a reviewer has to look at, what each
 * claim rests on, sizes, and how to make it again. Every word from a trace or a model is escaped. At most `maxBodyLength` characters: what is too
 * long is cut skill by skill, after all that is for the reviewer. Throws `Failure` (exit code 1) where that alone is
 * too long: nobody may merge what nobody is warned of.
 */
export function pullRequestBody(
  proposal: Proposal,
  skills: readonly ReviewedSkill[],
  ab?: ProposalAb,
): string {
  const [only, ...others] = skills;
  const isOne = only !== undefined && others.length === 0;
  const opening = isOne
    ? openingWords(only)
    : skills.map((skill) => `- ${changeWords(skill)}: ${counts(skill.draft)}.`).join("\n");
  const unmeasured = isOne ? withoutAb(only.name, ab) : severalWithoutAb(skills, ab);
  const head = [opening, ...abSection(ab), ...unmeasured, ...reviewerSection(skills)].filter(
    (part) => part !== "",
  );
  const foot = [
    "## How to reproduce",
    codeBlock(proposal.reproduce, "sh"),
    "You may edit the SKILL.md on this branch: your words win and survive every later run.",
  ];
  const room = maxBodyLength - `${[...head, ...foot].join("\n\n")}\n\n`.length - 1;
  const sections = skills.map((skill) =>
    [...(isOne ? [] : [openingWords(skill), ...withoutAb(skill.name, ab)]), ...sectionOf(skill)].join("\n\n"),
  );
  const fitted = fittedSections(sections, room);
  if (fitted === undefined) {
    throw new Failure(
      `${skills.length} skills have more for a reviewer than the text of a pull request can hold.`,
      { remedy: "Distil and propose fewer traces at once.", exitCode: 1 },
    );
  }
  return `${[...head, ...fitted, ...foot].join("\n\n")}\n`;
}

/** What a reader sees of one skill, apart from what is for the reviewer. */
function sectionOf(skill: ReviewedSkill): string[] {
  const { draft, path } = skill;
  const gone = draft.deprecated.map(
    (claim) => `- ${codeSpan(claim.id)} ${escapeProse(headOf(claim))}: ${escapeProse(claim.reason ?? "")}`,
  );
  return [
    `What agents read of it before they load it:\n\n> ${escapeCell(parseSkillFile(draft.text, path).frontMatter.description)}`,
    "## Claims and what they rest on",
    claimsTable([...draft.added, ...draft.reworded], draft),
    ...(gone.length > 0 ? ["## Claims that go", gone.join("\n")] : []),
    ...evidenceDetails(draft),
    ...filesBeside(skill),
    "## Size",
    sizes(draft),
  ];
}

/** Which of several skills nothing was measured of, before anything else is said of them. */
function severalWithoutAb(skills: readonly ReviewedSkill[], ab: ProposalAb | undefined): string[] {
  const names = skills.flatMap(({ name }) => (withoutAb(name, ab).length === 0 ? [] : [codeSpan(name)]));
  if (names.length === 0) return [];
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : "";
  return [`**A/B: not evaluated: ${names.slice(0, maxNames).join(", ")}${more}.**`];
}

function changeWords({ name, draft }: ReviewedSkill): string {
  return `${draft.change === "added" ? "Adds" : "Extends"} ${codeSpan(name)}`;
}

/** What happens to a skill, and the traces that it learned from. */
function openingWords(skill: ReviewedSkill): string {
  const { draft, traces } = skill;
  const [only, ...others] = traces;
  if (only === undefined) return `${changeWords(skill)}: ${counts(draft)}.`;
  if (others.length === 0) return `${changeWords(skill)} from a ${traceWords(only)}: ${counts(draft)}.`;
  const more = traces.length - maxTraces;
  return [
    `${changeWords(skill)} from ${traces.length} traces: ${counts(draft)}.`,
    "",
    ...traces.slice(0, maxTraces).map((trace) => `- A ${traceWords(trace)}.`),
    ...(more > 0 ? [`- And ${more} more; the commit names them all.`] : []),
  ].join("\n");
}

function traceWords(trace: TraceEntry): string {
  return [
    `${codeSpan(trace.mode)} trace of ${codeSpan(shorten(trace.op, 200))}`,
    `(SHA-256 ${codeSpan(trace.sha256.slice(0, 12))}), distilled by ${codeSpan(shorten(trace.model, 200))}`,
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
      escapeProse(shortenProse(headOf(claim), 160)),
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

/** Files beside the SKILL.md, whole as far as there is room: a script is data to review, and nothing marks it executable. */
function filesBeside({ path, draft }: ReviewedSkill): string[] {
  if (draft.files.length === 0) return [];
  const folder = path.slice(0, -"SKILL.md".length);
  const shown = draft.files.map((file) => {
    const kind = file.path.startsWith("scripts/")
      ? "a script, not executable: read it before you run it"
      : "";
    const title = `<code>${escapeText(`${folder}${file.path}`)}</code>${kind === "" ? "" : ` (${kind})`}`;
    const language = file.path.endsWith(".sh") ? "sh" : "markdown";
    return details(title, codeBlock(file.content, language));
  });
  return ["## Files beside it", ...shown];
}

function sizes(draft: Draft): string {
  const skill = parseSkillFile(draft.text, draft.evidence.path);
  const { name, description } = skill.frontMatter;
  return `About ${estimateTokens(skill.body)} tokens when loaded, ${estimateTokens(name + description)} in the catalogue (4 characters a token).`;
}

/** What stands for a claim in one line: a method's title, or the sentence itself. */
function headOf(claim: Claim): string {
  return claim.part === "method" && claim.title !== "" ? claim.title : claim.do;
}

/** The beginning of a text of several lines. */
function shortenText(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}\n(${text.length - length} more characters)`;
}
