import type { Evidence } from "../evidence/evidence.ts";
import { baseName, type SessionLesson } from "../evidence/session-items.ts";
import type { Move, RunClass } from "../evidence/session-sequences.ts";
import type { SessionEvidence } from "../evidence/session.ts";
import { groupBy } from "../group-by.ts";
import type { ClaimWords } from "./claim.ts";
import { type SessionGroup, subjectPhrase } from "./session-group.ts";
import { type LessonGroup, type Remedy, type SeenLesson, supportOf } from "./session-lessons.ts";
import type { Procedure } from "./session-procedure.ts";
import type { SessionScript } from "./session-script.ts";
import {
  changeBlock,
  doneSentence,
  failureName,
  gainWords,
  quotedWords,
  reasonOf,
  shownCode,
  supportWords,
} from "./session-words.ts";

/** Words of a claim with the evidence they rest on, before it is known what stands in the skill already. */
export interface Draftable {
  words: ClaimWords;
  evidence: readonly Evidence[];
  /** The more sessions, the more it is worth its lines. */
  support: number;
}

/** The title of the claim that only lists commands: alone it is no skill. */
export const checkTitle = "Check what you changed";

/** Remedies of one failure that a claim shows; the others are counted. */
const maxRemedies = 3;
const maxDiff = 10;
const maxNames = 4;

/** When to use the skill: what the sessions were about, and the failures that most of them met. */
export function taskClaim(group: SessionGroup, fixes: readonly LessonGroup[]): Draftable {
  const { sessions, count } = group;
  const by = groupBy(
    new Map(sessions.map((one) => [one.fingerprint, one])).values(),
    ({ outcome }) => outcome.status,
  );
  const ends = (["success", "partial", "failure", "unknown"] as const)
    .filter((status) => by.has(status))
    .map((status) => `${by.get(status)?.length ?? 0} ${status}`);
  const names = fixes.slice(0, maxNames).flatMap(({ name }) => (name === "" ? [] : [shownCode(name, 100)]));
  const text = [
    `Writing or repairing ${subjectPhrase(group)}${names.length === 0 ? "" : `, or one of these appears: ${names.join("; ")}`}.`,
    `Distilled from ${count === 1 ? "one agent session" : `${count} agent sessions`} (outcome: ${ends.join(", ")}).`,
  ].join(" ");
  const evidence = sessions.flatMap(({ items }) => items.filter(({ kind }) => kind === "task"));
  return draftable("task", "When to use", { do: text }, evidence, count);
}

/** One failure and what overcame it. */
export function fixClaim(fix: LessonGroup, all: number): Draftable {
  const shown = fix.remedies.slice(0, maxRemedies);
  const first = shown[0]?.seen[0]?.lesson;
  const printed = [
    ...new Set(shown.flatMap(({ seen }) => seen.slice(0, 1).map(({ lesson }) => printedLine(lesson)))),
  ]
    .filter((line) => line !== "")
    .slice(0, 2);
  const blocks = shown.map((remedy) => remedyText(remedy, shown.length > 1 ? 6 : maxDiff));
  const instruction =
    blocks.length === 1
      ? (blocks[0] ?? "")
      : [`It had ${fix.remedies.length} causes; compare yours with each.`, ...blocks].join("\n\n");
  const seen = fix.remedies.flatMap((remedy) => remedy.seen);
  const verified = seen.filter(({ lesson }) => lesson.verified === "passed");
  const later = seen.filter(({ lesson }) => lesson.verified === "later");
  const why = [
    `${supportWords(fix.support, all)}.`,
    verified.length > 0
      ? `Verified${fix.support === 1 ? "" : ` in ${supportOf(verified)}`}: the next run passed.`
      : later.length > 0
        ? `The failure was gone in the next run, and a later run passed.`
        : "The failure was gone in the next run; no run passed after it.",
    ...(fix.remedies.length > shown.length
      ? [`${fix.remedies.length - shown.length} more ways are not shown.`]
      : []),
  ].join(" ");
  return draftable(
    "method",
    titleOf(fix.name, first),
    {
      when:
        printed.length === 0
          ? "a check fails without a message."
          : `a run prints ${printed.map((line) => shownCode(line, 200)).join(" or ")}.`,
      do: instruction,
      why,
      check: checkWords(verified[0] ?? seen[0]),
    },
    itemsOf(seen),
    fix.support,
  );
}

/** A change after which a figure was better. */
export function gainClaim(gain: Remedy, all: number): Draftable {
  const [best] = gain.seen;
  const lesson = best?.lesson;
  const found = lesson?.lines.slice(0, 2).map((line) => shownCode(line)) ?? [];
  const failed = gain.seen.every(({ lesson: one }) => one.verified === "no");
  return draftable(
    "method",
    gainTitle(lesson),
    {
      when: found.length > 0 ? `a tool reports ${found.join(" and ")}.` : "",
      do: remedyText(gain, maxDiff),
      why: `${supportWords(gain.support, all)}: ${lesson ? gainWords(lesson.item) : ""}.${failed ? " Another part of that run failed." : ""}${lesson && isMeasurement(lesson) ? " Only the measurement changed, not what is measured." : ""}`,
      check: checkWords(best),
    },
    itemsOf(gain.seen),
    gain.support,
  );
}

/** A way of working, as numbered steps. */
export function procedureClaim(procedure: Procedure, all: number): Draftable {
  const steps = procedure.moves.map((move, index) => `${index + 1}. ${stepWords(move, procedure.commands)}`);
  return draftable(
    "method",
    "Procedure",
    { do: steps.join("\n"), why: `${supportWords(procedure.support, all)} in this order.` },
    [procedure.item],
    procedure.support,
  );
}

/** Commands that belong together, and the file that holds them. */
export function scriptClaim(script: SessionScript, all: number): Draftable {
  const shown = script.commands.map((command) => shownCode(command)).join(", ");
  return draftable(
    "method",
    "Commands that belong together",
    {
      do: `In the project's folder, run these in their order: ${shown}. \`${script.file.path}\` holds them; read it first.`,
      why: `${supportWords(script.support, all)} in this order, and each of them passed.`,
    },
    [script.item],
    script.support,
  );
}

function stepWords(move: Move, commands: ReadonlyMap<RunClass, string>): string {
  switch (move) {
    case "read":
      return "Read what is there.";
    case "write":
      return "Write the code.";
    case "edit":
      return "Change the code.";
    case "setup":
      return "Prepare the environment.";
    default: {
      const [name, verb] = move.split(" ") as [RunClass, "passes" | "fails"];
      const what = {
        build: "Build it",
        test: "Run the test",
        benchmark: "Run the benchmark",
        profile: "Profile it",
        run: "Run it",
      }[name];
      const example = commands.get(name);
      const shown = example === undefined || verb === "fails" ? "" : `, as with ${shownCode(example)}`;
      return verb === "fails"
        ? `${what}; when it fails, read the first error.`
        : `${what} until it passes${shown}.`;
    }
  }
}

/** Words of the user that something good came of. */
export function adviceClaim(sessions: readonly SessionEvidence[]): Draftable[] {
  const items = sessions.flatMap((session) => session.items.filter(({ kind }) => kind === "advice"));
  const unique = [...new Map(items.map((item) => [item.words ?? "", item])).values()].slice(0, 4);
  if (unique.length === 0) return [];
  const lines = unique.map(
    (item) => `- ${quotedWords(item.words ?? "")}${item.metric ? `: ${gainWords(item)}` : ""}`,
  );
  return [
    draftable(
      "method",
      "Follow what users asked for",
      { do: lines.join("\n"), why: "After these words a failure was overcome or a figure got better." },
      unique,
      1,
    ),
  ];
}

/** Sentences that give reasons and that no shown fix holds. */
export function decisionsClaim(
  sessions: readonly SessionEvidence[],
  fixes: readonly LessonGroup[],
  gains: readonly Remedy[],
): Draftable[] {
  const told = [...fixes.flatMap(({ remedies }) => remedies), ...gains]
    .flatMap(({ seen }) => seen.map(({ lesson }) => lesson.item.words ?? ""))
    .join("\n");
  const items = sessions
    .flatMap((session) => session.items.filter(({ kind }) => kind === "decision"))
    .filter(({ words = "" }) => !told.includes(words));
  const unique = [...new Map(items.map((item) => [item.words ?? "", item])).values()].slice(0, 5);
  if (unique.length === 0) return [];
  const lines = unique.map((item) => `- ${quotedWords(item.words ?? "")}`);
  return [
    draftable(
      "method",
      "Keep what the agents concluded",
      {
        do: lines.join("\n"),
        why: "Sentences of the agents themselves; no measurement backs them beyond this file.",
      },
      unique,
      1,
    ),
  ];
}

/** The commands whose success ended the sessions. */
export function validationClaim(sessions: readonly SessionEvidence[]): Draftable[] {
  const items = sessions.flatMap((session) => session.items.filter(({ kind }) => kind === "validation"));
  const unique = [...new Map(items.map((item) => [item.command ?? "", item])).values()]
    .sort((a, b) => (b.command ?? "").split("&&").length - (a.command ?? "").split("&&").length)
    .slice(0, 3);
  if (unique.length === 0) return [];
  const lines = unique.map((item) => `- ${shownCode(item.command ?? "")}`);
  return [
    draftable(
      "method",
      checkTitle,
      { do: `These ended sessions that went well:\n${lines.join("\n")}` },
      unique,
      1,
    ),
  ];
}

/** What was tried against a failure and did not help, beside what did. */
export function attemptClaim(attempt: LessonGroup, fixes: readonly LessonGroup[], all: number): Draftable[] {
  const seen = attempt.remedies.flatMap((remedy) => remedy.seen);
  const [first] = seen;
  if (!first) return [];
  const tried = attempt.remedies
    .slice(0, maxRemedies)
    .flatMap(({ seen: [one] }) => (one ? [triedWords(one.lesson)] : []))
    .filter((text) => text !== "");
  if (tried.length === 0) return [];
  const worked = fixes.some(({ name }) => name === attempt.name);
  const name = attempt.name === "" ? "a failing check" : shownCode(attempt.name);
  const end = worked ? " What worked stands above." : " Nothing that worked was seen.";
  return [
    draftable(
      "boundary",
      `Against ${attempt.name}`.slice(0, 200),
      {
        do: `Against ${name} these did not help: ${tried.join("; ")} (${supportWords(attempt.support, all).toLowerCase()}).${end}`,
      },
      itemsOf(seen),
      attempt.support,
    ),
  ];
}

/** A change after which a figure was worse. */
export function slowerClaim(loss: Remedy, all: number): Draftable {
  const lesson = loss.seen[0]?.lesson;
  const text = lesson ? `${triedWords(lesson)}: worse, ${gainWords(lesson.item)}` : "";
  return draftable(
    "boundary",
    `Worse: ${lesson ? lesson.change.join("; ") || lesson.files.map(baseName).join(", ") : ""}`.slice(0, 200),
    { do: `${text} (${supportWords(loss.support, all).toLowerCase()}).` },
    itemsOf(loss.seen),
    loss.support,
  );
}

/** A failure that no session overcame. */
export function failureClaim(failure: LessonGroup, all: number): Draftable {
  const seen = failure.remedies.flatMap((remedy) => remedy.seen);
  const tried = seen
    .slice(0, 2)
    .map(({ lesson }) => triedWords(lesson))
    .filter((text) => text !== "");
  return draftable(
    "boundary",
    `Not overcome: ${failure.name}`.slice(0, 200),
    {
      do: `${shownCode(failure.name)} was not overcome (${supportWords(failure.support, all).toLowerCase()})${tried.length === 0 ? "" : `; avoid ${tried.join("; ")}`}. This skill has no remedy for it.`,
    },
    itemsOf(seen),
    failure.support,
  );
}

/** When not to rely on the skill. */
export function environmentClaim(group: SessionGroup): Draftable {
  const settings = group.sessions.flatMap(({ settings: own }) => own);
  const values = [...groupBy(settings, ({ name }) => name)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, found]) =>
        `${name} ${[...new Set(found.map(({ value }) => value))].sort().slice(0, 3).join(", ")}`,
    );
  const where =
    values.length === 0
      ? "Versions and hardware are not told by the traces"
      : `Seen only with ${values.map((value) => shownCode(value)).join(", ")}`;
  const once = group.count === 1 ? " All of it was seen in one session." : "";
  const items = group.sessions.flatMap(({ items: own }) => own.filter(({ kind }) => kind === "setting"));
  const tasks = group.sessions.flatMap(({ items: own }) => own.filter(({ kind }) => kind === "task"));
  return draftable(
    "boundary",
    "Seen only",
    {
      do: `${where}; whether it holds elsewhere is not known.${once} Do not use it in place of reading the error at hand.`,
    },
    items.length > 0 ? items : tasks,
    group.count,
  );
}

function draftable(
  part: ClaimWords["part"],
  title: string,
  words: Partial<Omit<ClaimWords, "part" | "title">>,
  evidence: readonly Evidence[],
  support: number,
): Draftable {
  return {
    words: { part, title, when: "", do: "", why: "", check: "", ...words },
    evidence,
    support,
  };
}

/** What was done, why by the agent's words, and the change as far as it fits. */
function remedyText(remedy: Remedy, maxLines: number): string {
  const [best] = remedy.seen;
  if (!best) return "";
  const { lesson } = best;
  const reason = reasonOf(lesson, 2);
  const done = doneSentence(lesson);
  const block = changeBlock(lesson, maxLines);
  const sentence = [
    done,
    ...(done === "" && block !== "" ? ["Change the code as shown."] : []),
    ...(reason === "" ? [] : [`The agent's reason: ${quotedWords(reason, 300)}`]),
  ]
    .filter((text) => text !== "")
    .join(" ");
  return [sentence, block].filter((text) => text !== "").join("\n");
}

function triedWords(lesson: SessionLesson): string {
  const reason = reasonOf(lesson, 1);
  const done = doneSentence(lesson).replace(/\.$/, "");
  if (reason !== "") return quotedWords(reason, 160);
  if (done !== "") return `${done.charAt(0).toLowerCase()}${done.slice(1)}`;
  const added = /^\+(?!\+\+ )\s*(\S.*)$/m.exec(lesson.item.diff ?? "")?.[1];
  return added === undefined ? "" : `adding ${shownCode(added, 80)}`;
}

function titleOf(name: string, lesson: SessionLesson | undefined): string {
  if (name !== "") return shownCode(name, 120);
  const reason = lesson ? reasonOf(lesson, 1) : "";
  return reason === "" ? "A check that fails without a message" : quotedWords(reason, 120);
}

function gainTitle(lesson: SessionLesson | undefined): string {
  if (!lesson) return "Better figures";
  const reason = reasonOf(lesson, 1, true);
  if (isMeasurement(lesson)) return `Measure it right${reason === "" ? "" : `: ${quotedWords(reason, 120)}`}`;
  if (lesson.item.diff === undefined && lesson.change.length > 0)
    return `Faster with ${shownCode(lesson.change.join("; "), 100)}`;
  if (reason !== "") return `Faster: ${quotedWords(reason, 120)}`;
  const [finding] = lesson.lines;
  if (finding !== undefined) return `Faster without ${shownCode(finding, 100)}`;
  return `Faster after a change of ${lesson.files.map((file) => shownCode(baseName(file))).join(", ")}`;
}

/** Whether only the files that measure were changed: then it is the figure that was wrong. */
function isMeasurement({ files, change, setup }: SessionLesson): boolean {
  return (
    change.length + setup.length === 0 &&
    files.length > 0 &&
    files.every((file) => /bench|perf|tim(?:er?|ing)\b/i.test(file))
  );
}

/** The most telling line as printed. */
function printedLine(lesson: SessionLesson): string {
  const name = failureName(lesson.item);
  const words = new Set(name.split(/\W+/).filter((word) => word.length > 2));
  const shared = (line: string): number => line.split(/\W+/).filter((word) => words.has(word)).length;
  return [...lesson.lines].sort((a, b) => shared(b) - shared(a))[0] ?? "";
}

function checkWords(seen: SeenLesson | undefined): string {
  const check = seen?.lesson.check ?? "";
  return check === ""
    ? ""
    : `${shownCode(check)} passes${seen?.lesson.verified === "passed" ? "" : " in the end"}.`;
}

function itemsOf(seen: readonly SeenLesson[]): Evidence[] {
  return seen.map(({ lesson }) => lesson.item);
}
