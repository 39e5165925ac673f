/**
 * Reads what a step wrote to `GITHUB_OUTPUT` or `GITHUB_ENV`: `name=value`, or `name<<DELIMITER` with the lines up to it.
 * Throws for anything else, as the runner does.
 */
export function readCommandFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line === "") continue;
    const [, name, delimiter] = /^([^=<]+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && delimiter !== undefined) {
      const end = lines.indexOf(delimiter, at + 1);
      if (end < 0) throw new Error(`The value of ${name} has no end.`);
      values[name] = lines.slice(at + 1, end).join("\n");
      at = end;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 1) throw new Error(`"${line}" is neither NAME=VALUE nor NAME<<DELIMITER.`);
    values[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return values;
}
