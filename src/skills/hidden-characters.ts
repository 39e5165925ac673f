/** A character that a reader of the rendered text does not see; `index` counts UTF-16 units. */
export interface HiddenCharacter {
  index: number;
  character: string;
}

/** Unicode's invisible and direction-changing characters, control characters, and halves of surrogate pairs. */
const suspects =
  /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Cs}\uFFF9-\uFFFB\uFFFE\uFFFF]|[^\P{Cc}\t\n\r]/gu;

const joiners = /^[\u200C\u200D]$/;
const emojiBase = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F]$/u;
const emojiStart = /^\p{Extended_Pictographic}/u;
const joiningScript =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const textOrEmojiStyle = /^[\uFE0E\uFE0F]$/;
const styledBase = /[\p{Emoji}\p{S}]$/u;
/** The three subdivision flags that Unicode recommends; any other run of tag characters is a hiding place. */
const subdivisionFlag =
  /\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}/uy;

/**
 * Every hidden character of a text, in order, in linear time. Invisible characters that writing needs are left
 * alone: joiners between emoji and inside scripts that join letters, one style selector after a symbol, and the
 * flags of England, Scotland and Wales.
 */
export function hiddenCharacters(text: string): HiddenCharacter[] {
  const hidden: HiddenCharacter[] = [];
  let needlessUntil = 0;
  for (const match of text.matchAll(suspects)) {
    const { index } = match;
    const character = match[0];
    if (index < needlessUntil) continue;
    const follows = hidden.at(-1);
    const touchesHidden = follows !== undefined && follows.index + follows.character.length === index;
    const before = touchesHidden ? "" : text.slice(Math.max(0, index - 2), index);
    subdivisionFlag.lastIndex = index - 2;
    if (!touchesHidden && index >= 2 && subdivisionFlag.test(text)) {
      needlessUntil = subdivisionFlag.lastIndex;
    } else if (!isNeeded(character, before, text.slice(index + 1, index + 3))) {
      hidden.push({ index, character });
    }
  }
  return hidden;
}

function isNeeded(character: string, before: string, after: string): boolean {
  if (joiners.test(character)) {
    return joiningScript.test(before) || (emojiBase.test(before) && emojiStart.test(after));
  }
  return textOrEmojiStyle.test(character) && styledBase.test(before);
}

/** `U+202E`, as reviewers and Unicode's own tables write it. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** The text with every hidden character written out, such as `[U+202E]`, so that people see what was there. */
export function showHidden(text: string): string {
  let shown = "";
  let copied = 0;
  for (const { index, character } of hiddenCharacters(text)) {
    shown += `${text.slice(copied, index)}[${codePointName(character)}]`;
    copied = index + character.length;
  }
  return shown + text.slice(copied);
}

/** The text as it is read: without its hidden characters. */
export function withoutHidden(text: string): string {
  let plain = "";
  let copied = 0;
  for (const { index, character } of hiddenCharacters(text)) {
    plain += text.slice(copied, index);
    copied = index + character.length;
  }
  return plain + text.slice(copied);
}

/** The lines (1-based) with hidden characters, and their names, each once; those that `isLeftOut` do not count. */
export function hiddenLines(
  text: string,
  isLeftOut: (character: string, index: number) => boolean = () => false,
): { line: number; names: string[] }[] {
  const byLine = new Map<number, Set<string>>();
  let line = 1;
  let nextBreak = text.indexOf("\n");
  for (const { index, character } of hiddenCharacters(text)) {
    if (isLeftOut(character, index)) continue;
    for (; nextBreak >= 0 && nextBreak < index; nextBreak = text.indexOf("\n", nextBreak + 1)) line += 1;
    const names = byLine.get(line) ?? new Set<string>();
    byLine.set(line, names.add(codePointName(character)));
  }
  return [...byLine].map(([at, names]) => ({ line: at, names: [...names] }));
}
