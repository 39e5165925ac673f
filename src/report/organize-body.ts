import { Failure } from "../failure.ts";
import { groupBy } from "../group-by.ts";
import { type LedgerEntry, type LedgerState, ledgerStates } from "../organize/ledger.ts";
import type { OrganizeProposal, ProposedMerge } from "../organize/organize-proposal.ts";
import type { ArchiveEntry } from "../skills/archive.ts";
import { restoreWords, table } from "./archive-body.ts";
import { counted } from "./figure-words.ts";
import {
  codeBlock,
  codeSpan,
  details,
  escapeCell,
  escapeProse,
  escapeText,
  truncateMarkdown,
} from "./markdown.ts";
import { maxBodyLength } from "./pull-request-body.ts";
import { warningLines } from "./reviewer-section.ts";
import { shorten } from "./shortened-line.ts";

const maxSigns = 15_000;
const maxNotes = 6_000;
const maxMerges = 60;
const maxNames = 12;

/** The title of the pull request, from checked names only. */
export function organizeTitle({ merges }: OrganizeProposal): string {
  const [first] = merges;
  const survivors = merges.flatMap((merge) => merge.survivors);
  const sources = new Set(merges.flatMap((merge) => merge.sources.map(({ path }) => path)));
  if (first?.kind === "split" && merges.length === 1) {
    return `Split skill ${first.sources[0]?.name ?? ""} into ${survivors.length}`;
  }
  const into = survivors.length === 1 ? (survivors[0]?.name ?? "") : String(survivors.length);
  return `Merge ${counted(sources.size, "skill")} into ${into}`;
}

/**
 * The body of the pull request of organize: what becomes of which skill, whether that is proven, how many claims are
 * kept, and below it every claim of every source with what became of it. Every word from a model or a skill is escaped.
 * At most `maxBodyLength` characters. Throws `Failure` (exit code 1) where not every claim fits: nobody may merge what
 * nobody is told of.
 */
export function organizeBody(
  proposal: OrganizeProposal,
  ledger: readonly LedgerEntry[],
  entries: readonly ArchiveEntry[],
): string {
  const head = [
    mergeLines(proposal.merges),
    proofWords(proposal),
    countTable(ledger),
    ...lossWords(ledger),
    ...reviewerWords(proposal),
  ];
  const foot = [
    ...proposal.merges.slice(0, maxMerges).flatMap(describedSurvivors),
    ...restoreWords(entries),
    "## How to reproduce",
    codeBlock(proposal.reproduce, "sh"),
  ];
  const room = maxBodyLength - [...head, ...foot].join("\n\n").length - 10;
  const full = ledgerDetails(ledger, rowsOf);
  const shown = full.length <= room ? full : ledgerDetails(ledger, shortRowsOf);
  if (shown.length > room) {
    throw new Failure(
      `${counted(ledger.length, "claim")} are more than the text of a pull request can account for.`,
      { remedy: "Organize one scope, or fewer skills, at once.", exitCode: 1 },
    );
  }
  return `${[...head, shown, ...foot].join("\n\n")}\n`;
}

function mergeLines(merges: readonly ProposedMerge[]): string {
  const lines = merges.slice(0, maxMerges).map(({ kind, survivors, sources }) => {
    const from = named(sources.map(({ name }) => name));
    const into = named(survivors.map(({ name }) => name));
    return kind === "split" ? `- Splits ${from} into ${into}.` : `- Merges ${from} into ${into}.`;
  });
  const more = merges.length - lines.length;
  return [...lines, ...(more > 0 ? [`- And ${counted(more, "more merge")}.`] : [])].join("\n");
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).map(codeSpan).join(", ");
  return names.length > maxNames ? `${shown} and ${names.length - maxNames} more` : shown;
}

function proofWords({ proof }: OrganizeProposal): string {
  const reason = escapeText(shorten(proof.reason, 1000));
  if (proof.state === "proven") {
    return `**Proven: no worse than what it replaces.** ${reason}`;
  }
  return `**Unproven: nothing shows yet that no student does worse with it.** ${reason} Whoever reviews it decides; \`organize.require-proof\` in overproof.yml refuses such proposals.`;
}

function countTable(ledger: readonly LedgerEntry[]): string {
  const counts = ledgerStates.map((state) => String(ledger.filter((entry) => entry.state === state).length));
  return table(["claims", ...ledgerStates], [[String(ledger.length), ...counts]]);
}

/** What a reviewer looks at first: what is gone, and what contradicts. */
function lossWords(ledger: readonly LedgerEntry[]): string[] {
  const of = (state: LedgerState, title: string): string[] => {
    const lines = ledger.filter((entry) => entry.state === state).map((entry) => `- ${lossLine(entry)}`);
    return lines.length === 0 ? [] : [title, lines.join("\n")];
  };
  return [
    ...of("dropped", "## Claims that go"),
    ...of("conflicting", "## Claims that contradict each other and stand side by side"),
  ];
}

function lossLine({ source, claim, title, reason }: LedgerEntry): string {
  return `${codeSpan(claim)} of ${codeSpan(source)}, ${escapeProse(shorten(title, 160))}: ${escapeProse(shorten(reason, 400))}`;
}

function reviewerWords({ merges, notes }: OrganizeProposal): string[] {
  const signs = merges.flatMap(({ survivors }) =>
    survivors.flatMap(({ path, text, files }) =>
      warningLines(
        path,
        text,
        files.flatMap((file) => (file.content === null ? [] : [{ path: file.path, content: file.content }])),
      ),
    ),
  );
  if (signs.reduce((sum, line) => sum + line.length + 3, 0) > maxSigns) {
    throw new Failure("The merged skills hold more warning signs than the text of a pull request can show.", {
      remedy: "Look at the skills, and organize fewer of them at once.",
      exitCode: 1,
    });
  }
  const remarks = notes.map((note) => `- ${escapeText(shorten(note, 400))}`).join("\n");
  const parts = [
    signs.map((line) => `- ${line}`).join("\n"),
    remarks === "" ? "" : truncateMarkdown(remarks, maxNotes).trimEnd(),
  ].filter((part) => part !== "");
  return parts.length === 0 ? [] : ["## For the reviewer", ...parts];
}

/** Every claim of every source, by source. */
function ledgerDetails(
  ledger: readonly LedgerEntry[],
  rows: (entries: readonly LedgerEntry[]) => string,
): string {
  const bySource = groupBy(ledger, ({ source }) => source);
  const parts = [...bySource].map(([source, own]) =>
    details(`<code>${escapeText(source)}</code>: ${counted(own.length, "claim")}`, rows(own)),
  );
  return ["## What became of every claim", ...parts].join("\n\n");
}

function rowsOf(entries: readonly LedgerEntry[]): string {
  return table(
    ["claim", "says", "became", "stands in", "why"],
    entries.map(({ claim, title, state, into, reason }) => [
      codeSpan(claim),
      escapeProse(shorten(title, 120)),
      state,
      into === null ? "" : `${codeSpan(into.skill)} ${codeSpan(into.claim)}`,
      escapeCell(shorten(reason, 200)),
    ]),
  );
}

/** The same without words: they stand in the files of this pull request. */
function shortRowsOf(entries: readonly LedgerEntry[]): string {
  const byState = groupBy(entries, ({ state, into }) => `${state}\0${into?.skill ?? ""}`);
  return [...byState.values()]
    .map((own) => {
      const [first] = own;
      if (first === undefined) return "";
      const into = first.into === null ? "" : ` in ${codeSpan(first.into.skill)}`;
      return `- ${first.state}${into}: ${own.map(({ claim }) => codeSpan(claim)).join(" ")}`;
    })
    .join("\n");
}

function describedSurvivors({ survivors }: ProposedMerge): string[] {
  return survivors.map(
    ({ name, description }) =>
      `What agents read of ${codeSpan(name)} before they load it:\n\n> ${escapeCell(shorten(description, 1100))}`,
  );
}
