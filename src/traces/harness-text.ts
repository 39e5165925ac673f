/** Tags around what agents put into a user's message: no words of the person stand between them. */
const tags = [
  "system-reminder",
  "reminder",
  "environment_context",
  "user_instructions",
  "permissions",
  "command-name",
  "command-message",
  "command-args",
  "local-command-stdout",
  "local-command-stderr",
  "local-command-caveat",
  "bash-input",
  "bash-stdout",
  "bash-stderr",
  "task-notification",
  "environment_details",
];
const opening = new RegExp(`<(${tags.join("|")})(?:\\s[^<>]{0,200})?>`, "g");

/** A user's message, parted into the words of the person and what the agent's harness put around them. */
export function partUserText(text: string): { words: string; harness: string } {
  const words: string[] = [];
  const harness: string[] = [];
  let at = 0;
  opening.lastIndex = 0;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const close = `</${found[1]}>`;
    const end = text.indexOf(close, opening.lastIndex);
    // Without an end it is a word like any other, unless the message starts with it.
    if (end === -1 && text.slice(at, found.index).trim() !== "") break;
    words.push(text.slice(at, found.index));
    at = end === -1 ? text.length : end + close.length;
    harness.push(text.slice(found.index, at));
    opening.lastIndex = at;
  }
  words.push(text.slice(at));
  return harness.length === 0
    ? { words: text, harness: "" }
    : { words: words.join("").trim(), harness: harness.join("\n") };
}
