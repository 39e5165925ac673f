import { authorizationAt, bearerAt, cookiesAt } from "./http-credential.ts";
import { type FoundSecret, type SecretKind, secretKinds } from "./secret-kind.ts";
import { secretName } from "./secret-name.ts";
import { isCode, isLongHex, isPath, isReference, isWord, looksRandom } from "./secret-value.ts";

/** A part of each name that a secret is given; what stands around it decides. */
const cue =
  /passw|passphrase|passcode|pwd|_pass|-pass|secret|token|key(?<=(?:api|access|secret|auth|account|private|signing|encryption|master|storage|shared|deploy|license)[-_ ]?key)|_key(?![a-z])|credential|authoriz|cookie|bearer|_auth/gi;

/** Of the names of two words, people write only these with a space. */
const nameBefore = /(?:(?:api|access|secret) )?[A-Za-z0-9_.$-]{0,64}$/i;
const nameAfter = /[A-Za-z0-9_-]{0,40}/y;
const sign =
  /(?:\\{0,7}["'`])?\]?[ \t]{0,20}(?:=>|:=|={1,2}|:(?:[ \t]?[A-Za-z_][\w.|[\]]{0,24}[ \t]?=(?=[ \t]?\\{0,7}["'`]))?|,(?=[ \t]?\\{0,7}["'`]))[ \t]{0,20}/y;
const quote = /[bfru]{0,2}(\\{0,7})(["'`])/y;
const bare = /(?:[^\s"'`,;&<>\\]|\\(?![nrtu"'`\\/])){3,256}/y;
const bareRest = /(?:[^\s"'`,;&<>\\]|\\(?![nrtu"'`\\/])){0,16384}/y;
const element = />([^<>\r\n]{3,512})<\//y;
const blank = /[ \t]{1,4}/y;
/** A line that ends behind the name of its value: YAML, a prompt, a block, and a document in a shell or in Terraform. */
const lineEnd =
  /(?:\\{0,7}["'`])?[ \t]{0,20}(?:[:=][ \t]{0,4}(?:[>|][+-]?\d?[+-]?|(?:\$\([ \t]{0,4}cat[ \t]{0,4})?<<[~-]?[ \t]{0,4}["'\\]?[A-Za-z_]{1,32}["']?)?|<<[~-]?[A-Za-z_]{1,32})[ \t]{0,20}(?:#[^\n]{0,200})?\r?\n/y;
/** The value of a pair whose name is a value itself: `"name": "DB_PASSWORD", "value": "…"`, also on the next line. */
const valueBeside =
  /\\{0,7}["'`]?(?:[\s,]{1,80}\\{0,7}["'`]?|<\/\w{1,32}>\s{0,40}<)(?:value|stringvalue|string_value)\\{0,7}["'`]?[ \t]{0,8}(?:[:=]|>)[ \t]{0,8}(?:\{[ \t]{0,8}\\{0,7}["']?string_?value\\{0,7}["']?[ \t]{0,8}:[ \t]{0,8})?/iy;
const restOfLine = /[^\r\n]{0,400}/y;
/** So much of a value is judged; if it is a secret, its rest goes with it. */
const maxJudged = 256;
const maxValue = 16_384;
const maxBlockLines = 40;

interface Form {
  /** In quotes, or a string of data: it is no code. */
  quoted: boolean;
  /** In an environment, a file of settings or a query, where plain words are values too. */
  exported: boolean;
}

/**
 * Values beside a name that promises a secret: assignments of shells, code, YAML, JSON and INI files, flags of
 * commands, headers of HTTP, elements of XML.
 */
export function namedSecrets(text: string): FoundSecret[] {
  const found: FoundSecret[] = [];
  let done = 0;
  for (const match of text.matchAll(cue)) {
    if (match.index < done) continue;
    const word = match[0].toLowerCase();
    const after = match.index + word.length;
    const here =
      word === "authoriz"
        ? authorizationAt(text, after)
        : word === "bearer"
          ? bearerAt(text, after)
          : word === "cookie"
            ? cookiesAt(text, match.index, after)
            : assignedAt(text, match.index, after);
    found.push(...here);
    done = here.at(-1)?.to ?? done;
  }
  return found;
}

/** The kind of secret that a value of this name is, or null. */
export function kindOfNamed(name: string, value: string, form: Form): SecretKind | null {
  const promise = secretName(name);
  if (!promise || value.length < 4 || isReference(value) || isPath(value)) return null;
  if (/^[a-z][a-z0-9+.-]{1,12}:\/\//i.test(value)) return null;
  const isProse = /\s/.test(value) && (/\s\S*\s/.test(value) || !/\d/.test(value));
  if (isProse && !/phrase/i.test(name)) return null;
  const isTelling = looksRandom(value) || isLongHex(value);
  if (promise.isKey)
    return looksRandom(value) || (isLongHex(value) && value.length >= 32) ? promise.kind : null;
  if (isTelling) return promise.kind;
  if (!form.quoted && isCode(value)) return null;
  const isNumber = /^[\d.,_x]+$/i.test(value);
  if (promise.isWeak) {
    const isMixed = /\d/.test(value) && /[A-Za-z]/.test(value) && value.length >= 16;
    return isMixed && !isCode(value) && !/^[a-z]+(?:[_-][a-z0-9]{1,8})+$/i.test(value) ? promise.kind : null;
  }
  if (promise.kind !== "password" && (isNumber || value.length < 6)) return null;
  if (form.quoted || form.exported) return promise.kind;
  return isWord(value) || /^[A-Za-z_]+$/.test(value) ? null : promise.kind;
}

function assignedAt(text: string, cueStart: number, cueEnd: number): FoundSecret[] {
  const before = nameBefore.exec(text.slice(Math.max(0, cueStart - 64), cueStart))?.[0] ?? "";
  nameAfter.lastIndex = cueEnd;
  const at = cueEnd + (nameAfter.exec(text)?.[0].length ?? 0);
  const start = cueStart - before.length;
  const name = text.slice(start, at);
  if (secretName(name) === null || isCutPlaceholder(text, start, at)) return [];
  return (
    elementAt(text, start, name, at) ??
    besideAt(text, name, at) ??
    belowAt(text, start, name, at) ??
    signedAt(text, start, name, at) ??
    flagAt(text, start, name, at) ??
    []
  );
}

/** The rest of a placeholder whose end was cut off, as in the title of an error. */
function isCutPlaceholder(text: string, start: number, at: number): boolean {
  if (text[start - 1] !== "[" || text.slice(start, at) !== "secret") return false;
  const kind = /^:([a-z-]{1,40})(?::\d{0,6})?(?:\.{3}|…)?(?![\w-])/.exec(text.slice(at, at + 60))?.[1];
  return kind !== undefined && secretKinds.some((known) => known.startsWith(kind));
}

/** `<password>…</password>` */
function elementAt(text: string, start: number, name: string, at: number): FoundSecret[] | null {
  if (text[start - 1] !== "<" || text[at] !== ">") return null;
  element.lastIndex = at;
  const value = element.exec(text)?.[1];
  if (value === undefined) return [];
  return placeOf(name, value, at + 1, { quoted: true, exported: true });
}

/** `- name: DB_PASSWORD` and `value: …` below it, as in the environments of containers; null where none stands there. */
function besideAt(text: string, name: string, at: number): FoundSecret[] | null {
  valueBeside.lastIndex = at;
  if (!valueBeside.test(text)) return null;
  const from = valueBeside.lastIndex;
  return quotedAt(text, from, name) ?? bareAt(text, from, name, () => true);
}

/** A value on the lines below its name, further in than it or up to the mark of its end; null where no line ends there. */
function belowAt(text: string, start: number, name: string, at: number): FoundSecret[] | null {
  lineEnd.lastIndex = at;
  const sign = lineEnd.exec(text)?.[0];
  if (sign === undefined) return null;
  const mark = /<<[~-]?[ \t]*["'\\]?(\w+)/.exec(sign)?.[1];
  const before = /(?:^|\n)([^\n]*)$/.exec(text.slice(Math.max(0, start - 90), start))?.[1] ?? "x";
  // `if password:` is no key of a document.
  if (mark === undefined && !/^[\s\-#"'`>|+*]*$/.test(before)) return null;
  const isBlock = mark !== undefined || /[>|][+-]?\d?[+-]?[ \t]*(?:#|\r?\n)/.test(sign);
  const indent = before.length - before.trimStart().length;
  const found: FoundSecret[] = [];
  let from = lineEnd.lastIndex;
  for (let lines = 0; lines < (isBlock ? maxBlockLines : 1); lines++) {
    restOfLine.lastIndex = from;
    const line = restOfLine.exec(text)?.[0] ?? "";
    const value = line.trim();
    const inner = line.length - line.trimStart().length;
    if (value === "" || value === mark || (mark === undefined && inner <= indent)) break;
    // A key of an inner list or document is no value, and neither is a statement.
    if (!isBlock && /\s|:$|^[\w.-]+[=:]|^-/.test(value)) break;
    const bareValue = value.replace(/^(["'])(.*)\1$/, "$2");
    const at = from + line.indexOf(bareValue);
    found.push(...placeOf(name, bareValue, at, { quoted: bareValue !== value, exported: true }));
    from += line.length + (text.startsWith("\r\n", from + line.length) ? 2 : 1);
  }
  return found.length > 0 ? found : null;
}

/** `name = value`, `"name": "value"`, `name: str = "value"`, `("name", "value")` */
function signedAt(text: string, start: number, name: string, at: number): FoundSecret[] | null {
  sign.lastIndex = at;
  const found = sign.exec(text)?.[0];
  if (found === undefined) return null;
  const from = at + found.length;
  const quoted = quotedAt(text, from, name);
  if (quoted) return quoted;
  return bareAt(text, from, name, (to, value) => {
    const isTight = found === "=" && !/[,)]/.test(text[to] ?? "");
    const isFirst = /^[\s;&?"'-]?$/.test(text.slice(Math.max(0, start - 1), start));
    return (isTight && isFirst && !isCode(value)) || isWholeLine(text, start, to);
  });
}

/** `--password value`, `ENV PASSWORD value`, `login name password value` of a netrc file */
function flagAt(text: string, start: number, name: string, at: number): FoundSecret[] | null {
  const before = text.slice(Math.max(0, start - 280), start);
  const isSetting =
    /(?:^|\n)[ \t]*(?:ENV|ARG|setx) $/.test(before) ||
    /\b(?:config|configure|secrets?|variables?|env)[ \t]{1,4}(?:set|add|put)[ \t](?:[^\n;|&]{0,60}[ \t])?\S{0,60}$/.test(
      before,
    ) ||
    (name === "password" &&
      /\blogin[ \t]\S{1,100}[ \t]$|\b(?:machine\s{1,8}\S{1,100}|default)\s{1,20}login\s{1,8}\S{1,100}\s{1,20}$|\bmachine\s{1,8}\S{1,100}\.\S{1,60}\s{1,20}$/.test(
        before,
      ));
  if (!name.startsWith("--") && !isSetting) return null;
  blank.lastIndex = at;
  if (!blank.test(text)) return null;
  const from = blank.lastIndex;
  if (text[from] === "-") return [];
  return quotedAt(text, from, name) ?? bareAt(text, from, name, () => isSetting);
}

function bareAt(
  text: string,
  from: number,
  name: string,
  isExported: (to: number, value: string) => boolean,
): FoundSecret[] {
  bare.lastIndex = from;
  const value = bare.exec(text)?.[0];
  if (value === undefined) return [];
  const exported = isExported(from + value.length, value);
  const found = placeOf(name, value.replace(/[).\]]+$/, ""), from, { quoted: false, exported });
  if (found.length === 0 || value.length < maxJudged) return found;
  bareRest.lastIndex = from + value.length;
  return extended(found, text, from + value.length + (bareRest.exec(text)?.[0].length ?? 0));
}

/** A value in quotes, which may be escaped or not closed; null where no quote stands. */
function quotedAt(text: string, at: number, name: string): FoundSecret[] | null {
  quote.lastIndex = at;
  const opening = quote.exec(text);
  if (!opening) return null;
  const from = quote.lastIndex;
  const isEscaped = opening[1] !== "";
  const end = (limit: number): number => {
    let to = from;
    for (; to < limit; to++) {
      const character = text[to];
      if (character === opening[2] || character === "\n" || character === "\r") break;
      if (character === "\\" && isEscaped) break;
      if (character === "\\") to++;
    }
    return Math.min(to, text.length);
  };
  const to = end(Math.min(text.length, from + maxJudged));
  const found = placeOf(name, text.slice(from, to), from, { quoted: true, exported: false });
  return found.length === 0 || to - from < maxJudged
    ? found
    : extended(found, text, end(Math.min(text.length, from + maxValue)));
}

function extended(found: readonly FoundSecret[], text: string, to: number): FoundSecret[] {
  return found.map((place) => ({ ...place, to, value: text.slice(place.from, to) }));
}

/** A line of YAML or of settings that says nothing else: `password: letmein`. */
function isWholeLine(text: string, start: number, to: number): boolean {
  const before = text.slice(Math.max(0, start - 90), start);
  if (!/(?:^|\n)[\s\-#"']{0,80}(?:export |set )?$/.test(before)) return false;
  return /^[ \t]*(?:\r?\n|$|#)/.test(text.slice(to, to + 40));
}

function placeOf(name: string, value: string, from: number, form: Form): FoundSecret[] {
  const kind = kindOfNamed(name, value, form);
  return kind ? [{ kind, from, to: from + value.length, value }] : [];
}
