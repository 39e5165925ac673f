import { sha256 } from "../digest.ts";
import type { Place } from "../reporter.ts";
import type { ConversationTrace } from "../traces/akg-conversation.ts";
import type { Evidence, EvidenceKind } from "./evidence.ts";
import type { Timing, TuningHistory, TuningStep, UserWords } from "./expert-advice.ts";
import { shortened } from "./shortened-text.ts";
import { timeWords } from "./time-words.ts";

/** In characters: what an item repeats of the user's words; the trace and the timeline hold all of them. */
const maxWords = 2000;

/** In characters: ids name nodes, whose names are of any length. */
const maxAbout = 200;

/** A change of the code with the item that tells of it. */
export interface StepItem {
  step: TuningStep;
  item: Evidence;
}

export interface ConversationEvidence {
  /** The task, the best version, every change in the order of the branches, and advice that no code followed. */
  items: Evidence[];
  steps: StepItem[];
}

/**
 * What a conversation gives to rest claims on. A change that followed the user's words is `advice`; one that the agent
 * made by itself is a `gain` where it was faster, else an `attempt`. Summaries hold node names and figures only; what
 * the user said stands in `words`.
 */
export function conversationEvidence(trace: ConversationTrace, history: TuningHistory): ConversationEvidence {
  const base = (about: string, kind: EvidenceKind, places: Place[], summary: string): Evidence => ({
    id: `${trace.digest.slice(0, 8)}:${about}`,
    kind,
    trace: trace.digest,
    places: uniquePlaces(places),
    summary,
  });
  const taken = new Map<string, number>();
  const unique = (wanted: string): string => {
    const about = wanted.length <= maxAbout ? wanted : sha256(wanted).slice(0, 16);
    const count = (taken.get(about) ?? 0) + 1;
    taken.set(about, count);
    return count === 1 ? about : `${about}#${count}`;
  };
  const steps = history.steps.map((step): StepItem => {
    const about = unique(`${step.before?.node ?? ""}>${step.after.node}`);
    const item: Evidence = {
      ...base(about, kindOf(step), placesOf(step), stepSummary(step)),
      parent_id: step.before?.node ?? "",
      child_id: step.after.node,
    };
    if (step.timeBefore) item.parent_gen_time_us = step.timeBefore.us;
    if (step.timeAfter) item.child_gen_time_us = step.timeAfter.us;
    if (step.effect !== "not measured") item.improvement = step.improvement;
    if (step.diff !== undefined) item.diff = step.diff;
    if (step.advice.length > 0) item.words = wordsOf(step.advice);
    return { step, item };
  });
  const { first, best, requests, unfollowed } = history;
  const start = requests[0] ?? steps[0]?.step.after ?? best?.version;
  const task = base("task", "task", start ? [{ file: start.file }] : [], taskSummary(trace, history));
  if (requests.length > 0) task.words = wordsOf(requests);
  const items = [task];
  if (best) {
    const places = [{ file: best.time.file }, { file: best.version.file }];
    items.push(base("best", "best", places, bestSummary(best.time, first)));
  }
  items.push(...steps.map(({ item }) => item));
  for (const said of unfollowed) {
    const summary = `What the user said at ${said.node} was followed by no code.`;
    const item = base(unique(`said:${said.node}`), "advice", [{ file: said.file }], summary);
    items.push({ ...item, words: wordsOf([said]) });
  }
  return { items, steps };
}

function kindOf({ advice, effect }: TuningStep): EvidenceKind {
  if (advice.length > 0) return "advice";
  return effect === "faster" ? "gain" : "attempt";
}

function wordsOf(said: readonly UserWords[]): string {
  return shortened(said.map(({ text }) => text).join("\n"), maxWords);
}

function placesOf({ advice, after, timeBefore, timeAfter }: TuningStep): Place[] {
  const places = [...advice, after, timeBefore, timeAfter];
  return places.flatMap((place) => (place ? [{ file: place.file }] : []));
}

function uniquePlaces(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [place.file, place])).values()];
}

function taskSummary({ metadata }: ConversationTrace, { steps, best }: TuningHistory): string {
  const where = [metadata.dsl, metadata.backend, metadata.arch].filter(Boolean).join(", ");
  const asked = steps.filter((step) => step.advice.length > 0);
  const measured = asked.filter((step) => step.effect !== "not measured").length;
  const tuned = `${metadata.op_name}${where && ` (${where})`} was tuned in a conversation: ${steps.length} changes, ${asked.length} after the user's words, ${measured} of these measured`;
  return best ? `${tuned}; the fastest version ran in ${timeWords(best.time.us)}.` : `${tuned}.`;
}

function bestSummary(best: Timing, first: Timing | undefined): string {
  const speedup =
    best.speedup !== null && best.speedup > 0
      ? `, ${best.speedup.toFixed(2)} times as fast as the reference`
      : "";
  const from = first && first !== best ? `; the first took ${timeWords(first.us)}` : "";
  return `The fastest version was timed at ${best.node}: ${timeWords(best.us)}${speedup}${from}.`;
}

function stepSummary({
  advice,
  after,
  timeBefore,
  timeAfter,
  effect,
  improvement,
  diff,
}: TuningStep): string {
  const cause =
    advice.length > 0
      ? `After the user's words at ${[...new Set(advice.map((words) => words.node))].join(", ")}, the code`
      : "The code";
  const change = diff === undefined ? "stayed the same" : "was changed";
  const done = `${cause} ${change} at ${after.node}`;
  if (effect === "not measured" || !timeBefore || !timeAfter)
    return timeAfter
      ? `${done}; it ran in ${timeWords(timeAfter.us)}, and no time before is known.`
      : `${done}; no time was measured after it.`;
  const percent = `${Math.abs(100 * improvement).toFixed(1)} % ${improvement >= 0 ? "less" : "more"} time`;
  return `${done} and ran in ${timeWords(timeAfter.us)} (${timeAfter.node}), before in ${timeWords(timeBefore.us)} (${percent}).`;
}
