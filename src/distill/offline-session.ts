import type { Evidence } from "../evidence/evidence.ts";
import { improvementOf } from "../evidence/session-measurements.ts";
import type { SessionEvidence } from "../evidence/session.ts";
import type { ClaimWords } from "./claim.ts";
import { duplicateAt, findDuplicates } from "./claim-dedup.ts";
import { renderClaim } from "./claim-text.ts";
import type { KnownClaims, LibraryClaims, OfflineAnswer } from "./material.ts";
import { type SessionGroup, subjectPhrase } from "./session-group.ts";
import {
  type LessonGroup,
  lessonGroups,
  type Remedy,
  remediesOf,
  type SeenLesson,
} from "./session-lessons.ts";
import {
  adviceClaim,
  attemptClaim,
  checkTitle,
  decisionsClaim,
  type Draftable,
  environmentClaim,
  failureClaim,
  fixClaim,
  gainClaim,
  procedureClaim,
  scriptClaim,
  slowerClaim,
  taskClaim,
  validationClaim,
} from "./session-claims.ts";
import { operationFor } from "./session-operation.ts";
import { haveEqualLiteralSets } from "./similarity.ts";
import { maxFileLength, type SkillFileBeside } from "./skill-files.ts";
import { writtenTitle } from "./written-words.ts";

/** Lines of a skill's body, without its headings; what is supported least goes to the notes. */
const maxLines = 104;
/** Kept free for boundaries, which are short and as valuable as methods. */
const boundaryLines = 26;

/**
 * The deterministic distiller for sessions: every sentence is made from what was run, changed and measured, or quotes
 * the agent. A session that failed brings boundaries only. Undefined when nothing is left to say.
 */
export function distillSessionsOffline(
  group: SessionGroup,
  known: KnownClaims | undefined,
  library: LibraryClaims,
): OfflineAnswer | undefined {
  const { sessions } = group;
  const all = group.count;
  const succeeded = sessions.filter(({ outcome }) => outcome.status !== "failure");
  const of = (kind: Evidence["kind"], from: readonly SessionEvidence[]): SeenLesson[] =>
    from.flatMap((session) =>
      session.lessons.filter(({ item }) => item.kind === kind).map((lesson) => ({ lesson, session })),
    );
  const fixes = lessonGroups(of("fix", succeeded));
  const gains = remediesOf(of("gain", succeeded)).sort(largestGainFirst);
  const attempts = of("attempt", sessions);
  const unsolved = lessonGroups(of("failure", sessions)).filter(({ name }) => name !== "");

  const script = group.script && { claim: scriptClaim(group.script, all), file: group.script.file };
  const methods: Draftable[] = [
    ...(group.procedure ? [procedureClaim(group.procedure, all)] : []),
    ...(script ? [script.claim] : []),
    ...fixes.map((fix) => fixClaim(fix, all)),
    ...gains.map((gain) => gainClaim(gain, all)),
    ...adviceClaim(succeeded),
    ...decisionsClaim(succeeded, fixes, gains),
    ...validationClaim(succeeded),
  ];
  const boundaries: Draftable[] = [
    ...lessonGroups(attempts.filter(({ lesson }) => lesson.item.metric === undefined)).flatMap((one) =>
      attemptClaim(one, fixes, all),
    ),
    ...remediesOf(attempts.filter(({ lesson }) => lesson.item.metric !== undefined)).map((one) =>
      slowerClaim(one, all),
    ),
    ...unsolved.map((one) => failureClaim(one, all)),
  ];
  if (methods.every(({ words }) => words.title === checkTitle) && boundaries.length === 0) return undefined;

  const said = alreadySaid([...methods, ...boundaries], library);
  const fitting = fit(
    methods.filter((claim) => !said.has(claim)),
    boundaries.filter((claim) => !said.has(claim)),
    known,
  );
  if (fitting.methods.length + fitting.boundaries.length === 0) return undefined;
  const rest = fitting.left.length === 0 ? [] : [restClaim(fitting.left)];
  const shown = [
    taskClaim(group, fixes),
    ...fitting.methods,
    ...fitting.boundaries,
    environmentClaim(group),
    ...rest,
  ];
  const operations = shown.map((claim) => operationFor(claim, known));
  const notes = [
    ...[...said].map(
      ([claim, skill]) => `Left out: the skill ${skill} says it already: ${plain(claim.words)}.`,
    ),
    ...fitting.left.map(
      (claim) =>
        `Put into references/ for length: ${plain(claim.words)} (seen in ${claim.support} of ${all} traces).`,
    ),
  ];
  return {
    answer: { ...nameAndDescription(group, fixes, gains, all), operations },
    notes,
    besides: [
      ...(fitting.left.length === 0 ? [] : [restFile(group, fitting.left)]),
      ...(script === undefined || said.has(script.claim) ? [] : [script.file]),
    ],
  };
}

/** Points to the lessons that did not fit, and keeps what they rest on. */
function restClaim(left: readonly Draftable[]): Draftable {
  const text = "Lessons that fewer sessions support are in `references/`; read them when nothing here fits.";
  return {
    words: { part: "boundary", title: "More lessons", when: "", do: text, why: "", check: "" },
    evidence: left.flatMap(({ evidence }) => evidence),
    support: 0,
  };
}

/** Named after the first trace, so that a later run adds a file of its own and takes nothing away. */
function restFile(group: SessionGroup, left: readonly Draftable[]): SkillFileBeside {
  const parts = left.map(({ words }) =>
    words.part === "method"
      ? renderClaim({ ...words, title: writtenTitle(words.title) }, 2)
      : renderClaim({ ...words, part: "boundary" }),
  );
  const head = `# More lessons from sessions on ${subjectPhrase(group)}`;
  // What is masked later may become longer.
  let room = 0.9 * maxFileLength - head.length;
  const shown: string[] = [];
  for (const part of parts) {
    room -= part.length + 2;
    if (room > 0) shown.push(part);
  }
  const gone = parts.length - shown.length;
  const end = gone === 0 ? [] : [`${gone} more did not fit here.`];
  return {
    path: `references/more-lessons-${(group.sessions[0]?.trace ?? "").slice(0, 8)}.md`,
    content: `${[head, ...shown, ...end].join("\n\n")}\n`,
  };
}

function largestGainFirst(a: Remedy, b: Remedy): number {
  const size = ({ seen }: Remedy): number => {
    const metric = seen[0]?.lesson.item.metric;
    return metric ? Math.abs(improvementOf(metric.before, metric.after, metric.better)) : 0;
  };
  return b.support - a.support || size(b) - size(a);
}

/**
 * Takes claims in their order of support until the lines are used up, and gives them back in their own order. What
 * the skill says already takes lines, and costs none again.
 */
function fit(
  methods: readonly Draftable[],
  boundaries: readonly Draftable[],
  known: KnownClaims | undefined,
): { methods: Draftable[]; boundaries: Draftable[]; left: Draftable[] } {
  const active = known?.claims.filter((claim) => claim.state === "active") ?? [];
  const titles = new Set(active.map((claim) => claim.title));
  let room = maxLines - active.reduce((sum, { text }) => sum + text.split("\n").length + 1, 0);
  const linesOf = ({ words }: Draftable): number =>
    titles.has(writtenTitle(words.title)) ? 0 : renderClaim(words).split("\n").length + 1;
  const needed = boundaries.reduce((sum, claim) => sum + linesOf(claim), 0);
  const take = (claims: readonly Draftable[], reserved: number): Draftable[] => {
    const taken = new Set<Draftable>();
    for (const claim of byWorth(claims)) {
      const lines = linesOf(claim);
      if (lines > 0 && lines > room - reserved && (taken.size > 0 || known !== undefined)) continue;
      taken.add(claim);
      room -= lines;
    }
    return claims.filter((claim) => taken.has(claim));
  };
  const kept = {
    methods: take(methods, Math.min(needed, boundaryLines)),
    boundaries: take(boundaries, 0),
  };
  const shown = new Set([...kept.methods, ...kept.boundaries]);
  return { ...kept, left: [...methods, ...boundaries].filter((claim) => !shown.has(claim)) };
}

/** Most supported first; of equal ones two fixes come before a gain, and the short claims about the whole before all. */
function byWorth(claims: readonly Draftable[]): Draftable[] {
  const counts = new Map<string, number>();
  return claims
    .map((claim, index) => {
      const kind = claim.evidence[0]?.kind ?? "task";
      const nth = counts.get(kind) ?? 0;
      counts.set(kind, nth + 1);
      const rank = kind === "fix" ? nth : kind === "gain" ? 2 * nth + 1.5 : -1;
      return { claim, index, rank };
    })
    .sort((a, b) => b.claim.support - a.claim.support || a.rank - b.rank || a.index - b.index)
    .map(({ claim }) => claim);
}

/** Claims that another skill of the library makes, by the skill's name. */
function alreadySaid(claims: readonly Draftable[], library: LibraryClaims): Map<Draftable, string> {
  const others = [...library].flatMap(([skill, list]) =>
    list
      .filter((claim) => claim.state === "active" && claim.part !== "task")
      .map((claim, index) => ({ id: `${skill}#${index}`, skill, claim, text: textOf(claim) })),
  );
  if (others.length === 0) return new Map();
  const candidates = claims.map((claim, index) => ({ id: String(index), claim, text: textOf(claim.words) }));
  const said = new Map<Draftable, string>();
  for (const { newId, existingId, score } of findDuplicates(candidates, others)) {
    const one = candidates[Number(newId)];
    const other = others.find(({ id }) => id === existingId);
    if (
      one &&
      other &&
      score >= duplicateAt &&
      haveEqualLiteralSets(one.text, other.text) &&
      !said.has(one.claim)
    ) {
      said.set(one.claim, other.skill);
    }
  }
  return said;
}

/** What a claim tells to do, without how often it was seen. */
function textOf({ title, when, do: instruction }: Pick<ClaimWords, "title" | "when" | "do">): string {
  return [title, when, instruction].join("\n");
}

const maxDescription = 480;

function nameAndDescription(
  group: SessionGroup,
  fixes: readonly LessonGroup[],
  gains: readonly Remedy[],
  all: number,
): { skill_name: string; description: string; title: string } {
  const about = subjectPhrase(group);
  const what = [
    ...(fixes.length > 0 ? ["errors with their fixes"] : []),
    ...(gains.length > 0 ? ["changes that made it faster"] : []),
  ];
  const intro = `${what.length === 0 ? "What did not help" : capitalised(what.join(" and "))} for ${about}, from ${all === 1 ? "one agent session" : `${all} agent sessions`}.`;
  const use = `Use when writing, repairing or tuning ${about}`;
  const end = "Not for other languages or devices without checking again.";
  let names = "";
  for (const { name } of fixes) {
    const next = plainText(name);
    if (next === "" || /[<>]/.test(next)) continue;
    const longer = names === "" ? next : `${names}; ${next}`;
    if (intro.length + use.length + longer.length + end.length + 40 > maxDescription) continue;
    names = longer;
  }
  return {
    skill_name: `${group.language}-session-${group.subject}`,
    description: `${intro} ${use}${names === "" ? "" : `, or when one of these appears: ${names}`}. ${end}`,
    title: `Lessons from sessions on ${about}`,
  };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function plainText(text: string): string {
  return text
    .replaceAll(/[`"]/g, "")
    .replaceAll(/\s+/g, " ")
    .replace(/(?<!\.)[.:;]$/, "")
    .trim();
}

function plain(words: ClaimWords): string {
  return plainText(words.title === "" ? words.do : words.title).slice(0, 120);
}
