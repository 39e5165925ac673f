/** What is masked, by the names that placeholders and reports use. A closed list: nobody's text adds to it. */
export const secretKinds = [
  "private-key",
  "aws-access-key-id",
  "aws-secret-access-key",
  "github-token",
  "gitlab-token",
  "anthropic-key",
  "openai-key",
  "huggingface-token",
  "google-key",
  "slack-token",
  "npm-token",
  "pypi-token",
  "stripe-key",
  "sendgrid-key",
  "digitalocean-token",
  "azure-key",
  "service-token",
  "jwt",
  "bearer-token",
  "basic-auth",
  "authorization",
  "url-password",
  "cookie",
  "password",
  "api-key",
  "token",
  "secret",
  "random-value",
  "email",
  "user",
] as const;
export type SecretKind = (typeof secretKinds)[number];

/** Whether a kind says who somebody is and not how to get in: it is masked, but nobody has to rotate it. */
export function isPersonal(kind: SecretKind): boolean {
  return kind === "email" || kind === "user";
}

/**
 * Where a text holds a secret, in UTF-16 units. `value` tells two secrets apart: the places of one key that spans
 * several lines share it.
 */
export interface FoundSecret {
  kind: SecretKind;
  from: number;
  to: number;
  value: string;
}

const rank = new Map<SecretKind, number>(secretKinds.map((kind, index) => [kind, index]));

/**
 * The places in order of the text, with those that overlap joined into one. A joined place bears the kind that comes
 * first in the list of kinds, which is the most telling one, and the value of the place that covers it.
 */
export function joinOverlaps(places: readonly FoundSecret[], text: string): FoundSecret[] {
  const joined: FoundSecret[] = [];
  for (const place of [...places].sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = joined.at(-1);
    if (last === undefined || place.from >= last.to) {
      joined.push({ ...place });
      continue;
    }
    const kind = (rank.get(place.kind) ?? 0) < (rank.get(last.kind) ?? 0) ? place.kind : last.kind;
    if (place.to > last.to) joined[joined.length - 1] = spanning(last.from, place.to, kind, text);
    else last.kind = kind;
    // A value read through an escape is the longer one where it names a whole key of several lines.
    if (place.from === last.from && place.to === last.to && place.value.length > last.value.length)
      last.value = place.value;
  }
  return joined;
}

function spanning(from: number, to: number, kind: SecretKind, text: string): FoundSecret {
  return { from, to, kind, value: text.slice(from, to) };
}
