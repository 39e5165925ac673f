import type { StepItem } from "../evidence/conversation-items.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { largest } from "../largest.ts";
import { adviceTitle, objectionTo } from "./advice-words.ts";
import { changeTitle } from "./change-words.ts";
import type { Claim, ClaimWords } from "./claim.ts";
import type { KnownClaims, OfflineAnswer } from "./material.ts";
import {
  gainsOf,
  isWithinNoise,
  lossesOf,
  mixedWords,
  slowerWords,
  storedTitle,
} from "./observation-words.ts";
import { outcomeOf } from "./observations.ts";
import type { Operation } from "./operation.ts";
import { changeKey, itemsOf, type TuningObservation, tuningObservations } from "./tuning-observations.ts";
import {
  helpfulWords,
  measuredWords,
  nameAndDescription,
  sameWords,
  taskWords,
  type TuningDraft,
  type TuningFacts,
  unmeasuredWords,
  withRequest,
} from "./tuning-words.ts";

/** Bounds that keep a skill readable; what is left out is told to the reviewer. */
const most = { methods: 8, noisy: 3, mixed: 3, slower: 8, same: 4, unmeasured: 4 };
/** The best methods show more of their code. */
const longExamples = 3;

/**
 * The deterministic distiller for conversations. A change after which the code was faster more often than slower is a
 * method, told in the user's words and with the changed code; others are boundaries with their figures, or "not
 * measured". What the user said stands in titles without markup and in quotations, never as a sentence of the skill;
 * words and code that show one of the signs of an injected instruction are left out with a note. Undefined where no
 * change of the code is known.
 */
export function distillExpertTuningOffline(
  facts: TuningFacts,
  known: KnownClaims | undefined,
): OfflineAnswer | undefined {
  const notes: string[] = [];
  const claims = known?.claims ?? [];
  const byChange = claimsByChange(claims, known?.evidence ?? []);
  const observations = withoutSuspects(facts.steps, known?.evidence ?? [], notes);
  const spread = facts.history.spread ?? 0;
  const drafts = titled(observations, byChange);
  const faster = drafts.filter(({ o }) => outcomeOf(o) === "faster");
  const isRecord = ({ o }: TuningDraft): boolean =>
    o.onRecordPath || (byChange.get(o.key)?.some((claim) => claim.part === "method") ?? false);
  const methods = faster.filter(isRecord).sort(byGain);
  const clear = methods.filter(({ o }) => !isWithinNoise(o, spread)).slice(0, most.methods);
  const noisy = methods.filter(({ o }) => isWithinNoise(o, spread)).slice(0, most.noisy);
  const rest = drafts.filter(({ o }) => outcomeOf(o) !== "faster");
  const mixed = rest.filter(({ o }) => o.faster.length > 0);
  const slower = bySize(rest.filter(({ o }) => o.faster.length === 0 && o.slower.length > 0));
  const same = rest.filter(({ o }) => o.faster.length + o.slower.length === 0 && o.same.length > 0);
  const unmeasured = rest.filter(({ o }) => itemsOf(o).length === o.unmeasured.length);
  if (drafts.length === 0) return undefined;

  const claim = (words: ClaimWords, items: readonly Evidence[], key?: string): Operation[] =>
    operations(words, items, claims, key === undefined ? [] : (byChange.get(key) ?? []));
  const kept = {
    methods: [...clear, ...noisy].slice(0, most.methods),
    mixed: mixed.slice(0, most.mixed),
    slower: slower.slice(0, most.slower),
    same: same.slice(0, most.same),
    unmeasured: unmeasured.slice(0, most.unmeasured),
  };
  const changes = [
    ...kept.methods.map((draft, rank) => ({
      draft,
      words: helpfulWords(draft, spread, rank < longExamples ? 22 : 8),
    })),
    ...kept.mixed.map((draft) => ({ draft, words: withRequest(mixedWords(draft.o), draft.o) })),
    ...kept.slower.map((draft) => ({ draft, words: withRequest(slowerWords(draft.o), draft.o) })),
    ...kept.same.map((draft) => ({ draft, words: withRequest(sameWords(draft.o), draft.o) })),
    ...kept.unmeasured.map((draft) => ({ draft, words: withRequest(unmeasuredWords(draft.o), draft.o) })),
  ];
  const answer = {
    ...nameAndDescription(facts, kept.methods),
    operations: [
      ...claim(taskWords(facts), facts.whole),
      ...changes.flatMap(({ draft, words }) => claim(words, itemsOf(draft.o), draft.o.key)),
      ...claim(measuredWords(facts), facts.whole.slice(0, 1)),
    ],
  };
  const wonBack = faster.length - methods.length;
  if (wonBack > 0)
    notes.push(
      `Left out: ${wonBack} faster ${wonBack === 1 ? "change" : "changes"} that only won back what was lost before.`,
    );
  const left = [
    [methods.length - kept.methods.length, "smaller gains"],
    [mixed.length - kept.mixed.length, "unsettled changes"],
    [slower.length - kept.slower.length, "slower changes"],
    [same.length - kept.same.length, "changes without effect"],
    [unmeasured.length - kept.unmeasured.length, "changes that were not measured"],
  ] as const;
  for (const [count, what] of left) if (count > 0) notes.push(`Left out for length: ${count} ${what}.`);
  notes.push(...unusedNotes(facts));
  return { answer, notes };
}

/** The observations whose words and code may stand in a skill. */
function withoutSuspects(
  steps: readonly StepItem[],
  known: readonly Evidence[],
  notes: string[],
): TuningObservation[] {
  const fit = steps.filter(({ step, item }) => {
    const objection = objectionTo(`${step.advice.map(({ text }) => text).join("\n")}\n${item.diff ?? ""}`);
    if (objection !== undefined)
      notes.push(`Left out: the change at ${step.after.node}; what the user said or the code ${objection}.`);
    return objection === undefined;
  });
  return tuningObservations(
    fit,
    known.filter((item) => objectionTo(`${item.words ?? ""}\n${item.diff ?? ""}`) === undefined),
  );
}

/** Every observation with a title of its own: the user's words, else the change itself. */
function titled(
  observations: readonly TuningObservation[],
  byChange: ReadonlyMap<string, readonly Claim[]>,
): TuningDraft[] {
  const taken = new Set<string>();
  return observations.map((o): TuningDraft => {
    const known = byChange.get(o.key)?.find((claim) => claim.part === "method")?.title;
    const words = o.words.flatMap((text) => adviceTitle(text, o.diff) ?? []);
    const wishes = [...(known === undefined ? [] : [known]), ...words, changeTitle(o.change)].map(
      storedTitle,
    );
    const base = wishes.at(-1) ?? "";
    let title = wishes.find((wish) => !taken.has(wish));
    for (let n = 2; title === undefined; n += 1) {
      const numbered = `${base} (${n})`;
      if (!taken.has(numbered)) title = numbered;
    }
    taken.add(title);
    return { o, title };
  });
}

/** Active claims by the changes that the evidence they rest on shows. */
function claimsByChange(claims: readonly Claim[], evidence: readonly Evidence[]): Map<string, Claim[]> {
  const keys = new Map(
    evidence.map((item) => [item.id, item.diff === undefined ? undefined : changeKey(item.diff)]),
  );
  const byChange = new Map<string, Claim[]>();
  for (const claim of claims) {
    if (claim.state !== "active" || claim.part === "task") continue;
    for (const key of new Set(claim.evidence.flatMap((id) => keys.get(id) ?? []))) {
      const list = byChange.get(key);
      if (list) list.push(claim);
      else byChange.set(key, [claim]);
    }
  }
  return byChange;
}

/**
 * A claim about the same change is edited, so that the figures of several conversations stand in one place; one in
 * the other part, which all figures together no longer support, goes.
 */
function operations(
  words: ClaimWords,
  items: readonly Evidence[],
  claims: readonly Claim[],
  about: readonly Claim[],
): Operation[] {
  const evidence = [...new Set(items.map((item) => item.id))];
  if (evidence.length === 0) return [];
  const reversed = about
    .filter((claim) => claim.part !== words.part && claim.author !== "person")
    .map((claim): Operation => {
      const reason = `the measurements of all conversations together make it a ${words.part}`;
      return { op: "deprecate", id: claim.id, reason, evidence };
    });
  const same =
    about.find((claim) => claim.part === words.part) ??
    claims.find(
      (claim) => claim.state === "active" && claim.part === words.part && claim.title === words.title,
    );
  if (!same) return [...reversed, { op: "add", ...words, evidence }];
  if (same.author === "person") return [...reversed, { op: "agree", id: same.id, evidence }];
  const { part: _, ...changes } = words;
  return [...reversed, { op: "edit", id: same.id, ...changes, evidence }];
}

/** What the user said that teaches nothing. */
function unusedNotes({ history, steps }: TuningFacts): string[] {
  const repeated = steps.filter(({ step }) => step.diff === undefined && step.advice.length > 0).length;
  const notes: string[] = [];
  if (repeated > 0)
    notes.push(
      `Left out: ${repeated} ${repeated === 1 ? "request" : "requests"} after which the code stayed the same.`,
    );
  for (const { node, text } of history.unfollowed) {
    if (adviceTitle(text, "") !== undefined)
      notes.push(`Left out: what the user said at ${node}; no code followed it.`);
  }
  return notes;
}

function byGain(a: TuningDraft, b: TuningDraft): number {
  return largest(gainsOf(b.o)) - largest(gainsOf(a.o)) || (a.title < b.title ? -1 : 1);
}

function bySize(drafts: readonly TuningDraft[]): TuningDraft[] {
  return drafts.toSorted((a, b) => largest(lossesOf(b.o)) - largest(lossesOf(a.o)));
}
