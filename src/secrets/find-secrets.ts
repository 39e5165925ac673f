import { addressCredentials } from "./address-credential.ts";
import { commandPasswords } from "./command-password.ts";
import { decodedView } from "./decoded-view.ts";
import { encodedTokens } from "./encoded-token.ts";
import { namedSecrets } from "./named-secret.ts";
import { homeFolders, mailAddresses } from "./personal-data.ts";
import { blankPlaceholders } from "./placeholder.ts";
import { privateKeys } from "./private-key.ts";
import { randomValues } from "./random-value.ts";
import { type FoundSecret, joinOverlaps } from "./secret-kind.ts";
import { secretsByRule } from "./secretlint-rules.ts";
import { tokenShapes } from "./token-shapes.ts";
import { wrappedTokens } from "./wrapped-token.ts";

/** JSON in JSON in JSON: escapes are looked through so many times. */
const maxLevels = 4;

const finders: readonly FindSecrets[] = [
  privateKeys,
  tokenShapes,
  encodedTokens,
  wrappedTokens,
  namedSecrets,
  addressCredentials,
  commandPasswords,
  randomValues,
  mailAddresses,
  homeFolders,
];

/** Looks for secrets in a text, by whatever means; linear in the text. */
export type FindSecrets = (text: string) => FoundSecret[];

/** The secrets of a text by our own patterns. Placeholders are none. Places may overlap. Linear in the text. */
export const findByPattern: FindSecrets = (text) => finders.flatMap((find) => find(text));

/** One way to read a text, and how a place in it is carried back into the text. */
interface Reading {
  text: string;
  inText: (place: FoundSecret) => FoundSecret;
}

/**
 * A text as it stands, and as it reads with escapes decoded and colours and invisible characters left out, one level
 * after another. Placeholders are blank in all of them.
 */
function readingsOf(text: string): Reading[] {
  const readings: Reading[] = [{ text: blankPlaceholders(text), inText: (place) => place }];
  for (let outer = readings[0]; outer && readings.length <= maxLevels; outer = readings.at(-1)) {
    const { inText } = outer;
    const view = decodedView(outer.text);
    if (!view) break;
    readings.push({
      text: view.text,
      inText: (place) => inText({ ...place, from: view.startOf(place.from), to: view.endOf(place.to) }),
    });
  }
  return readings;
}

/** What a search finds in any reading of a text: places of the text, in order, without overlaps. */
export function findInReadings(text: string, find: FindSecrets): FoundSecret[] {
  const found = readingsOf(text).flatMap((reading) => find(reading.text).map(reading.inText));
  return joinOverlaps(found, text);
}

/** The same with secretlint's rules. */
export async function findByRule(text: string): Promise<FoundSecret[]> {
  const found: FoundSecret[] = [];
  for (const reading of readingsOf(text))
    found.push(...(await secretsByRule(reading.text)).map(reading.inText));
  return joinOverlaps(found, text);
}
