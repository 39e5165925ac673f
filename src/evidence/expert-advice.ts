import { groupBy } from "../group-by.ts";
import { type ConversationAction, type ConversationTrace, rootId } from "../traces/akg-conversation.ts";
import { codeOf, saidByUser, timeOf } from "./action-facts.ts";
import { codeDiff } from "./code-diff.ts";
import type { Branch } from "./conversation-branches.ts";
import { strippedSource } from "./source-text.ts";

/** Words of the user, and where they stand. */
export interface UserWords {
  node: string;
  file: string;
  text: string;
}

/** A version of the code that the conversation made. */
export interface CodeVersion {
  node: string;
  file: string;
  /** Without comments. */
  code: string;
}

export interface Timing {
  node: string;
  file: string;
  us: number;
  speedup: number | null;
}

/** What a change of the code did. Without a time before and after, nothing is known. */
export type Effect = "faster" | "slower" | "same" | "not measured";

/** One change of the code: what the user had said before it, and how long the code took before and after. */
export interface TuningStep {
  /** Everything said since the change before; empty where the agent changed the code by itself. */
  advice: UserWords[];
  before: CodeVersion | undefined;
  after: CodeVersion;
  timeBefore: Timing | undefined;
  timeAfter: Timing | undefined;
  /** The shortest time on the way to this change, in microseconds; a later change may only win back what was lost. */
  recordBefore: number | undefined;
  effect: Effect;
  /** (before - after) / before; 0 where the effect is not known. */
  improvement: number;
  /** With one line of context; undefined where there is no code before, or the code did not change. */
  diff: string | undefined;
}

export interface MeasuredVersion {
  version: CodeVersion;
  time: Timing;
}

/** The causal chains of a conversation: advice, change, measured effect. */
export interface TuningHistory {
  /** In the order of the branches. */
  steps: TuningStep[];
  /** What the user said before there was any code: the task. */
  requests: UserWords[];
  /** What the user said and no code followed, on any branch. */
  unfollowed: UserWords[];
  first: Timing | undefined;
  /** The fastest version and its time. */
  best: MeasuredVersion | undefined;
  /** By how much times of equal code differed, as a share; undefined where no code was timed twice. */
  spread: number | undefined;
}

/**
 * Smaller differences count as none. A conversation times each version once or twice, and a single profile moves by
 * one or two percent.
 */
export const sameTime = 0.02;

interface Pending {
  step: Omit<TuningStep, "effect" | "improvement" | "diff">;
  isProfiled: boolean;
}

/** Where a branch stands after a node. */
interface State {
  code: CodeVersion | undefined;
  time: Timing | undefined;
  record: number | undefined;
  said: UserWords[];
  pending: Pending | undefined;
}

/**
 * Follows every branch from the root: what the user says belongs to the next code, and the next profile of that code
 * is its effect; it is compared with the last time before. A branch goes on where it left the other one. The figure
 * that a code generation reports counts where no profile follows. Linear.
 */
export function tuningHistory(trace: ConversationTrace, branches: readonly Branch[]): TuningHistory {
  const forks = new Set(branches.flatMap(({ after }) => after ?? []));
  const states = new Map<string, State>();
  const steps = new Map<CodeVersion, TuningStep>();
  const timings = new Map<string, MeasuredVersion>();
  const said: UserWords[] = [];
  const requests: UserWords[] = [];
  const stripped = new Map<string, string>();

  const timed = (version: CodeVersion, time: Timing): void => {
    const key = `${time.node}\0${time.us}`;
    if (!timings.has(key)) timings.set(key, { version, time });
  };

  /** Records a change when the next one comes or the branch ends. The first version is no change. */
  const close = (state: State): void => {
    const { pending } = state;
    state.pending = undefined;
    if (!pending) return;
    const { after, before, timeAfter } = pending.step;
    if (timeAfter && !pending.isProfiled) timed(after, timeAfter);
    if (before && steps.get(after)?.timeAfter === undefined) steps.set(after, measuredStep(pending.step));
  };

  const takeCode = (state: State, code: string, place: { node: string; file: string }): void => {
    const open = state.pending?.step;
    // Code that was never timed, because it failed or the agent went on, is a stage of the same change.
    const isUntimed = open !== undefined && open.timeAfter === undefined;
    if (!isUntimed) close(state);
    const base = isUntimed
      ? open
      : { advice: [], before: state.code, timeBefore: state.time, recordBefore: state.record };
    const { before, timeBefore, recordBefore } = base;
    const after = { ...place, code };
    const advice = [...base.advice, ...state.said];
    const step = { advice, before, after, timeBefore, timeAfter: undefined, recordBefore };
    state.pending = { step, isProfiled: false };
    state.code = after;
    state.said = [];
  };

  const follow = (state: State, action: ConversationAction, place: { node: string; file: string }): void => {
    for (const text of saidByUser(action)) {
      const words = { ...place, text };
      if (state.code === undefined) requests.push(words);
      else {
        said.push(words);
        state.said = [...state.said, words];
      }
    }
    const source = codeOf(action);
    const code = source && strippedOnce(source.text, stripped);
    // A profile repeats the code that it times. Equal code that is generated again answers what the user said.
    if (
      code !== undefined &&
      (code !== state.code?.code || (source?.isMade === true && state.said.length > 0))
    )
      takeCode(state, code, place);
    const measured = timeOf(action);
    if (measured === undefined || state.code === undefined) return;
    const time: Timing = { ...place, us: measured.us, speedup: measured.speedup };
    if (measured.isProfile) timed(state.code, time);
    if (state.pending && !state.pending.isProfiled)
      state.pending = { step: { ...state.pending.step, timeAfter: time }, isProfiled: measured.isProfile };
    state.time = time;
    state.record = Math.min(state.record ?? Infinity, time.us);
  };

  const start = startState();
  const walk = (id: string, state: State): void => {
    const node = trace.nodes.get(id);
    for (const action of node?.actions ?? []) if (node) follow(state, action, { node: id, file: node.file });
    if (forks.has(id)) states.set(id, { ...state });
  };
  walk(rootId, start);
  for (const branch of branches) {
    const from = branch.after === undefined ? start : (states.get(branch.after) ?? start);
    const state = { ...from };
    for (const id of branch.nodes) walk(id, state);
    close(state);
  }
  const followed = new Set([...steps.values()].flatMap((step) => step.advice));
  const measured = [...timings.values()];
  return {
    steps: [...steps.values()],
    requests,
    unfollowed: said.filter((words) => !followed.has(words)),
    first: measured[0]?.time,
    best: fastest(measured),
    spread: spreadOf(measured),
  };
}

function startState(): State {
  return { code: undefined, time: undefined, record: undefined, said: [], pending: undefined };
}

function measuredStep(step: Pending["step"]): TuningStep {
  const { before, after, timeBefore, timeAfter } = step;
  const isMeasured = timeBefore !== undefined && timeAfter !== undefined;
  const improvement = isMeasured ? (timeBefore.us - timeAfter.us) / timeBefore.us : 0;
  const labels = { from: before?.node ?? "", to: after.node };
  const diff = before && codeDiff(before.code, after.code, labels)?.text;
  return { ...step, diff, improvement, effect: isMeasured ? effectOf(improvement) : "not measured" };
}

function effectOf(improvement: number): Effect {
  if (improvement >= sameTime) return "faster";
  return improvement <= -sameTime ? "slower" : "same";
}

/** AKG's C and C++ kernels are Python files that hold their source, unless they are C++ projects. */
export function languageOfCode(code: string): "python" | "c" {
  return /^\s*#\s*include\b/m.test(code) && !/^\s*(?:import|from)\s/m.test(code) ? "c" : "python";
}

/** The same source comes again and again: generated, profiled, passed on. */
function strippedOnce(source: string, known: Map<string, string>): string {
  let code = known.get(source);
  if (code === undefined) {
    code = strippedSource(source, languageOfCode(source));
    known.set(source, code);
  }
  return code;
}

function fastest(timings: readonly MeasuredVersion[]): TuningHistory["best"] {
  return timings.reduce<TuningHistory["best"]>(
    (best, timing) => (best === undefined || timing.time.us < best.time.us ? timing : best),
    undefined,
  );
}

/** The largest distance between two times of equal code, as a share of the shorter one. */
function spreadOf(timings: readonly MeasuredVersion[]): number | undefined {
  let widest: number | undefined;
  for (const group of groupBy(timings, ({ version }) => version.code).values()) {
    const [shortest, longest] = group.reduce(
      ([low, high], { time }) => [Math.min(low, time.us), Math.max(high, time.us)],
      [Infinity, 0],
    );
    if (group.length > 1) widest = Math.max(widest ?? 0, (longest ?? 0) / (shortest ?? 1) - 1);
  }
  return widest;
}
