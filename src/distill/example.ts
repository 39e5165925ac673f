import { usageFailure } from "../failure.ts";

/** What goes in, and what has to come out of it. */
export interface Example {
  input: string;
  output: string;
}

/**
 * Parses `in => out`; blanks around both are no part of them. An arrow that belongs to the text has a backslash before
 * it: of the backslashes right before an arrow one is taken away, all others stay. Throws `Failure` (exit code 2) for
 * anything but one arrow with something on both sides.
 */
export function parseExample(text: string): Example {
  const sides = [""];
  let copied = 0;
  for (const match of text.matchAll(/(\\*)=>/g)) {
    const escapes = match[1]?.length ?? 0;
    const before = text.slice(copied, match.index);
    copied = match.index + match[0].length;
    sides[sides.length - 1] += escapes === 0 ? before : `${before}${match[0].slice(1)}`;
    if (escapes === 0) sides.push("");
  }
  sides[sides.length - 1] += text.slice(copied);
  const [input = "", output = "", ...more] = sides.map((side) => side.trim());
  if (more.length === 0 && input !== "" && output !== "") return { input, output };
  const problem =
    more.length > 0
      ? "has more than one arrow"
      : sides.length < 2
        ? "has no arrow"
        : `has nothing ${input === "" ? "before" : "after"} its arrow`;
  throw usageFailure(
    `The example ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)} ${problem}.`,
    "Write it as 'in => out', and an arrow that belongs to the text as \\=>.",
  );
}

/** The text that `parseExample` reads as this example. */
export function formatExample({ input, output }: Example): string {
  const escaped = (text: string): string => text.replaceAll(/\\*=>/g, "\\$&");
  return `${escaped(input)} => ${escaped(output)}`;
}
