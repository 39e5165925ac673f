import { sha256 } from "../digest.ts";
import type { FormatName, SessionFacts, Step } from "../traces/session.ts";
import { conversationItems } from "./session-end-items.ts";
import type { Evidence } from "./evidence.ts";
import { type Conversation, newConversation, takeStep } from "./session-conversation.ts";
import type { SessionLesson } from "./session-items.ts";
import { outcomeOf, type SessionOutcome } from "./session-outcome.ts";
import { closeLane } from "./session-pairs.ts";
import type { Move, RunClass } from "./session-sequences.ts";
import type { Setting } from "./session-settings.ts";
import { type Subject, subjectOf } from "./session-subject.ts";
import type { Suspicion } from "./session-suspicion.ts";

/** What is known of a session besides its steps. */
export interface SessionInfo {
  /** SHA-256 of the trace; asked after the last step, when a reader knows it. */
  digest: () => Promise<string>;
  /** The name of its file or folder, for people. */
  source: string;
  format: FormatName;
  /** What the session says about itself; asked after the last step. */
  facts: () => SessionFacts;
  /** How it ended, where a file beside the trace says so. */
  label?: SessionOutcome["status"] | undefined;
}

/** What one conversation of a session shows. */
export interface SessionEvidence extends Subject {
  trace: string;
  source: string;
  format: FormatName;
  conversation: number;
  /** The first words of the user; empty where the trace has none. */
  task: string;
  outcome: SessionOutcome;
  /** Every item, in the order of the trace; ids are unique over all traces. */
  items: readonly Evidence[];
  lessons: readonly SessionLesson[];
  settings: readonly Setting[];
  /** What was done, call by call, for sequences that several sessions share. */
  moves: readonly Move[];
  /** The last command of each class that passed. */
  commands: ReadonlyMap<RunClass, string>;
  /** Plain commands that passed, in their order, with gaps; see `commonCommands`. */
  plainCommands: readonly string[];
  /** Equal for one session that is told in several formats or several times. */
  fingerprint: string;
  suspicious: readonly Suspicion[];
  /** How much was left out for length. */
  dropped: number;
}

/** Conversations that are told at the same time; more of them are closed, the oldest first. */
const maxOpen = 8;
/** Evidence of so many characters is kept of one trace; further conversations are counted. */
const maxKept = 24_000_000;

/**
 * The evidence of a trace, one for each conversation in it. Steps are taken as they come and forgotten: what is kept
 * is bounded, whatever the length, and what does not fit is counted. Told-again context counts nothing; of a branch
 * that the person went back from, only failures are kept; results of fetched pages and read files never are.
 */
export async function collectSessions(
  steps: AsyncIterable<Step> | Iterable<Step>,
  info: SessionInfo,
): Promise<SessionEvidence[]> {
  const done: SessionEvidence[] = [];
  const open = new Map<number, Conversation>();
  const finished = new Set<number>();
  let kept = 0;
  let left = 0;
  const finish = async (conversation: Conversation): Promise<void> => {
    const evidence = closed(conversation, info, await info.digest());
    const size = evidence.items.reduce((sum, item) => sum + itemSize(item), 0);
    if (kept + size > maxKept) left += 1;
    else done.push(evidence);
    kept += size;
    open.delete(conversation.number);
    finished.add(conversation.number);
  };
  for await (const step of steps) {
    let conversation = open.get(step.conversation);
    if (!conversation) {
      // A conversation that was closed for room goes on: what follows is counted with what is left out.
      if (finished.has(step.conversation)) {
        left += 1;
        continue;
      }
      const [oldest] = open.values();
      if (open.size >= maxOpen && oldest) await finish(oldest);
      conversation = newConversation(step.conversation);
      open.set(step.conversation, conversation);
    }
    takeStep(conversation, step);
  }
  for (const conversation of open.values()) await finish(conversation);
  const [first, ...rest] = done.sort((a, b) => a.conversation - b.conversation);
  return first ? [{ ...first, dropped: first.dropped + left }, ...rest] : [];
}

function itemSize(item: Evidence): number {
  return (
    item.summary.length + (item.diff?.length ?? 0) + (item.log?.length ?? 0) + (item.words?.length ?? 0) + 300
  );
}

function closed(state: Conversation, info: SessionInfo, trace: string): SessionEvidence {
  for (const lane of state.lanes.values()) {
    closeLane(lane);
    state.dropped += lane.dropped + lane.history.dropped;
  }
  const facts = info.facts();
  const task = state.task?.text ?? "";
  const subject = subjectOf(state.tally, task);
  const outcome = outcomeOf({
    label: info.label,
    exitStatus: facts.exitStatus,
    lastTest: state.lastTest,
    lastRun: state.lastRun,
    finalText: state.finalText,
  });
  const { items, lessons } = conversationItems(state, outcome, trace);
  return {
    ...subject,
    trace,
    source: info.source,
    format: info.format,
    conversation: state.number,
    task,
    outcome,
    items,
    lessons,
    settings: [...state.settings.values()],
    moves: state.moves,
    commands: new Map([...state.commands].map(([name, { text }]) => [name, text])),
    plainCommands: state.plainCommands,
    fingerprint: sha256(state.runs.length > 0 ? state.runs.join("\n") : `${trace}\0${state.number}`),
    suspicious: state.suspicious,
    dropped: state.dropped,
  };
}
