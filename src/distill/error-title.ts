import { maskedLine } from "../evidence/error-signature.ts";
import { withStandIns } from "../secrets/placeholder.ts";

/** A title may be this long before it turns into a text that nobody reads. */
const longest = 90;
/** A message of fewer characters says little without the name of its exception. */
const shortest = 20;

/** The first of the characters that stand for small numbers while a line is masked; no text holds them. */
const privateUse = 0xe0_00;

/**
 * A short title for an error from the line that names it: the message without what differs from run to run. Small whole
 * numbers stay, because they are often the point: "must be a power of 2". So do placeholders of secrets, as a whole.
 */
export function errorTitle(line: string): string {
  const { text, restored } = withStandIns(line);
  return restored(titleOf(text));
}

function titleOf(line: string): string {
  const compiled = /^\S*\s*(?:fatal )?error(?:\[\w+\])?\s*: (.+)$/s.exec(line)?.[1];
  const [, name = "", message = compiled ?? line] = /^(?:[A-Za-z_]\w*\.)*([A-Z]\w*): (.+)$/s.exec(line) ?? [];
  const kept = message.replaceAll(/(?<![\w.=/:-]|\bline )\d{1,2}(?![\w/:%-]|\.\d)/g, (digits) =>
    String.fromCodePoint(privateUse + Number(digits)),
  );
  const masked = maskedLine(kept)
    .replaceAll(/=<\w+>(?:\/<\w+>)?/g, "")
    .replaceAll(/[\ue000-\ue063]/g, (character) =>
      String((character.codePointAt(0) ?? privateUse) - privateUse),
    );
  const clauses: string[] = [];
  for (const clause of masked.split(/(?<=[,;]) |(?<=\.) (?=[A-Z])/)) {
    if (/<\w+>/.test(clause) && clauses.length > 0) break;
    clauses.push(clause.replaceAll(/<\w+>/g, "..."));
  }
  const text = clauses.join(" ").replace(/[\s,;.:]+$/, "");
  const said = name !== "" && text.length < shortest ? [name, text].filter(Boolean).join(": ") : text;
  return said.length <= longest ? said : `${said.slice(0, longest - 3).replace(/\s+\S*$/, "")}...`;
}
