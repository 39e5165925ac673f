import { styleText } from "node:util";
import type { Place, Reporter } from "../reporter.ts";
import { oneLine } from "./one-line.ts";

/** Work that is over sooner needs no bar. */
const quietMilliseconds = 2000;
const redrawMilliseconds = 100;
const barWidth = 24;

/** What the reporter needs of a stream, so that tests can pass one of their own. */
export interface ReportStream {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
}

/** Writes remarks as lines, and a progress bar for anything over two seconds (on a terminal only). */
export function terminalReporter(
  stream: ReportStream,
  options: { colour: boolean; now: () => number },
): Reporter {
  const started = new Map<string, number>();
  let drawn = 0;
  let barShown = false;
  const paint = (style: "yellow" | "dim", text: string): string =>
    options.colour ? styleText(style, text, { validateStream: false }) : text;
  const clear = (): void => {
    if (barShown) stream.write("\r\u001b[K");
    barShown = false;
  };
  return {
    info(message) {
      clear();
      stream.write(`${oneLine(message)}\n`);
    },
    warning(message: string, place?: Place) {
      clear();
      const where = place ? `${place.file}${place.line === undefined ? "" : `:${place.line}`}: ` : "";
      stream.write(`${paint("yellow", "warning:")} ${oneLine(`${where}${message}`)}\n`);
    },
    progress(label, done, total) {
      if (stream.isTTY !== true) return;
      const now = options.now();
      const since = started.get(label) ?? now;
      started.set(label, since);
      if (done >= total) {
        clear();
        started.delete(label);
        return;
      }
      if (now - since < quietMilliseconds || now - drawn < redrawMilliseconds) return;
      drawn = now;
      const share = total > 0 ? done / total : 0;
      const filled = Math.round(share * barWidth);
      const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
      stream.write(`\r\u001b[K${label} ${paint("dim", bar)} ${done}/${total}`);
      barShown = true;
    },
  };
}
