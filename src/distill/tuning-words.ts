import type { StepItem } from "../evidence/conversation-items.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { sameTime, type TuningHistory } from "../evidence/expert-advice.ts";
import type { ConversationTrace } from "../traces/akg-conversation.ts";
import { quotation } from "./advice-words.ts";
import { code } from "./change-words.ts";
import type { ClaimWords } from "./claim.ts";
import { percent, times, us } from "./figures.ts";
import { boundaryWords, methodWords, nounOf } from "./observation-words.ts";
import { dslPhrase, operatorClass } from "./operator-class.ts";
import type { TuningObservation } from "./tuning-observations.ts";

const maxDescription = 480;

/** What the offline distiller of conversations works on. */
export interface TuningFacts {
  metadata: ConversationTrace["metadata"];
  history: TuningHistory;
  /** The evidence about the whole conversation: its task and its best version. */
  whole: readonly Evidence[];
  steps: readonly StepItem[];
}

/** A method or a boundary in the making. */
export interface TuningDraft {
  o: TuningObservation;
  title: string;
}

/** A change that helped, as a method. `spread` is by how much times of equal code differed, 0 where that is not known. */
export function helpfulWords({ o, title }: TuningDraft, spread: number, diffLines: number): ClaimWords {
  const words = withRequest(methodWords(o, spread, diffLines), o);
  if (o.record !== undefined) words.why += ` The fastest version before had taken ${us(o.record)}.`;
  const check = `profile before and after; less than ${percent(sameTime)} is no gain.`;
  return { ...words, title, check };
}

/** Adds what the user asked for, as a quotation, before the code. */
export function withRequest(words: ClaimWords, o: TuningObservation): ClaimWords {
  const [said] = o.words;
  if (said === undefined) return words;
  const [first = "", ...rest] = words.do.split("\n");
  return { ...words, do: [`${first} The expert asked for ${quotation(said)}.`, ...rest].join("\n") };
}

/** A change that did nothing, as a boundary. */
export function sameWords(o: TuningObservation): ClaimWords {
  const seen = o.same.length === 1 ? "seen once" : `seen ${o.same.length} times`;
  return boundaryWords(nounOf(o), `no effect seen (within ${percent(sameTime)}, ${seen})`);
}

/** A change that nobody timed, as a boundary. */
export function unmeasuredWords(o: TuningObservation): ClaimWords {
  return boundaryWords(nounOf(o), `not measured (tried ${times(o.unmeasured.length)})`);
}

/** What was tuned, and how far. */
export function taskWords({ metadata, history }: TuningFacts): ClaimWords {
  const { op_name: op, backend, arch } = metadata;
  const kind = operatorClass(op);
  const where = [backend, arch].filter((part) => part !== "").join(", ");
  const asked = history.steps.filter(({ advice }) => advice.length > 0);
  const helped = asked.filter(({ effect, diff }) => effect === "faster" && diff !== undefined).length;
  const lines = [
    `Tuned on ${code(op)}${kind ? `, one of the ${kind.phrase}` : ""}${where === "" ? "" : ` (${where})`}, by an expert's advice: ` +
      `${asked.length} ${asked.length === 1 ? "request was" : "requests were"} followed by code, ${helped} of them made it faster.`,
  ];
  const { best, first, spread } = history;
  if (best) {
    const from = first && first.us > best.time.us ? `; the first took ${us(first.us)}` : "";
    lines.push(`The fastest version took ${us(best.time.us)}${from}.`);
    const { speedup } = best.time;
    if (speedup !== null && speedup > 0)
      lines.push(`It is ${speedup.toFixed(2)} times as fast as the baseline.`);
  }
  lines.push(
    spread === undefined
      ? "Each version was timed once and no code twice, so the noise of these times is not known: repeat a small gain before you rely on it."
      : `Equal code was timed more than once and differed by up to ${percent(spread)}.`,
  );
  return { part: "task", title: `Tuning of ${op}`, when: "", do: lines.join(" "), why: "", check: "" };
}

/** Where the figures come from, as a boundary. */
export function measuredWords({ metadata }: TuningFacts): ClaimWords {
  const where = metadata.arch === "" ? "" : ` on ${metadata.arch}`;
  const text = `Measured only for ${code(metadata.op_name)}${where}; whether it holds elsewhere is not known.`;
  return { part: "boundary", title: "Measured only", when: "", do: text, why: "", check: "" };
}

/** The name, the description and the title of a new skill. */
export function nameAndDescription({ metadata }: TuningFacts, methods: readonly TuningDraft[]) {
  const { op_name: op, arch } = metadata;
  const dsl = metadata.dsl.toLowerCase().replaceAll("_", "-");
  const kind = operatorClass(op);
  const detail = op.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const phrase = kind ? `${op} and other ${kind.phrase}` : `${op} kernels`;
  const intro = `Speed up ${phrase} in ${dslPhrase(dsl)}${arch === "" ? "" : ` on ${arch}`}, by an expert's advice whose effect was measured`;
  const rest = "Use when writing or tuning such a kernel, or when it is slower than its baseline.";
  let titles = "";
  for (const { title } of methods) {
    const plain = title.replaceAll("`", "").replaceAll(/\s+/g, " ").trim();
    const next = titles === "" ? plain : `${titles}; ${plain}`;
    // Angle brackets are not for descriptions, and a piece of code says little without the rest.
    if (/[<>&]|\.\.\./.test(plain)) continue;
    if (intro.length + next.length + rest.length + 4 > maxDescription) break;
    titles = next;
  }
  const name = kind?.phrase ?? phrase;
  return {
    skill_name: [dsl, "exp", kind?.key ?? "", detail === kind?.key ? "" : detail]
      .filter((part) => part !== "")
      .join("-"),
    description: `${intro}${titles === "" ? "" : `: ${titles}`}. ${rest}`,
    title: `${name.charAt(0).toUpperCase()}${name.slice(1)} in ${dslPhrase(dsl)}: expert advice`,
  };
}
