import { isPersonal, type SecretKind } from "./secret-kind.ts";

/** What was masked, one sentence for each kind: never a value, and what to do about it. `where` still holds it. */
export function secretKindWords(
  findings: ReadonlyMap<SecretKind, number>,
  where: "the trace" | "the request" = "the trace",
): string[] {
  return [...findings].map(([kind, count]) => {
    const it = count === 1 ? "it" : "them";
    const what =
      count === 1 ? `1 secret of the kind ${kind}` : `${count} different secrets of the kind ${kind}`;
    if (isPersonal(kind)) return `${count === 1 ? "1 name" : `${count} names`} of the kind ${kind} masked.`;
    return `${what} masked. Rotate ${it}: ${where} still holds ${it}.`;
  });
}
