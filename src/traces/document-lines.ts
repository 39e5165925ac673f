/** Places that are remembered; values beyond them are told by the line of what they lie in. */
const maxPlaces = 400_000;

interface Place {
  line: number;
  items?: Place[];
  keys?: Map<string, Place>;
}

interface Open extends Place {
  isArray: boolean;
  key: string | undefined;
}

/**
 * Finds on which line of a JSON document each value begins, in one walk over its text. The text must be valid JSON.
 * Returns a look-up by path; for a path that is not in the document, the line of the nearest value around it.
 */
export function documentLines(text: string): (path: readonly (string | number)[]) => number {
  if (!text.includes("\n")) return () => 1;
  const top: Open = { line: 1, isArray: true, key: undefined };
  const open: Open[] = [top];
  let places = 0;
  let line = 1;
  let at = 0;

  while (at < text.length) {
    const parent = open.at(-1);
    if (parent === undefined) break;
    const char = text.charCodeAt(at);
    if (char === 0x0a) {
      line += 1;
      at += 1;
    } else if (char === 0x22) {
      const end = endOfString(text, at);
      if (!parent.isArray && parent.key === undefined) parent.key = keyOf(text, at, end);
      else add(parent, { line });
      at = end;
    } else if (char === 0x7b || char === 0x5b) {
      const place: Open = { line, isArray: char === 0x5b, key: undefined };
      add(parent, place);
      open.push(place);
      at += 1;
    } else if (char === 0x7d || char === 0x5d) {
      const closed = open.pop();
      // Everything in it is on its own line: that need not be remembered.
      if (closed !== undefined && closed.line === line) forget(closed);
      at += 1;
    } else if (char <= 0x20 || char === 0x2c || char === 0x3a) at += 1;
    else {
      add(parent, { line });
      at += 1;
      while (at < text.length && !isDelimiter(text.charCodeAt(at))) at += 1;
    }
  }

  const document = top.items?.[0];
  return (path) => {
    let place: Place | undefined = document;
    let found = document?.line ?? 1;
    for (const part of path) {
      place = typeof part === "number" ? place?.items?.[part] : place?.keys?.get(part);
      if (place === undefined) break;
      found = place.line;
    }
    return found;
  };

  function add(parent: Open, place: Place): void {
    const { key } = parent;
    parent.key = undefined;
    if (places >= maxPlaces) return;
    places += 1;
    if (parent.isArray) (parent.items ??= []).push(place);
    else if (key !== undefined) (parent.keys ??= new Map()).set(key, place);
  }

  function forget(place: Place): void {
    places -= (place.items?.length ?? 0) + (place.keys?.size ?? 0);
    delete place.items;
    delete place.keys;
  }
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === 0x22) return at + 1;
    at += char === 0x5c ? 2 : 1;
  }
  return text.length;
}

function keyOf(text: string, from: number, to: number): string {
  const raw = text.slice(from, to);
  return raw.includes("\\") ? String(JSON.parse(raw)) : raw.slice(1, -1);
}

function isDelimiter(char: number): boolean {
  return char <= 0x20 || char === 0x2c || char === 0x5d || char === 0x7d;
}
