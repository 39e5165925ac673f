import { groupBy } from "../group-by.ts";
import type { Evidence } from "./evidence.ts";
import { type Conversation, ownLane } from "./session-conversation.ts";
import { rankDecisions } from "./session-decisions.ts";
import { lessonOf, type SessionLesson } from "./session-items.ts";
import type { SessionOutcome } from "./session-outcome.ts";
import { isQuotable, isSuspicious } from "./session-suspicion.ts";

/**
 * The items of a conversation that has ended: its lessons, and what is known only now. `trace` is its SHA-256; ids
 * start with eight digits of it.
 */
export function conversationItems(
  state: Conversation,
  outcome: SessionOutcome,
  trace: string,
): { items: Evidence[]; lessons: SessionLesson[] } {
  const idOf = idsOf(trace, state.number);
  const lessons = state.pairs.map(({ pair }) => lessonOf(pair, { id: idOf(pair.kind), trace }));
  const items = [
    ...taskItem(state, outcome, idOf, trace),
    ...lessons.map(({ item }) => item),
    ...adviceItems(state, lessons, idOf, trace),
    ...validationItems(state, idOf, trace),
    ...decisionItems(state, lessons, idOf, trace),
    ...settingItems(state, idOf, trace),
  ];
  return { items, lessons };
}

type IdOf = (kind: Evidence["kind"]) => string;

/** Eight digits of the trace, then the kind and a number: `0a1b2c3d:fix-2`. Later conversations have theirs before it. */
function idsOf(trace: string, conversation: number): IdOf {
  const counts = new Map<string, number>();
  const prefix = `${trace.slice(0, 8)}:${conversation === 0 ? "" : `${conversation}.`}`;
  return (kind) => {
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return `${prefix}${kind}-${count}`;
  };
}

function taskItem(state: Conversation, outcome: SessionOutcome, idOf: IdOf, trace: string): Evidence[] {
  const [first] = state.pairs;
  const place = state.task?.place ?? first?.pair.before.place;
  const by = {
    label: "its label",
    verifier: "its verifier",
    final_text: "its last words",
    heuristic: "its last runs",
  };
  const ended = `The session ended as ${outcome.status} by ${by[outcome.by]}.`;
  const words = state.task && !isSuspicious(state.task.text) ? { words: state.task.text.slice(0, 300) } : {};
  return [{ id: idOf("task"), kind: "task", trace, places: place ? [place] : [], summary: ended, ...words }];
}

/** Words of the user after which something was fixed or got better. */
function adviceItems(
  state: Conversation,
  lessons: readonly SessionLesson[],
  idOf: IdOf,
  trace: string,
): Evidence[] {
  const items: Evidence[] = [];
  for (const { text, place, seq } of state.users) {
    if (!isQuotable(text)) continue;
    const index = state.pairs.findIndex(
      ({ pair, lane }) =>
        lane === ownLane &&
        (pair.kind === "fix" || pair.kind === "gain") &&
        pair.before.seq < seq &&
        seq < (pair.after?.seq ?? 0),
    );
    const lesson = lessons[index];
    if (!lesson) continue;
    const { diff, metric, signature } = lesson.item;
    items.push({
      id: idOf("advice"),
      kind: "advice",
      trace,
      places: [place, ...lesson.item.places.slice(0, 3)],
      summary: `The user's words came before this: ${lesson.item.summary}`,
      words: text.slice(0, 400),
      ...(diff === undefined ? {} : { diff }),
      ...(metric === undefined ? {} : { metric }),
      ...(signature === undefined ? {} : { signature }),
    });
  }
  return items;
}

function validationItems(state: Conversation, idOf: IdOf, trace: string): Evidence[] {
  const named = [...state.commands].filter(([name]) => name !== "run");
  const shown = named.length > 0 ? named : [...state.commands];
  const byText = groupBy(shown, ([, { text }]) => text);
  return [...byText]
    .filter(([text]) => !isSuspicious(text))
    .map(([text, classes]) => ({
      id: idOf("validation"),
      kind: "validation",
      trace,
      places: classes.slice(0, 1).map(([, { place }]) => place),
      summary: `The last ${classes.map(([name]) => name).join(" and ")} that passed.`,
      command: text,
    }));
}

function decisionItems(
  state: Conversation,
  lessons: readonly SessionLesson[],
  idOf: IdOf,
  trace: string,
): Evidence[] {
  const spans = lessons
    .filter(({ item, verified }) => item.kind === "gain" || (item.kind === "fix" && verified !== "no"))
    .map(({ span }) => span);
  return rankDecisions(
    state.decisions.filter(({ text }) => isQuotable(text)),
    spans,
  ).map(({ text, place }) => ({
    id: idOf("decision"),
    kind: "decision",
    trace,
    places: [place],
    summary: "A sentence that gives a reason.",
    words: text,
  }));
}

function settingItems(state: Conversation, idOf: IdOf, trace: string): Evidence[] {
  return [...state.settings.values()]
    .filter(({ value }) => !isSuspicious(value))
    .map(({ name, value, place }) => ({
      id: idOf("setting"),
      kind: "setting",
      trace,
      places: [place],
      summary: `${name} ${value}`,
    }));
}
