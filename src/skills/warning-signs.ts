/** A line of a skill that a reviewer should read twice. */
export interface WarningSign {
  /** 1-based. */
  line: number;
  what: string;
}

/** What other people's text tries when it wants an agent to do something. Each pattern is linear on a line. */
const signs: readonly (readonly [RegExp, string])[] = [
  [/\|\s?(?:sudo )?(?:ba|z|da|k)?sh\b/i, "pipes something into a shell"],
  [/\b(?:curl|wget|iwr|Invoke-WebRequest)\b/i, "fetches something from the network"],
  [
    /\b(?:ignore|disregard|forget)\b[^.]{0,40}\b(?:previous|prior|above|earlier|instructions?|rules)\b/i,
    "tells to ignore instructions",
  ],
  [/https?:\/\/|\bwww\./i, "names an outside address"],
  [/<!--|<\/?(?:script|img|iframe|style)\b/i, "holds HTML"],
  [
    /(?:~|\/home\/\w{1,40}|\/root)\/\.|\b(?:id_rsa|\.ssh|\.aws|\.npmrc|\.netrc)\b/i,
    "names a place where credentials lie",
  ],
  [/\b(?:sudo|rm -rf|chmod \+x|eval|base64 -d)\b/i, "names a dangerous command"],
  [/[A-Za-z0-9+/]{120}/, "holds a long encoded text"],
];

/** Lines longer than this are looked at from both ends only. */
const maxLine = 4000;

/** The lines of a text that show one of the signs, each sign once a line. */
export function warningSigns(text: string): WarningSign[] {
  const found: WarningSign[] = [];
  for (const [index, whole] of text.split("\n").entries()) {
    const line =
      whole.length > maxLine ? `${whole.slice(0, maxLine / 2)} ${whole.slice(-maxLine / 2)}` : whole;
    for (const [pattern, what] of signs) if (pattern.test(line)) found.push({ line: index + 1, what });
  }
  return found;
}
