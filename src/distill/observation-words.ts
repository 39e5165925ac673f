import type { Evidence } from "../evidence/evidence.ts";
import { codeBlock } from "../report/markdown.ts";
import { changedLines, namesOf, unnamedLines } from "./change-lines.ts";
import { changeCondition, changeInstruction, changeNoun, changeTitle, partCount } from "./change-words.ts";
import type { ClaimWords } from "./claim.ts";
import { diffExcerpt } from "./diff-excerpt.ts";
import { percent, percentRange, times, us } from "./figures.ts";
import type { Observation } from "./observations.ts";

/** A title as it is stored: claims are found again by it, and longer ones are refused. */
export function storedTitle(title: string): string {
  return title.slice(0, 200).trim();
}

/** Whether all gains of a method lie within what equal code differed by. */
export function isWithinNoise(o: Observation, spread: number): boolean {
  return gainsOf(o).every((gain) => gain <= spread);
}

/**
 * A change that helped, as a method. `spread` is the noise that the log itself shows, 0 where it shows none;
 * `diffLines` is how much of the diff the example may show.
 */
export function methodWords(o: Observation, spread: number, diffLines: number): ClaimWords {
  const gains = gainsOf(o);
  const example = o.faster.find((item) => item.kind === "step") ?? o.faster[0];
  const remarks: string[] = [];
  if (partCount(o.change) > 1) {
    remarks.push("Changed together; the effect of each part alone was not measured.");
  }
  const unnamed = unnamedLines(o.diff, o.change);
  if (unnamed > 0)
    remarks.push(`${unnamed} other ${unnamed === 1 ? "line" : "lines"} changed with it: see the diff.`);
  if (o.idle.length > 0) {
    const idle = o.idle.map((change) => changeInstruction(change).replace(/\.$/, "")).join("; ");
    const which = o.faster.length === 1 ? "It" : "Some of these steps";
    remarks.push(`${which} also carried what did nothing or harm alone: ${idle}.`);
  }
  if (o.slower.length > 0) remarks.push(`It was slower ${times(o.slower.length)}: measure it.`);
  if (isWithinNoise(o, spread))
    remarks.push(`Equal code differed by up to ${percent(spread)} in this log: repeat it.`);
  const seen =
    gains.length === 1
      ? `${percent(gains[0])} less time, seen once`
      : `${percentRange(gains)} less time, seen ${gains.length} times`;
  return {
    part: "method",
    title: storedTitle(changeTitle(o.change)),
    when: changeCondition(o.change),
    do: `${changeInstruction(o.change)}\n\n${codeBlock(diffExcerpt(o.diff, namesOf(o.change), diffLines), "diff")}`,
    why: [`${span(example)}; ${seen}.`, ...remarks].join(" "),
    check: "",
  };
}

/** A change that made versions slower, as a boundary. */
export function slowerWords(o: Observation): ClaimWords {
  const seen = o.slower.length === 1 ? "seen once" : `seen ${o.slower.length} times`;
  const equal = o.same.length > 0 ? `, and changed nothing ${times(o.same.length)}` : "";
  const others = o.amongOthers ? ", among other changes" : "";
  return boundaryWords(
    nounOf(o),
    `slower, ${percentRange(lossesOf(o))} more time (${seen}${equal}${others})`,
  );
}

/** A change that helped and hurt about as often, as a boundary. */
export function mixedWords(o: Observation): ClaimWords {
  const [gains, losses] = [gainsOf(o), lossesOf(o)];
  return boundaryWords(
    nounOf(o),
    `not settled, ${percentRange(gains)} less time ${times(gains.length)}, ${percentRange(losses)} more time ${times(losses.length)}`,
  );
}

/** A change that did nothing, as a boundary. */
export function sameWords(o: Observation): ClaimWords {
  const seen = o.same.length === 1 ? "seen once" : `seen ${o.same.length} times`;
  return boundaryWords(nounOf(o), `no effect seen (within 1 %, ${seen})`);
}

/** Boundaries have no title in the file; the noun is theirs in the records, to find them again. */
export function boundaryWords(noun: string, what: string): ClaimWords {
  return {
    part: "boundary",
    title: storedTitle(noun),
    when: "",
    do: `${noun}: ${what}.`,
    why: "",
    check: "",
  };
}

/** The noun, with the number of changed lines that none of its names stands in where they are the larger part. */
export function nounOf(o: Observation): string {
  const noun = changeNoun(o.change);
  if (o.amongOthers) return noun;
  const unnamed = unnamedLines(o.diff, o.change);
  const { removed, added } = changedLines(o.diff);
  return unnamed * 2 > Math.max(removed.length, added.length)
    ? `${noun}, with ${unnamed} other changed lines`
    : noun;
}

export function gainsOf(o: Observation): number[] {
  return o.faster.map((item) => item.improvement ?? 0);
}

export function lossesOf(o: Observation): number[] {
  return o.slower.map((item) => -(item.improvement ?? 0));
}

function span(item: Evidence | undefined): string {
  return `${us(item?.parent_gen_time_us ?? 0)} became ${us(item?.child_gen_time_us ?? 0)}`;
}
