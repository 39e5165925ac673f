/** What written values look like: the parts of a decision whether one is a secret. All of them are linear. */

/** Stands for a secret that is elsewhere, or is no value at all: `$TOKEN`, `<your key>`, `os.environ[...]`, `****`. */
export function isReference(value: string): boolean {
  return (
    /^[$%<{(*@]|\$\{|\{\{|^(?:process\.env|os\.environ|os\.getenv|getenv|env|secrets|vars|args|self|config|settings)\b[.([]/.test(
      value,
    ) ||
    /^(.)\1*$/su.test(value) ||
    /^(?:x{3,}|\.{3}|…)|(?:\.{3}|…)$/i.test(value) ||
    /^(?:your|my|the|some|insert|enter|example|changeme|dummy|placeholder)(?:[-_ ]|$)/i.test(value) ||
    plainWords.has(value.toLowerCase())
  );
}

/** Words that stand where a value could: types, truth values, and names of the thing itself. */
const plainWords = new Set(
  (
    "none null nil undefined true false yes no on off string str text bytes bool boolean number int integer float " +
    "any unknown object array list dict optional required default empty missing invalid expired redacted hidden " +
    "masked removed secret password passwd token value here inherit prompt stdin file env environment todo " +
    "secretstr securestring void never auto read write readonly admin only field input"
  ).split(" "),
);

/** A path and not base64 that happens to start with a slash. */
export function isPath(value: string): boolean {
  return (
    /^(?:~|\.{0,2}|[A-Za-z]:)[/\\][\w.@-]*(?:[/\\]|$)|^[\w-]+\/[\w-]+\.\w+$/.test(value) &&
    !looksRandom(value)
  );
}

/** Code and not a value: a call, an index, a dotted name. */
export function isCode(value: string): boolean {
  return /[()[\]{}]/.test(value) || /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(value);
}

/** Letters only, as in a word or a name. */
export function isWord(value: string): boolean {
  return /^[A-Za-z]+$/.test(value);
}

/** A long hexadecimal number, as keys of services often are; so are digests, so the name beside it must decide. */
export function isLongHex(value: string): boolean {
  return /^[0-9a-fA-F]{20,}$/.test(value);
}

/**
 * Whether a text holds 16 or more letters and digits in a row that read like the toss of a coin: both cases and
 * digits, changing as often as in base 62 (there 62% of the neighbours differ in class; in CamelCase, words and
 * mangled symbols under 40%), with a Shannon entropy of at least 3.3 bits a character. Digests in one case, UUIDs,
 * paths and C++ symbols are none.
 */
export function looksRandom(value: string): boolean {
  for (const [part] of value.slice(0, 256).matchAll(/[A-Za-z0-9]{16,}/g)) {
    if (!/[a-z]/.test(part) || !/[A-Z]/.test(part) || !/[0-9]/.test(part)) continue;
    if (isMangled(part)) continue;
    if (classChanges(part) >= 0.4 * (part.length - 1) && entropy(part) >= 3.3) return true;
  }
  return false;
}

/** Names inside mangled symbols follow their length: `4gemm`, `6device`. One is enough where a symbol begins. */
function isMangled(run: string): boolean {
  const isBeginning = /^(?:Z|N)\d*[A-Z0-9]/.test(run);
  return isBeginning ? /\d[a-z_]{3}/.test(run) : (run.match(/\d[a-z_]{4,}/g)?.length ?? 0) >= 2;
}

function classOf(code: number): number {
  return code >= 97 ? 0 : code >= 65 ? 1 : 2;
}

function classChanges(run: string): number {
  let changes = 0;
  for (let at = 1; at < run.length; at++)
    if (classOf(run.charCodeAt(at)) !== classOf(run.charCodeAt(at - 1))) changes++;
  return changes;
}

/** Shannon entropy in bits a character. */
function entropy(run: string): number {
  const counts = new Map<string, number>();
  for (const character of run) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / run.length) * Math.log2(count / run.length);
  return bits;
}
