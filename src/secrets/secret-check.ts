import { Failure } from "../failure.ts";
import { findByPattern, findByRule, findInReadings, type FindSecrets } from "./find-secrets.ts";
import { unreadKeys } from "./private-key.ts";
import { isPersonal, type SecretKind } from "./secret-kind.ts";

/** A secret that is still in a text. What it is and where, never what it says. */
export interface SecretFinding {
  kind: SecretKind;
  /** 1-based. */
  line: number;
}

/**
 * Every secret of a text, by our own patterns and by secretlint's rules, once a line and kind; also the mark of a key
 * that nobody could read. Placeholders are none.
 */
export async function secretsIn(text: string): Promise<SecretFinding[]> {
  const find: FindSecrets = (read) => [...findByPattern(read), ...unreadKeys(read)];
  const places = [...findInReadings(text, find), ...(await findByRule(text))];
  const findings = new Map<string, SecretFinding>();
  let line = 1;
  let nextBreak = text.indexOf("\n");
  for (const { kind, from } of places.sort((a, b) => a.from - b.from)) {
    for (; nextBreak >= 0 && nextBreak < from; nextBreak = text.indexOf("\n", nextBreak + 1)) line++;
    findings.set(`${line} ${kind}`, { kind, line });
  }
  return [...findings.values()];
}

/**
 * Throws `Failure` (exit code 1) if one of the files holds a secret. Names of people do not stop a run: a library may
 * name its authors.
 */
export async function requireNoSecrets(files: readonly { name: string; text: string }[]): Promise<void> {
  for (const { name, text } of files) {
    const finding = (await secretsIn(text)).find(({ kind }) => !isPersonal(kind));
    if (finding) {
      throw new Failure(
        `${name} holds a secret (${finding.kind}) in line ${finding.line}, so nothing was written.`,
        {
          remedy:
            "Remove it from where it came from, and rotate it: everybody who could read it may have it.",
          exitCode: 1,
        },
      );
    }
  }
}
