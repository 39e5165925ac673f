/**
 * The stem of a lower-case English word, so that "masked", "masks" and "masking" count as one. M. F. Porter, "An
 * algorithm for suffix stripping", Program 14(3), 1980. What is not made of the letters a to z is left as it is.
 */
export function wordStem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  let stem = plural(word);
  stem = pastAndGerund(stem);
  if (stem.endsWith("y") && hasVowel(stem.slice(0, -1))) stem = `${stem.slice(0, -1)}i`;
  stem = replaceEnd(stem, doubleEnds, 0);
  stem = replaceEnd(stem, adjectiveEnds, 0);
  stem = withoutLongEnd(stem);
  return withoutLastLetter(stem);
}

type Ends = readonly (readonly [end: string, by: string])[];

/** Step 2. */
const doubleEnds: Ends = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["abli", "able"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
];

/** Step 3. */
const adjectiveEnds: Ends = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""],
];

/** Step 4, the longest of those that fit first. */
const longEnds =
  /(?:ement|ance|ence|able|ible|ment|ant|ent|ism|ate|iti|ous|ive|ize|al|er|ic|ou|(?<=[st])ion)$/;

/** Step 1a. */
function plural(word: string): string {
  if (word.endsWith("sses") || word.endsWith("ies")) return word.slice(0, -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

/** Step 1b. */
function pastAndGerund(word: string): string {
  if (word.endsWith("eed")) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const stem = /^(.*?)(?:ed|ing)$/.exec(word)?.[1];
  if (stem === undefined || !hasVowel(stem)) return word;
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`;
  if (/([^aeiouylsz])\1$/.test(stem)) return stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function replaceEnd(word: string, ends: Ends, least: number): string {
  const found = ends.find(([end]) => word.endsWith(end));
  if (found === undefined) return word;
  const stem = word.slice(0, word.length - found[0].length);
  return measure(stem) > least ? stem + found[1] : word;
}

function withoutLongEnd(word: string): string {
  const end = longEnds.exec(word)?.[0] ?? "";
  const stem = word.slice(0, word.length - end.length);
  return end !== "" && measure(stem) > 1 ? stem : word;
}

/** Step 5. */
function withoutLastLetter(word: string): string {
  if (word.endsWith("e")) {
    const stem = word.slice(0, -1);
    const size = measure(stem);
    return size > 1 || (size === 1 && !endsShort(stem)) ? stem : word;
  }
  return word.endsWith("ll") && measure(word) > 1 ? word.slice(0, -1) : word;
}

/** Vowels and consonants of a word as `v` and `c`; `y` is a vowel after a consonant. */
function shape(word: string): string {
  let text = "";
  for (const letter of word) {
    const isVowel = "aeiou".includes(letter) || (letter === "y" && text.endsWith("c"));
    text += isVowel ? "v" : "c";
  }
  return text;
}

/** Porter's m: how often vowels are followed by consonants. */
function measure(word: string): number {
  return shape(word).match(/v+c+/g)?.length ?? 0;
}

function hasVowel(word: string): boolean {
  return shape(word).includes("v");
}

/** Porter's *o: consonant, vowel, consonant that is not w, x or y. */
function endsShort(word: string): boolean {
  return shape(word).endsWith("cvc") && !/[wxy]$/.test(word);
}
