import { isPersonal, type SecretKind } from "./secret-kind.ts";

/** What was masked, one sentence for each kind: never a value, and what to do about it. */
export function secretKindWords(findings: ReadonlyMap<SecretKind, number>): string[] {
  return [...findings].map(([kind, count]) => {
    const what =
      count === 1 ? `1 secret of the kind ${kind}` : `${count} different secrets of the kind ${kind}`;
    if (isPersonal(kind)) return `${count === 1 ? "1 name" : `${count} names`} of the kind ${kind} masked.`;
    return `${what} masked. Rotate ${count === 1 ? "it" : "them"}: the trace still holds ${count === 1 ? "it" : "them"}.`;
  });
}
