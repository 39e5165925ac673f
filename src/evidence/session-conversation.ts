import type { Place } from "../reporter.ts";
import type { Call, Origin, Step } from "../traces/session.ts";
import { addCommands, addGap } from "./command-sequences.ts";
import { familiesOf, readCommand, runText } from "./session-command.ts";
import { type Decision, noteDecisions } from "./session-decisions.ts";
import { filePatches, followPatch, noWrittenFiles, type WrittenFiles } from "./session-files.ts";
import { ownCopy, record, shortEntries } from "./session-history.ts";
import { readOutput } from "./session-output.ts";
import { closeLane, type Lane, newLane, newRun, type Pair, type Run, takeRun } from "./session-pairs.ts";
import { addMove, type Move, type RunClass, runClass } from "./session-sequences.ts";
import { readSettings, type Setting } from "./session-settings.ts";
import { newTally, type SubjectTally, tallyCall, tallyText } from "./session-subject.ts";
import { noteSuspicions, type Suspicion } from "./session-suspicion.ts";

const maxItems: Record<Pair["kind"], number> = { fix: 200, attempt: 80, gain: 100, failure: 20 };
/** The same failure again and again teaches nothing more. */
const maxAlike = 3;
const maxLanes = 24;
const maxTask = 1000;
const maxUsers = 200;
const maxFingerprint = 400;

/** What is kept of a conversation while its steps come. */
export interface Conversation {
  number: number;
  task: { text: string; place: Place } | undefined;
  users: { text: string; place: Place; seq: number }[];
  lanes: Map<string, Lane>;
  /** With the lane in which they were seen. */
  pairs: { pair: Pair; lane: string }[];
  /** How many pairs there are of a kind, and of a kind with one signature. */
  counts: Map<Pair["kind"], number>;
  alike: Map<string, number>;
  files: WrittenFiles;
  tally: SubjectTally;
  settings: Map<string, Setting>;
  moves: Move[];
  decisions: Decision[];
  commands: Map<RunClass, { text: string; place: Place }>;
  /** Plain commands that passed, in their order, with gaps; see `addCommands`. */
  plainCommands: string[];
  lastRun: boolean | undefined;
  lastTest: boolean | undefined;
  finalText: string;
  runs: string[];
  suspicious: Suspicion[];
  dropped: number;
}

export function newConversation(number: number): Conversation {
  return {
    number,
    task: undefined,
    users: [],
    lanes: new Map(),
    pairs: [],
    counts: new Map(),
    alike: new Map(),
    files: noWrittenFiles(),
    tally: newTally(),
    settings: new Map(),
    moves: [],
    decisions: [],
    commands: new Map(),
    plainCommands: [],
    lastRun: undefined,
    lastTest: undefined,
    finalText: "",
    runs: [],
    suspicious: [],
    dropped: 0,
  };
}

export function takeStep(state: Conversation, step: Step): void {
  const place = placeOf(step.origin);
  state.dropped += noteSuspicions(state.suspicious, step.text, place);
  if (step.isCopied || step.source === "system") return;
  const isAbandoned = step.branch === "abandoned";
  const isOwn = step.subagent === null && !isAbandoned;
  const lane = laneOf(state, step.subagent, isAbandoned);
  if (step.source === "user") {
    if (isOwn) takeUser(state, lane, step.text, place);
  } else {
    if (step.text !== "") {
      record(lane.history, "words", step.text, place);
      if (!isAbandoned) {
        state.dropped += noteDecisions(state.decisions, step.text, place, lane.history.next);
        if (step.subagent === null) state.finalText = ownCopy(step.text.slice(-2000));
      }
    }
    if (step.reasoning !== "") record(lane.history, "thought", step.reasoning, place);
  }
  for (const call of step.calls) takeCall(state, lane, call, { isOwn, isAbandoned });
}

function takeUser(state: Conversation, lane: Lane, text: string, place: Place): void {
  if (text.trim() === "") return;
  if (!state.task) {
    state.task = { text: ownCopy(text.slice(0, maxTask)), place };
    tallyText(state.tally, text, 2);
    return;
  }
  record(lane.history, "user", text, place);
  state.users.push({ text: ownCopy(text.slice(0, maxTask)), place, seq: lane.history.next });
  if (state.users.length > maxUsers) {
    state.users.shift();
    state.dropped += 1;
  }
}

function takeCall(
  state: Conversation,
  lane: Lane,
  call: Call,
  { isOwn, isAbandoned }: { isOwn: boolean; isAbandoned: boolean },
): void {
  const place = placeOf(call.origin);
  if (call.result) {
    const length = call.kind === "shell" ? "short" : "long";
    state.dropped += noteSuspicions(state.suspicious, call.result.text, placeOf(call.result.origin), length);
  }
  if (!isAbandoned) {
    tallyCall(state.tally, call);
    readSettings(state.settings, call);
  }
  const move = (next: Move): void => {
    if (isOwn && !addMove(state.moves, next)) state.dropped += 1;
  };
  switch (call.kind) {
    case "read":
    case "search":
      move("read");
      return;
    case "write":
    case "edit":
      if (call.result?.isError === true) return;
      takePatch(state, lane, call, place);
      move(call.kind);
      if (isOwn) addGap(state.plainCommands);
      return;
    case "fetch":
    case "delegate":
    case "plan":
      return;
    case "shell":
    case "other":
      takeCommand(state, lane, call, { isOwn, move });
  }
}

function takePatch(state: Conversation, lane: Lane, call: Call, place: Place): void {
  const patches = filePatches(call.patch ?? "");
  if (patches.length === 0) record(lane.history, "patch", "", place, call.paths[0] ?? "");
  for (const { path, patch } of patches) {
    record(lane.history, "patch", followPatch(state.files, path, patch), place, path);
  }
}

function takeCommand(
  state: Conversation,
  lane: Lane,
  call: Call,
  { isOwn, move }: { isOwn: boolean; move: (next: Move) => void },
): void {
  if (call.command === null) return;
  const command = readCommand(call.command);
  const place = placeOf(call.origin);
  const output = readOutput(call);
  if (isOwn) addCommands(state.plainCommands, call, command, output?.failed === false);
  const families = familiesOf(command);
  for (const part of command.parts) {
    if (part.written) {
      const { path, content } = part.written;
      const lines = content.replace(/\n$/, "").split("\n");
      const patch = ["--- /dev/null", `+++ b/${path}`, "@@", ...lines.map((line) => `+${line}`)].join("\n");
      record(lane.history, "patch", followPatch(state.files, path, patch), place, path);
      move("write");
    } else if (part.role === "edit" && families.length === 0) {
      record(lane.history, "setup", part.text, place);
      move("edit");
    }
  }
  for (const finding of output?.findings ?? []) {
    if (families.length === 0 || isProfile(families)) record(lane.history, "finding", finding, place);
  }
  if (families.length === 0) {
    const setup = command.parts.filter((part) => part.role === "setup").map((part) => part.text);
    const variables = [...command.environment].map(([name, value]) => `${name}=${value}`);
    const text = [...variables, ...setup].join("; ");
    if (text !== "" && output?.failed !== true) {
      record(lane.history, "setup", text, place);
      move("setup");
    } else if (command.parts.some((part) => part.role === "probe")) move("read");
    return;
  }
  if (!output || !call.result) return;
  const run = newRun(lane, { command, text: call.command, families, output, place }, call.result.text);
  takeRun(lane, run);
  if (isOwn) noteRun(state, run, move);
}

function isProfile(families: readonly string[]): boolean {
  return families.some((family) => runClass(family) === "profile");
}

function noteRun(state: Conversation, run: Run, move: (next: Move) => void): void {
  const passed = !run.output.failed;
  const classes = [...new Set(run.families.map(runClass))];
  // Of a line that failed, the last part is the one that did, or one that was never reached.
  for (const one of passed ? classes : classes.slice(-1)) move(`${one} ${passed ? "passes" : "fails"}`);
  if (passed)
    for (const one of classes)
      state.commands.set(one, { text: runText(run.command).slice(0, 500), place: run.place });
  if (!classes.every((one) => one === "profile")) state.lastRun = passed;
  if (classes.includes("test")) state.lastTest = passed;
  if (state.runs.length < maxFingerprint)
    state.runs.push(`${run.families.join("&")}\0${run.output.signature}`);
}

/** The lane of the session's own agent. */
export const ownLane = "";

function laneOf(state: Conversation, subagent: string | null, isAbandoned: boolean): Lane {
  const name = isAbandoned ? `abandoned ${subagent ?? ""}` : (subagent ?? ownLane);
  const known = state.lanes.get(name);
  if (known) return known;
  const lane = newLane((pair) => takePair(state, pair, name, isAbandoned));
  state.lanes.set(name, lane);
  if (state.lanes.size > maxLanes) {
    // The session's own lane came first, and stays.
    const [, second] = state.lanes.keys();
    const oldest = second === undefined ? undefined : state.lanes.get(second);
    if (second !== undefined && oldest) {
      closeLane(oldest);
      state.dropped += 1;
      state.lanes.delete(second);
    }
  }
  return lane;
}

function takePair(state: Conversation, pair: Pair, lane: string, isAbandoned: boolean): void {
  if (isAbandoned && (pair.kind === "fix" || pair.kind === "gain")) return;
  const alike = `${pair.kind}\0${pair.signature}\0${pair.metric?.name ?? ""}`;
  const count = (state.alike.get(alike) ?? 0) + 1;
  const ofKind = state.counts.get(pair.kind) ?? 0;
  const isRepeated = count > maxAlike && pair.metric === undefined && pair.signature !== "";
  if (ofKind >= maxItems[pair.kind] || isRepeated) {
    state.dropped += 1;
    return;
  }
  if (state.alike.size < 2000) state.alike.set(alike, count);
  state.counts.set(pair.kind, ofKind + 1);
  // What a pair shows is far less than all that stands between its runs.
  pair.entries = shortEntries(pair.entries);
  state.pairs.push({ pair, lane });
}

export function placeOf(origin: Origin): Place {
  return { file: origin.file, line: origin.line_from };
}
