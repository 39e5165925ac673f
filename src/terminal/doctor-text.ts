import { styleText } from "node:util";
import type { DoctorResult } from "../commands/doctor.ts";
import type { Remark } from "../doctor/remark.ts";
import { wrapText } from "../report/wrapped-text.ts";

const words = { ok: "ok", warning: "warning", broken: "broken" } as const;
const colours = { ok: "green", warning: "yellow", broken: "red" } as const;

/** The remarks for a terminal: state, subject and what is so; below what is not well, what to do. */
export function doctorText(
  { remarks, status }: DoctorResult,
  { columns, colour }: { columns: number; colour: boolean },
): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const stateWidth = Math.max(...Object.values(words).map((word) => word.length));
  const subjectWidth = Math.max(...remarks.map(({ subject }) => subject.length));
  const indent = " ".repeat(stateWidth + subjectWidth + 4);
  const room = Math.max(20, columns - indent.length);
  const lines = remarks.flatMap(({ subject, state, says, remedy }) => {
    const [first = "", ...more] = wrapText(says, room);
    const head = `${paint(colours[state], words[state].padEnd(stateWidth))}  ${subject.padEnd(subjectWidth)}  ${first}`;
    const below = more.map((line) => indent + line);
    const todo = remedy === null ? [] : wrapText(remedy, room).map((line) => indent + paint("dim", line));
    return [head.trimEnd(), ...below, ...todo];
  });
  return `${[...lines, "", conclusion(remarks, status)].join("\n")}\n`;
}

function conclusion(remarks: readonly Remark[], status: DoctorResult["status"]): string {
  const count = (state: Remark["state"]): number => remarks.filter((remark) => remark.state === state).length;
  const warnings = count("warning");
  const also = warnings === 0 ? "" : `, with ${warnings} ${warnings === 1 ? "warning" : "warnings"}`;
  return status === "well" ? `Nothing is broken${also}.` : `${count("broken")} broken${also}.`;
}
